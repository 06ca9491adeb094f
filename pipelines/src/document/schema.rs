//! The JSON Schema of a pipeline file, for editors.

use super::file::PipelineFile;
use super::shape::{Definitions, Shape};
use serde_json::{Value, json};

/// The JSON Schema (2020-12) of a pipeline file, made from the same declarations as the reader.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    let root = PipelineFile::schema(&mut definitions);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Andon pipeline",
        "$defs": definitions.finish(),
    });
    if let (Some(object), Some(root)) = (schema.as_object_mut(), root.as_object()) {
        object.extend(root.clone());
    }
    schema
}
