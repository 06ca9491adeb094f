//! Explanation and prediction: why, what to choose from, what would happen.

use super::definition::{read_pipeline, show_plan, show_warnings};
use crate::client::typed;
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::{Pair, Place};
use crate::terminal::{Branch, Style, clean, draw, paint, show_iso, status_style};
use andon_pipelines::decide::{Decision, Reason, Verdict};
use andon_server::engine::{Simulated, SimulatedStart};
use andon_server::http::explanation::{Sets, Why};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub struct WhyArgs {
    #[arg(value_name = "PIPELINE/JOB")]
    job: Place,
    /// Why has this version got to the job, or not: its ID, RESOURCE@BEGINNING, or the beginning of its main value
    version: Option<String>,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct SimulateArgs {
    /// A pipeline file; - reads standard input
    file: PathBuf,
    /// A version that does not exist yet: its main value, or KEY=VALUE,KEY=VALUE
    #[arg(long = "publish", value_name = "RESOURCE=VERSION")]
    publish: Vec<Pair>,
    #[command(flatten)]
    format: Format,
}

pub async fn why(context: &Context, args: &WhyArgs) -> Outcome {
    let client = context.client()?;
    let mut url = client.place(&["pipelines", &args.job.pipeline, "jobs", &args.job.name, "why"]);
    if let Some(version) = &args.version {
        url.query_pairs_mut().append_pair("version", version);
    }
    let why: Why = typed(client.get(url).await?)?;
    if args.format.json {
        return context.terminal.json(&why);
    }
    let name = clean(&format!("{}/{}", why.pipeline, why.job));
    let Some(decision) = &why.decision else {
        return context.terminal.line(format!("{name}: nothing has been concluded yet"));
    };
    let name = args.version.as_ref().map_or_else(|| name.clone(), |version| format!("{} on its way to {name}", clean(version)));
    let since = why.decided_at.filter(|_| why.version.is_none()).map(|at| format!(", concluded {}", show_iso(at)));
    context.terminal.write(show_decision(&name, decision, (&since.unwrap_or_default(), context.terminal.colours)).as_bytes())
}

const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Started => "started",
        Verdict::UpToDate => "up-to-date",
        Verdict::Waiting => "waiting",
        Verdict::Blocked => "blocked",
    }
}

fn show_decision(name: &str, decision: &Decision, (since, colours): (&str, bool)) -> String {
    let word = verdict_word(decision.verdict);
    let branches: Vec<Branch> = decision.reasons.iter().map(|reason| branch_of(reason, colours)).collect();
    format!("{name}: {}{since}\n{}", paint(word, status_style(word), colours), draw(&branches))
}

/// A reason with what stands behind it. What can be done stands where the branches end.
fn branch_of(reason: &Reason, colours: bool) -> Branch {
    let input = reason.input.as_ref().map(|input| format!("{}: ", clean(input))).unwrap_or_default();
    let mut text = format!("{input}{}", clean(&reason.text));
    if reason.children.is_empty() {
        if let Some(unblock) = &reason.unblock {
            text.push_str(&format!("\n{}", paint(&format!("→ {}", clean(unblock)), Style::Heading, colours)));
        }
        if let Some(command) = &reason.command {
            text.push_str(&format!("\n  {}", paint(&clean(command), Style::Dim, colours)));
        }
    }
    Branch::new(text, reason.children.iter().map(|child| branch_of(child, colours)).collect())
}

/// The sets that a job may be run on.
pub async fn list_sets(context: &Context, job: &Place, json: bool) -> Outcome {
    let client = context.client()?;
    let sets: Sets = typed(client.get(client.place(&["pipelines", &job.pipeline, "jobs", &job.name, "sets"])).await?)?;
    if json {
        return context.terminal.json(&sets);
    }
    context.terminal.write(show_sets(&sets, context.terminal.colours).as_bytes())
}

