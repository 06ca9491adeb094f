//! Secrets do not leave the runner: everything that it sends passes a masker.

mod automaton;
mod forms;
mod masker;

pub use masker::{Masker, Masks};
