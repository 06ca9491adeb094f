//! The keys of a module file.

use crate::document::file::{JobFile, ParamFile, StepFile};
use crate::document::findings::Findings;
use crate::document::shape::{Definitions, List, Map, Shape, record, report_type};
use crate::document::tree::Node;
use crate::document::words::{FieldName, LONGEST_NAME, Name};
use serde_json::{Value, json};
use std::marker::PhantomData;

record! {
    /// Steps or a job that pipelines use by name.
    ModuleFile as "a module" {
        /// The module's name.
        required module ("module"): Name,
        /// What it does, for people.
        optional description ("description"): String,
        /// Typed parameters, given by `with` and read as `${{ with.NAME }}`.
        optional params ("params"): Map<FieldName, ParamFile>,
        /// The steps that take the place of the step with `uses`.
        optional steps ("steps"): Later<List<StepFile>>,
        /// The job that is joined with the job with `uses`.
        optional job ("job"): Later<JobFile>,
    }
    refused ["jobs"]
    hint "begin with `module: NAME`"
}

/// A part that can be read only once the values of `with` stand in it.
#[derive(Clone, Debug)]
pub(crate) struct Later<T>(PhantomData<T>);

impl<T: Shape> Shape for Later<T> {
    fn read(_: &Node, _: &mut Findings<'_>) -> Option<Self> {
        Some(Self(PhantomData))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

/// What `uses` names: `library/NAME` or `workspace/NAME`.
#[derive(Clone, Debug)]
pub(crate) struct ModuleName(pub String);

impl Shape for ModuleName {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let text = node.text();
        if text.is_none() {
            report_type(node, "a module such as library/git-tag", findings);
        }
        text.map(|text| Self(text.to_owned()))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(library|workspace)/[a-z][a-z0-9-]*$", "maxLength": LONGEST_NAME + 10 })
    }
}
