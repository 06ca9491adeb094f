//! The runner protocol: what a runner and a server say to each other, as JSON over HTTP (or as these values, for the
//! runner inside the server's process).
//!
//! The runner speaks first, always: `register`, then `claim` (long poll), `report` (batched, each report with a sequence
//! so that repeats are harmless; it is also the heartbeat, and its answer may bring work for the slots that it frees), and blobs by digest.

mod assignment;
mod report;

pub use assignment::*;
pub use report::*;
