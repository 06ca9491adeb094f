//! A row while it is read: for long answers, of which nothing is kept but what is made of each row.

use crate::store::{Result, StoreError};
use rusqlite::types::ValueRef;
use sqlx::Row as _;

/// One row of an answer, as the engine has it in its hands. Columns are counted from 0.
#[derive(Debug)]
pub enum RowRef<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r sqlx::postgres::PgRow),
}

fn wrong(column: usize, wanted: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column} of an answer holds no {wanted}"))
}

impl RowRef<'_> {
    /// A text, or NULL.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the column is missing or holds something else.
    pub fn find_text(&self, column: usize) -> Result<Option<&str>> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Text(bytes) => std::str::from_utf8(bytes).map(Some).map_err(|_| wrong(column, "text")),
                _ => Err(wrong(column, "text")),
            },
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// As [`Self::find_text`], and for NULL.
    pub fn text(&self, column: usize) -> Result<&str> {
        self.find_text(column)?.ok_or_else(|| wrong(column, "text"))
    }

    /// An identifier.
    ///
    /// # Errors
    /// As [`Self::text`], and for a text that is none.
    pub fn id<T: From<uuid::Uuid>>(&self, column: usize) -> Result<T> {
        read_id(column, self.text(column)?)
    }

    /// An identifier, or NULL.
    ///
    /// # Errors
    /// As [`Self::find_text`], and for a text that is none.
    pub fn find_id<T: From<uuid::Uuid>>(&self, column: usize) -> Result<Option<T>> {
        self.find_text(column)?.map(|text| read_id(column, text)).transpose()
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the column is missing or holds something else.
    pub fn int(&self, column: usize) -> Result<i64> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column)? {
                ValueRef::Integer(number) => Ok(number),
                _ => Err(wrong(column, "number")),
            },
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// Whether it is so.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the column is missing or holds something else.
    pub fn truth(&self, column: usize) -> Result<bool> {
        match self {
            Self::Sqlite(_) => Ok(self.int(column)? != 0),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

fn read_id<T: From<uuid::Uuid>>(column: usize, text: &str) -> Result<T> {
    uuid::Uuid::try_parse(text).map(T::from).map_err(|_| wrong(column, "identifier"))
}
