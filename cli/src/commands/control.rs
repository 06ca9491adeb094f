//! The andon cord: holding a workspace, pipelines and jobs, and letting them go.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::names::PipelineOrJob;
use clap::Args;
use serde_json::json;

#[derive(Args, Debug)]
pub struct HoldArgs {
    /// What to hold; without it, everything in the workspace that --workspace names
    #[arg(value_name = "PIPELINE[/JOB]")]
    what: Option<PipelineOrJob>,
    /// Why
    #[arg(long, short = 'm', value_name = "REASON")]
    message: Option<String>,
}

pub async fn pause(context: &Context, args: &HoldArgs) -> Outcome {
    let what = hold(context, args, "pause").await?;
    context.terminal.line(format!("Paused {what}: nothing of it starts, and nothing is lost. `andon resume {what}` lets it go on"))
}

pub async fn resume(context: &Context, args: &HoldArgs) -> Outcome {
    let what = hold(context, args, "resume").await?;
    context.terminal.line(format!("Resumed {what}: the newest versions run"))
}

/// Answers what was held or let go, as it is typed.
async fn hold(context: &Context, args: &HoldArgs, verb: &str) -> Outcome<String> {
    let client = context.client()?;
    let (url, what) = match &args.what {
        Some(PipelineOrJob { pipeline, job: Some(job) }) => {
            (client.place(&["pipelines", pipeline, "jobs", job, verb]), format!("{pipeline}/{job}"))
        }
        Some(PipelineOrJob { pipeline, job: None }) => (client.place(&["pipelines", pipeline, verb]), pipeline.clone()),
        None if context.names_workspace => (client.place(&[verb]), format!("--workspace {}", context.reach.workspace())),
        None => {
            let message = format!("name a PIPELINE or PIPELINE/JOB, or the whole workspace with `andon {verb} --workspace NAME`");
            return Err(Failure::usage(message));
        }
    };
    client.post(url, json!({ "reason": args.message })).await?;
    Ok(what)
}