fn show_sets(sets: &Sets, colours: bool) -> String {
    let name = clean(&format!("{}/{}", sets.pipeline, sets.job));
    let mut text = match sets.sets.len() {
        0 => format!("{name}: no set satisfies its inputs\n"),
        _ => format!("{name}: satisfying sets, newest first\n"),
    };
    for (number, set) in sets.sets.iter().enumerate() {
        let inputs: Vec<String> = set.inputs.iter().map(|input| format!("{} {}", clean(&input.name), clean(&input.version))).collect();
        let inputs = if inputs.is_empty() { "no inputs".to_owned() } else { inputs.join(", ") };
        let follows = if set.follows.is_empty() { String::new() } else { format!("  after {}", clean(&set.follows.join(", "))) };
        let had = if set.had { paint("  (it has had this one)", Style::Dim, colours) } else { String::new() };
        text.push_str(&format!("{:>3}  {inputs}{follows}{had}\n", number + 1));
    }
    for held in &sets.held {
        text.push_str(&format!("{} is newer, and cannot be had for {} yet:\n", clean(&held.version), clean(&held.input)));
        text.push_str(&draw(&held.reasons.iter().map(|reason| branch_of(reason, colours)).collect::<Vec<_>>()));
    }
    if let Some(decision) = sets.decision.as_ref().filter(|_| sets.held.is_empty()) {
        text.push_str(&draw(&decision.reasons.iter().map(|reason| branch_of(reason, colours)).collect::<Vec<_>>()));
    }
    text
}

pub async fn simulate(context: &Context, args: &SimulateArgs) -> Outcome {
    let (text, pipeline) = read_pipeline(context, &args.file).await?;
    let publish = args.publish.iter().map(read_wish).collect::<Outcome<Vec<Value>>>()?;
    let client = context.client()?;
    let url = client.place(&["pipelines", &pipeline, "simulate"]);
    let simulated: Simulated = typed(client.post(url, json!({ "publish": publish, "text": text })).await?)?;
    if args.format.json {
        return context.terminal.json(&simulated);
    }
    context.terminal.write(show_simulated(&pipeline, &simulated, context.terminal.colours).as_bytes())
}

/// `source=3f2a1c9` or `settings=REGION=eu,ZONE=b`.
fn read_wish(pair: &Pair) -> Outcome<Value> {
    if !pair.value.contains('=') {
        return Ok(json!({ "resource": pair.key, "value": pair.value }));
    }
    let mut map = serde_json::Map::new();
    for part in pair.value.split(',') {
        let part: Pair = part.parse().map_err(|why| Failure::usage(format!("{}={}: {part:?}: {why}", pair.key, pair.value)))?;
        map.insert(part.key, Value::String(part.value));
    }
    Ok(json!({ "resource": pair.key, "version": map }))
}

/// What would follow, for `simulate` and `plan`.
pub fn show_simulated(pipeline: &str, simulated: &Simulated, colours: bool) -> String {
    let mut text = String::new();
    for version in simulated.published.iter().filter(|version| !version.new) {
        text.push_str(&format!("{}@{} exists already: nothing starts by that\n", clean(&version.resource), clean(&version.version)));
    }
    text.push_str(if simulated.starts.is_empty() { "nothing would start\n" } else { "would start, if everything succeeds:\n" });
    for start in &simulated.starts {
        text.push_str(&format!("{:>3}  {}\n", start.wave, show_start(pipeline, start)));
    }
    if simulated.truncated {
        text.push_str("     … and so on: it was not followed further\n");
    }
    if !simulated.no_longer.is_empty() {
        text.push_str("would run no longer:\n");
        let branches = simulated.no_longer.iter().map(|one| branch_with(&one.job, &one.reasons, colours));
        text.push_str(&draw(&branches.collect::<Vec<_>>()));
    }
    if !simulated.idle.is_empty() {
        text.push_str("would not start:\n");
        let branches = simulated.idle.iter().map(|one| branch_with(&one.job, &one.decision.reasons, colours));
        text.push_str(&draw(&branches.collect::<Vec<_>>()));
    }
    text
}

fn branch_with(job: &str, reasons: &[Reason], colours: bool) -> Branch {
    Branch::new(clean(job), reasons.iter().map(|reason| branch_of(reason, colours)).collect())
}

