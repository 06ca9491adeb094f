//! Resources and their versions; runners.

use super::runs::short_version;
use crate::client::{Payload, typed};
use crate::context::{Context, Format, Limit};
use crate::failure::{Failure, Outcome};
use crate::names::Place;
use crate::terminal::{Cell, Style, Table, Terminal};
use andon_server::http::resources::{CheckView, ResourceView};
use andon_server::http::runners::RunnerView;
use andon_server::http::view::VersionView;
use clap::Args;
use reqwest::Method;
use serde_json::json;

#[derive(Args, Debug)]
pub struct ResourcesArgs {
    pipeline: String,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct VersionsArgs {
    #[arg(value_name = "PIPELINE/RESOURCE")]
    resource: Place,
    #[command(flatten)]
    limit: Limit,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct PinArgs {
    #[arg(value_name = "PIPELINE/RESOURCE")]
    resource: Place,
    /// The version's ID, or the beginning of its main value
    version: String,
    /// Why
    #[arg(long, short = 'm', value_name = "COMMENT")]
    message: Option<String>,
}

#[derive(Args, Debug)]
pub struct ResourceArgs {
    #[arg(value_name = "PIPELINE/RESOURCE")]
    resource: Place,
}

#[derive(Args, Debug)]
pub struct EnableArgs {
    #[arg(value_name = "PIPELINE/RESOURCE")]
    resource: Place,
    /// The version's ID, or the beginning of its main value
    version: String,
}

#[derive(Args, Debug)]
pub struct DisableArgs {
    #[command(flatten)]
    version: EnableArgs,
    /// Why
    #[arg(long, short = 'm', value_name = "REASON")]
    message: Option<String>,
}

#[derive(Args, Debug)]
pub struct OverviewArgs {
    #[command(flatten)]
    format: Format,
}

fn path<'a>(place: &'a Place, more: &[&'a str]) -> Vec<&'a str> {
    [&["resources", place.pipeline.as_str(), place.name.as_str()], more].concat()
}

pub async fn list(context: &Context, args: &ResourcesArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["resources", &args.pipeline]), usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["RESOURCE", "TYPE", "NEWEST", "SINCE", "NOTE"]);
    for resource in listing.typed::<ResourceView>()? {
        let newest = resource.newest.as_ref();
        let pin = resource.pin.as_ref().map(|pin| {
            format!("pinned by {}: {}", pin.by.as_deref().unwrap_or("somebody"), pin.comment.as_deref().unwrap_or("no comment"))
        });
        let note = pin.or_else(|| resource.check_error.as_ref().map(|error| format!("last check: {error}")));
        table.row(vec![
            Cell::text(&resource.name),
            Cell::text(&resource.kind),
            Cell::option(newest.map(|version| short_version(&version.values)).as_deref()),
            context.terminal.time(newest.map(|version| version.created_at)),
            Cell::text(note.unwrap_or_default()).styled(Style::Awaiting),
        ]);
    }
    context.terminal.table(&table, "The pipeline has no resources")
}

pub async fn list_versions(context: &Context, args: &VersionsArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&path(&args.resource, &["versions"])), args.limit.get()).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let table = versions_table(context.terminal, &listing.typed()?);
    context.terminal.table(&table, "The resource has no versions yet")?;
    if listing.more {
        context.terminal.note(&format!("There are more; `--limit {}` shows them", args.limit.get() * 2));
    }
    Ok(())
}

fn versions_table(terminal: Terminal, versions: &[VersionView]) -> Table {
    let mut table = Table::new(&["VERSION", "FROM", "BY", "SINCE", "ABOUT", "ID"]);
    for version in versions {
        let about = ["message", "author"].into_iter().find_map(|key| version.metadata.get(key)).map(String::as_str);
        let disabled = || format!("disabled: {}", version.disabled_reason.as_deref().unwrap_or("no reason given"));
        let about = if version.enabled { Cell::option(about) } else { Cell::text(disabled()).styled(Style::Bad) };
        table.row(vec![
            Cell::text(short_version(&version.values)),
            Cell::text(&version.origin),
            Cell::text(&version.actor),
            terminal.time(version.created_at),
            about,
            Cell::whole(version.id.to_string()),
        ]);
    }
    table
}

