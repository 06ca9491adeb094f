//! The pipeline language: what a file says, and what is wrong with it.
//!
//! `read` goes through these rooms: `syntax` (YAML events to a `tree` with positions), `module` (each `uses` becomes
//! what it stands for), `file` and `shape` (keys and values,
//! each declared once for the reader and the `schema`), `check` (what they mean together, over the graph in `line`), and
//! `lower` (to the `model`). What is wrong gathers in `findings`. `lineage`, `matrix` and `plan` ask questions of a finished
//! document. `surroundings` holds what is known of other pipelines, whose resources and jobs are named `pipeline/name`.

mod ancestry;
mod approval;
mod check;
mod checklist;
mod diagnostic;
mod difference;
mod file;
mod file_approval;
mod file_checklist;
mod file_parts;
mod file_resource;
mod findings;
mod foreign;
mod graph;
mod line;
mod lineage;
mod lower;
mod lower_approval;
mod lower_checklist;
mod matrix;
mod model;
mod module;
mod people;
mod plan;
mod position;
mod quantity;
mod read;
mod render;
mod resource;
mod rules;
mod schema;
mod shape;
mod suggestion;
mod surroundings;
mod syntax;
mod tree;
mod words;

pub use approval::*;
pub use checklist::*;
pub use diagnostic::{Diagnostic, RelatedPlace, Severity};
pub use difference::unified_diff;
pub use file_checklist::parse_moment_ms;
pub use foreign::{ForeignNames, list_foreign, rename_foreign, short_name, split_foreign};
pub use graph::{EdgeKind, Graph, GraphEdge, GraphEnd, GraphJob, GraphResource, StationKind, graph};
pub use lineage::{downstream_environment, ends_of_line, implied_passed, implied_passed_among};
pub use model::*;
pub use module::{LARGEST_MODULE_BYTES, Module, ModuleKind, ModuleReading, Modules, read_module};
pub use plan::{Change, JobChange, Plan, ResourceChange, plan, removed_jobs, removed_resources, same_source};
pub use quantity::{parse_duration_ms, parse_size_bytes};
pub use read::{LARGEST_FILE_BYTES, Reading, read, read_among, read_in, read_with};
pub use render::render;
pub use resource::*;
pub use rules::{RulesReading, read_rules};
pub use schema::{module_schema, schema};
pub use suggestion::suggest;
pub use surroundings::Surroundings;
