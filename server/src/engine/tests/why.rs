//! Every kind of reason: what brings it about, what it advises, and that following the advice helps.

use super::world::{Line, blob, finished, job_of, pipeline, registration};
use crate::engine::{self, Publication};
use crate::http::explanation::Why;
use crate::http::testing::{Call, call};
use crate::store::testing::{TestStore, on_engine};
use andon_pipelines::decide::Reason;
use andon_pipelines::wire::{Assignment, Outcome, ReportBody};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One kind of reason, as a line of the table says.
struct Case {
    kind: &'static str,
    text: &'static str,
    steps: &'static str,
    ask: &'static str,
    said: &'static str,
    then: &'static str,
    /// The new text, where the advice is to change it.
    edit: Option<&'static str>,
}

fn list_cases() -> Vec<Case> {
    let lines = include_str!("why_cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &'static str| {
        let columns: Vec<&'static str> = line.split('|').map(str::trim).collect();
        let column = |place: usize| columns.get(place).copied().unwrap_or_default();
        assert!(columns.len() >= 6, "{line}");
        let edit = columns.get(6).map(|name| text_of(name));
        Case { kind: column(0), text: text_of(column(1)), steps: column(2), ask: column(3), said: column(4), then: column(5), edit }
    };
    lines.map(read).collect()
}

/// What follows the resource `source` in the file.
fn text_of(name: &str) -> &'static str {
    match name {
        "LINE" => LINE,
        "USE" => USE,
        "SHIP" => SHIP,
        "OTHER" => OTHER,
        "ONE" => ONE,
        "EVERY" => EVERY,
        "TWO" => "jobs:\n  two: { inputs: [source], steps: [{ run: make }] }\n",
        "SLOTS" => SLOTS,
        "SKIP" => SKIP,
        "GO" => {
            "jobs:\n  maybe: { inputs: [source], steps: [{ run: make }] }\n  next: { after: [{ job: maybe, on: succeeded }], steps: [{ run: make }] }\n"
        }
        "MOURN" => {
            "jobs:\n  lint: { inputs: [source], steps: [{ run: make }] }\n  mourn: { after: [{ job: lint, on: failed }], steps: [{ run: make }] }\n"
        }
        "TOOL" => "jobs:\n  tool: { steps: [{ run: make }] }\n",
        "CRON" => "  nightly: { type: cron, schedule: \"0 2 * * *\" }\njobs:\n  one: { inputs: [nightly], steps: [{ run: make }] }\n",
        "BUTTON" => "  button: { type: trigger }\njobs:\n  one: { inputs: [button], steps: [{ run: make }] }\n",
        "FILE" => "  data: { type: file }\njobs:\n  one: { inputs: [data], steps: [{ run: make }] }\n",
        "PINNED" => PINNED,
        "GPU" => "jobs:\n  one: { inputs: [source], runner: { labels: [gpu] }, steps: [{ run: make }] }\n",
        "GATE" => "jobs:\n  gate: { inputs: [source], approval: {} }\n",
        "QUIET" => {
            "  other: { type: trigger }\njobs:\n  one: { inputs: [other, { resource: source, trigger: false }], steps: [{ run: make }] }\n"
        }
        "APART" => "  other: { type: trigger }\njobs:\n  one: { inputs: [other], steps: [{ run: make }] }\n",
        "JOINED" => "  other: { type: trigger }\njobs:\n  one: { inputs: [other, source], steps: [{ run: make }] }\n",
        other => panic!("there is no pipeline {other}"),
    }
}

const LINE: &str = "  app: { type: file }
  production: { type: environment }
jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  unit: { inputs: [source], steps: [{ run: make }] }
  build: { after: [lint, unit], inputs: [source], outputs: [app], steps: [{ run: make }] }
  sign: { after: [build], inputs: [app], approval: {} }
  deploy: { after: [sign], inputs: [app], outputs: [production], steps: [{ run: make }] }
";
const USE: &str = "  app: { type: file }
jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  build: { after: [lint], inputs: [source], outputs: [app], steps: [{ run: make }] }
  use: { inputs: [app], steps: [{ run: make }] }
";
const SHIP: &str = "jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  ship: { inputs: [{ resource: source, passed: [lint] }], steps: [{ run: make }] }
";
const OTHER: &str = "  other: { type: trigger }
jobs:
  lint: { inputs: [source, { resource: other, trigger: false }], steps: [{ run: make }] }
  ship: { inputs: [{ resource: other, passed: [lint] }], steps: [{ run: make }] }
";
const ONE: &str = "jobs:\n  one: { inputs: [source], steps: [{ run: make }] }\n";
const EVERY: &str = "jobs:\n  one: { inputs: [{ resource: source, version: every }], steps: [{ run: make }] }\n";
const PINNED: &str = "jobs:
  one: { inputs: [{ resource: source, version: { commit: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb } }], steps: [{ run: make }] }
