//! Environments: what runs where, what has run there, and what people do about it.

use super::resources::short_value;
use crate::client::typed;
use crate::context::{Context, Format, Limit};
use crate::failure::{Failure, Outcome};
use crate::names::{Place, read_life};
use crate::terminal::{Cell, Style, Table, now_ms, show_iso};
use andon_server::http::environments::{AskedFor, BehindView, DeploymentEntry, EnvironmentView, PreviewView};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Subcommand, Debug)]
pub enum EnvironmentCommand {
    /// Show what runs where, since when, by whom, and how far behind it is
    List(ListArgs),
    /// Show what has run in an environment
    History(HistoryArgs),
    /// Bring versions into an environment, through the gates before it
    Promote(PromoteArgs),
    /// Bring the last good deployment back, through the same gates
    Rollback(RollbackArgs),
    /// Keep everything away from an environment
    Lock(LockArgs),
    /// Let an environment go: what waited for it goes on
    Unlock(UnlockArgs),
}

#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct HistoryArgs {
    #[arg(value_name = "PIPELINE/ENVIRONMENT")]
    environment: Place,
    #[command(flatten)]
    limit: Limit,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct PromoteArgs {
    #[arg(value_name = "PIPELINE/ENVIRONMENT")]
    environment: Place,
    /// A version of the set: its ID, or the beginning of its main value; the newest set without it
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Args, Debug)]
pub struct RollbackArgs {
    #[arg(value_name = "PIPELINE/ENVIRONMENT")]
    environment: Place,
    /// The ID of the job run of a deployment, as `andon env history` shows it; the last good one without it
    #[arg(long, value_name = "JOB-RUN")]
    to: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Args, Debug)]
struct How {
    /// The job that deploys, where several do
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Why
    #[arg(long, short = 'm', value_name = "NOTE")]
    message: Option<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct LockArgs {
    #[arg(value_name = "PIPELINE/ENVIRONMENT")]
    environment: Place,
    /// Why; whoever waits reads it
    #[arg(long, short = 'm', value_name = "REASON")]
    message: String,
    /// How long, as in 2h or 3d; until `andon env unlock` without it
    #[arg(long = "for", value_name = "DURATION", value_parser = read_life)]
    duration: Option<i64>,
}

#[derive(Args, Debug)]
pub struct UnlockArgs {
    #[arg(value_name = "PIPELINE/ENVIRONMENT")]
    environment: Place,
    /// Why
    #[arg(long, short = 'm', value_name = "REASON")]
    message: Option<String>,
}

pub async fn environment(context: &Context, command: &EnvironmentCommand) -> Outcome {
    match command {
        EnvironmentCommand::List(args) => list(context, args).await,
        EnvironmentCommand::History(args) => history(context, args).await,
        EnvironmentCommand::Promote(args) => promote(context, args).await,
        EnvironmentCommand::Rollback(args) => roll_back(context, args).await,
        EnvironmentCommand::Lock(args) => lock(context, args).await,
        EnvironmentCommand::Unlock(args) => unlock(context, args).await,
    }
}

fn path<'a>(place: &'a Place, more: &[&'a str]) -> Vec<&'a str> {
    [&["environments", place.pipeline.as_str(), place.name.as_str()], more].concat()
}

fn show_values(values: &BTreeMap<String, String>) -> String {
    values.iter().map(|(name, value)| format!("{name} {}", short_value(value))).collect::<Vec<_>>().join(", ")
}

pub async fn list(context: &Context, args: &ListArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["environments"]), usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["ENVIRONMENT", "RUNS", "SINCE", "BY", "BEHIND", "NOTE"]);
    for environment in listing.typed::<EnvironmentView>()? {
        let runs = if environment.version.is_some() { show_values(&environment.values) } else { "nothing yet".to_owned() };
        table.row(vec![
            Cell::text(format!("{}/{}", environment.pipeline, environment.name)),
            Cell::text(runs),
            context.terminal.time(environment.since),
            Cell::option(environment.actor.as_deref()),
            Cell::text(show_behind(&environment.behind)),
            Cell::text(show_note(&environment)).styled(Style::Awaiting),
        ]);
    }
    context
        .terminal
        .table(&table, "No pipeline has an environment; add a resource with `type: environment` and name it under a job's outputs")
}

fn show_behind(behind: &BehindView) -> String {
    let sets = match (behind.sets, behind.more) {
        (0, _) => return "-".to_owned(),
        (sets, true) => format!("{sets}+ sets"),
        (1, false) => "1 set".to_owned(),
        (sets, false) => format!("{sets} sets"),
    };
    match behind.commits {
        Some(1) => format!("{sets}, 1 commit"),
        Some(commits) => format!("{sets}, {commits} commits"),
        None => sets,
    }
}

