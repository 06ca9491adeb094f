//! Writes of a transaction whose answer nobody waits for. PostgreSQL gets those that gathered in one statement, with the next one that has to
//! see them or at the commit: what costs there is the message, not the row.

use super::Value;
use super::value::Argument;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// So many writes go together at most.
const MOST: usize = 16;

/// An `INSERT INTO table (…)` or `UPDATE table SET …` that reads no other table.
#[derive(Debug)]
pub(super) struct Write {
    pub sql: SqlStr,
    pub values: Vec<Argument>,
    /// How many rows it must touch, where that matters.
    pub expected: Option<u64>,
    /// What all rows that it may touch have in common, and no row of a write with another one.
    pub of: Option<String>,
    /// The columns that its `RETURNING` names.
    pub answers: &'static [&'static str],
}

impl Write {
    pub(super) fn new(sql: SqlStr, values: Vec<Value>, expected: Option<u64>) -> Self {
        Self { sql, values: values.into_iter().map(Argument::One).collect(), expected, of: None, answers: &[] }
    }

    /// An `INSERT` of rows of one shape: `head` is `INSERT INTO t (a, b) VALUES`, `tail` what follows the rows. The text does not depend on how
    /// many rows there are, so that few texts have to be prepared.
    pub(super) fn of_rows((head, tail): (&str, &str), rows: Vec<Vec<Value>>, expected: Option<u64>) -> Self {
        let types: Vec<_> = rows.first().into_iter().flatten().map(Argument::type_of).collect();
        let mut columns: Vec<Vec<Value>> = types.iter().map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let places: Vec<_> = types.iter().enumerate().map(|(index, name)| format!("${}::{name}[]", index + 1)).collect();
        let head = head.strip_suffix("VALUES").unwrap_or(head);
        let sql = AssertSqlSafe(format!("{head}SELECT * FROM unnest({}) {tail}", places.join(", "))).into_sql_str();
        Self { sql, values: columns.into_iter().map(Argument::Column).collect(), expected, of: None, answers: &[] }
    }

    fn table(&self) -> &str {
        self.sql.as_str().split_whitespace().nth(if self.is_update() { 1 } else { 2 }).unwrap_or_default()
    }

    /// It may touch a row that is there already.
    fn is_update(&self) -> bool {
        self.sql.as_str().starts_with("UPDATE")
    }

    fn may_touch_old_rows(&self) -> bool {
        self.is_update() || self.sql.as_str().contains(" DO UPDATE ")
    }

    fn may_touch_rows_of(&self, other: &Self) -> bool {
        let are_apart = self.of.is_some() && other.of.is_some() && self.of != other.of;
        self.table() == other.table() && !are_apart
    }
}

/// What has gathered, in order.
#[derive(Debug, Default)]
pub(super) struct Pending(Vec<Write>);

impl Pending {
    /// Whether the write can go with the others. Parts of one statement do not see each other's rows, so nothing that may touch a row follows
    /// a write that may have touched the same one.
    pub(super) fn can_take(&self, write: &Write) -> bool {
        self.0.len() < MOST && (!write.may_touch_old_rows() || !self.0.iter().any(|earlier| write.may_touch_rows_of(earlier)))
    }

    pub(super) fn push(&mut self, write: Write) {
        self.0.push(write);
    }

    /// Whether the statement has to come after what has gathered. A SELECT that names none of the tables may go first; what writes may refer to
    /// rows that are not there yet, in whatever table.
    pub(super) fn comes_before(&self, sql: &str) -> bool {
        !self.0.is_empty() && (!sql.starts_with("SELECT") || self.0.iter().any(|write| names(sql, write.table())))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.0)
    }
}

/// Whether the word stands in the text.
fn names(sql: &str, word: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = sql.as_bytes();
    sql.match_indices(word)
        .any(|(at, _)| !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_part(bytes.get(at + word.len())))
}

