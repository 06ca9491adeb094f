//! The pipeline language: what a file says, and what is wrong with it.

mod diagnostic;
mod model;

pub use diagnostic::{Diagnostic, Severity};
pub use model::*;
