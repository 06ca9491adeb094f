//! One connection, whichever engine it leads to, and the rows it answers.

use super::Value;
use super::pending::Write;
use super::row_ref::RowRef;
use super::session::Session;
use super::sqlite::{FromCell, SqliteConnection, SqliteRow};
use crate::store::{Result, StoreError};
use sqlx::{AssertSqlSafe, Postgres, Row as _, SqlSafeStr as _, SqlStr};
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

/// An `UPDATE` of one row that answers something of it.
#[derive(Debug)]
pub struct Taking {
    /// For the error when there is no such row.
    pub what: &'static str,
    /// `UPDATE table SET … WHERE … RETURNING …`
    pub sql: &'static str,
    /// The columns that it answers, told apart from those of others that go with it.
    pub columns: &'static [&'static str],
    pub values: Vec<Value>,
}

/// What several of them answer.
#[derive(Debug)]
pub struct Answers(Vec<(&'static [&'static str], Row)>);

impl Answers {
    /// The row that has the column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when none has it.
    pub fn row(&self, column: &str) -> Result<&Row> {
        // PostgreSQL answers one row with everything.
        let found = self.0.iter().find(|(columns, _)| columns.is_empty() || columns.contains(&column));
        found.map(|(_, row)| row).ok_or_else(|| StoreError::Corrupt(format!("no row answers {column}")))
    }

