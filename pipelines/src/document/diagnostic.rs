//! What is wrong with a file, where, and what would be right.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    Warning,
    /// Nothing is wrong, as far as could be seen.
    Note,
}

/// One finding. Lines and columns count from 1; columns count Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable, for tools: `unknown-key`, `unknown-resource`, `cycle`, …
    pub code: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// How many columns the finding covers from `column` on, at least 1; never past the end of the line.
    pub length: u32,
    /// The whole source line, without its line break (cut at 400 characters).
    pub source: String,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known: `did you mean "source"?`
    pub suggestion: Option<String>,
    /// Other places that belong to the finding: where the module that it lies in is used, nearest first, or what it goes against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedPlace>,
}

/// A further place of a finding, in the same file or in another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RelatedPlace {
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// `used here`, `declared here`.
    pub note: String,
}
