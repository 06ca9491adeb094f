//! Every kind of reason: what brings it about, what it advises, and that following the advice helps.

use super::world::{Line, blob, finished, job_of, map, pipeline, registration};
use crate::engine::{self, Publication};
use crate::http::explanation::Why;
use crate::http::testing::{Call, call};
use crate::store::testing::{TestStore, on_each_engine};
use andon_pipelines::decide::{Decision, Reason};
use andon_pipelines::wire::{Assignment, Outcome, ReportBody};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One kind of reason.
struct Case {
    /// Of the reason at the end of a branch.
    kind: &'static str,
    /// What follows the resource `source` in the file.
    text: &'static str,
    /// What happens first, one step per line: see [`Stage::perform`].
    steps: &'static str,
    /// `JOB`, or `VERSION on its way to JOB`.
    ask: &'static str,
    /// A part of what is advised, or of the text where nothing is.
    said: &'static str,
    /// What the advice leads to, as a line of [`Line::lines`]; empty where nothing is to be done.
    then: &'static str,
    /// Where the advice is to change the file: the new text.
    edit: &'static str,
}

const CASE: Case = Case { kind: "", text: LINE, steps: "", ask: "", said: "", then: "", edit: "" };

const LINE: &str = "  app: { type: file }
  production: { type: environment }
jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  unit: { inputs: [source], steps: [{ run: make }] }
  build: { after: [lint, unit], inputs: [source], outputs: [app], steps: [{ run: make }] }
  sign: { after: [build], inputs: [app], approval: {} }
  deploy: { after: [sign], inputs: [app], outputs: [production], steps: [{ run: make }] }
";
const USER: &str = "  app: { type: file }
jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  build: { after: [lint], inputs: [source], outputs: [app], steps: [{ run: make }] }
  use: { inputs: [app], steps: [{ run: make }] }
