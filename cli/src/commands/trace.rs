//! Lineage: where a version came from, and where it has got to.

use super::runs::short_version;
use crate::client::typed;
use crate::context::{Context, Format};
use crate::failure::Outcome;
use crate::names::VersionName;
use crate::terminal::{Branch, clean, draw, paint, show_iso, status_style};
use andon_pipelines::ids::JobRunId;
use andon_server::http::lineage::{LineageRun, LineageVersion, LineageView, TraceView};
use clap::Args;
use std::collections::BTreeMap;

#[derive(Args, Debug)]
pub struct TraceArgs {
    /// A version: its ID, or PIPELINE/RESOURCE@BEGINNING of its main value
    #[arg(value_name = "VERSION")]
    version: VersionName,
    /// Only where it has got to
    #[arg(long, conflicts_with = "up")]
    down: bool,
    /// Only where it came from
    #[arg(long)]
    up: bool,
    /// As of this time, as in 2026-11-21T12:04:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    format: Format,
}

pub async fn trace(context: &Context, args: &TraceArgs) -> Outcome {
    let client = context.client()?;
    let mut url = client.place(&["versions", args.version.as_str(), "trace"]);
    let direction = match (args.up, args.down) {
        (true, _) => Some("up"),
        (_, true) => Some("down"),
        _ => None,
    };
    if let Some(direction) = direction {
        url.query_pairs_mut().append_pair("direction", direction);
    }
    if let Some(at) = &args.at {
        url.query_pairs_mut().append_pair("at", at);
    }
    let trace: TraceView = typed(client.get(url).await?)?;
    if args.format.json {
        return context.terminal.json(&trace);
    }
    context.terminal.write(show_trace(&trace, context.terminal.colours).as_bytes())
}

fn show_trace(trace: &TraceView, colours: bool) -> String {
    let version = &trace.version;
    let about =
        version.metadata.get("message").and_then(|message| message.lines().next()).map_or_else(String::new, |line| format!("  {line}"));
    let mut text = clean(&format!(
        "{}/{}@{}  {} by {}, {}{about}",
        trace.pipeline,
        trace.resource,
        short_version(&version.values),
        version.origin,
        version.actor,
        show_iso(version.created_at)
    ));
    text.push('\n');
    if let Some(up) = &trace.up {
        text.push_str(if up.job_runs.is_empty() { "came from outside\n" } else { "came from\n" });
        text.push_str(&draw(&branches(up, false, (&trace.pipeline, colours))));
    }
    if let Some(down) = &trace.down {
        text.push_str(if down.job_runs.is_empty() { "has got nowhere yet\n" } else { "has got to\n" });
        text.push_str(&draw(&branches(down, true, (&trace.pipeline, colours))));
        if down.truncated {
            text.push_str("… and further job runs\n");
        }
        for environment in &down.environments {
            let until = environment.until.map_or_else(|| "now".to_owned(), |until| format!("until {}", show_iso(until)));
            let line = format!(
                "{}/{} ran it since {}, {until}, by {}",
                environment.pipeline,
                environment.name,
                show_iso(environment.since),
                environment.actor
            );
            text.push_str(&format!("{}\n", clean(&line)));
        }
    }
    text
}

/// Each job run once: below the nearest of those that it stands on, or, upwards, below the nearest that stands on it.
fn branches(lineage: &LineageView, down: bool, shown: (&str, bool)) -> Vec<Branch> {
    let runs = &lineage.job_runs;
    let places: BTreeMap<JobRunId, usize> = runs.iter().enumerate().map(|(place, run)| (run.id, place)).collect();
    let makers: BTreeMap<_, usize> =
        runs.iter().enumerate().rev().flat_map(|(place, run)| run.outputs.iter().map(move |output| (output.id, place))).collect();
    let parents = |run: &LineageRun| -> Vec<usize> {
        let followed = run.follows.iter().filter_map(|id| places.get(id).copied());
        followed.chain(run.inputs.iter().filter_map(|input| makers.get(&input.id).copied())).collect()
    };
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); runs.len()];
    let mut roots = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        let above = if down {
            parents(run).into_iter().filter(|parent| *parent != place).max()
        } else {
            let stands_on = |other: &usize| *other != place && parents(&runs[*other]).contains(&place);
            (0..runs.len()).filter(stands_on).min()
        };
        match above {
            Some(above) => below[above].push(place),
            None => roots.push(place),
        }
    }
    roots.into_iter().map(|root| branch_of(runs, &below, root, shown)).collect()
}

fn branch_of(runs: &[LineageRun], below: &[Vec<usize>], place: usize, shown: (&str, bool)) -> Branch {
    let run = &runs[place];
    let (pipeline, colours) = shown;
    let name = if run.pipeline == pipeline { run.job.clone() } else { format!("{}/{}", run.pipeline, run.job) };
    let status = run.status.to_string();
    let named = |versions: &[LineageVersion]| {
        let names: Vec<String> =
            versions.iter().map(|version| format!("{}@{}", version.resource, short_version(&version.values))).collect();
        names.join(", ")
    };
    let on = if run.inputs.is_empty() { String::new() } else { format!(" on {}", named(&run.inputs)) };
    let made = if run.outputs.is_empty() { String::new() } else { format!(" → {}", named(&run.outputs)) };
    let text = format!(
        "{} {}{}",
        clean(&format!("{name} #{}", run.number)),
        paint(&status, status_style(&status), colours),
        clean(&format!("{on}{made}"))
    );
    Branch::new(text, below[place].iter().map(|child| branch_of(runs, below, *child, shown)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn id(number: u8) -> String {
        format!("019aa3c1-0000-7000-8000-0000000000{number:02}")
    }

    fn run(number: u8, job: &str, follows: &[u8], outputs: Value) -> Value {
        json!({"id": id(number), "pipeline": "shop", "job": job, "number": "1", "status": "succeeded", "reason": null, "created_at": 0,
            "ended_at": 1, "follows": follows.iter().map(|number| id(*number)).collect::<Vec<_>>(), "inputs": [], "outputs": outputs})
    }

    #[test]
    fn a_diamond_is_drawn_with_each_job_run_once() {
        let app = json!([{"id": id(50), "pipeline": "shop", "resource": "app", "values": {"digest": "abcdefabcdef".repeat(6)}}]);
        let runs = json!([
            run(1, "build", &[], app),
            run(2, "unit", &[1], json!([])),
            run(3, "browser", &[1], json!([])),
            run(4, "deploy", &[2, 3], json!([]))
        ]);
        let environments = json!([{"pipeline": "shop", "name": "production", "job_run": id(4), "version": id(60), "actor": "user:ada", "since_at": 0, "until_at": null}]);
        let trace: TraceView = serde_json::from_value(json!({"pipeline": "shop", "resource": "source", "at": 2,
            "version": {"id": id(9), "values": {"commit": "3f2a1c0d9e".repeat(4)}, "metadata": {"message": "Fix the till"}, "order": 1, "origin": "push",
                "actor": "push:ada", "made_by": null, "enabled": true, "disabled_reason": null, "created_at": 0},
            "down": {"job_runs": runs, "environments": environments, "truncated": false}}))
        .expect("a trace");
        insta::assert_snapshot!(show_trace(&trace, false), @r"
        shop/source@3f2a1c0d9e3f  push by push:ada, 1970-01-01T00:00:00Z  Fix the till
        has got to
        └─ build #1 succeeded → app@abcdefabcdef
           ├─ unit #1 succeeded
           └─ browser #1 succeeded
              └─ deploy #1 succeeded
        shop/production ran it since 1970-01-01T00:00:00Z, now, by user:ada
        ");
    }
}
