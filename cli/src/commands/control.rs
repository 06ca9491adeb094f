//! The andon cord: holding a workspace, pipelines and jobs, and letting them go. And why a job does or does not run.

use crate::client::typed;
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::{PipelineOrJob, Place};
use crate::terminal::{Style, clean, paint, status_style};
use andon_pipelines::decide::{Decision, Verdict};
use andon_server::http::jobs::Why;
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

#[derive(Args, Debug)]
pub struct WhyArgs {
    #[arg(value_name = "PIPELINE/JOB")]
    job: Place,
    #[command(flatten)]
    format: Format,
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

pub async fn why(context: &Context, args: &WhyArgs) -> Outcome {
    let client = context.client()?;
    let url = client.place(&["pipelines", &args.job.pipeline, "jobs", &args.job.name, "why"]);
    let why: Why = typed(client.get(url).await?)?;
    if args.format.json {
        return context.terminal.json(&why);
    }
    let name = clean(&format!("{}/{}", why.pipeline, why.job));
    let Some(decision) = &why.decision else {
        return context.terminal.line(format!("{name}: nothing has been concluded yet"));
    };
    context.terminal.write(show_decision(&name, decision, context.terminal.colours).as_bytes())
}

const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Started => "started",
        Verdict::UpToDate => "up-to-date",
        Verdict::Waiting => "waiting",
        Verdict::Blocked => "blocked",
    }
}

fn show_decision(name: &str, decision: &Decision, colours: bool) -> String {
    let word = verdict_word(decision.verdict);
    let mut text = format!("{name}: {}\n", paint(word, status_style(word), colours));
    for reason in &decision.reasons {
        let input = reason.input.as_ref().map(|input| format!("{}: ", clean(input))).unwrap_or_default();
        text.push_str(&format!("  • {input}{}\n", clean(&reason.text)));
        if let Some(unblock) = &reason.unblock {
            text.push_str(&format!("    {}\n", paint(&format!("→ {}", clean(unblock)), Style::Heading, colours)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_shows_its_reasons_and_the_way_out() {
        let decision: Decision = serde_json::from_value(json!({"verdict": "blocked", "reasons": [
            {"kind": "no-passed-run", "input": "app", "text": "no run of build has succeeded", "unblock": "run build"},
            {"kind": "paused", "input": null, "text": "ada paused it", "unblock": null}]}))
        .expect("a decision");
        let text = show_decision("shop/test", &decision, false);
        assert_eq!(text, "shop/test: blocked\n  • app: no run of build has succeeded\n    → run build\n  • ada paused it\n");
    }
}
