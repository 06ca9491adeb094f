//! The API: thin handlers that check who asks, call the store or the engine, and say what came of it.

mod error;

pub use error::{Error, Problem, Result};
