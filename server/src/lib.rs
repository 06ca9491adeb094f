//! The state store, the engine that moves the line, the API, and the forge and mail adapters.

pub mod accounts;
pub mod blobs;
pub mod clock;
pub mod notify;
pub mod vault;
