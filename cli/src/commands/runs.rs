//! Runs: lists, one run, stopping and running again.

use crate::client::typed;
use crate::context::{Context, Format, Limit};
use crate::failure::{Failure, Outcome};
use crate::names::{RunName, RunOrJobRun};
use crate::terminal::{Cell, Style, Table, Terminal, clean, paint, show_duration};
use andon_server::http::job_runs::RerunJobRun;
use andon_server::http::runs::{Rerunning, RunDetail};
use andon_server::http::view::{JobRunView, RunView, UsedVersion};
use clap::Args;
use reqwest::Url;
use serde_json::json;

#[derive(Args, Debug)]
pub struct RunsArgs {
    /// Only runs in this state: active, completed, partial-success, failed, stopped or error
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    #[arg(long, short, value_name = "NAME")]
    /// Only runs of this pipeline
    pipeline: Option<String>,
    /// Only runs with this cause: push, webhook, check, cron, edit, publish, trigger, manual, api or job
    #[arg(long)]
    cause: Option<String>,
    /// Only runs that carry this author's work
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Oldest first
    #[arg(long)]
    oldest: bool,
    #[command(flatten)]
    limit: Limit,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct RunArgs {
    /// A run's ID, or PIPELINE#NUMBER
    run: RunName,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct StopArgs {
    /// The ID of a run or a job run, or PIPELINE#NUMBER, or PIPELINE/JOB#NUMBER
    #[arg(value_name = "RUN|JOB-RUN")]
    what: RunOrJobRun,
    /// Why
    #[arg(long, short = 'm', value_name = "REASON")]
    message: Option<String>,
}

#[derive(Args, Debug)]
pub struct CloseArgs {
    /// A run's ID, or PIPELINE#NUMBER
    run: RunName,
    /// Why: one of the pipeline's `closing_reasons`, or any words where it names none
    #[arg(long, short = 'm', value_name = "REASON")]
    message: String,
}

#[derive(Args, Debug)]
pub struct RerunArgs {
    /// The ID of a run or a job run, or PIPELINE#NUMBER, or PIPELINE/JOB#NUMBER
    #[arg(value_name = "RUN|JOB-RUN")]
    what: RunOrJobRun,
    /// Only what has failed
    #[arg(long, conflicts_with = "downstream")]
    failed: bool,
    /// Of a job run: also everything in its run that stood on it, on what comes of it
    #[arg(long)]
    downstream: bool,
}

pub async fn list(context: &Context, args: &RunsArgs) -> Outcome {
    let client = context.client()?;
    let mut url = client.place(&["runs"]);
    let sort = args.oldest.then(|| "oldest".to_owned());
    let filters =
        [("status", &args.status), ("pipeline", &args.pipeline), ("cause", &args.cause), ("author", &args.author), ("sort", &sort)];
    for (key, value) in filters {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(key, value);
        }
    }
    let listing = client.list(url, args.limit.get()).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let table = runs_table(context.terminal, &listing.typed()?);
    context.terminal.table(&table, "There are no such runs")?;
    if listing.more {
        context.terminal.note(&format!("There are more; `--limit {}` shows them", args.limit.get() * 2));
    }
    Ok(())
}

fn runs_table(terminal: Terminal, runs: &[RunView]) -> Table {
    let mut table = Table::new(&["RUN", "STATUS", "JOBS", "CAUSE", "BY", "STARTED", "TOOK", "ID"]);
    for run in runs {
        let cause = run.cause_detail.as_ref().map_or_else(|| run.cause.clone(), |detail| format!("{} {detail}", run.cause));
        table.row(vec![
            Cell::text(format!("{}#{}", run.pipeline, run.number)),
            terminal.status(&run.status),
            Cell::text(show_progress(run)),
            Cell::text(cause),
            Cell::text(run.author.as_deref().unwrap_or(&run.actor)),
            terminal.time(run.created_at),
            Cell::option(run.ended_at.map(|ended| show_duration(ended - run.created_at)).as_deref()),
            Cell::whole(run.id.to_string()),
        ]);
    }
    table
}

/// `3/5`: job runs that have ended, of all.
fn show_progress(run: &RunView) -> String {
    let count = |status: &str| run.job_runs.get(status).copied().unwrap_or(0);
    let ended: i64 = ["succeeded", "failed", "errored", "stopped", "skipped"].into_iter().map(count).sum();
    format!("{ended}/{}", count("total"))
}

pub async fn show(context: &Context, args: &RunArgs) -> Outcome {
    let client = context.client()?;
    let value = client.get(client.place(&["runs", args.run.as_str()])).await?;
    if args.format.json {
        return context.terminal.json(&value);
    }
    let RunDetail { run, job_runs, .. } = typed(value)?;
    let terminal = context.terminal;
    let title = format!("{}#{}  {}", run.pipeline, run.number, run.status);
    terminal.line(paint(&clean(&title), Style::Heading, terminal.colours))?;
    terminal.line(describe(&run))?;
    terminal.line("")?;
    let mut table = Table::new(&["JOB RUN", "STATUS", "TOOK", "WHY", "ON", "ID"]);
    for job_run in &job_runs {
        table.row(vec![
            Cell::text(format!("{} #{}", job_run.job, job_run.number)),
            terminal.status(job_run.status.name()),
            Cell::option(took(job_run).as_deref()),
            Cell::option(why(job_run).as_deref()),
            Cell::text(show_used(&job_run.inputs)),
            Cell::whole(job_run.id.to_string()),
        ]);
    }
    terminal.table(&table, "No job of it has run yet")?;
    for line in open_gates(&job_runs) {
        terminal.line(line)?;
    }
    Ok(())
}

fn describe(run: &RunView) -> String {
    let mut text = format!("revision {}, {} by {}", run.revision, run.cause, run.author.as_deref().unwrap_or(&run.actor));
    if let Some(detail) = &run.cause_detail {
        text.push_str(&format!(", {detail}"));
    }
    if let Some(note) = &run.note {
        text.push_str(&format!(", {note:?}"));
    }
    clean(&text)
}

/// How long a job run took, where it has begun and ended.
pub fn took(job_run: &JobRunView) -> Option<String> {
    Some(show_duration(job_run.ended_at? - job_run.started_at?))
}

/// The reason of a job run's end, with what people should know of it.
pub fn why(job_run: &JobRunView) -> Option<String> {
    match (&job_run.reason, &job_run.detail) {
        (Some(reason), Some(detail)) => Some(format!("{reason}: {detail}")),
        (reason, detail) => reason.clone().or_else(|| detail.clone()),
    }
}

/// What a job run waits for people for, with the commands that answer.
pub fn open_gates(job_runs: &[JobRunView]) -> Vec<String> {
    let open = job_runs.iter().filter(|job_run| job_run.status.name() == "awaiting");
    let lines = open.filter_map(|job_run| {
        let gate = job_run.gate.as_ref()?;
        Some(clean(&format!(
            "{} #{} awaits people: `andon approve {} -m …` or `andon reject {} -m …`",
            job_run.job, job_run.number, gate.id, gate.id
        )))
    });
    lines.collect()
}

/// `source 3f2a1c0d9e4b, settings eu-1`.
pub fn show_used(used: &[UsedVersion]) -> String {
    let shown: Vec<String> = used.iter().map(|used| format!("{} {}", used.name, short_version(&used.version.values))).collect();
    shown.join(", ")
}

/// The value that tells a version from others, short.
pub fn short_version(values: &std::collections::BTreeMap<String, String>) -> String {
    let main = ["commit", "digest", "number", "tag", "at", "n", "revision"].into_iter().find_map(|key| values.get(key));
    let text = match main {
        Some(value) => value.clone(),
        None => values.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "),
    };
    let is_hash = text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_hash { text.chars().take(12).collect() } else { text }
}

/// The address below the workspace of what is named. Which of the two an identifier names, the server is asked.
async fn find(client: &crate::client::Client, what: &RunOrJobRun, verb: &str) -> Outcome<(bool, Url)> {
    Ok(match what {
        RunOrJobRun::Run(name) => (true, client.place(&["runs", name.as_str(), verb])),
        RunOrJobRun::JobRun(name) => (false, client.place(&["job-runs", name.as_str(), verb])),
        RunOrJobRun::Either(id) => {
            let is_run = client.find(client.place(&["runs", id])).await?.is_some();
            (is_run, client.place(&[if is_run { "runs" } else { "job-runs" }, id, verb]))
        }
    })
}

pub async fn stop(context: &Context, args: &StopArgs) -> Outcome {
    let client = context.client()?;
    let (_, url) = find(&client, &args.what, "stop").await?;
    client.post(url, json!({ "reason": args.message })).await?;
    context.terminal.line("Stopping")
}

pub async fn close(context: &Context, args: &CloseArgs) -> Outcome {
    let client = context.client()?;
    client.post(client.place(&["runs", args.run.as_str(), "close"]), json!({ "reason": args.message })).await?;
    context.terminal.line("Closed")
}

pub async fn rerun(context: &Context, args: &RerunArgs) -> Outcome {
    let client = context.client()?;
    let (is_run, url) = find(&client, &args.what, "rerun").await?;
    if !is_run {
        if args.failed {
            return Err(Failure::usage("--failed is for runs: a job run is run again as it is"));
        }
        let answer: RerunJobRun = typed(client.post(url, json!({ "downstream": args.downstream })).await?)?;
        context.terminal.line(format!("Running again: job run {}", answer.job_run))?;
        for job_run in &answer.downstream {
            context.terminal.line(format!("Then again: {}", clean(job_run)))?;
        }
        return Ok(());
    }
    if args.downstream {
        return Err(Failure::usage("--downstream is for job runs: a run is run again with all that follows as it is"));
    }
    let answer: Rerunning = typed(client.post(url, json!({ "failed": args.failed })).await?)?;
    for job_run in answer.job_runs {
        context.terminal.line(format!("Running again: job run {job_run}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_version_shows_what_tells_it_from_others() {
        let version = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        assert_eq!(short_version(&version(&[("commit", &"ab".repeat(20)), ("ref", "refs/heads/main")])), "abababababab");
        assert_eq!(short_version(&version(&[("number", "1.4.0")])), "1.4.0");
        assert_eq!(short_version(&version(&[("B", "2"), ("A", "1")])), "A=1 B=2");
    }

    #[test]
    fn runs_make_an_aligned_table() {
        let run: RunView = serde_json::from_value(json!({
            "id": "019aa3c1-0000-7000-8000-000000000001", "number": 12, "name": null, "pipeline": "shop",
            "pipeline_id": "019aa3c1-0000-7000-8000-000000000002", "revision": 3, "status": "partial-success", "cause": "push",
            "cause_detail": "3f2a1c", "author": "Ada", "actor": "push:ada", "note": null, "created_at": 1_700_000_000_000_i64,
            "ended_at": 1_700_000_065_000_i64, "job_runs": {"total": 4, "succeeded": 2, "failed": 1, "awaiting": 1}
        }))
        .expect("a run");
        let plain = Terminal { live: false, colours: false, interactive: false };
        insta::assert_snapshot!(runs_table(plain, &[run]).render(false), @r"
        RUN      STATUS           JOBS  CAUSE        BY   STARTED               TOOK   ID
        shop#12  partial-success  3/4   push 3f2a1c  Ada  2023-11-14T22:13:20Z  1m05s  019aa3c1-0000-7000-8000-000000000001
        ");
    }
}
