//! One connection to SQLite, called where the statement stands: a small statement takes a few microseconds, and handing it to a thread of its
//! own would take many times as long. What waits for the disk or for a lock is called on a thread that may block.

use super::Value;
use super::row_ref::RowRef;
use crate::store::{Result, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Statements that stay prepared.
const PREPARED: usize = 512;
/// How long another program may hold a lock.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// An open database file.
#[derive(Debug)]
pub(super) struct SqliteConnection {
    /// Never contended: the mutex makes it shareable, and everybody here has it to themselves.
    inner: Mutex<rusqlite::Connection>,
    /// The names of the columns that a statement answers.
    columns: HashMap<Box<str>, Columns>,
}

type Columns = Arc<[Box<str>]>;

/// One row, with its columns' names.
#[derive(Debug)]
pub struct SqliteRow {
    names: Columns,
    cells: Vec<Cell>,
}

/// A value as SQLite keeps it.
#[derive(Debug)]
pub enum Cell {
    Null,
    Int(i64),
    Real,
    Text(String),
    Bytes(Vec<u8>),
}

impl SqliteConnection {
    /// Opens the file of a migrated database.
    pub(super) fn open(path: &Path, read_only: bool) -> Result<Self> {
        let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
        let connection = rusqlite::Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.busy_timeout(PATIENCE)?;
        // Plans do not depend on values; otherwise each statement with `LIMIT $1` is prepared anew every time.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = memory")?;
        if !read_only {
            // A page that is changed often is folded into the file the less often, the longer the log before it may be: here 16 MB.
            connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")?;
        }
        Ok(Self { inner: Mutex::new(connection), columns: HashMap::new() })
    }

    fn connection(&mut self) -> &mut rusqlite::Connection {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// A statement without values, for what is not data: transactions, savepoints, pragmas.
    pub(super) fn run(&mut self, sql: &str) -> Result<()> {
        self.execute(sql, &[]).map(drop)
    }

    /// The same, once, waiting for nobody.
    pub(super) fn run_at_once(&mut self, sql: &str) -> Result<()> {
        self.connection().busy_timeout(Duration::ZERO)?;
        let outcome = self.run(sql);
        self.connection().busy_timeout(PATIENCE)?;
        outcome
    }

    /// Executes a statement; answers how many rows it touched.
    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let connection = self.connection();
        {
            let mut statement = connection.prepare_cached(sql)?;
            bind(&mut statement, values)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
        }
        Ok(connection.changes())
    }

    /// Hands over the rows of an answer while they are read.
    pub(super) fn read_each(&mut self, sql: &str, mut each: impl FnMut(RowRef<'_>) -> Result<()>) -> Result<()> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(RowRef::Sqlite(row))?;
        }
        Ok(())
    }

    /// All rows of an answer.
    pub(super) fn list(&mut self, sql: &str, values: &[Value]) -> Result<Vec<SqliteRow>> {
        let connection = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        let names = match self.columns.get(sql) {
            Some(names) => Arc::clone(names),
            None => {
                if self.columns.len() >= PREPARED {
                    self.columns.clear();
                }
                let names: Columns = statement.column_names().into_iter().map(Box::from).collect();
                self.columns.insert(sql.into(), Arc::clone(&names));
                names
            }
        };
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..names.len()).map(|column| Ok(read_cell(row.get_ref(column)?)?)).collect::<Result<_>>()?;
            found.push(SqliteRow { names: Arc::clone(&names), cells });
        }
        Ok(found)
    }
}

/// `$2` is the second value, wherever in the statement it stands.
fn bind(statement: &mut rusqlite::CachedStatement<'_>, values: &[Value]) -> Result<()> {
    for index in 1..=statement.parameter_count() {
        let number = statement.parameter_name(index).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| StoreError::Refused("a statement has a place without a value".to_owned()))?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

fn read_cell(value: ValueRef<'_>) -> rusqlite::Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(_) => Cell::Real,
        ValueRef::Text(_) => Cell::Text(value.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Int(Some(number)) => ValueRef::Integer(*number),
            Self::Bool(Some(truth)) => ValueRef::Integer(i64::from(*truth)),
            Self::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Self::Text(None) | Self::Int(None) | Self::Bool(None) | Self::Bytes(None) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

impl SqliteRow {
    pub(super) fn get<T: FromCell>(&self, column: &str) -> Result<T> {
        let position = self.names.iter().position(|name| **name == *column);
        let cell = position.and_then(|position| self.cells.get(position));
        let cell = cell.ok_or_else(|| StoreError::Corrupt(format!("an answer has no column {column}")))?;
        T::from_cell(cell).ok_or_else(|| StoreError::Corrupt(format!("{column} is of another type")))
    }
}

/// What a cell can be read as.
pub trait FromCell: Sized {
    #[doc(hidden)]
    fn from_cell(cell: &Cell) -> Option<Self>;
}

impl FromCell for String {
    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
    }
}

impl FromCell for i64 {
    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Int(number) = cell { Some(*number) } else { None }
    }
}

impl FromCell for bool {
    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Int(number) = cell { Some(*number != 0) } else { None }
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => Some(bytes.clone()),
            Cell::Text(text) => Some(text.clone().into_bytes()),
            Cell::Null | Cell::Int(_) | Cell::Real => None,
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Null = cell { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}
