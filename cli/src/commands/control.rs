//! The andon cord: holding pipelines and jobs, and letting them go.

use crate::context::Context;
use crate::failure::Outcome;
use crate::names::PipelineOrJob;
use clap::Args;
use serde_json::json;

#[derive(Args, Debug)]
pub struct HoldArgs {
    #[arg(value_name = "PIPELINE[/JOB]")]
    what: PipelineOrJob,
    /// Why
    #[arg(long, short = 'm', value_name = "REASON")]
    message: Option<String>,
}

pub async fn pause(context: &Context, args: &HoldArgs) -> Outcome {
    hold(context, args, "pause").await?;
    context.terminal.line("Paused: nothing of it starts, and nothing is lost. `andon resume` lets it go on")
}

pub async fn resume(context: &Context, args: &HoldArgs) -> Outcome {
    hold(context, args, "resume").await?;
    context.terminal.line("Resumed: the newest versions run")
}

async fn hold(context: &Context, args: &HoldArgs, verb: &str) -> Outcome {
    let client = context.client()?;
    let url = match &args.what.job {
        Some(job) => client.place(&["pipelines", &args.what.pipeline, "jobs", job, verb]),
        None => client.place(&["pipelines", &args.what.pipeline, verb]),
    };
    client.post(url, json!({ "reason": args.message })).await.map(drop)
}
