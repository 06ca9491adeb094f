//! Rows about people and programs: who they are, what they may do, what is kept secret, and what is told to whom.

pub mod access;
pub mod audit;
pub mod channels;
pub mod commit_statuses;
pub mod deliveries;
pub mod delivery_attempts;
pub mod gate_links;
pub mod groups;
pub mod idempotency;
pub mod members;
pub mod preferences;
pub mod secrets;
pub mod sessions;
pub mod signin_links;
pub mod tokens;
pub mod users;
