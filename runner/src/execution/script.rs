//! A step that runs a script.

use super::{
    context::Context,
    halt::Halt,
    plan::Planned,
    verdict::{Failure, StepEnd},
};
use crate::{log::LogStream, process::Ended};
use andon_pipelines::wire::AssignedAction;
use std::{ffi::OsString, path::PathBuf, sync::Arc};

/// Runs the step's script to its end.
pub async fn run_script(context: &Context, planned: &Planned<'_>, halt: &Halt, side_by_side: bool) -> StepEnd {
    let AssignedAction::Run { script, shell, dir, environment } = &planned.step.action else {
        return StepEnd::Succeeded;
    };
    let name = &planned.step.name;
    let cannot = |why: String| StepEnd::Failed(Failure::new("cannot-start", format!("The step {name:?} cannot start: {why}.")));
    let file = context.root.join(format!("step-{:03}.sh", planned.index));
    if let Err(error) = std::fs::write(&file, script) {
        return cannot(format!("its script cannot be written: {error}"));
    }
    let start = context.start_folder();
    let folder = dir.as_ref().map_or_else(|| start.clone(), |dir| start.join(dir));
    // Inside the isolation the folder is looked for by the process itself, which tells what is wrong.
    if !context.room.is_isolated() && !folder.is_dir() {
        return cannot(format!("there is no folder {:?}", dir.as_deref().unwrap_or(".")));
    }
    let (program, arguments) = match split(shell.as_deref(), file) {
        Some(split) => split,
        None => return cannot("its shell is empty".to_owned()),
    };
    let spec = context.spec(folder, &program, arguments, context.environment(environment));
    let mut stream = LogStream::new(Arc::clone(&context.log), side_by_side);
    match context.room.run(&spec, &mut stream, halt).await {
        Ok(Ended::Exit(0)) => StepEnd::Succeeded,
        Ok(Ended::Exit(code)) => StepEnd::Failed(Failure {
            exit_code: Some(code),
            ..Failure::new("exit-code", format!("The step {name:?} ended with exit code {code}."))
        }),
        Ok(Ended::Halted(cause)) => StepEnd::Halted(cause),
        Err(error) => {
            context.log.write_line(&format!("[{program} cannot be started: {error}]")).await;
            cannot(error.to_string())
        }
    }
}

fn split(shell: Option<&str>, file: PathBuf) -> Option<(String, Vec<OsString>)> {
    let mut words = shell.unwrap_or("bash -euo pipefail").split_whitespace();
    let program = words.next()?.to_owned();
    let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
    arguments.push(file.into_os_string());
    Some((program, arguments))
}
