//! Values that statements are given.

use crate::store::{Result, StoreError};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;

/// A typed value or NULL. Both engines get the same types: TEXT, BIGINT, BOOLEAN, BYTEA.
#[derive(Clone, Debug)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

/// What a place of a statement on PostgreSQL is given.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    One(Value),
    /// One value for each of several rows, all of one type.
    Column(Vec<Value>),
}

impl Argument {
    /// The type of a column's rows, as PostgreSQL calls it.
    pub(super) fn type_of(value: &Value) -> &'static str {
        match value {
            Value::Text(_) => "text",
            Value::Int(_) => "bigint",
            Value::Bool(_) => "boolean",
            Value::Bytes(_) => "bytea",
        }
    }

    /// Adds it to the arguments of a statement.
    pub(super) fn add_to(self, arguments: &mut PgArguments) -> Result<()> {
        macro_rules! column {
            ($kind:ident, $values:expr) => {{
                let cells = $values.into_iter().map(|value| match value {
                    Value::$kind(cell) => Ok(cell),
                    other => Err(StoreError::Refused(format!("{other:?} stands in a column of another type"))),
                });
                arguments.add(cells.collect::<Result<Vec<_>>>()?)
            }};
        }
        let added = match self {
            Self::One(Value::Text(value)) => arguments.add(value),
            Self::One(Value::Int(value)) => arguments.add(value),
            Self::One(Value::Bool(value)) => arguments.add(value),
            Self::One(Value::Bytes(value)) => arguments.add(value),
            Self::Column(values) => match values.first() {
                Some(Value::Int(_)) => column!(Int, values),
                Some(Value::Bool(_)) => column!(Bool, values),
                Some(Value::Bytes(_)) => column!(Bytes, values),
                Some(Value::Text(_)) | None => column!(Text, values),
            },
        };
        added.map_err(|error| StoreError::Refused(error.to_string()))
    }
}

impl From<Value> for Argument {
    fn from(value: Value) -> Self {
        Self::One(value)
    }
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
