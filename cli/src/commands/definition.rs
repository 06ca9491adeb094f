//! Files: checking, planning and setting pipelines; replaying a resolution.

use crate::client::{Client, Payload, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Style, Table, clean, confirm};
use andon_pipelines::document::{self, Change, Diagnostic, LARGEST_FILE_BYTES, Plan, Severity};
use andon_server::http::pipelines::{PipelineView, Planned, RevisionView, SetPipeline};
use clap::Args;
use reqwest::Method;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Pipeline files; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    /// A pipeline file; - reads standard input
    file: PathBuf,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct SetArgs {
    /// A pipeline file; - reads standard input
    file: PathBuf,
    /// The pipeline to set, which must be the one that the file names
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Why, for the list of revisions
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

#[derive(Args, Debug)]
pub struct PipelinesArgs {
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct RevisionsArgs {
    pipeline: String,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct ResolveArgs {
    /// A case: the history and one job's inputs, as JSON; - reads standard input
    case: PathBuf,
}

/// A file's text, bounded, or standard input's.
pub(super) fn read_text(path: &Path, limit: usize) -> Outcome<String> {
    let cannot = |error: std::io::Error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
    let source: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(path).map_err(cannot)?),
    };
    let mut bytes = Vec::new();
    // One byte more shows that the file is too large; the reader of the language says so in its own words.
    source.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|_| Failure::failed(format!("{} is no UTF-8 text", path.display())))
}

fn shown_name(path: &Path) -> String {
    if path.to_str() == Some("-") { "standard input".to_owned() } else { path.display().to_string() }
}

pub fn check(context: &Context, args: &CheckArgs) -> Outcome {
    let mut found: Vec<Diagnostic> = Vec::new();
    for file in &args.files {
        found.extend(document::read(&read_text(file, LARGEST_FILE_BYTES)?, &shown_name(file)).diagnostics);
    }
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if args.format.json {
        context.terminal.json(&found)?;
    } else {
        context.terminal.write(document::render(&found).as_bytes())?;
        let files = if args.files.len() == 1 { "1 file".to_owned() } else { format!("{} files", args.files.len()) };
        context.terminal.note(&match (errors, found.len()) {
            (0, 0) => format!("{files} checked: nothing to say"),
            (errors, all) => format!("{files} checked: {errors} errors, {} warnings", all - errors),
        });
    }
    if errors > 0 { Err(Failure::Shown) } else { Ok(()) }
}

pub fn schema(context: &Context) -> Outcome {
    context.terminal.json(&document::schema())
}

/// Reads and checks a file here, so that its diagnostics carry its own name. Answers the text and the pipeline's name.
fn read_pipeline(context: &Context, file: &Path) -> Outcome<(String, String)> {
    let text = read_text(file, LARGEST_FILE_BYTES)?;
    let reading = document::read(&text, &shown_name(file));
    if !reading.diagnostics.is_empty() {
        context.terminal.note(document::render(&reading.diagnostics).trim_end());
    }
    match reading.document {
        Some(document) => Ok((text, document.pipeline)),
        None => Err(Failure::failed(format!("{} cannot be used; nothing was changed", shown_name(file)))),
    }
}

async fn make_plan(client: &Client, pipeline: &str, text: &str) -> Outcome<Planned> {
    let url = client.place(&["pipelines", pipeline, "plan"]);
    typed(client.send(Method::POST, url, Payload::Yaml(text.to_owned())).await?)
}

pub async fn plan(context: &Context, args: &PlanArgs) -> Outcome {
    let (text, pipeline) = read_pipeline(context, &args.file)?;
    let planned = make_plan(&context.client()?, &pipeline, &text).await?;
    if args.format.json {
        return context.terminal.json(&planned);
    }
    context.terminal.write(show_planned(&planned).as_bytes())
}

pub async fn set(context: &Context, args: &SetArgs) -> Outcome {
    let (text, pipeline) = read_pipeline(context, &args.file)?;
    if let Some(other) = args.pipeline.as_ref().filter(|name| **name != pipeline) {
        return Err(Failure::usage(format!(
            "{} defines the pipeline {pipeline}, not {other}; nothing was changed",
            shown_name(&args.file)
        )));
    }
    let client = context.client()?;
    let planned = make_plan(&client, &pipeline, &text).await?;
    context.terminal.write(show_planned(&planned).as_bytes())?;
    let asks = context.terminal.interactive && args.file.to_str() != Some("-") && !args.yes;
    if asks && !planned.plan.is_empty() && !confirm(context.terminal, &format!("Set {pipeline}?"))? {
        context.terminal.note("Nothing was changed");
        return Ok(());
    }
    let mut url = client.place(&["pipelines", &pipeline]);
    if let Some(message) = &args.message {
        url.query_pairs_mut().append_pair("message", message);
    }
    // What was shown is what is set: had somebody set another revision meanwhile, the plan would not be true any more.
    if let Some(revision) = planned.revision {
        url.query_pairs_mut().append_pair("expect", &revision.to_string());
    }
    let done: SetPipeline = typed(client.send(Method::PUT, url, Payload::Yaml(text)).await?)?;
    context.terminal.line(match done.changed {
        true => format!("{} is at revision {}", done.pipeline, done.revision),
        false => format!("{} was at this text already, revision {}", done.pipeline, done.revision),
    })
}

const fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Changed => '~',
        Change::Removed => '-',
    }
}

fn show_planned(planned: &Planned) -> String {
    let starts = match planned.starts.as_slice() {
        [] => String::new(),
        jobs => format!("  ▶ starts at once: {}\n", clean(&jobs.join(", "))),
    };
    show_plan(&planned.plan) + &starts
}

fn show_plan(plan: &Plan) -> String {
    let name = clean(&plan.pipeline);
    if plan.is_empty() {
        return format!("{name}: nothing changes\n");
    }
    let mut text = format!("{name}: {}\n", if plan.new { "a new pipeline" } else { "changes" });
    let parts = |parts: &[String]| if parts.is_empty() { String::new() } else { format!(" ({})", clean(&parts.join(", "))) };
    if !plan.settings.is_empty() {
        text.push_str(&format!("  ~ {}\n", clean(&plan.settings.join(", "))));
    }
    for resource in &plan.resources {
        let history = if resource.new_history { "; its versions begin anew" } else { "" };
        let (kind, resource_name) = (clean(&resource.kind), clean(&resource.name));
        text.push_str(&format!("  {} resource {resource_name}, {kind}{}{history}\n", sign(resource.change), parts(&resource.parts)));
    }
    for job in &plan.jobs {
        text.push_str(&format!("  {} job {}{}\n", sign(job.change), clean(&job.name), parts(&job.parts)));
    }
    if plan.notify {
        text.push_str("  ~ notifications\n");
    }
    text
}

pub async fn list_pipelines(context: &Context, args: &PipelinesArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["pipelines"]), usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["PIPELINE", "PROJECT", "REVISION", "JOBS", "LAST RUN", "STARTED", "NOTE"]);
    for pipeline in listing.typed::<PipelineView>()? {
        let last = pipeline.last_run.as_ref();
        let note = pipeline
            .paused
            .as_ref()
            .map(|pause| format!("paused by {}: {}", pause.by, pause.reason.as_deref().unwrap_or("no reason given")));
        let note = note.or_else(|| pipeline.sync_error.as_ref().map(|error| format!("last push: {error}")));
        table.row(vec![
            Cell::text(&pipeline.name),
            Cell::option(pipeline.project.as_deref()),
            Cell::number(pipeline.revision),
            Cell::number(pipeline.jobs),
            last.map_or_else(|| Cell::option(None), |run| context.terminal.status(&run.status)),
            context.terminal.time(last.map(|run| run.created_at)),
            Cell::text(note.unwrap_or_default()).styled(Style::Awaiting),
        ]);
    }
    context.terminal.table(&table, "There are no pipelines. Set one with `andon set FILE`, or push a repository with an andon.yml")
}

pub async fn list_revisions(context: &Context, args: &RevisionsArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["pipelines", &args.pipeline, "revisions"]), usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["REVISION", "SET", "BY", "WHY"]);
    for revision in listing.typed::<RevisionView>()? {
        table.row(vec![
            Cell::number(revision.number),
            context.terminal.time(revision.created_at),
            Cell::text(&revision.actor),
            Cell::option(revision.message.as_deref()),
        ]);
    }
    context.terminal.table(&table, "There are no revisions")
}

pub fn resolve(context: &Context, args: &ResolveArgs) -> Outcome {
    let text = read_text(&args.case, andon_pipelines::resolve::MAX_CASE_BYTES)?;
    let answer = andon_pipelines::resolve::replay(&text);
    let answer = answer.map_err(|error| Failure::failed(format!("{}: {error}", shown_name(&args.case))))?;
    let shown = serde_json::to_string_pretty(&answer).map_err(|error| Failure::failed(error.to_string()))?;
    context.terminal.line(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "pipeline: shop\nresources:\n  source: { type: trigger }\njobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n  gone: { inputs: [source], steps: [{ run: make }] }\n";
    const NEW: &str = "pipeline: shop\nresources:\n  source: { type: trigger }\njobs:\n  build: { inputs: [source], steps: [{ run: make all }] }\n  test: { after: [build], steps: [{ run: make test }] }\n";

    fn read(text: &str) -> document::Document {
        let reading = document::read(text, "shop.yml");
        reading.document.unwrap_or_else(|| panic!("{}", document::render(&reading.diagnostics)))
    }

    #[test]
    fn a_plan_names_what_comes_changes_and_goes() {
        let text = show_plan(&document::plan(Some(&read(OLD)), &read(NEW)));
        assert_eq!(text, "shop: changes\n  ~ job build (steps)\n  + job test\n  - job gone\n");
        assert_eq!(show_plan(&document::plan(Some(&read(NEW)), &read(NEW))), "shop: nothing changes\n");
        let planned = Planned { plan: document::plan(None, &read(OLD)), revision: None, starts: vec!["build".to_owned()] };
        assert!(show_planned(&planned).ends_with("  + job gone\n  ▶ starts at once: build\n"));
        assert!(show_plan(&document::plan(None, &read(OLD))).starts_with("shop: a new pipeline\n  + resource source, trigger\n"));
    }
}
