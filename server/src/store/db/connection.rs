//! One connection, whichever engine it leads to, and the rows it answers.

use super::Value;
use super::postgres::Session;
use super::row_ref::RowRef;
use super::sqlite::{FromCell, SqliteConnection, SqliteRow};
use crate::store::{Result, StoreError};
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Executor, Postgres, Row as _, SqlStr, postgres::PgArguments};
use std::sync::atomic::{AtomicU64, Ordering};

/// A connection for reading, or the inside of a transaction.
#[derive(Debug)]
pub struct Connection<'c>(pub(super) Inner<'c>);

#[derive(Debug)]
pub(super) enum Inner<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut Session),
}

/// A row of an answer.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the column is missing or of another type.
    pub fn get<T>(&self, column: &str) -> Result<T>
    where
        T: FromCell + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A column that holds an identifier.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it holds something else.
    pub fn id<T: std::str::FromStr>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        text.parse().map_err(|_| StoreError::Corrupt(format!("{column} holds {text:?} instead of an identifier")))
    }

    /// A column that holds an identifier or NULL.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it holds something else.
    pub fn find_id<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|_| StoreError::Corrupt(format!("{column} holds {text:?} instead of an identifier"))))
            .transpose()
    }

    /// A column that holds JSON.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it does not parse as `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
    }

    /// A column that holds the word of an enum.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when `parse` does not know the word.
    pub fn word<T>(&self, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let text: String = self.get(column)?;
        parse(&text).ok_or_else(|| StoreError::Corrupt(format!("{column} holds the unknown word {text:?}")))
    }
}

impl Connection<'_> {
    /// Executes a statement; answers how many rows it touched.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64> {
        self.execute_text(SqlStr::from_static(sql), values).await
    }

    /// Executes a statement that must touch exactly `expected` rows.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`] otherwise; the caller gives its transaction up then.
    pub async fn execute_exactly(&mut self, expected: u64, sql: &'static str, values: Vec<Value>) -> Result<()> {
        let touched = self.execute(sql, values).await?;
        if touched == expected { Ok(()) } else { Err(StoreError::WrongCount { touched, expected, sql: sql.to_owned() }) }
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn list(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>> {
        self.list_text(SqlStr::from_static(sql), values).await
    }

    /// Hands over the rows of a long answer one by one, as they are read.
    ///
    /// # Errors
    /// Whatever the database says, and the first error that `each` answers; then no further row is read.
    pub async fn read_each(&mut self, sql: &'static str, mut each: impl FnMut(RowRef<'_>) -> Result<()> + Send) -> Result<()> {
        let sql = SqlStr::from_static(sql);
        note_statement(&sql);
        tokio::task::coop::consume_budget().await;
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.read_each(sql.as_str(), each),
            Inner::Postgres(session) => {
                let mut taken = Ok(());
                let read = session.ask(async |connection| {
                    let mut rows = connection.fetch(sqlx::query(AssertSqlSafeStr(sql)));
                    while taken.is_ok()
                        && let Some(row) = rows.try_next().await?
                    {
                        taken = each(RowRef::Postgres(&row));
                    }
                    Ok(())
                });
                read.await?;
                taken
            }
        }
    }

    /// All rows of a statement whose text was put together here in the store, from constant pieces only.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn list_built(&mut self, sql: String, values: Vec<Value>) -> Result<Vec<Row>> {
        self.list_text(sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql)), values).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn find(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.list(sql, values).await?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], naming `what`, when there is none.
    pub async fn get(&mut self, what: &'static str, sql: &'static str, values: Vec<Value>) -> Result<Row> {
        self.find(sql, values).await?.ok_or(StoreError::NotFound { what })
    }

    /// Inserts many rows of one shape with few statements: `head` is `INSERT INTO t (a, b) VALUES`, `tail` what follows the rows.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn insert_many(&mut self, head: &'static str, rows: Vec<Vec<Value>>, tail: &'static str) -> Result<u64> {
        let mut touched = 0;
        let width = rows.first().map_or(1, Vec::len).max(1);
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let batch = largest_batch(rows.len(), width);
            let mut sql = String::with_capacity(head.len() + batch * width * 5);
            sql.push_str(head);
            for row in 0..batch {
                sql.push_str(if row == 0 { " (" } else { ", (" });
                for column in 0..width {
                    let separator = if column == 0 { "" } else { ", " };
                    sql.push_str(&format!("{separator}${}", row * width + column + 1));
                }
                sql.push(')');
            }
            sql.push(' ');
            sql.push_str(tail);
            let values = rows.by_ref().take(batch).flatten().collect();
            touched += self.execute_text(sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql)), values).await?;
        }
        Ok(touched)
    }

    async fn execute_text(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64> {
        note_statement(&sql);
        // A long row of statements lets others have their turn.
        tokio::task::coop::consume_budget().await;
        Ok(match &mut self.0 {
            Inner::Sqlite(connection) => connection.execute(sql.as_str(), &values)?,
            Inner::Postgres(session) => {
                let query = sqlx::query_with(AssertSqlSafeStr(sql), postgres_arguments(values)?);
                session.ask(async |connection| connection.execute(query).await).await?.rows_affected()
            }
        })
    }

    async fn list_text(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>> {
        note_statement(&sql);
        tokio::task::coop::consume_budget().await;
        Ok(match &mut self.0 {
            Inner::Sqlite(connection) => connection.list(sql.as_str(), &values)?.into_iter().map(Row::Sqlite).collect(),
            Inner::Postgres(session) => {
                let query = sqlx::query_with(AssertSqlSafeStr(sql), postgres_arguments(values)?);
                session.ask(async |connection| connection.fetch_all(query).await).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }
}

/// Statements that this process has sent, since it began, without what begins and ends transactions: what a change costs, whatever the machine
/// does besides.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// How many statements this process has sent to its database.
#[must_use]
pub fn count_statements() -> u64 {
    STATEMENTS.load(Ordering::Relaxed)
}

fn note_statement(sql: &SqlStr) {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
    tracing::trace!(sql = sql.as_str(), "statement");
}

/// A text that is already known to be safe.
struct AssertSqlSafeStr(SqlStr);

impl sqlx::SqlSafeStr for AssertSqlSafeStr {
    fn into_sql_str(self) -> SqlStr {
        self.0
    }
}

/// `($3, $4, $5)`: so many places for values in a statement, counted from `first` on.
#[must_use]
pub fn places(first: usize, count: usize) -> String {
    let places: Vec<_> = (first..first + count).map(|place| format!("${place}")).collect();
    format!("({})", places.join(", "))
}

/// SQLite takes at most 32,766 values in a statement; we stay far below. Few rows go in one statement, as each of the few texts is prepared
/// once; of many the largest power of two.
fn largest_batch(rows: usize, width: usize) -> usize {
    let most = (4_096 / width).clamp(1, 256);
    if rows <= most.min(16) {
        return rows;
    }
    let mut batch = 1;
    while batch * 2 <= rows.min(most) {
        batch *= 2;
    }
    batch
}

fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for value in values {
        let added = match value {
            Value::Text(value) => sqlx::Arguments::add(&mut arguments, value),
            Value::Int(value) => sqlx::Arguments::add(&mut arguments, value),
            Value::Bool(value) => sqlx::Arguments::add(&mut arguments, value),
            Value::Bytes(value) => sqlx::Arguments::add(&mut arguments, value),
        };
        added.map_err(|error| StoreError::Refused(error.to_string()))?;
    }
    Ok(arguments)
}