/// Writes as parts of one statement.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// `part1 AS (INSERT … RETURNING 1), part2 AS (UPDATE … RETURNING 1)`
    pub with: String,
    /// `(SELECT COUNT(*) FROM part1) AS touched1, …`: how many rows each has touched, and what it answers.
    pub counts: String,
    pub values: Vec<Argument>,
    /// What each must touch, with its text.
    pub expected: Vec<(Option<u64>, SqlStr)>,
}

impl Parts {
    pub(super) fn of(writes: Vec<Write>) -> Self {
        let mut parts = Self::default();
        for (index, write) in writes.into_iter().enumerate() {
            let (separator, number) = (if index == 0 { "" } else { ", " }, index + 1);
            let returning = if write.answers.is_empty() { " RETURNING 1" } else { "" };
            parts.with.push_str(&format!("{separator}part{number} AS ({}{returning})", renumber(write.sql.as_str(), parts.values.len())));
            parts.counts.push_str(&format!("{separator}(SELECT COUNT(*) FROM part{number}) AS touched{number}"));
            for column in write.answers {
                parts.counts.push_str(&format!(", (SELECT {column} FROM part{number}) AS {column}"));
            }
            parts.values.extend(write.values);
            parts.expected.push((write.expected, write.sql));
        }
        parts
    }
}

