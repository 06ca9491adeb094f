//! Rows about people and programs: who they are, what they may do, what is kept secret, and what is told to whom.

pub mod access;
pub mod tokens;
pub mod users;