";
const SHIP: &str = "jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  ship: { inputs: [{ resource: source, passed: [lint] }], steps: [{ run: make }] }
";
const ONE: &str = "jobs:\n  one: { inputs: [source], steps: [{ run: make }] }\n";
const EVERY: &str = "jobs:\n  one: { inputs: [{ resource: source, version: every }], steps: [{ run: make }] }\n";
const SLOTS: &str = "jobs:
  one: { inputs: [source], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
  two: { after: [{ job: one, on: finished }], inputs: [{ resource: source, passed: [] }], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
";

/// The line, who works on it, and what the runner has in hand.
struct Stage {
    line: Line,
    token: String,
    person: (String, String),
    held: Vec<Assignment>,
}

impl Stage {
    async fn new(store: TestStore, text: &str) -> Self {
        let line = Line::new(store, &pipeline(text)).await;
        let token = line.world.administrator().await;
        let person = line.world.person(&token, "ben", "operator").await;
        Self { line, token, person, held: Vec::new() }
    }

    async fn send(&self, call: Call) -> Value {
        let answer = self.line.world.send(call.token(&self.token)).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        self.line.tick().await;
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    async fn perform(&mut self, step: &str) {
        let mut words = step.split_whitespace();
        let (verb, what) = (words.next().unwrap(), words.next().unwrap_or_default());
        let rest = words.collect::<Vec<_>>().join(" ");
        match verb {
            "commit" => drop(self.line.commit(what.chars().next().unwrap()).await),
            // Nobody has looked at it yet.
            "arrive" => {
                let (resource, commit) = (self.line.resource("source").await, what.repeat(40));
                let publication = Publication { map: map(&[("commit", &commit)]), archive: None };
                engine::publish(self.line.app(), "user:ada", (self.line.workspace, &resource), publication).await.unwrap();
            }
            "publish" => {
                let pairs: Vec<(&str, &str)> = rest.split(' ').filter_map(|pair| pair.split_once('=')).collect();
                self.line.publish(what, &pairs).await;
            }
            "claim" => self.held.extend(self.line.claim().await),
            "play" => self.play(what).await,
            "finish" => self.finish(what, rest.as_str()).await,
            "set" => drop(self.line.set(&pipeline(if what == "ship" { SHIP_OTHER } else { EVERY })).await),
            "branch" => drop(self.line.set(&pipeline(ONE).replace("repository: shop", "repository: shop, branch: next")).await),
            "stop" => {
                let id = self.line.last(what).await.id;
                self.send(call("POST", &format!("job-runs/{id}/stop")).json(json!({"reason": "why not"}))).await;
            }
            "pause" => drop(self.send(call("POST", &format!("pipelines/{what}/pause")).json(json!({"reason": rest}))).await),
            "resume" => drop(self.send(call("POST", &format!("pipelines/{what}/resume")).json(json!({}))).await),
            "disable" => {
                let path = format!("resources/p/source/versions/{}", what.repeat(4));
                self.send(call("PATCH", &path).json(json!({"enabled": false, "reason": rest}))).await;
            }
            "pin" => {
                let body = json!({"version": what.repeat(4), "comment": rest});
                self.send(call("PUT", "resources/p/source/pin").json(body)).await;
            }
            "decide" => self.decide(what).await,
            other => panic!("{other} is no step"),
        }
    }

    async fn decide(&self, decision: &str) {
        let waiting = self.line.world.expect(200, call("GET", "inbox").header("cookie", &self.person.0)).await.json();
        let gate = waiting["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{waiting}")).to_owned();
        self.decide_at(&gate, decision).await;
    }

    async fn decide_at(&self, gate: &str, decision: &str) {
        let decide = call("POST", &format!("gates/{gate}/decisions")).json(json!({"decision": decision, "comment": "seen"}));
        let (cookie, csrf) = &self.person;
        self.line.world.expect(200, decide.header("cookie", cookie).header("x-andon-csrf", csrf)).await;
        self.line.tick().await;
    }

    /// What is held and what is queued comes to its end; `lint=failed` does not succeed.
    async fn play(&mut self, bad: &str) {
        let failing = bad.strip_suffix("=failed");
        for work in std::mem::take(&mut self.held) {
            let outcome = if failing == Some(job_of(&work)) { Outcome::Failed } else { Outcome::Succeeded };
            let is_stopping = self.line.job_runs().await.iter().any(|run| run.job_name == job_of(&work) && run.status.name() == "stopping");
            self.line.end_with(&work, if is_stopping { Outcome::Stopped } else { outcome }).await;
        }
        let ends: Vec<(&str, Outcome)> = failing.map(|job| (job, Outcome::Failed)).into_iter().collect();
        self.line.play(&ends).await;
    }

    async fn finish(&mut self, job: &str, how: &str) {
        let place = self.held.iter().position(|work| job_of(work) == job).unwrap_or_else(|| panic!("{job} is not held"));
        let work = self.held.remove(place);
        if how == "empty" {
            self.line.report(&work, vec![ReportBody::Started, finished(Outcome::Succeeded)]).await;
        } else {
            self.line.end_with(&work, if how == "failed" { Outcome::Failed } else { Outcome::Succeeded }).await;
        }
    }

    async fn why(&self, ask: &str) -> Why {
        let (version, job) = match ask.split_once(" on its way to ") {
            Some((version, job)) => (format!("?version={version}"), job),
            None => (String::new(), ask),
        };
        let path = format!("pipelines/p/jobs/{job}/why{version}");
        let answer = self.line.world.expect(200, call("GET", &path).token(&self.token)).await;
        serde_json::from_value(answer.json()).unwrap()
    }

    /// Does what the reason advises: its command, else what its words say.
    async fn follow(&mut self, reason: &Reason, case: &Case) {
        let advice = reason.unblock.clone().unwrap_or_default();
        if ["change", "make", "set"].iter().any(|verb| advice.starts_with(verb)) {
            assert!(!case.edit.is_empty(), "{advice}");
            self.line.set(&pipeline(case.edit)).await;
        }
        if let Some(command) = &reason.command {
            return self.execute(command).await;
        }
        match advice.split(' ').next().unwrap_or_default() {
            "wait" | "change" | "make" | "set" | "" => drop(self.line.tick().await),
            "push" => self.perform("commit a").await,
            "nothing" => {
                self.perform("commit f").await;
                self.perform("play lint=failed").await;
            }
            "start" => {
                let mut second = registration("two");
                second.labels = vec!["linux".to_owned(), advice.rsplit(' ').next().unwrap().to_owned()];
                let runner = engine::register(self.line.app(), &second, None).await.unwrap().runner;
                for work in self.line.claim_as(runner, 5).await {
                    let reports = self.line.number(work.execution, vec![ReportBody::Started, finished(Outcome::Succeeded)]);
                    let batch = andon_pipelines::wire::ReportBatch { runner, running: vec![work.execution], reports, draining: false };
                    engine::take_reports(self.line.app(), batch).await.unwrap();
                }
                self.line.tick().await;
            }
            other => panic!("nobody knows how to {other}: {advice}"),
        }
    }

    /// What the command line would send.
    async fn execute(&mut self, command: &str) {
        let words: Vec<&str> = command.split(' ').collect();
        let place = words[2].split('#').next().unwrap_or_default().to_owned();
        match words[1] {
            "rerun" => {
                drop(self.send(call("POST", &format!("job-runs/{}/rerun", words[2].replace(['/', '#'], ":"))).json(json!({}))).await)
            }
            "resume" => {
                let path = place.replacen('/', "/jobs/", 1);
                self.send(call("POST", &format!("pipelines/{path}/resume")).json(json!({}))).await;
            }
            "enable" => {
                let path = format!("resources/{place}/versions/{}", words[3]);
                self.send(call("PATCH", &path).json(json!({"enabled": true}))).await;
            }
            "unpin" => drop(self.send(call("DELETE", &format!("resources/{place}/pin"))).await),
            "approve" => self.decide_at(words[2], "approve").await,
            "trigger" => {
                let inputs: BTreeMap<&str, &str> = words.get(4).and_then(|pair| pair.split_once('=')).into_iter().collect();
                let path = format!("pipelines/{}/runs", place.replacen('/', "/jobs/", 1));
                self.send(call("POST", &path).json(json!({"inputs": inputs}))).await;
            }
            "publish" if words.get(3) == Some(&"--file") => {
                let resource = self.line.resource(place.split('/').nth(1).unwrap()).await;
                let publication = Publication { map: BTreeMap::new(), archive: Some(blob("an upload")) };
                engine::publish(self.line.app(), "user:ada", (self.line.workspace, &resource), publication).await.unwrap();
                self.line.tick().await;
            }
            "publish" => {
                let pairs: BTreeMap<&str, &str> = words[3..].iter().filter_map(|pair| pair.split_once('=')).collect();
                self.send(call("POST", &format!("resources/{place}/versions")).json(json!({"version": pairs}))).await;
            }
            other => panic!("andon {other} is not known here"),
        }
    }
}

fn leaves(decision: &Decision) -> Vec<&Reason> {
    decision.reasons.iter().flat_map(Reason::leaves).collect()
}

async fn check(store: TestStore, case: &Case) {
    let mut stage = Stage::new(store, case.text).await;
    for step in case.steps.lines().map(str::trim).filter(|step| !step.is_empty()) {
        stage.perform(step).await;
    }
    let decision = stage.why(case.ask).await.decision.unwrap();
    let about = format!("{} of {}: {decision:#?}", case.kind, case.ask);
    let found = leaves(&decision).into_iter().find(|reason| reason.kind == case.kind).unwrap_or_else(|| panic!("{about}"));
    let said = format!("{} | {} | {}", found.text, found.unblock.clone().unwrap_or_default(), found.command.clone().unwrap_or_default());
    assert!(said.contains(case.said), "{:?} is not in {said:?}; {about}", case.said);
    assert!(!said.contains("#0") && !said.contains("the line's job run"), "it calls things by the names that people know: {said}");
    if case.then.is_empty() {
        return;
    }
    // The advice may lead to the next obstacle, which has its own.
    for _ in 0..4 {
        let decision = stage.why(case.ask).await.decision.unwrap();
        let open: Vec<Reason> = leaves(&decision).into_iter().cloned().collect();
        let next = open.iter().find(|reason| reason.kind == case.kind).or_else(|| open.iter().find(|reason| reason.unblock.is_some()));
        if let Some(next) = next {
            stage.follow(next, case).await;
        }
        stage.play("").await;
        if stage.line.lines().await.iter().any(|line| line.starts_with(case.then)) {
            return;
        }
    }
    panic!("following the advice does not lead to {:?}: {:#?}\n{about}", case.then, stage.line.lines().await);
}

async fn check_all(cases: &[Case]) {
    for case in cases {
        on_each_engine(async |store| check(store, case).await).await;
    }
}

const SHIP_OTHER: &str = "  other: { type: trigger }
jobs:
  lint: { inputs: [source, { resource: other, trigger: false }], steps: [{ run: make }] }
  ship: { inputs: [{ resource: other, passed: [lint] }], steps: [{ run: make }] }
";

#[tokio::test]
async fn what_is_missing_at_the_beginning_of_the_line() {
    let tool = "jobs:\n  tool: { steps: [{ run: make }] }\n";
    let cron = "  nightly: { type: cron, schedule: \"0 2 * * *\" }\njobs:\n  one: { inputs: [nightly], steps: [{ run: make }] }\n";
    let button = "  button: { type: trigger }\njobs:\n  one: { inputs: [button], steps: [{ run: make }] }\n";
    let file = "  data: { type: file }\njobs:\n  one: { inputs: [data], steps: [{ run: make }] }\n";
    let pinned = "jobs:\n  one: { inputs: [{ resource: source, version: { commit: ffffffffffffffffffffffffffffffffffffffff } }], steps: [{ run: make }] }\n";
    check_all(&[
        Case { kind: "manual", text: tool, ask: "tool", said: "andon trigger p/tool", then: "tool #1 succeeded", ..CASE },
        Case {
            kind: "no-version",
            ask: "lint",
            said: "push a commit of source to the repository shop",
            then: "lint #1 succeeded source=a",
            ..CASE
        },
        Case { kind: "no-version", ask: "build", said: "push a commit", then: "build #1 succeeded source=a", ..CASE },
        Case { kind: "no-version", text: USER, ask: "use", said: "push a commit", then: "use #1 succeeded app=build#1", ..CASE },
        Case { kind: "no-version", text: button, ask: "one", said: "andon publish p/button", then: "one #1 succeeded button=1", ..CASE },
        Case { kind: "no-version", text: file, ask: "one", said: "andon publish p/data --file PATH", then: "one #1 succeeded", ..CASE },
        Case { kind: "no-version", text: cron, ask: "one", said: "next tick of nightly", ..CASE },
        Case {
            kind: "pin-missing",
            text: pinned,
            steps: "commit a",
            ask: "one",
            said: "publish a version of source with commit=ffff",
            then: "one #1 succeeded source=f",
            edit: pinned,
            ..CASE
        },
        Case {
            kind: "all-disabled",
            text: ONE,
            steps: "pause p wait\narrive a\ndisable a bad base image\nresume p",
            ask: "one",
            said: "enable source@aaaaaaa, disabled: 'bad base image'",
            then: "one #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "new-set",
            text: ONE,
            steps: "arrive a",
            ask: "one",
            said: "it runs on source@aaaaaaa",
            then: "one #1 succeeded source=a",
            ..CASE
        },
        Case { kind: "had-already", text: ONE, steps: "commit a\nplay", ask: "one", said: "run already: one #1 on source@aaaaaaa", ..CASE },
    ])
    .await;
}

#[tokio::test]
async fn what_upstream_jobs_have_not_brought() {
    let maybe = |when: &'static str| -> &'static str {
        if when == "false" {
            "jobs:
  maybe: { inputs: [source], when: \"false\", steps: [{ run: make }] }
  next: { after: [{ job: maybe, on: succeeded }], steps: [{ run: make }] }
"
        } else {
            "jobs:
  maybe: { inputs: [source], steps: [{ run: make }] }
  next: { after: [{ job: maybe, on: succeeded }], steps: [{ run: make }] }
"
        }
    };
    let follower = "jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  mourn: { after: [{ job: lint, on: failed }], steps: [{ run: make }] }
";
    check_all(&[
        Case {
            kind: "failed",
            steps: "commit a\nplay lint=failed",
            ask: "build",
            said: "lint #1 failed on source@aaaaaaa at 2023-11-14",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "failed",
            steps: "commit a\nplay lint=failed",
            ask: "deploy",
            said: "andon rerun p/lint#1",
            then: "sign #1 awaiting",
            ..CASE
        },
        Case {
            kind: "running",
            steps: "commit a\nclaim",
            ask: "build",
            said: "wait for lint #1 on source@aaaaaaa, running since 2023-11-14 22:13 UTC",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "queued",
            steps: "commit a",
            ask: "build",
            said: "wait for a runner to take lint #1 on source@aaaaaaa",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "stopping",
            steps: "commit a\nclaim\nstop lint",
            ask: "build",
            said: "lint #1 on source@aaaaaaa to stop",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "stopped",
            steps: "commit a\nstop lint\nplay",
            ask: "build",
            said: "rerun lint #1",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "awaiting",
            steps: "commit a\nplay",
            ask: "deploy",
            said: "0 of 1 from role:operator | approve gate sign #1",
            then: "deploy #1 succeeded app=build#1",
            ..CASE
        },
        Case {
            kind: "rejected",
            steps: "commit a\nplay\ndecide reject",
            ask: "deploy",
            said: "rerun sign #1, which asks again",
            then: "deploy #1 succeeded app=build#1",
            ..CASE
        },
        Case {
            kind: "skipped",
            text: maybe("false"),
            steps: "commit a\nplay",
            ask: "next",
            said: "change the `when` of maybe",
            then: "next #1 succeeded",
            edit: maybe("gone"),
            ..CASE
        },
        Case {
            kind: "no-failure",
            text: follower,
            steps: "commit a\nplay",
            ask: "mourn",
            said: "waits for lint to fail",
            then: "mourn #1 succeeded",
            ..CASE
        },
        Case {
            kind: "about-to-start",
            steps: "arrive a",
            ask: "build",
            said: "wait for lint",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "made-nothing",
            text: USER,
            steps: "commit a\nclaim\nfinish lint\nclaim\nfinish build empty",
            ask: "use",
            said: "made no version of app",
            then: "use #1 succeeded app=build#2",
            edit: USER,
            ..CASE
        },
        Case {
            kind: "not-vouched",
            text: SHIP,
            steps: "commit a\nplay\nset ship\npublish other x=y",
            ask: "ship",
            said: "andon trigger p/lint",
            then: "ship #2 succeeded other=1",
            ..CASE
        },
        Case {
            kind: "all-disabled",
            text: SHIP,
            steps: "pause p/jobs/ship wait\ncommit a\nplay\ndisable a bad\ncommit b\nplay lint=failed\nresume p/jobs/ship",
            ask: "ship",
            said: "enable source@aaaaaaa, disabled: 'bad'",
            then: "ship #1 succeeded source=a",
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn versions_that_do_not_come_together() {
    check_all(&[
        Case {
            kind: "failed",
            steps: "commit a\nplay unit=failed\ncommit b\nplay lint=failed",
            ask: "build",
            said: "rerun lint #2",
            then: "build #1 succeeded source=b",
            ..CASE
        },
        Case {
            kind: "failed",
            steps: "commit a\nplay lint=failed\ncommit b\nplay\npin a the old one",
            ask: "build",
            said: "rerun lint #1",
            then: "build #2 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "pin-not-vouched",
            steps: "commit a\nclaim\ncommit b\ncommit c\nplay\npin b the middle one",
            ask: "build",
            said: "andon trigger p/lint -i source=bbbb",
            then: "build #3 succeeded source=b",
            ..CASE
        },
        Case {
            kind: "failed",
            steps: "commit a\nplay\ncommit b\nplay lint=failed",
            ask: "build",
            said: "rerun lint #2",
            then: "build #2 succeeded source=b",
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn holds_slots_and_runners() {
    let gpu = "jobs:\n  one: { inputs: [source], runner: { labels: [gpu] }, steps: [{ run: make }] }\n";
    check_all(&[
        Case {
            kind: "paused",
            text: ONE,
            steps: "pause p/jobs/one broken network\ncommit a",
            ask: "one",
            said: "resume one, paused by token:",
            then: "one #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "paused",
            text: ONE,
            steps: "pause p broken network\ncommit a",
            ask: "one",
            said: "since 2023-11-14 22:13 UTC: broken network | andon resume p",
            then: "one #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "paused",
            steps: "pause p/jobs/lint look\ncommit a\nplay",
            ask: "build",
            said: "andon resume p/lint",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "running",
            text: SLOTS,
            steps: "commit a\nclaim\nfinish one\nclaim\ncommit b",
            ask: "one",
            said: "wait for two #1 on source@aaaaaaa, running",
            then: "one #2 succeeded source=b",
            ..CASE
        },
        Case {
            kind: "no-runner",
            text: gpu,
            steps: "commit a",
            ask: "one",
            said: "start a runner with the labels gpu",
            then: "one #1 succeeded source=a",
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn why_a_version_has_or_has_not_got_to_a_job() {
    let branch = "jobs:\n  one: { inputs: [{ resource: source, version: { commit: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb } }], steps: [{ run: make }] }\n";
    let quiet =
        "  other: { type: trigger }\njobs:\n  one: { inputs: [other, { resource: source, trigger: false }], steps: [{ run: make }] }\n";
    let apart = "  other: { type: trigger }\njobs:\n  one: { inputs: [other], steps: [{ run: make }] }\n";
    let joined = "  other: { type: trigger }\njobs:\n  one: { inputs: [other, source], steps: [{ run: make }] }\n";
    check_all(&[
        Case {
            kind: "arrived",
            text: ONE,
            steps: "commit a\nplay",
            ask: "aaa on its way to one",
            said: "one #1 had source@aaaaaaa, and succeeded",
            ..CASE
        },
        Case {
            kind: "arrived",
            steps: "commit a\nplay\ndecide approve\nplay",
            ask: "source@aaa on its way to deploy",
            said: "deploy #1 had source@aaaaaaa",
            ..CASE
        },
        Case {
            kind: "failed",
            text: ONE,
            steps: "commit a\nplay one=failed",
            ask: "aaa on its way to one",
            said: "andon rerun p/one#1",
            then: "one #1.1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "passed-over",
            text: ONE,
            steps: "commit a\ncommit b\nplay",
            ask: "aaa on its way to one",
            said: "one took source@bbbbbbb instead of source@aaaaaaa: one #1, which superseded 1 older",
            then: "one #2 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "superseded",
            text: "jobs:\n  gate: { inputs: [source], approval: {} }\n",
            steps: "commit a\ncommit b",
            ask: "aaa on its way to gate",
            said: "was superseded by gate #2 on source@bbbbbbb",
            ..CASE
        },
        Case {
            kind: "disabled",
            text: ONE,
            steps: "commit a\nplay\narrive b\ndisable b bad base image",
            ask: "bbb on its way to one",
            said: "enable source@bbbbbbb, disabled: 'bad base image'",
            then: "one #2 succeeded source=b",
            ..CASE
        },
        Case {
            kind: "pinned-elsewhere",
            text: ONE,
            steps: "commit a\nplay\npin a until monday\ncommit b",
            ask: "bbb on its way to one",
            said: "source is pinned to source@aaaaaaa by token:",
            then: "one #2 succeeded source=b",
            ..CASE
        },
        Case {
            kind: "pinned-elsewhere",
            text: branch,
            steps: "commit a\ncommit b\nplay",
            ask: "aaa on its way to one",
            said: "change `version` of the input source of one",
            then: "one #2 succeeded source=a",
            edit: ONE,
            ..CASE
        },
        Case {
            kind: "failed",
            steps: "commit a\nplay lint=failed",
            ask: "aaa on its way to build",
            said: "andon rerun p/lint#1",
            then: "build #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "awaiting",
            steps: "commit a\nplay",
            ask: "source@aaa on its way to deploy",
            said: "approve gate sign #1",
            then: "deploy #1 succeeded",
            ..CASE
        },
        Case {
            kind: "paused",
            text: ONE,
            steps: "pause p/jobs/one look\ncommit a",
            ask: "aaa on its way to one",
            said: "andon resume p/one",
            then: "one #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "not-triggering",
            text: quiet,
            steps: "commit a\npublish other x=y\nplay\ncommit b",
            ask: "bbb on its way to one",
            said: "starts nothing by itself",
            then: "one #2 succeeded other=1 source=b",
            ..CASE
        },
        Case {
            kind: "not-an-input",
            text: apart,
            steps: "commit a",
            ask: "source@aaa on its way to one",
            said: "make source an input of one",
            then: "one #1 succeeded other=1 source=a",
            edit: joined,
            ..CASE
        },
        Case {
            kind: "retired-history",
            text: ONE,
            steps: "pause p/jobs/one wait\ncommit a\nbranch",
            ask: "aaa on its way to one",
            said: "set the resource's earlier definition again",
            then: "one #1 succeeded source=a",
            edit: ONE,
            ..CASE
        },
        Case {
            kind: "running",
            text: EVERY,
            steps: "commit a\nclaim\ncommit b",
            ask: "aaa on its way to one",
            said: "wait for one #1 on source@aaaaaaa",
            then: "one #1 succeeded source=a",
            ..CASE
        },
        Case {
            kind: "before-its-time",
            text: "jobs:\n  two: { inputs: [source], steps: [{ run: make }] }\n",
            steps: "commit a\ncommit b\nset every\nplay",
            ask: "aaa on its way to one",
            said: "nothing is replayed",
            then: "one #2 succeeded source=a",
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn the_stored_decision_has_names_and_says_since_when() {
    on_each_engine(async |store| {
        let mut stage = Stage::new(store, LINE).await;
        stage.perform("commit a").await;
        stage.perform("play lint=failed").await;
        let stored = |name: &'static str| {
            let found = stage.line.world.send(call("GET", "pipelines/p").token(&stage.token));
            async move {
                let jobs = found.await.json()["job_list"].clone();
                jobs.as_array().unwrap().iter().find(|job| job["name"] == name).unwrap().clone()
            }
        };
        let lint = stored("lint").await;
        assert_eq!(lint["decision"]["reasons"][0]["kind"], "had-already");
        assert!(lint["decision"]["reasons"][0]["text"].as_str().unwrap().ends_with("lint #1 on source@aaaaaaa"), "{lint}");
        let build = stored("build").await;
        assert_eq!(build["decision"]["reasons"][0]["text"], "no run of lint has succeeded yet");
        assert_eq!(build["decision"]["reasons"][0].get("children"), None, "what is stored is about the job alone");
        let why = stage.why("build").await;
        assert_eq!(why.decided_at, build["decided_at"].as_i64());
        stage.line.world.store.clock.advance(60_000);
        stage.line.app().scheduler.forget().await;
        stage.line.tick().await;
        assert_eq!(stage.why("build").await.decided_at, why.decided_at, "a restart comes to the same conclusion and writes nothing");
    })
    .await;
}

#[tokio::test]
async fn versions_that_nobody_knows_are_refused_with_what_would_be_right() {
    on_each_engine(async |store| {
        let text = pipeline(ONE).replace("repository: shop", "repository: shop, paths: [\"src/**\"]");
        let mut stage = Stage::new(store, ONE).await;
        stage.line.set(&text).await;
        stage.perform("commit a").await;
        let ask = async |version: &str| {
            let answer =
                stage.line.world.send(call("GET", &format!("pipelines/p/jobs/one/why?version={version}")).token(&stage.token)).await;
            (answer.status.as_u16(), answer.text)
        };
        let (status, text) = ask("bbb").await;
        assert!(status == 404 && text.contains("paths of source (src/**)"), "{status} {text}");
        assert_eq!(ask("00000000-0000-7000-8000-000000000000").await.0, 404);
        stage.line.publish("source", &[("commit", &format!("aaab{}", "0".repeat(36)))]).await;
        let (status, text) = ask("aaa").await;
        assert!(status == 400 && text.contains("several"), "{status} {text}");
        let odd = stage.line.world.send(call("GET", "pipelines/p/jobs/one/why?versoin=a").token(&stage.token)).await;
        assert_eq!(odd.status, 400);
    })
    .await;
}

#[tokio::test]
async fn the_sets_to_choose_from_come_newest_first_with_what_holds_newer_ones_back() {
    on_each_engine(async |store| {
        let mut stage = Stage::new(store, LINE).await;
        for steps in ["commit a", "play", "commit b", "play", "commit c", "play unit=failed"] {
            stage.perform(steps).await;
        }
        let list = async |job: &str| {
            stage.line.world.expect(200, call("GET", &format!("pipelines/p/jobs/{job}/sets?limit=5")).token(&stage.token)).await.json()
        };
        let build = list("build").await;
        let names: Vec<&str> = build["sets"].as_array().unwrap().iter().map(|set| set["inputs"][0]["version"].as_str().unwrap()).collect();
        assert_eq!(names, ["source@bbbbbbb", "source@aaaaaaa"]);
        assert_eq!(build["sets"][0]["follows"], json!(["lint #2", "unit #2"]));
        assert_eq!(build["held"][0]["version"], "source@ccccccc");
        assert_eq!(build["held"][0]["reasons"][0]["text"], "unit has not passed source@ccccccc");
        let lint = list("lint").await;
        let names: Vec<&str> = lint["sets"].as_array().unwrap().iter().map(|set| set["inputs"][0]["version"].as_str().unwrap()).collect();
        assert_eq!(names, ["source@ccccccc", "source@bbbbbbb", "source@aaaaaaa"]);
        assert_eq!(lint["sets"][0]["had"], true);
        // Each of them can be chosen.
        let chosen = build["sets"][1]["inputs"][0]["id"].as_str().unwrap();
        stage.execute(&format!("andon trigger p/build -i source={chosen}")).await;
        stage.play("").await;
        assert_eq!(stage.line.lines().await.iter().filter(|line| line.starts_with("build") && line.ends_with("source=a")).count(), 2);
        let wrong = stage.line.world.send(call("GET", "pipelines/p/jobs/build/sets?limit=0").token(&stage.token)).await;
        assert_eq!(wrong.status, 400);
    })
    .await;
}
