//! Files: checking, planning and setting pipelines; replaying a resolution.

use super::explanation::show_planned;
use crate::client::{Client, Payload, typed};
use crate::commands::modules::{read_modules, read_with_modules};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Style, Table, clean, confirm};
use andon_pipelines::document::{self, Change, Diagnostic, LARGEST_FILE_BYTES, Plan, Severity, Surroundings};
use andon_server::http::pipelines::{PipelineView, Planned, SetPipeline};
use andon_server::http::revisions::{RevisionDiff, RevisionView};
use clap::Args;
use reqwest::Method;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Pipeline files, together where they use each other; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A module's file, for `uses: workspace/NAME`; may be given several times. A library module needs none
    #[arg(long = "module", value_name = "FILE")]
    modules: Vec<PathBuf>,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// Of module files
    #[arg(long)]
    module: bool,
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
    /// The revision that the file is based on: another one in force is not overwritten; 0 for a new pipeline [default: the one in force]
    #[arg(long, value_name = "REVISION")]
    expect: Option<i64>,
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
pub struct DiffArgs {
    pipeline: String,
    /// A revision [default: the one before the newest]
    from: Option<i64>,
    /// Another one [default: the one in force]
    to: Option<i64>,
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

pub(super) fn shown_name(path: &Path) -> String {
    if path.to_str() == Some("-") { "standard input".to_owned() } else { path.display().to_string() }
}

pub async fn check(context: &Context, args: &CheckArgs) -> Outcome {
    let own = read_modules(&args.modules)?;
    let found = check_together(context, &args.files, &own).await?;
    let count = |severity| found.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let (errors, notes) = (count(Severity::Error), count(Severity::Note));
    if args.format.json {
        context.terminal.json(&found)?;
    } else {
        context.terminal.write(document::render(&found).as_bytes())?;
        let files = if args.files.len() == 1 { "1 file".to_owned() } else { format!("{} files", args.files.len()) };
        context.terminal.note(&match (errors, found.len()) {
            (0, 0) => format!("{files} checked: nothing to say"),
            (errors, all) if notes > 0 => format!("{files} checked: {errors} errors, {} warnings, {notes} notes", all - errors - notes),
            (errors, all) => format!("{files} checked: {errors} errors, {} warnings", all - errors),
        });
    }
    if errors > 0 { Err(Failure::Shown) } else { Ok(()) }
}

/// What is wrong with files that may use each other.
async fn check_together(context: &Context, files: &[PathBuf], own: &[(String, String)]) -> Outcome<Vec<Diagnostic>> {
    let (mut texts, mut documents) = (Vec::new(), Vec::new());
    for file in files {
        let (text, name) = (read_text(file, LARGEST_FILE_BYTES)?, shown_name(file));
        documents.extend(read_with_modules(context, (&text, &name), (own, &Surroundings::default())).await.document.map(Arc::new));
        texts.push((text, name));
    }
    let together = Surroundings::some(documents);
    let mut found = Vec::new();
    for (text, name) in &texts {
        found.extend(read_with_modules(context, (text, name), (own, &together)).await.diagnostics);
    }
    Ok(found)
}

pub fn schema(context: &Context, args: &SchemaArgs) -> Outcome {
    context.terminal.json(&if args.module { document::module_schema() } else { document::schema() })
}

/// Reads and checks a file here, so that its diagnostics carry its own name. Answers the text and the pipeline's name.
pub async fn read_pipeline(context: &Context, file: &Path) -> Outcome<(String, String)> {
    let text = read_text(file, LARGEST_FILE_BYTES)?;
    let reading = read_with_modules(context, (&text, &shown_name(file)), (&[], &Surroundings::default())).await;
    // The server looks at the other pipelines; what could not be seen from here needs no words.
    let said: Vec<Diagnostic> = reading.diagnostics.into_iter().filter(|diagnostic| diagnostic.severity != Severity::Note).collect();
    if !said.is_empty() {
        context.terminal.note(document::render(&said).trim_end());
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
    let (text, pipeline) = read_pipeline(context, &args.file).await?;
    let planned = make_plan(&context.client()?, &pipeline, &text).await?;
    if args.format.json {
        return context.terminal.json(&planned);
    }
    context.terminal.write(show_planned(&planned).as_bytes())
}

pub async fn set(context: &Context, args: &SetArgs) -> Outcome {
    let (text, pipeline) = read_pipeline(context, &args.file).await?;
    if let Some(other) = args.pipeline.as_ref().filter(|name| **name != pipeline) {
        return Err(Failure::usage(format!(
            "{} defines the pipeline {pipeline}, not {other}; nothing was changed",
            shown_name(&args.file)
        )));
    }
    let client = context.client()?;
    let planned = make_plan(&client, &pipeline, &text).await?;
    // A stale file is refused below; its plan would only mislead.
    let is_stale = args.expect.is_some_and(|expect| expect != planned.revision.unwrap_or(0));
    if is_stale {
        return send(context, &client, (&pipeline, text), (args, args.expect)).await;
    }
    context.terminal.write(show_planned(&planned).as_bytes())?;
    let asks = context.terminal.interactive && args.file.to_str() != Some("-") && !args.yes;
    if asks && !planned.plan.is_empty() && !confirm(context.terminal, &format!("Set {pipeline}?"))? {
        context.terminal.note("Nothing was changed");
        return Ok(());
    }
    // What was shown is what is set: had somebody set another revision meanwhile, the plan would not be true any more.
    send(context, &client, (&pipeline, text), (args, Some(planned.revision.unwrap_or(0)))).await
}

/// Sets the text on top of the revision that it is based on.
async fn send(context: &Context, client: &Client, (pipeline, text): (&str, String), (args, expect): (&SetArgs, Option<i64>)) -> Outcome {
    let mut url = client.place(&["pipelines", pipeline]);
    if let Some(message) = &args.message {
        url.query_pairs_mut().append_pair("message", message);
    }
    if let Some(revision) = expect {
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

pub fn show_warnings(warnings: &[String]) -> String {
    warnings.iter().map(|warning| format!("  ! {}\n", clean(warning))).collect()
}

pub fn show_plan(plan: &Plan) -> String {
    let name = clean(&plan.pipeline);
    if plan.is_empty() {
        return format!("{name}: nothing changes\n");
    }
    let mut text = format!("{name}: {}\n", if plan.new { "a new pipeline" } else { "changes" });
    let was = |was: Option<&str>| was.map(|was| format!(" (was {})", clean(was))).unwrap_or_default();
    let parts = |parts: &[String]| if parts.is_empty() { String::new() } else { format!(" ({})", clean(&parts.join(", "))) };
    if !plan.settings.is_empty() {
        text.push_str(&format!("  ~ {}\n", clean(&plan.settings.join(", "))));
    }
    for resource in &plan.resources {
        let was = was(resource.was.as_deref());
        let history = if resource.new_history { "; its versions begin anew" } else { "" };
        let (kind, resource_name) = (clean(&resource.kind), clean(&resource.name));
        text.push_str(&format!("  {} resource {resource_name}{was}, {kind}{}{history}\n", sign(resource.change), parts(&resource.parts)));
    }
    for job in &plan.jobs {
        text.push_str(&format!("  {} job {}{}{}\n", sign(job.change), clean(&job.name), was(job.was.as_deref()), parts(&job.parts)));
    }
    if plan.notify {
        text.push_str("  ~ notifications\n");
    }
    for warning in &plan.warnings {
        text.push_str(&format!("  ! {}\n", clean(warning)));
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

pub async fn diff(context: &Context, args: &DiffArgs) -> Outcome {
    let client = context.client()?;
    let current: PipelineView = typed(client.get(client.place(&["pipelines", &args.pipeline])).await?)?;
    let to = args.to.unwrap_or(current.revision);
    let from = args.from.unwrap_or(current.revision - 1);
    if from < 1 {
        context.terminal.note(&format!("{} has one revision so far", current.name));
        return Ok(());
    }
    let url = client.place(&["pipelines", &args.pipeline, "revisions", &from.to_string(), "diff", &to.to_string()]);
    let found: RevisionDiff = typed(client.get(url).await?)?;
    if args.format.json {
        return context.terminal.json(&found);
    }
    let text: Vec<String> = found.diff.lines().map(clean).collect();
    let shown = if text.is_empty() { String::new() } else { text.join("\n") + "\n\n" };
    context.terminal.write((shown + &show_plan(&found.plan)).as_bytes())
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
        let starts = serde_json::json!([{"wave": 1, "pipeline": "shop", "job": "build", "inputs": [], "waits_for_slot": false}]);
        let simulation = serde_json::json!({"published": [], "starts": starts, "idle": [], "no_longer": [], "truncated": false});
        let simulation = serde_json::from_value(simulation).expect("a simulation");
        let planned = Planned {
            plan: document::plan(None, &read(OLD)),
            revision: None,
            starts: vec!["build".to_owned()],
            warnings: vec!["mind the gap".to_owned()],
            simulation,
        };
        assert!(show_planned(&planned).ends_with("  + job gone\n  ! mind the gap\nwould start, if everything succeeds:\n  1  build\n"));
        assert!(show_plan(&document::plan(None, &read(OLD))).starts_with("shop: a new pipeline\n  + resource source, trigger\n"));
    }
}
