//! The pipeline language: what a file says, and what is wrong with it.
//!
//! `read` goes through these rooms: `syntax` (YAML events to a `tree` with positions), `file` and `shape` (keys and values,
//! each declared once for the reader and the `schema`), `check` (what they mean together, over the graph in `line`), and
//! `lower` (to the `model`). What is wrong gathers in `findings`. `lineage`, `matrix` and `plan` ask questions of a finished
//! document.

mod ancestry;
mod check;
mod diagnostic;
mod file;
mod file_parts;
mod file_resource;
mod findings;
mod line;
mod lineage;
mod lower;
mod matrix;
mod model;
mod people;
mod plan;
mod position;
mod quantity;
mod read;
mod render;
mod rules;
mod schema;
mod shape;
mod suggestion;
mod syntax;
mod tree;
mod words;

pub use diagnostic::{Diagnostic, Severity};
pub use lineage::{downstream_environment, ends_of_line, implied_passed};
pub use model::*;
pub use plan::{Change, JobChange, Plan, ResourceChange, plan, same_source};
pub use quantity::{parse_duration_ms, parse_size_bytes};
pub use read::{LARGEST_FILE_BYTES, Reading, read};
pub use render::render;
pub use rules::{RulesReading, read_rules};
pub use schema::schema;
pub use suggestion::suggest;
