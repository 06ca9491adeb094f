//! The state store. SQL stands here and nowhere else. The functions are plain: they take a connection for reading or a transaction for
//! writing, and say what they do to which rows.

pub mod db;
mod error;
pub mod events;
pub mod line;
pub mod people;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use db::{Connection, Db, Reader, Row, Target, Tx, Value};
pub use error::{Result, StoreError};