pub async fn pin(context: &Context, args: &PinArgs) -> Outcome {
    let client = context.client()?;
    client.put(client.place(&path(&args.resource, &["pin"])), json!({ "version": args.version, "comment": args.message })).await?;
    context.terminal.line("Pinned: every job takes this version until `andon unpin`")
}

pub async fn unpin(context: &Context, args: &ResourceArgs) -> Outcome {
    let client = context.client()?;
    client.delete(client.place(&path(&args.resource, &["pin"]))).await?;
    context.terminal.line("Unpinned")
}

pub async fn poll(context: &Context, args: &ResourceArgs) -> Outcome {
    let client = context.client()?;
    let found: CheckView = typed(client.post(client.place(&path(&args.resource, &["check"])), json!({})).await?)?;
    if let Some(error) = &found.error {
        return Err(Failure::failed(format!("{}/{} could not be looked at: {error}", args.resource.pipeline, args.resource.name)));
    }
    if found.new.is_empty() {
        return context.terminal.line("Nothing new");
    }
    context.terminal.table(&versions_table(context.terminal, &found.new), "Nothing new")
}

pub async fn disable(context: &Context, args: &DisableArgs) -> Outcome {
    set_enabled(context, &args.version, json!({ "enabled": false, "reason": args.message })).await?;
    context.terminal.line("Disabled: no job takes this version by itself any more")
}

pub async fn enable(context: &Context, args: &EnableArgs) -> Outcome {
    set_enabled(context, args, json!({ "enabled": true, "reason": null })).await?;
    context.terminal.line("Enabled")
}

async fn set_enabled(context: &Context, args: &EnableArgs, body: serde_json::Value) -> Outcome {
    let client = context.client()?;
    let url = client.place(&path(&args.resource, &["versions", &args.version]));
    client.send(Method::PATCH, url, Payload::Json(body)).await.map(drop)
}

/// A commit or a digest by its beginning, anything else whole.
pub fn short_value(value: &str) -> String {
    short_version(&std::collections::BTreeMap::from([("digest".to_owned(), value.to_owned())]))
}

pub async fn list_runners(context: &Context, args: &OverviewArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["runners"]), usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["RUNNER", "STATE", "BUSY", "LABELS", "EXECUTOR", "ISOLATION", "SEEN", "NOTE"]);
    for runner in listing.typed::<RunnerView>()? {
        table.row(vec![
            Cell::text(&runner.name),
            context.terminal.status(&runner.state),
            Cell::text(format!("{}/{}", runner.busy, runner.slots)),
            Cell::text(runner.labels.join(",")),
            Cell::text(&runner.executor),
            Cell::text(&runner.isolation),
            context.terminal.time(runner.last_seen_at),
            Cell::option(runner.notice.as_deref()),
        ]);
    }
    context.terminal.table(&table, "There are no runners. Start one with `andon runner --server URL`, or the server without --no-runner")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_show_what_they_are_and_whether_they_count() {
        let version = |enabled: bool| -> VersionView {
            serde_json::from_value(json!({"id": "019aa3c1-0000-7000-8000-000000000009", "values": {"commit": "3f2a1c0d9e".repeat(4)},
                "metadata": {"message": "Fix the till"}, "order": 1, "origin": "push", "actor": "push:ada", "made_by": null, "enabled": enabled,
                "disabled_reason": (!enabled).then_some("broken"), "created_at": 0}))
            .expect("a version")
        };
        let terminal = Terminal { live: false, colours: false, interactive: false };
        insta::assert_snapshot!(versions_table(terminal, &[version(true), version(false)]).render(false), @r"
        VERSION       FROM  BY        SINCE                 ABOUT             ID
        3f2a1c0d9e3f  push  push:ada  1970-01-01T00:00:00Z  Fix the till      019aa3c1-0000-7000-8000-000000000009
        3f2a1c0d9e3f  push  push:ada  1970-01-01T00:00:00Z  disabled: broken  019aa3c1-0000-7000-8000-000000000009
        ");
    }
}
