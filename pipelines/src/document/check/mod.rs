//! What the parts of a file mean together.

use super::file::PipelineFile;
use super::findings::Findings;

pub(crate) fn check(_file: &PipelineFile, _findings: &mut Findings<'_>) {}
