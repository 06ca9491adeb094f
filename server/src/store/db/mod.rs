//! The driver: one enum for the two engines, typed values, transactions that append their events, and group commit.

mod connect;
mod connection;
mod events;
mod listen;
mod migrations;
mod pending;
mod postgres;
mod readers;
mod row_ref;
mod session;
mod sqlite;
mod transaction;
mod value;
mod writer;

pub(crate) use connect::ping;
pub use connect::{Db, Reader, Target};
pub(crate) use connection::places;
pub use connection::{Answers, Connection, Row, Taking, count_statements};
pub use events::EventLog;
pub use row_ref::RowRef;
pub use transaction::{Author, Tx};
pub use value::Value;
pub(crate) use value::values;
