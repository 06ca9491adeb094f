//! A line with a gate, and people around it.

use super::world::{Line, pipeline};
use crate::http::testing::{Answer, Call, call};
use crate::store::events;
use crate::store::line::gates::{self, Gate};
use crate::store::people::deliveries;
use crate::store::testing::TestStore;
use andon_pipelines::event::Event;
use andon_pipelines::ids::GateId;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct People {
    pub line: Line,
    pub administrator: String,
    cookies: BTreeMap<String, (String, String)>,
}

pub const LINE: &str = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  sign: { after: [build], inputs: [source], approval: GATE }
  deploy: { after: [sign], inputs: [source], steps: [{ run: make }] }
notify:
  - { on: [awaiting-approval, approved, rejected, expired], to: [\"email:team@example.org\"] }
";

impl People {
    /// A line with this gate, these operators, and a viewer; the group `release` has `ben` and `cleo`.
    pub async fn new(store: TestStore, gate: &str, names: &[&str]) -> Self {
        Self::on(store, &LINE.replace("GATE", gate), names).await
    }

    /// A line with these jobs.
    pub async fn on(store: TestStore, jobs: &str, names: &[&str]) -> Self {
        let line = Line::new(store, &pipeline(jobs)).await;
        let administrator = line.world.administrator().await;
        let mut cookies = BTreeMap::new();
        for name in names {
            let role = match *name {
                "vera" => "viewer",
                "anna" => "admin",
                _ => "operator",
            };
            cookies.insert((*name).to_owned(), line.world.person(&administrator, name, role).await);
        }
        Self { line, administrator, cookies }
    }

    pub async fn group(&self, members: &[&str]) {
        let set = call("PUT", "groups/release").token(&self.administrator).json(json!({"members": members}));
        let answer = self.line.world.send(set).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }

    /// The gate of the newest job run of a job.
    pub async fn gate_of(&self, job: &str) -> Gate {
        let last = self.line.last(job).await.id;
        let mut reader = self.line.app().db.read().await.unwrap();
        gates::find_by_job_run(&mut reader.connection(), last).await.unwrap().unwrap()
    }

    pub async fn gate(&self) -> GateId {
        self.gate_of("sign").await.id
    }

    pub async fn decide(&self, name: &str, decision: &str) -> Answer {
        self.say(name, json!({"decision": decision, "comment": "seen"})).await
    }

    /// Sends a decision about the gate of `sign`.
    pub async fn say(&self, name: &str, body: Value) -> Answer {
        let path = format!("gates/{}/decisions", self.gate().await);
        self.post(name, &path, body).await
    }

    pub async fn post(&self, name: &str, path: &str, body: Value) -> Answer {
        self.write(name, call("POST", path), body).await
    }

    pub async fn patch(&self, name: &str, path: &str, body: Value) -> Answer {
        self.write(name, call("PATCH", path), body).await
    }

    /// What somebody reads at a path.
    pub async fn read(&self, name: &str, path: &str) -> Value {
        self.line.world.expect(200, call("GET", path).header("cookie", &self.cookies[name].0)).await.json()
    }

    async fn write(&self, name: &str, call: Call, body: Value) -> Answer {
        let (cookies, csrf) = &self.cookies[name];
        let answer = self.line.world.send(call.header("cookie", cookies).header("x-andon-csrf", csrf).json(body)).await;
        self.line.tick().await;
        answer
    }

    /// The gate of a job as somebody sees it.
    pub async fn look(&self, name: &str, job: &str) -> Value {
        let path = format!("gates/{}", self.gate_of(job).await.id);
        self.line.world.expect(200, call("GET", &path).header("cookie", &self.cookies[name].0)).await.json()
    }

    pub async fn deliveries(&self) -> usize {
        let mut reader = self.line.app().db.read().await.unwrap();
        let filter = deliveries::Filter { limit: 100, ..Default::default() };
        deliveries::list(&mut reader.connection(), self.line.workspace, &filter).await.unwrap().len()
    }

    /// How many events of a kind there have been.
    pub async fn count_events(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        let mut reader = self.line.app().db.read().await.unwrap();
        let all = events::list_after(&mut reader.connection(), 0, 100_000).await.unwrap();
        all.iter().filter(|recorded| wanted(&recorded.event)).count()
    }

    /// A commit comes as far as the gate.
    pub async fn arrive(&self, commit: char) {
        self.line.commit(commit).await;
        self.line.play(&[]).await;
    }

    /// Time passes, and the loop of the gates looks.
    pub async fn pass(&self, by_ms: i64) -> usize {
        self.line.world.store.clock.advance(by_ms);
        let looked = crate::engine::tick_gates(self.line.app()).await.unwrap();
        self.line.tick().await;
        looked
    }

    /// The status of the newest job run of a job, with its reason.
    pub async fn status(&self, job: &str) -> String {
        let last = self.line.last(job).await;
        last.reason.map_or_else(|| last.status.to_string(), |reason| format!("{} ({reason})", last.status))
    }

    /// How many job runs a job has had.
    pub async fn count(&self, job: &str) -> usize {
        self.line.job_runs().await.iter().filter(|job_run| job_run.job_name == job).count()
    }

    /// The runner comes back after a long time, and takes what there is.
    pub async fn play(&self) {
        crate::engine::register(self.line.app(), &super::world::registration("one"), None).await.unwrap();
        self.line.play(&[]).await;
    }
}
