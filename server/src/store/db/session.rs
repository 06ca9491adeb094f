//! One connection to PostgreSQL. Each statement is a message there and back, so nothing is asked here that need not be: writes whose answer
//! nobody waits for go together, and a transaction's events are numbered, written and told to the other servers by one statement.

use super::connection::{check_count, note_statement};
use super::listen::Word;
use super::pending::{Parts, Pending, Write};
use super::value::{Argument, Value};
use crate::store::{Result, StoreError};
use futures::TryStreamExt;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _, SqlSafeStr, SqlStr};

/// A connection, and what is known of it without asking.
#[derive(Debug)]
pub(super) struct Session {
    connection: PgConnection,
    state: State,
    in_transaction: bool,
    /// What the server has not been told yet.
    pending: Pending,
    /// A statement of the transaction was refused: the server would take all of it back at the commit, and not call that an error.
    is_void: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Every message has its answer.
    Ready,
    /// A message is on its way. Who goes away now leaves a connection that nobody else can use.
    Busy,
    /// The server is gone, or does not speak as expected.
    Broken,
}

impl Session {
    pub(super) fn new(connection: PgConnection) -> Self {
        Self { connection, state: State::Ready, in_transaction: false, pending: Pending::default(), is_void: false }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.in_transaction
    }

    pub(super) fn into_connection(self) -> PgConnection {
        self.connection
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.in_transaction = true;
        self.run("BEGIN".to_owned()).await
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        self.flush().await?;
        if self.is_void {
            return Err(StoreError::Refused("a statement of the transaction was refused before".to_owned()));
        }
        self.run("COMMIT".to_owned()).await?;
        self.in_transaction = false;
        Ok(())
    }

