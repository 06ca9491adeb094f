//! Values that statements are given.

/// A typed value or NULL. Both engines get the same types: TEXT, BIGINT, BOOLEAN, BYTEA.
#[derive(Clone, Debug)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($from:ty => |$it:ident| $to:expr;)+) => {$(
        impl From<$from> for Value {
            fn from($it: $from) -> Self {
                $to
            }
        }
    )+};
}

value_from! {
    String => |it| Self::Text(Some(it));
    &str => |it| Self::Text(Some(it.to_owned()));
    &String => |it| Self::Text(Some(it.clone()));
    Option<String> => |it| Self::Text(it);
    Option<&str> => |it| Self::Text(it.map(str::to_owned));
    &Option<String> => |it| Self::Text(it.clone());
    i64 => |it| Self::Int(Some(it));
    Option<i64> => |it| Self::Int(it);
    bool => |it| Self::Bool(Some(it));
    Vec<u8> => |it| Self::Bytes(Some(it));
    &[u8] => |it| Self::Bytes(Some(it.to_vec()));
}

macro_rules! value_from_id {
    ($($id:ident),+ $(,)?) => {$(
        impl From<andon_pipelines::ids::$id> for Value {
            fn from(id: andon_pipelines::ids::$id) -> Self {
                Self::Text(Some(id.to_string()))
            }
        }

        impl From<Option<andon_pipelines::ids::$id>> for Value {
            fn from(id: Option<andon_pipelines::ids::$id>) -> Self {
                Self::Text(id.map(|id| id.to_string()))
            }
        }
    )+};
}

value_from_id!(
    WorkspaceId,
    PipelineId,
    ResourceId,
    VersionId,
    JobId,
    RunId,
    JobRunId,
    ExecutionId,
    GateId,
    RunnerId,
    UserId,
    GroupId,
    ModuleId,
    PromotionId,
    TokenId,
    ChannelId,
    DeliveryId,
    SecretId,
    RepositoryId,
    TaskId,
);

/// `values![a, b, c]`: the values of one statement, in the order of `$1`, `$2`, ….
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::store::db::Value::from($value)),*]
    };
}
pub(crate) use values;
