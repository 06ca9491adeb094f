//! What a job leaves: its outputs, its state, its summary.

use super::{
    context::Context,
    halt::Halt,
    key_values::{FILE_BYTES, parse_key_values},
    push::push_commits,
    verdict::{Failure, Verdict},
};
use crate::files::{PackError, pack_folder, read_beneath};
use andon_pipelines::number::read_request;
use andon_pipelines::wire::{AssignedOutput, Blob, Outcome, OutputKind, ReportBody};
use std::{collections::BTreeMap, path::Path};

/// The longest summary, bytes.
const SUMMARY_BYTES: u64 = 1024 * 1024;

/// Reports everything that the outcome allows. What cannot be collected fails a success.
pub async fn report_all(context: &Context, verdict: Verdict) -> Verdict {
    report_summary(context).await;
    if context.control.all.cause().is_some() {
        return verdict;
    }
    let halt = context.control.all.child();
    let mut verdict = verdict;
    if verdict.outcome == Outcome::Succeeded
        && let Err(failure) = report_state(context).await
    {
        verdict = complain(context, verdict, failure).await;
    }
    for output in &context.assignment.outputs {
        let wanted = match verdict.outcome {
            Outcome::Succeeded => true,
            Outcome::Failed => output.always,
            Outcome::Errored | Outcome::Stopped => false,
        };
        if wanted && let Err(failure) = report_output(context, output, &halt).await {
            verdict = complain(context, verdict, failure).await;
        }
    }
    verdict
}

async fn complain(context: &Context, verdict: Verdict, failure: Failure) -> Verdict {
    context.log.write_line(&format!("[{}]", failure.detail)).await;
    match (verdict.outcome, failure.reason) {
        // The server's refusal of a blob is not the job's fault.
        (Outcome::Succeeded, "blob-failed") => Verdict::errored(failure),
        (Outcome::Succeeded, _) => Verdict::failed(failure),
        _ => verdict,
    }
}

async fn report_summary(context: &Context) {
    let (bytes, more) = match read_beneath(&context.root, Path::new("summary"), SUMMARY_BYTES) {
        Ok(Some((bytes, more))) if !bytes.is_empty() => (bytes, more),
        Ok(_) => return,
        Err(error) => return context.log.warn(format!("[the summary cannot be read: {error}]")).await,
    };
    let mut markdown = context.mask(&String::from_utf8_lossy(&bytes));
    if more {
        markdown.push_str(&format!("\n\n*The summary is cut here: it is longer than {SUMMARY_BYTES} bytes.*\n"));
    }
    context.reporter.send(ReportBody::Summary { markdown }).await;
}

async fn report_state(context: &Context) -> Result<(), Failure> {
    let values = read_values(context, &context.root, "state")
        .map_err(|why| Failure::new("state-invalid", format!("The file that ANDON_STATE names cannot be used: {why}.")))?;
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        context.reporter.send(ReportBody::State { values }).await;
    }
    Ok(())
}

/// The masked key-values of a file; `None` if there is no such file.
fn read_values(context: &Context, root: &Path, file: &str) -> Result<Option<BTreeMap<String, String>>, String> {
    match read_beneath(root, Path::new(file), FILE_BYTES) {
        Ok(None) => Ok(None),
        Ok(Some((_, true))) => Err(format!("it is longer than {FILE_BYTES} bytes")),
        Ok(Some((bytes, false))) => {
            let values = parse_key_values(&bytes)?;
            Ok(Some(values.into_iter().map(|(key, value)| (key, context.mask(&value))).collect()))
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn report_output(context: &Context, output: &AssignedOutput, halt: &Halt) -> Result<(), Failure> {
    let folder = context.root.join("outputs").join(&output.resource);
    let read = || {
        read_values(context, &folder, "version").map_err(|why| {
            Failure::new("output-invalid", format!("The version of the output {:?} cannot be used: {why}.", output.resource))
        })
    };
    let (values, archive) = match output.kind {
        OutputKind::Environment => return Ok(()),
        OutputKind::Git { .. } => (push_commits(context, output, halt).await?, None),
        OutputKind::Values => (read()?, None),
        OutputKind::Number => {
            let values = read()?.filter(|values| !values.is_empty());
            if let Some(values) = &values
                && let Err(error) = read_request(values.iter().map(|(key, value)| (key.as_str(), value.as_str())))
            {
                let detail = format!("The version of the output {:?} cannot be used: {error}.", output.resource);
                return Err(Failure::new("output-invalid", detail));
            }
            (values, None)
        }
        OutputKind::Archive => (None, pack(context, output, &[], halt).await?),
        OutputKind::State => (read()?, pack(context, output, &["version"], halt).await?),
    };
    if values.is_some() || archive.is_some() {
        let (resource, values) = (output.resource.clone(), values.unwrap_or_default());
        context.reporter.send(ReportBody::Output { resource, values, archive }).await;
    }
    Ok(())
}

async fn pack(context: &Context, output: &AssignedOutput, skip: &'static [&'static str], halt: &Halt) -> Result<Option<Blob>, Failure> {
    let folder = context.root.join("outputs").join(&output.resource);
    let cannot =
        |why: &dyn std::fmt::Display| Failure::new("output-failed", format!("The output {:?} cannot be packed: {why}.", output.resource));
    let limit = context.assignment.limits.output_bytes;
    let file = tempfile::NamedTempFile::new_in(&context.private).map_err(|error| cannot(&error))?.into_temp_path();
    let to = file.to_path_buf();
    match tokio::task::spawn_blocking(move || pack_folder(&folder, skip, &to, limit)).await {
        Ok(Ok(None)) => Ok(None),
        Ok(Ok(Some(blob))) => context.store_blob(&blob, &file, halt).await.map(|()| Some(blob)),
        Ok(Err(error @ PackError::TooLarge { .. })) => Err(Failure { reason: "output-limit", ..cannot(&error) }),
        Ok(Err(error)) => Err(cannot(&error)),
        Err(error) => Err(cannot(&error)),
    }
}
