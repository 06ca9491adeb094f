//! The state store, the engine that moves the line, the API, and the forge and mail adapters.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod blobs;
pub mod clock;
pub mod config;
pub mod demo;
pub mod embedded;
pub mod engine;
pub mod git;
pub mod hidden;
pub mod hooks;
pub mod http;
pub mod notify;
pub mod outgoing;
pub mod serve;
pub mod store;
pub mod vault;
pub mod wake;