/// What a person should know first: a lock, a failed attempt, what is on its way.
fn show_note(environment: &EnvironmentView) -> String {
    if let Some(lock) = &environment.lock {
        let until = lock.until.map(|until| format!(" until {}", show_iso(until))).unwrap_or_default();
        return format!("locked by {}{until}: {}", lock.by, lock.reason);
    }
    if let Some(one) = environment.under_way.last() {
        return format!("{} #{} {}", one.job, one.number, one.status);
    }
    environment.failed.as_ref().map(|failed| format!("{} #{} {}", failed.job, failed.number, failed.status)).unwrap_or_default()
}

async fn history(context: &Context, args: &HistoryArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&path(&args.environment, &["history"])), args.limit.get()).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["AT", "RUNS", "BY", "HOW", "NOTE", "JOB RUN"]);
    for entry in listing.typed::<DeploymentEntry>()? {
        let how = entry.kind.map_or_else(|| format!("{} #{}", entry.job, entry.number), |kind| kind.name().to_owned());
        table.row(vec![
            context.terminal.time(entry.at),
            Cell::text(show_values(&entry.values)),
            Cell::text(&entry.actor),
            Cell::text(how),
            Cell::option(entry.note.as_deref()),
            Cell::whole(entry.job_run.to_string()),
        ]);
    }
    context.terminal.table(&table, "Nothing has been deployed there yet")
}

async fn promote(context: &Context, args: &PromoteArgs) -> Outcome {
    let version = args.version.as_deref();
    let body = json!({ "version": version, "job": args.how.job, "note": args.how.message });
    ask(context, (&args.environment, &args.how), ("promote", version), body).await
}

async fn roll_back(context: &Context, args: &RollbackArgs) -> Outcome {
    let to = args.to.as_deref();
    if to.is_some_and(|to| uuid::Uuid::parse_str(to).is_err()) {
        return Err(Failure::usage("--to is the ID of a job run; `andon env history` shows it".to_owned()));
    }
    let body = json!({ "to": to, "job": args.how.job, "note": args.how.message });
    ask(context, (&args.environment, &args.how), ("rollback", to), body).await
}

async fn ask(context: &Context, (place, how): (&Place, &How), (act, version): (&str, Option<&str>), body: Value) -> Outcome {
    let client = context.client()?;
    if how.dry_run {
        let mut url = client.place(&path(place, &["preview"]));
        url.query_pairs_mut().append_pair("kind", act);
        for (name, value) in [("version", version), ("job", how.job.as_deref())] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        return show_preview(context, how, client.get(url).await?);
    }
    let answer = client.post(client.place(&path(place, &[act])), body).await?;
    if how.format.json {
        return context.terminal.json(&answer);
    }
    let asked: AskedFor = typed(answer)?;
    for started in &asked.job_runs {
        let (job, number, status) = (&started.job, &started.number, started.status);
        context.terminal.line(format!("{}/{job} #{number} {status}  {}", place.pipeline, started.id))?;
    }
    context.terminal.line(match asked.gates {
        true => format!("{} gets it once that is approved; `andon inbox` shows the gate", place.name),
        false => format!("`andon watch {}` follows it", asked.job_runs.first().map(|started| started.run.to_string()).unwrap_or_default()),
    })
}

fn show_preview(context: &Context, how: &How, answer: Value) -> Outcome {
    if how.format.json {
        return context.terminal.json(&answer);
    }
    let preview: PreviewView = typed(answer)?;
    let mut table = Table::new(&["RESOURCE", "NOW", "WOULD BE", "COMMITS"]);
    let short = |values: &BTreeMap<String, String>| super::runs::short_version(values);
    for change in preview.changes.iter().filter(|change| change.changed) {
        table.row(vec![
            Cell::text(&change.resource),
            Cell::option(change.from.as_ref().map(short).as_deref()),
            Cell::text(short(&change.to)),
            Cell::number(change.commits.len()),
        ]);
    }
    context.terminal.table(&table, "Nothing would change")?;
    let gates = if preview.gates.is_empty() { "no gate before it".to_owned() } else { format!("asks at {}", preview.gates.join(", ")) };
    context.terminal.line(format!("{} would deploy it; {gates}", preview.job))?;
    preview.refused.map_or(Ok(()), |refused| context.terminal.line(format!("Not now: {refused}")))
}

async fn lock(context: &Context, args: &LockArgs) -> Outcome {
    let client = context.client()?;
    let until = args.duration.map(|duration| now_ms() + duration);
    client.post(client.place(&path(&args.environment, &["lock"])), json!({ "reason": args.message, "until": until })).await?;
    let place = format!("{}/{}", args.environment.pipeline, args.environment.name);
    let end = until.map_or_else(|| format!("`andon env unlock {place}` lets it go"), |until| format!("it ends at {}", show_iso(until)));
    context.terminal.line(format!("Locked {place}: nothing is deployed there, and nothing is lost; {end}"))
}

async fn unlock(context: &Context, args: &UnlockArgs) -> Outcome {
    let client = context.client()?;
    client.post(client.place(&path(&args.environment, &["unlock"])), json!({ "reason": args.message })).await?;
    context.terminal.line(format!("Unlocked {}/{}: what waited goes on", args.environment.pipeline, args.environment.name))
}