    pub(super) async fn rollback(&mut self) -> Result<()> {
        self.run("ROLLBACK".to_owned()).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Asks the server something.
    async fn ask<A>(&mut self, question: impl AsyncFnOnce(&mut PgConnection) -> Result<A, sqlx::Error>) -> Result<A> {
        self.state = State::Busy;
        let answer = question(&mut self.connection).await;
        self.is_void |= self.in_transaction && answer.is_err();
        self.state = match &answer {
            Err(error) if !is_about_statement(error) => State::Broken,
            _ => State::Ready,
        };
        Ok(answer?)
    }

    /// Executes a statement; answers how many rows it touched.
    pub(super) async fn execute(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64> {
        self.settle(sql.as_str()).await?;
        self.send(sql, values).await
    }

    /// All rows of an answer.
    pub(super) async fn list(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<PgRow>> {
        self.settle(sql.as_str()).await?;
        note_statement(sql.as_str()).await;
        let query = sqlx::query_with(AssertSqlSafeStr(sql), arguments(values)?);
        self.ask(async |connection| connection.fetch_all(query).await).await
    }

    /// Hands over the rows of an answer one by one.
    pub(super) async fn read_each(&mut self, sql: SqlStr, mut each: impl FnMut(&PgRow) -> Result<()> + Send) -> Result<()> {
        self.settle(sql.as_str()).await?;
        note_statement(sql.as_str()).await;
        let mut taken = Ok(());
        let read = self.ask(async |connection| {
            let mut rows = connection.fetch(sqlx::query(AssertSqlSafeStr(sql)));
            while taken.is_ok()
                && let Some(row) = rows.try_next().await?
            {
                taken = each(&row);
            }
            Ok(())
        });
        read.await?;
        taken
    }

    async fn send(&mut self, sql: SqlStr, values: Vec<impl Into<Argument>>) -> Result<u64> {
        note_statement(sql.as_str()).await;
        let query = sqlx::query_with(AssertSqlSafeStr(sql), arguments(values)?);
        Ok(self.ask(async |connection| connection.execute(query).await).await?.rows_affected())
    }

    /// The one row that the statement answers, whatever it does.
    async fn send_parts(&mut self, sql: String, values: Vec<Argument>) -> Result<PgRow> {
        note_statement(&sql).await;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
        self.ask(async |connection| connection.fetch_one(query).await).await
    }

    /// Executes a write at some time before anything that may have to see it, or before the commit.
    pub(super) async fn put(&mut self, write: Write) -> Result<()> {
        if !self.in_transaction {
            return self.execute_checked(write).await;
        }
        if !self.pending.can_take(&write) {
            self.flush().await?;
        }
        self.pending.push(write);
        Ok(())
    }

    /// Executes writes that answer something, each of another table, with what is pending; one row holds all their answers.
    ///
    /// # Errors
    /// [`StoreError::WrongCount`] when one of them does not touch as many rows as it must.
    pub(super) async fn take(&mut self, writes: Vec<Write>) -> Result<PgRow> {
        if writes.iter().any(|write| !self.pending.can_take(write)) {
            self.flush().await?;
        }
        writes.into_iter().for_each(|write| self.pending.push(write));
        self.send_pending().await
    }

    async fn execute_checked(&mut self, write: Write) -> Result<()> {
        let touched = self.send(write.sql.clone(), write.values).await?;
        let checked = check_count(write.expected, touched, write.sql.as_str());
        self.is_void |= checked.is_err();
        checked
    }

    async fn settle(&mut self, sql: &str) -> Result<()> {
        if self.pending.comes_before(sql) { self.flush().await } else { Ok(()) }
    }

    /// Tells the server what is pending.
    async fn flush(&mut self) -> Result<()> {
        match self.pending.len() {
            0 => Ok(()),
            1 => match self.pending.take().pop() {
                Some(write) => self.execute_checked(write).await,
                None => Ok(()),
            },
            _ => self.send_pending().await.map(drop),
        }
    }

    async fn send_pending(&mut self) -> Result<PgRow> {
        let Parts { with, counts, values, expected } = Parts::of(self.pending.take());
        let written = self.send_parts(format!("WITH {with} SELECT {counts}"), values).await?;
        self.check(&written, &expected)?;
        Ok(written)
    }

    /// Whether each part has touched what it must; the transaction cannot be committed else.
    fn check(&mut self, written: &PgRow, expected: &[(Option<u64>, SqlStr)]) -> Result<()> {
        let checked = expected.iter().enumerate().try_for_each(|(index, (expected, sql))| {
            let touched: i64 = written.try_get(format!("touched{}", index + 1).as_str())?;
            check_count(*expected, touched.unsigned_abs(), sql.as_str())
        });
        self.is_void |= checked.is_err();
        checked
    }

    /// Numbers and writes events by one statement, with what is pending, and has the servers told of them at the commit; answers the first of
    /// their sequences. Each row is workspace, actor, kind, body; `name` is this process's.
    pub(super) async fn insert_events(&mut self, (at, name): (i64, &str), rows: Vec<[Value; 4]>) -> Result<i64> {
        let Parts { with, counts, mut values, expected } = Parts::of(self.pending.take());
        // First come the rows that others may hold, and then the counter that everybody needs: subqueries are evaluated in their order.
        let (with, counts) = if expected.is_empty() { (with, counts) } else { (format!("{with}, "), format!("{counts}, ")) };
        let count = rows.len();
        let place = |index: usize| format!("${}", values.len() + index);
        let (number, at_place, by) = (place(1), place(2), place(3));
        let columns: Vec<_> = (4..8).map(|index| format!("{}::text[]", place(index))).collect();
        let sql = format!(
            "WITH {with}taken AS (UPDATE counters SET value = value + {number} WHERE name = 'events' RETURNING value), written AS (INSERT INTO \
             events (sequence, at, workspace_id, actor, kind, body) SELECT taken.value - {number} + new.place, {at_place}, new.workspace_id, \
             new.actor, new.kind, new.body FROM taken, unnest({}) WITH ORDINALITY AS new (workspace_id, actor, kind, body, place) RETURNING \
             sequence) SELECT {counts}(SELECT MIN(sequence) FROM written) AS first, (SELECT COUNT(*) FROM written) AS written, (SELECT \
             pg_notify('andon_events', {}) FROM written)",
            columns.join(", "),
            Word::sql("MIN(sequence)", "MAX(sequence)", &by)
        );
        values.extend([Value::from(i64::try_from(count).unwrap_or(i64::MAX)), at.into(), name.into()].map(Argument::One));
        let mut columns = [const { Vec::new() }; 4];
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        values.extend(columns.map(Argument::Column));
        let row = self.send_parts(sql, values).await?;
        self.check(&row, &expected)?;
        match (row.try_get::<Option<i64>, _>("first")?, row.try_get::<i64, _>("written")?) {
            (Some(first), written) if usize::try_from(written) == Ok(count) => Ok(first),
            _ => Err(StoreError::NotFound { what: "the counter" }),
        }
    }

    /// Statements without values, in one message.
    async fn run(&mut self, sql: String) -> Result<()> {
        tracing::trace!(sql, "message");
        self.ask(async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await).await.map(drop)
    }
}

/// Whether the connection goes on as before.
fn is_about_statement(error: &sqlx::Error) -> bool {
    match error {
        // Classes 08 and 57 say that the connection, or the server, comes to its end.
        sqlx::Error::Database(cause) => !cause.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57")),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => true,
        _ => false,
    }
}

/// A text that is already known to be safe.
struct AssertSqlSafeStr(SqlStr);

impl SqlSafeStr for AssertSqlSafeStr {
    fn into_sql_str(self) -> SqlStr {
        self.0
    }
}

fn arguments(values: impl IntoIterator<Item = impl Into<Argument>>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for value in values {
        value.into().add_to(&mut arguments)?;
    }
    Ok(arguments)
}