";
const SLOTS: &str = "jobs:
  one: { inputs: [source], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
  two: { after: [{ job: one, on: finished }], inputs: [{ resource: source, passed: [] }], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
";
const SKIP: &str = "jobs:
  maybe: { inputs: [source], when: \"false\", steps: [{ run: make }] }
  next: { after: [{ job: maybe, on: succeeded }], steps: [{ run: make }] }
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
            "arrive" => drop(self.line.find_commit(what).await),
            "publish" => {
                let pairs: Vec<(&str, &str)> = rest.split(' ').filter_map(|pair| pair.split_once('=')).collect();
                self.line.publish(what, &pairs).await;
            }
            "claim" => self.held.extend(self.line.claim().await),
            "play" => self.play(what).await,
            "finish" => self.finish(what, rest.as_str()).await,
            "set" => drop(self.line.set(&pipeline(text_of(what))).await),
            "branch" => drop(self.line.set(&pipeline(ONE).replace("repository: shop", "repository: shop, branch: next")).await),
            "stop" => {
                let id = self.line.last(what).await.id;
                self.send(call("POST", &format!("job-runs/{id}/stop")).json(json!({"reason": "why not"}))).await;
            }
            "pause" => drop(self.send(call("POST", &format!("pipelines/{what}/pause")).json(json!({"reason": rest}))).await),
            "lock" => drop(self.send(call("POST", &format!("environments/p/{what}/lock")).json(json!({"reason": rest}))).await),
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
            let edit = case.edit.unwrap_or_else(|| panic!("{advice}"));
            self.line.set(&pipeline(edit)).await;
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
                    let batch =
                        andon_pipelines::wire::ReportBatch { runner, running: vec![work.execution], reports, draining: false, takes: 0 };
                    engine::take_reports(self.line.app(), &engine::Assigner::Embedded, &batch).await.unwrap();
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
            "env" => drop(self.send(call("POST", &format!("environments/{}/unlock", words[3])).json(json!({}))).await),
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

/// Every reason of the tree.
fn list_all(reasons: &[Reason]) -> Vec<&Reason> {
    reasons.iter().flat_map(|reason| std::iter::once(reason).chain(list_all(&reason.children))).collect()
}

/// What is wrong about the case, if anything is.
async fn check(store: TestStore, case: &Case) -> Option<String> {
    let mut stage = Stage::new(store, case.text).await;
    for step in case.steps.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        stage.perform(step).await;
    }
    let decision = stage.why(case.ask).await.decision.unwrap();
    let about = format!("{} of {} after {:?}: {:#?}", case.kind, case.ask, case.steps, decision);
    let Some(found) = list_all(&decision.reasons).into_iter().find(|reason| reason.kind == case.kind) else { return Some(about) };
    let said = format!("{} | {} | {}", found.text, found.unblock.clone().unwrap_or_default(), found.command.clone().unwrap_or_default());
    if !said.contains(case.said) || said.contains("the line's job run") {
        return Some(format!("it says {said:?}; {about}"));
    }
    let is_there = async |stage: &Stage| stage.line.lines().await.iter().any(|line| line.starts_with(case.then));
    if case.then.is_empty() {
        return None;
    }
    if is_there(&stage).await {
        return Some(format!("it is there already: {about}"));
    }
    // The advice may lead to the next obstacle, which has its own.
    for _ in 0..4 {
        let decision = stage.why(case.ask).await.decision.unwrap();
        let all = list_all(&decision.reasons);
        let below = all.iter().find(|reason| reason.kind == case.kind).map(|reason| reason.leaves());
        let open = below.unwrap_or_else(|| decision.reasons.iter().flat_map(Reason::leaves).collect());
        let next = open.iter().find(|reason| reason.unblock.is_some()).or(open.first()).map(|reason| (*reason).clone());
        if let Some(next) = next {
            stage.follow(&next, case).await;
        }
        stage.play("").await;
        if is_there(&stage).await {
            return None;
        }
    }
    Some(format!("following the advice leads to {:#?}; {about}", stage.line.lines().await))
}

#[tokio::test]
async fn every_kind_of_reason_comes_about_and_its_advice_helps() {
    let wrong = std::sync::Mutex::new(Vec::new());
    for case in list_cases() {
        on_engine(async |store| {
            let found = check(store, &case).await;
            wrong.lock().unwrap().extend(found);
        })
        .await;
    }
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn the_stored_decision_has_names_and_says_since_when() {
    on_engine(async |store| {
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
    on_engine(async |store| {
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
    on_engine(async |store| {
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
