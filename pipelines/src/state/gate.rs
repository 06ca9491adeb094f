//! A gate's states.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GateStatus {
    Open,
    Approved,
    Rejected,
    /// Its time ran out, and `on_timeout` rejected or skipped it.
    Expired,
    /// A newer set took its place.
    Superseded,
    /// Its job run was stopped.
    Withdrawn,
}

impl GateStatus {
    pub const ALL: [Self; 6] = [Self::Open, Self::Approved, Self::Rejected, Self::Expired, Self::Superseded, Self::Withdrawn];

    /// The word in the store and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}
