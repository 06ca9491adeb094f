//! The pipeline language and the rules of the line.
//!
//! This crate judges and does nothing else: it performs no I/O, reads no clock and draws no randomness. What it needs to
//! know comes in as values; what should happen goes out as values.

pub mod cron;
pub mod decide;
pub mod document;
pub mod event;
pub mod expression;
pub mod gate;
pub mod ids;
pub mod library;
pub mod number;
pub mod resolve;
pub mod state;
pub mod tasks;
pub mod wire;
