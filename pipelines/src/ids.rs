//! Identifiers. Every row of the store that people or other rows point at has one; all are UUIDs (version 7 where the
//! server makes them, so that they sort by time of creation).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller made.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// An identifier from a plain number, for files and tests that count instead of drawing UUIDs.
            #[must_use]
            pub const fn from_number(number: u64) -> Self {
                Self(Uuid::from_u128(number as u128))
            }

            /// The UUID inside.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

id! {
    /// A workspace.
    WorkspaceId,
    /// A pipeline inside a workspace.
    PipelineId,
    /// A resource of a pipeline.
    ResourceId,
    /// One version of a resource.
    VersionId,
    /// A job of a pipeline.
    JobId,
    /// A run: one wave through a pipeline.
    RunId,
    /// One execution of one job on one exact set of versions.
    JobRunId,
    /// What a runner executes: one cell of a job run's matrix (the only one where there is no matrix), one attempt.
    ExecutionId,
    /// A gate that waits, or waited, for people.
    GateId,
    /// A task of a people's checklist.
    TaskId,
    /// That somebody asked to bring versions into an environment.
    PromotionId,
    /// A runner.
    RunnerId,
    /// A person with an account.
    UserId,
    /// A group of people.
    GroupId,
    /// A module of a workspace.
    ModuleId,
    /// An API token.
    TokenId,
    /// A notification channel.
    ChannelId,
    /// One notification on its way to one receiver.
    DeliveryId,
    /// A stored secret.
    SecretId,
    /// A repository of the built-in git server.
    RepositoryId,
}
