//! Files that are kept.

use super::{
    context::Context,
    halt::Halt,
    verdict::{Failure, StepEnd},
};
use crate::files::{compress_file, find_files};
use andon_pipelines::wire::ReportBody;
use std::path::Path;

/// More files in one step are a mistake in its globs.
const MOST_FILES: usize = 10_000;

/// Stores each file that the globs match, and reports it.
pub async fn keep(context: &Context, paths: &[String], halt: &Halt) -> StepEnd {
    let root = context.start_folder();
    let (folder, patterns) = (root.clone(), paths.to_vec());
    let files = match tokio::task::spawn_blocking(move || find_files(&folder, &patterns, MOST_FILES)).await {
        Ok(Ok(files)) => files,
        Ok(Err(error)) => return fail("artifacts-failed", format!("The artifacts cannot be kept: {error:#}.")),
        Err(error) => return fail("artifacts-failed", format!("The artifacts cannot be kept: {error}.")),
    };
    if files.is_empty() {
        context.log.warn(format!("[no file matches {}]", paths.join(", "))).await;
    }
    for file in files {
        if let Some(cause) = halt.cause() {
            return StepEnd::Halted(cause);
        }
        if let Err(failure) = keep_file(context, &root, &file, halt).await {
            return halt.cause().map_or(StepEnd::Failed(failure), StepEnd::Halted);
        }
    }
    StepEnd::Succeeded
}

async fn keep_file(context: &Context, root: &Path, file: &Path, halt: &Halt) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let limit = context.assignment.limits.output_bytes;
    let cannot = |why: &dyn std::fmt::Display| Failure::new("artifacts-failed", format!("The artifact {shown:?} cannot be kept: {why}."));
    let packed = tempfile::NamedTempFile::new_in(&context.private).map_err(|error| cannot(&error))?.into_temp_path();
    let (from, path, to) = (root.to_owned(), file.to_owned(), packed.to_path_buf());
    let compressed = tokio::task::spawn_blocking(move || compress_file(&from, &path, &to, limit)).await;
    let (blob, size) = match compressed {
        Ok(Ok(done)) => done,
        Ok(Err(error @ crate::files::PackError::TooLarge { .. })) => {
            return Err(Failure { reason: "output-limit", ..cannot(&error) });
        }
        Ok(Err(error)) => return Err(cannot(&error)),
        Err(error) => return Err(cannot(&error)),
    };
    context.store_blob(&blob, &packed, halt).await?;
    context.reporter.send(ReportBody::Artifact { path: context.mask(&shown), size, blob }).await;
    Ok(())
}

fn fail(reason: &'static str, detail: String) -> StepEnd {
    StepEnd::Failed(Failure::new(reason, detail))
}