fn show_start(pipeline: &str, start: &SimulatedStart) -> String {
    let job = if start.pipeline == pipeline { start.job.clone() } else { format!("{}/{}", start.pipeline, start.job) };
    let inputs: Vec<&str> = start.inputs.iter().map(|input| input.version.as_str()).collect();
    let mut text = if inputs.is_empty() { job } else { format!("{job} on {}", inputs.join(", ")) };
    let mut notes = Vec::new();
    notes.extend(start.gate.as_ref().map(|rules| format!("a gate: {}", rules.join(" and "))));
    notes.extend(start.when.as_ref().map(|when| format!("if {when}")));
    notes.extend(start.replaces.as_ref().map(|replaced| format!("in place of {replaced}")));
    notes.extend(start.waits_for_slot.then(|| "once a slot is free".to_owned()));
    if !notes.is_empty() {
        text.push_str(&format!("  ({})", notes.join("; ")));
    }
    clean(&text)
}

/// A plan and what would follow from it.
pub fn show_planned(planned: &andon_server::http::pipelines::Planned) -> String {
    let name = &planned.plan.pipeline;
    // Which jobs stay as they are is of no interest here.
    let shown = Simulated { idle: Vec::new(), ..planned.simulation.clone() };
    let follows = match (shown.starts.is_empty(), shown.no_longer.is_empty()) {
        (true, true) => String::new(),
        _ => show_simulated(name, &shown, false),
    };
    show_plan(&planned.plan) + &show_warnings(&planned.warnings) + &follows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_a_tree_with_the_way_out_at_its_ends() {
        let decision: Decision = serde_json::from_value(json!({"verdict": "blocked", "reasons": [
            {"kind": "no-passed-run", "input": "app", "text": "no run of build has succeeded yet", "unblock": "rerun build #4", "children": [
                {"kind": "failed", "input": null, "text": "build #4 failed", "unblock": "rerun build #4", "command": "andon rerun shop/build#4"}]},
            {"kind": "paused", "input": null, "text": "ada paused it", "unblock": null}]}))
        .expect("a decision");
        insta::assert_snapshot!(show_decision("shop/test", &decision, (", concluded 2026-11-21T12:04:00Z", false)), @r"
        shop/test: blocked, concluded 2026-11-21T12:04:00Z
        ├─ app: no run of build has succeeded yet
        │  └─ build #4 failed
        │     → rerun build #4
        │       andon rerun shop/build#4
        └─ ada paused it
        ");
    }

    #[test]
    fn a_simulation_shows_waves_gates_and_what_stays_away() {
        let simulated: Simulated = serde_json::from_value(json!({"published": [{"resource": "source", "version": "ccc", "new": true}],
            "starts": [
                {"wave": 1, "pipeline": "shop", "job": "build", "inputs": [{"name": "source", "version": "source@ccc", "pretended": true}], "waits_for_slot": false},
                {"wave": 2, "pipeline": "shop", "job": "sign", "inputs": [], "gate": ["2 of group:release"], "waits_for_slot": false}],
            "idle": [{"job": "deploy", "decision": {"verdict": "blocked", "reasons": [{"kind": "paused", "input": null, "text": "the job is paused", "unblock": "resume deploy"}]}}],
            "no_longer": [], "truncated": false}))
        .expect("a simulation");
        insta::assert_snapshot!(show_simulated("shop", &simulated, false), @r"
        would start, if everything succeeds:
          1  build on source@ccc
          2  sign  (a gate: 2 of group:release)
        would not start:
        └─ deploy
           └─ the job is paused
              → resume deploy
        ");
    }

    #[test]
    fn a_version_is_a_value_or_pairs() {
        let wish = |text: &str| read_wish(&text.parse().expect("a pair"));
        assert_eq!(wish("source=3f2a").expect("a wish"), json!({"resource": "source", "value": "3f2a"}));
        assert_eq!(wish("settings=A=1,B=2").expect("a wish"), json!({"resource": "settings", "version": {"A": "1", "B": "2"}}));
        assert_eq!(wish("settings=A=1,B").expect_err("half a pair").code(), 2);
    }
}
