//! The JSON Schema of pipeline and module files, for editors.

use super::file::PipelineFile;
use super::module::ModuleFile;
use super::shape::{Definitions, Shape};
use serde_json::{Value, json};

/// The JSON Schema (2020-12) of a pipeline file, made from the same declarations as the reader.
#[must_use]
pub fn schema() -> Value {
    schema_of::<PipelineFile>("Andon pipeline")
}

/// The JSON Schema (2020-12) of a module file.
#[must_use]
pub fn module_schema() -> Value {
    schema_of::<ModuleFile>("Andon module")
}

fn schema_of<T: Shape>(title: &str) -> Value {
    let mut definitions = Definitions::default();
    let root = T::schema(&mut definitions);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$defs": definitions.finish(),
    });
    if let (Some(object), Some(root)) = (schema.as_object_mut(), root.as_object()) {
        object.extend(root.clone());
    }
    schema
}
