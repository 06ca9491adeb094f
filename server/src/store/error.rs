//! What can go wrong in the store.

/// An error of the store. Texts are for the log; what a client sees is made at the HTTP boundary.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("{what} does not exist")]
    NotFound { what: &'static str },
    #[error("{0}")]
    Conflict(String),
    /// A statement that must touch exactly so many rows touched another number: somebody else was faster, or a bug.
    #[error("a statement touched {touched} rows instead of {expected}: {sql}")]
    WrongCount { touched: u64, expected: u64, sql: String },
    #[error("the database is locked by another process")]
    Locked,
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
    #[error("the database refused a statement: {0}")]
    Refused(String),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    /// Would the same call succeed later, without anybody changing anything about it?
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Locked | Self::Unavailable(_) | Self::ReadOnly(_))
    }

    /// Is it sure that nothing of a transaction that ended with it has happened? A commit whose answer is lost may be on disk.
    #[must_use]
    pub fn is_undone(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::Conflict(_) | Self::WrongCount { .. } | Self::Locked)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) => classify(cause.code().as_deref(), cause.message()),
            sqlx::Error::RowNotFound => Self::NotFound { what: "the row" },
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error.to_string())
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => Self::Corrupt(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(cause, message) => {
                let text = message.clone().unwrap_or_else(|| cause.to_string());
                classify(Some(&cause.extended_code.to_string()), &text)
            }
            rusqlite::Error::Utf8Error(..) => Self::Corrupt(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// SQLite says its extended result code, PostgreSQL its SQLSTATE.
fn classify(code: Option<&str>, message: &str) -> StoreError {
    match code {
        // SQLITE_BUSY, SQLITE_LOCKED and their extensions.
        // PostgreSQL serialization_failure, deadlock_detected, lock_not_available.
        Some("5" | "6" | "261" | "517" | "262" | "40001" | "40P01" | "55P03") => StoreError::Locked,
        // SQLITE_READONLY and extensions; PostgreSQL read_only_sql_transaction.
        Some("8" | "264" | "520" | "776" | "1032" | "1288" | "1544" | "25006") => StoreError::ReadOnly(message.to_owned()),
        // SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN; PostgreSQL disk_full, too_many_connections, shutdowns.
        Some("10" | "13" | "14" | "53100" | "53300" | "57P01" | "57P02" | "57P03" | "08000" | "08003" | "08006") => {
            StoreError::Unavailable(message.to_owned())
        }
        // Unique and primary key violations.
        Some("2067" | "1555" | "23505") => StoreError::Conflict(message.to_owned()),
        _ => StoreError::Refused(message.to_owned()),
    }
}
