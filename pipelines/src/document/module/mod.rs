//! Modules: steps or a whole job that several pipelines share, written once, with typed parameters.
//!
//! `expand` replaces each `uses` in a file's tree by the module's nodes before anything else looks at the file. The module's
//! text becomes one more text of the source, once for each use, so that every later finding knows both its place in the module and
//! who used it. `arguments` are the checked values of `with`, `insert` puts them into the module's texts, `join` puts
//! a job module and the job that uses it together. `check` reads a module by itself.

mod arguments;
mod check;
mod expand;
mod file;
mod insert;
mod join;
mod texts;

pub use check::{Module, ModuleKind, ModuleReading, read_module};
pub(super) use expand::expand;
pub(super) use file::{ModuleFile, ModuleName};
pub use texts::{LARGEST_MODULE_BYTES, Modules};
