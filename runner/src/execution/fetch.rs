//! Inputs into the workspace.

use super::{
    checkout::{Checkout, check_out},
    context::{Context, StepRecord, limit_time},
    halt::{Halt, HaltCause},
    verdict::{Failure, Verdict},
};
use crate::files::{check_relative, create_folder_beneath, unpack_archive};
use andon_pipelines::wire::{AssignedInput, Fetch, Phase, StepStatus};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Fetches every input, in order.
///
/// # Errors
/// The execution's verdict, if one cannot be fetched or the execution is halted.
pub async fn fetch_inputs(context: &Context) -> Result<(), Verdict> {
    let halt = context.control.steps.child();
    let fetched = context.assignment.inputs.iter().filter(|input| input.fetch != Fetch::Nothing);
    for (index, input) in (0u32..).zip(fetched) {
        let mut record = StepRecord::new(context, index, Phase::Fetch, &format!("fetch {}", input.name));
        record.begin(1).await;
        let outcome = limit_time(Some(context.assignment.limits.timeout_ms), &halt, fetch(context, input, &halt)).await;
        let verdict = match (outcome, context.control.steps.cause()) {
            (Ok(()), None) => {
                record.end(StepStatus::Succeeded, None, None).await;
                continue;
            }
            (_, Some(cause)) => Verdict::halted(cause),
            (Err(detail), None) => {
                context.log.write_line(&format!("[{detail}]")).await;
                let detail = format!("The input {:?} cannot be fetched: {detail}.", input.name);
                Verdict::errored(Failure::new("fetch-failed", detail))
            }
        };
        let status = if verdict.outcome == andon_pipelines::wire::Outcome::Stopped { StepStatus::Stopped } else { StepStatus::Failed };
        record.end(status, None, verdict.reason).await;
        return Err(verdict);
    }
    match context.control.steps.cause() {
        Some(cause) => Err(Verdict::halted(cause)),
        None => Ok(()),
    }
}

async fn fetch(context: &Context, input: &AssignedInput, halt: &Halt) -> Result<(), String> {
    let path = check_relative(&input.path)?;
    match &input.fetch {
        Fetch::Nothing => Ok(()),
        Fetch::Git { url, commit, reference, submodules, credentials } => {
            let credentials = credentials.as_deref();
            let checkout = Checkout { url, commit, reference, submodules: *submodules, credentials, path: &path };
            check_out(context, &checkout, halt).await
        }
        Fetch::Archive { digest, size } => {
            let limit = context.assignment.limits.workspace_bytes;
            if *size > limit {
                return Err(format!("its {size} bytes are more than the workspace may hold, {limit}"));
            }
            fetch_archive(context, digest, &path, halt).await
        }
        Fetch::State { archive, values } => {
            if let Some(digest) = archive {
                fetch_archive(context, digest, &path, halt).await?;
            }
            write_values(&context.work(), &path, values)
        }
        Fetch::Text { file, text } => {
            let folder = create_folder_beneath(&context.work(), &path).map_err(|error| error.to_string())?;
            let name = check_relative(file)?;
            std::fs::write(folder.join(name), text).map_err(|error| error.to_string())
        }
    }
    .map_err(|detail| match halt.cause() {
        Some(HaltCause::TimedOut) => "it took longer than the job's timeout".to_owned(),
        _ => detail,
    })
}

fn write_values(work: &Path, path: &Path, values: &BTreeMap<String, String>) -> Result<(), String> {
    let folder = create_folder_beneath(work, path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    for (key, value) in values {
        // A value of several lines is written so that it can be read back.
        match value.contains('\n') {
            false => text.push_str(&format!("{key}={value}\n")),
            true => text.push_str(&format!("{key}<<ANDON_END\n{value}\nANDON_END\n")),
        }
    }
    let file = folder.join("state");
    if std::fs::symlink_metadata(&file).is_ok_and(|data| data.is_symlink()) {
        return Err("its archive has a link where the file \"state\" belongs".to_owned());
    }
    std::fs::write(file, text).map_err(|error| error.to_string())
}

async fn fetch_archive(context: &Context, digest: &str, path: &Path, halt: &Halt) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new_in(&context.private).map_err(|error| error.to_string())?.into_temp_path();
    context.persist(|| download(context, digest, &file), halt).await?;
    let folder = create_folder_beneath(&context.work(), path).map_err(|error| error.to_string())?;
    let limit = context.assignment.limits.workspace_bytes;
    let unpack = tokio::task::spawn_blocking(move || unpack_archive(&file, &folder, limit)).await;
    let left_out = unpack.map_err(|error| error.to_string())?.map_err(|error| format!("{error:#}"))?;
    if let Some(first) = left_out.first() {
        let count = left_out.len();
        context.log.warn(format!("[{count} links that point out of the archive were left out, the first is {}]", first.display())).await;
    }
    Ok(())
}

/// Downloads a blob and checks that it is the one that was asked for. A transfer that breaks off may be repeated.
async fn download(context: &Context, digest: &str, to: &Path) -> Result<(), crate::TransportError> {
    use crate::TransportError::{Invalid, Unreachable};
    let mut reader = context.blobs.fetch(context.assignment.execution, digest).await?;
    let mut file = tokio::fs::File::create(to).await.map_err(|error| Invalid(error.to_string()))?;
    let (mut hasher, mut buffer, mut total) = (Sha256::new(), vec![0; 64 * 1024], 0u64);
    loop {
        let length = reader.read(&mut buffer).await.map_err(|error| Unreachable(error.to_string()))?;
        if length == 0 {
            break;
        }
        total += length as u64;
        if total > context.assignment.limits.workspace_bytes {
            return Err(Invalid("the blob is larger than the workspace may be".to_owned()));
        }
        hasher.update(&buffer[..length]);
        file.write_all(&buffer[..length]).await.map_err(|error| Invalid(error.to_string()))?;
    }
    file.flush().await.map_err(|error| Invalid(error.to_string()))?;
    match hex::encode(hasher.finalize()).eq_ignore_ascii_case(digest) {
        true => Ok(()),
        false => Err(Invalid(format!("the bytes that arrived are not those of the blob {digest}"))),
    }
}