/// The statement with its places for values counted from `first` on: `$1` becomes `$5` for 4.
fn renumber(sql: &str, first: usize) -> String {
    let mut pieces = sql.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        text.push('$');
        match number.parse::<usize>() {
            Ok(number) => text.push_str(&(number + first).to_string()),
            Err(_) => text.push_str(number),
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::value::values;
    use super::super::{Connection, Target};
    use super::*;
    use crate::store::StoreError;
    use crate::store::events::newest_sequence;
    use crate::store::testing::on_engine;
    use andon_pipelines::event::Event;

    fn write(sql: &'static str) -> Write {
        Write::new(SqlStr::from_static(sql), values![1_i64, 2_i64], Some(1))
    }

    fn pending(writes: &[&'static str]) -> Pending {
        Pending(writes.iter().map(|sql| write(sql)).collect())
    }

    #[test]
    fn a_select_goes_first_unless_it_names_a_table_that_is_written_to() {
        let pending = pending(&["INSERT INTO job_runs (id, run_id) VALUES ($1, $2)", "UPDATE runs SET name = $1 WHERE id = $2"]);
        assert!(!pending.comes_before("SELECT x FROM job_runs_open, xruns, run WHERE runs_ended"));
        assert!(pending.comes_before("SELECT x FROM runs WHERE id = $1"));
        assert!(pending.comes_before("SELECT (SELECT 1 FROM job_runs) FROM jobs"));
        assert!(pending.comes_before("SELECT x FROM jobs JOIN runs"));
        assert!(!Pending::default().comes_before("SELECT x FROM runs"));
    }

    #[test]
    fn a_write_never_goes_first() {
        let pending = pending(&["INSERT INTO job_runs (id, run_id) VALUES ($1, $2)"]);
        for sql in [
            "INSERT INTO gates (job_run_id) VALUES ($1)",
            "UPDATE jobs SET a = $1",
            "DELETE FROM workspaces",
            "WITH x AS (SELECT 1) SELECT 2",
        ] {
            assert!(pending.comes_before(sql), "{sql}");
        }
    }

    #[test]
    fn what_may_touch_a_row_does_not_follow_another_write_of_its_table() {
        let insert = "INSERT INTO steps (a, b) VALUES ($1, $2)";
        let (upsert, update) = (
            "INSERT INTO steps (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
            "UPDATE steps SET a = $1 WHERE b = $2",
        );
        for earlier in [insert, upsert, update] {
            let pending = pending(&[earlier]);
            assert!(pending.can_take(&write(insert)), "{earlier}");
            assert!(!pending.can_take(&write(upsert)), "{earlier}");
            assert!(!pending.can_take(&write(update)), "{earlier}");
            assert!(pending.can_take(&write("UPDATE step SET a = $1 WHERE b = $2")), "{earlier}");
        }
    }

    #[test]
    fn what_touches_another_row_goes_with_it() {
        let of = |of: Option<&str>| Write { of: of.map(str::to_owned), ..write("UPDATE steps SET a = $1 WHERE b = $2") };
        let pending = Pending(vec![of(Some("first"))]);
        assert!(pending.can_take(&of(Some("second"))));
        assert!(!pending.can_take(&of(Some("first"))));
        assert!(!pending.can_take(&of(None)));
        assert!(!Pending(vec![of(None)]).can_take(&of(Some("first"))));
    }

    #[test]
    fn no_statement_grows_without_end() {
        let insert = "INSERT INTO a (x, y) VALUES ($1, $2)";
        assert!(pending(&[insert; MOST - 1]).can_take(&write(insert)));
        assert!(!pending(&[insert; MOST]).can_take(&write(insert)));
    }

    #[test]
    fn parts_hand_on_what_is_answered() {
        let taking = Write { answers: &["a", "b"], ..write("UPDATE t SET a = $1 WHERE c = $2 RETURNING a, b") };
        let parts = Parts::of(vec![write("INSERT INTO a (x, y) VALUES ($1, $2)"), taking]);
        assert!(parts.with.ends_with(", part2 AS (UPDATE t SET a = $3 WHERE c = $4 RETURNING a, b)"), "{}", parts.with);
        let answered = "(SELECT COUNT(*) FROM part2) AS touched2, (SELECT a FROM part2) AS a, (SELECT b FROM part2) AS b";
        assert!(parts.counts.ends_with(answered), "{}", parts.counts);
    }

    #[test]
    fn parts_count_their_places_on() {
        let parts = Parts::of(vec![write("INSERT INTO a (x, y) VALUES ($1, $2)"), write("UPDATE b SET x = $2 WHERE y = $1 AND z = '{}'")]);
        assert_eq!(
            parts.with,
            "part1 AS (INSERT INTO a (x, y) VALUES ($1, $2) RETURNING 1), part2 AS (UPDATE b SET x = $4 WHERE y = $3 AND z = '{}' RETURNING 1)"
        );
        assert_eq!(parts.counts, "(SELECT COUNT(*) FROM part1) AS touched1, (SELECT COUNT(*) FROM part2) AS touched2");
        assert_eq!(parts.values.len(), 4);
    }

    #[test]
    fn rows_make_the_same_text_however_many_there_are() {
        let of = |count: i64| {
            Write::of_rows(
                ("INSERT INTO a (x, y) VALUES", "ON CONFLICT DO NOTHING"),
                (0..count).map(|row| values![row, "b"]).collect(),
                None,
            )
        };
        let (one, many) = (of(1), of(70));
        assert_eq!(one.sql.as_str(), "INSERT INTO a (x, y) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING");
        assert_eq!(one.sql, many.sql);
        assert!(matches!(many.values.as_slice(), [Argument::Column(x), Argument::Column(y)] if x.len() == 70 && y.len() == 70));
    }

    const INSERT: &str = "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)";
    const INSERT_HEAD: &str = "INSERT INTO workspaces (id, name, created_at) VALUES";
    const RENAME: &str = "UPDATE workspaces SET name = $1 WHERE id = $2";
    const COUNT: &str = "SELECT COUNT(*) AS number FROM workspaces WHERE name = $1";

    async fn count(connection: &mut Connection<'_>, name: &str) -> i64 {
        connection.get("the number", COUNT, values![name]).await.unwrap().get("number").unwrap()
    }

    #[tokio::test]
    async fn what_was_put_is_seen_by_what_follows_and_is_there_after_the_commit() {
        on_engine(async |store| {
            let mut tx = store.db.begin("ada").await.unwrap();
            tx.connection().put(1, INSERT, values!["a", "first", 1_i64]).await.unwrap();
            tx.connection().put(1, INSERT, values!["b", "second", 1_i64]).await.unwrap();
            assert_eq!(count(&mut tx.connection(), "first").await, 1);
            tx.connection().put(1, RENAME, values!["third", "a"]).await.unwrap();
            tx.connection().put(1, RENAME, values!["fourth", "a"]).await.unwrap();
            tx.connection()
                .put_many((INSERT_HEAD, ""), (0..9_i64).map(|row| values![format!("{row}"), format!("n{row}"), row]).collect(), Some(9))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let mut reader = store.db.read().await.unwrap();
            for (name, expected) in [("first", 0), ("second", 1), ("third", 0), ("fourth", 1), ("n8", 1)] {
                assert_eq!(count(&mut reader.connection(), name).await, expected, "{name}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn what_touches_too_few_rows_takes_its_transaction_with_it_even_where_nobody_listens() {
        on_engine(async |store| {
            let mut tx = store.db.begin("ada").await.unwrap();
            tx.connection().put(1, INSERT, values!["a", "first", 1_i64]).await.unwrap();
            let put = tx.connection().put(1, RENAME, values!["none", "missing"]).await.err();
            let next = tx.connection().find(COUNT, values!["none"]).await.err();
            assert!(matches!(put.or(next), Some(StoreError::WrongCount { touched: 0, expected: 1, .. })));
            match store.target {
                // It says so at once, and nobody goes on.
                Target::Sqlite(_) => tx.rollback().await.unwrap(),
                Target::Postgres(_) => assert!(tx.commit().await.is_err()),
            }
            assert_eq!(count(&mut store.db.read().await.unwrap().connection(), "first").await, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn who_waits_for_a_row_does_not_hold_what_everybody_needs() {
        on_engine(async |store| {
            // SQLite has one writer.
            if matches!(store.target, Target::Sqlite(_)) {
                return;
            }
            let happened = || Event::AccessChanged { what: "test".to_owned() };
            let mut made = store.db.begin("ada").await.unwrap();
            made.connection().put(1, INSERT, values!["a", "first", 1_i64]).await.unwrap();
            made.commit().await.unwrap();
            let mut holder = store.db.begin("ada").await.unwrap();
            holder.connection().execute_exactly(1, RENAME, values!["second", "a"]).await.unwrap();
            let mut waiter = store.db.begin("ben").await.unwrap();
            waiter.connection().put(1, RENAME, values!["third", "a"]).await.unwrap();
            waiter.emit(None, happened());
            let waiter = tokio::spawn(waiter.commit());
            let waiting = "SELECT COUNT(*) AS number FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while store
                .db
                .read()
                .await
                .unwrap()
                .connection()
                .get("the number", waiting, Vec::new())
                .await
                .unwrap()
                .get::<i64>("number")
                .unwrap()
                == 0
            {
                tokio::task::yield_now().await;
            }
            holder.emit(None, happened());
            holder.commit().await.unwrap();
            waiter.await.unwrap().unwrap();
            assert_eq!(count(&mut store.db.read().await.unwrap().connection(), "third").await, 1);
        })
        .await;
    }

    #[tokio::test]
    async fn events_go_with_what_was_put_and_fail_with_it() {
        on_engine(async |store| {
            for (touched, holds) in [(1, true), (2, false)] {
                let mut tx = store.db.begin("ada").await.unwrap();
                let put = tx.connection().put(touched, INSERT, values![format!("{touched}"), format!("name {touched}"), 1_i64]).await;
                tx.emit(None, Event::AccessChanged { what: "test".to_owned() });
                let ended = match put {
                    Ok(()) => tx.commit_numbered().await,
                    Err(error) => Err(error),
                };
                assert_eq!(ended.is_ok(), holds, "{ended:?}");
                let mut reader = store.db.read().await.unwrap();
                assert_eq!(count(&mut reader.connection(), &format!("name {touched}")).await, i64::from(holds));
                assert_eq!(newest_sequence(&mut reader.connection()).await.unwrap(), 1);
            }
        })
        .await;
    }
}