    /// The value of a column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the column is missing or of another type.
    pub fn get<T>(&self, column: &str) -> Result<T>
    where
        T: FromCell + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        self.row(column)?.get(column)
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
        check_count(Some(expected), touched, sql)
    }

    /// The same for an `INSERT INTO table (…)` or `UPDATE table SET …` that reads no other table, where nobody has to know at once: in a transaction
    /// on PostgreSQL it goes to the server with what comes next, or with the commit, and that answers its error.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`], or whatever the database says, now or later; the caller gives its transaction up then.
    pub async fn put(&mut self, expected: u64, sql: &'static str, values: Vec<Value>) -> Result<()> {
        self.put_text(None, SqlStr::from_static(sql), values, expected).await
    }

    /// The same for one that touches one row only, that of `id`: others of the same table go with it.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`], or whatever the database says, now or later; the caller gives its transaction up then.
    pub async fn put_row(&mut self, id: impl ToString, sql: &'static str, values: Vec<Value>) -> Result<()> {
        self.put_text(Some(id.to_string()), SqlStr::from_static(sql), values, 1).await
    }

    /// The same for a text that was put together here in the store, from constant pieces only.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`], or whatever the database says, now or later; the caller gives its transaction up then.
    pub async fn put_built(&mut self, expected: u64, sql: String, values: Vec<Value>) -> Result<()> {
        self.put_text(None, AssertSqlSafe(sql).into_sql_str(), values, expected).await
    }

    /// The same for many rows of one shape; `expected` where each of them must be there afterwards.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`], or whatever the database says, now or later; the caller gives its transaction up then.
    pub async fn put_many(&mut self, texts: (&'static str, &'static str), rows: Vec<Vec<Value>>, expected: Option<u64>) -> Result<()> {
        self.put_many_of(None, texts, rows, expected).await
    }

    /// The same for rows of which all belong to `of`, and no others do: those of something else in the same table go with them.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`], or whatever the database says, now or later; the caller gives its transaction up then.
    pub async fn put_many_of(
        &mut self,
        of: Option<String>,
        (head, tail): (&'static str, &'static str),
        rows: Vec<Vec<Value>>,
        expected: Option<u64>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        if let Inner::Postgres(session) = &mut self.0 {
            let write = match rows.len() {
                1 => {
                    let sql = insert_text((head, tail), (1, rows.first().map_or(1, Vec::len)));
                    Write::new(AssertSqlSafe(sql).into_sql_str(), rows.into_iter().flatten().collect(), expected)
                }
                _ => Write::of_rows((head, tail), rows, expected),
            };
            return session.put(Write { of, ..write }).await;
        }
        let touched = self.insert_many(head, rows, tail).await?;
        check_count(expected, touched, head)
    }

    async fn put_text(&mut self, of: Option<String>, sql: SqlStr, values: Vec<Value>, expected: u64) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(connection) => {
                note_statement(sql.as_str()).await;
                check_count(Some(expected), connection.execute(sql.as_str(), &values)?, sql.as_str())
            }
            Inner::Postgres(session) => session.put(Write { of, ..Write::new(sql, values, Some(expected)) }).await,
        }
    }

    /// Executes several that are each of another table; on PostgreSQL with one message, which also takes what was put before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such row; the caller gives its transaction up then.
    pub async fn take(&mut self, takings: Vec<Taking>) -> Result<Answers> {
        let mut answers = Vec::new();
        match &mut self.0 {
            Inner::Sqlite(_) => {
                for Taking { what, sql, columns, values } in takings {
                    answers.push((columns, self.get(what, sql, values).await?));
                }
            }
            Inner::Postgres(session) => {
                let names: Vec<_> = takings.iter().map(|taking| (taking.sql, taking.what)).collect();
                let write = |taking: Taking| Write {
                    answers: taking.columns,
                    ..Write::new(SqlStr::from_static(taking.sql), taking.values, Some(1))
                };
                let row = session.take(takings.into_iter().map(write).collect()).await.map_err(|error| match error {
                    StoreError::WrongCount { touched: 0, sql, expected } => match names.iter().find(|(text, _)| *text == sql) {
                        Some((_, what)) => StoreError::NotFound { what },
                        None => StoreError::WrongCount { touched: 0, sql, expected },
                    },
                    error => error,
                })?;
                answers.push((&[], Row::Postgres(row)));
            }
        }
        Ok(Answers(answers))
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
        match &mut self.0 {
            Inner::Sqlite(connection) => {
                note_statement(sql).await;
                connection.read_each(sql, each)
            }
            Inner::Postgres(session) => session.read_each(SqlStr::from_static(sql), |row| each(RowRef::Postgres(row))).await,
        }
    }

    /// All rows of a statement whose text was put together here in the store, from constant pieces only.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn list_built(&mut self, sql: String, values: Vec<Value>) -> Result<Vec<Row>> {
        self.list_text(AssertSqlSafe(sql).into_sql_str(), values).await
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
            let sql = insert_text((head, tail), (batch, width));
            let values = rows.by_ref().take(batch).flatten().collect();
            touched += self.execute_text(AssertSqlSafe(sql).into_sql_str(), values).await?;
        }
        Ok(touched)
    }

    async fn execute_text(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64> {
        match &mut self.0 {
            Inner::Sqlite(connection) => {
                note_statement(sql.as_str()).await;
                Ok(connection.execute(sql.as_str(), &values)?)
            }
            Inner::Postgres(session) => session.execute(sql, values).await,
        }
    }

    async fn list_text(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>> {
        match &mut self.0 {
            Inner::Sqlite(connection) => {
                note_statement(sql.as_str()).await;
                Ok(connection.list(sql.as_str(), &values)?.into_iter().map(Row::Sqlite).collect())
            }
            Inner::Postgres(session) => Ok(session.list(sql, values).await?.into_iter().map(Row::Postgres).collect()),
        }
    }
}

pub(super) fn check_count(expected: Option<u64>, touched: u64, sql: &str) -> Result<()> {
    match expected {
        Some(expected) if expected != touched => Err(StoreError::WrongCount { touched, expected, sql: sql.to_owned() }),
        _ => Ok(()),
    }
}

/// `INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) …`
fn insert_text((head, tail): (&str, &str), (rows, width): (usize, usize)) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + rows * width * 5);
    sql.push_str(head);
    for row in 0..rows {
        sql.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..width {
            let separator = if column == 0 { "" } else { ", " };
            sql.push_str(&format!("{separator}${}", row * width + column + 1));
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

/// Statements that this process has sent, since it began, without what begins and ends transactions: what a change costs, whatever the machine
/// does besides.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// How many statements this process has sent to its database.
#[must_use]
pub fn count_statements() -> u64 {
    STATEMENTS.load(Ordering::Relaxed)
}

/// Counts a statement that is about to be sent. A long row of statements lets others have their turn.
pub(super) async fn note_statement(sql: &str) {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
    tracing::trace!(sql, "statement");
    tokio::task::coop::consume_budget().await;
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
