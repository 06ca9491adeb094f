//! The state store, the engine that moves the line, the API, and the forge and mail adapters.

pub mod accounts;
pub mod app;
pub mod blobs;
pub mod clock;
pub mod config;
pub mod http;
pub mod store;
pub mod vault;
