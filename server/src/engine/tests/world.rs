//! A line with one pipeline, and a runner that does as the test says.

use crate::app::App;
use crate::engine::{self, Assigner, Defined, Definition, ManualStart, Publication};
use crate::http::testing::{World, call};
use crate::store::events;
use crate::store::line::job_runs::{self, JobRun};
use crate::store::line::pipelines::{self, Pipeline};
use crate::store::line::runs::{self, Filter, Run};
use crate::store::line::{jobs, resources, versions};
use crate::store::testing::TestStore;
use andon_pipelines::decide::Decision;
use andon_pipelines::ids::{ExecutionId, JobRunId, RunnerId, VersionId, WorkspaceId};
use andon_pipelines::wire::{Assignment, Blob, Claim, Outcome, OutputKind, Registration, Report, ReportAnswer, ReportBatch, ReportBody};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The line, and what the simulated runner has in hand.
#[derive(Debug)]
pub struct Line {
    pub world: World,
    pub workspace: WorkspaceId,
    pub runner: RunnerId,
    sequences: Mutex<BTreeMap<ExecutionId, u64>>,
    /// Its scheduler loses its memory before every look.
    pub forgetful: bool,
}

/// How a runner called `name` introduces itself.
pub fn registration(name: &str) -> Registration {
    Registration {
        name: name.to_owned(),
        labels: vec!["linux".to_owned()],
        slots: 50,
        executor: "dummy".to_owned(),
        isolation: "none".to_owned(),
        notice: None,
        version: "1".to_owned(),
    }
}

/// A map from pairs.
pub fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Blobs that differ when their seeds do.
pub fn blob(seed: &str) -> Blob {
    Blob { digest: hex::encode(Sha256::digest(seed)), size: 3 }
}

/// `build` of `p/build #1 (os=linux)`.
pub fn job_of(assignment: &Assignment) -> &str {
    assignment.title.split(['/', ' ']).nth(1).unwrap()
}

pub fn finished(outcome: Outcome) -> ReportBody {
    let reason = (outcome == Outcome::Failed).then(|| "exit-code".to_owned());
    ReportBody::Finished { outcome, reason, detail: None }
}

impl Line {
    /// A line on which the pipeline stands already.
    pub async fn new(store: TestStore, yaml: &str) -> Self {
        Self::with_mail(store, yaml, None).await
    }

    /// The same, with a way to send mails.
    pub async fn with_mail(store: TestStore, yaml: &str, smtp: Option<&str>) -> Self {
        let world = World::with_mail(store, smtp).await;
        let workspace = world.workspace("main").await.id;
        let runner = engine::register(&world.app, &registration("one"), None).await.unwrap().runner;
        let line = Self { world, workspace, runner, sequences: Mutex::default(), forgetful: false };
        line.set(yaml).await;
        line
    }

    /// A token with which runners elsewhere come in.
    pub async fn runner_token(&self, administrator: &str) -> String {
        let body = serde_json::json!({"name": "runners", "role": "viewer", "scopes": ["run"]});
        let made = call("POST", "tokens").token(administrator).json(body);
        self.world.expect(201, made).await.json()["secret"].as_str().unwrap().to_owned()
    }

    pub fn app(&self) -> &App {
        &self.world.app
    }

    /// Sets the pipeline's next revision, and lets the line see it.
    pub async fn set(&self, yaml: &str) -> i64 {
        match self.define(yaml, None).await {
            Defined::Set { revision, .. } => revision,
            other => panic!("{other:?}"),
        }
    }

    pub async fn define(&self, yaml: &str, expect: Option<i64>) -> Defined {
        let definition = Definition {
            workspace: self.workspace,
            text: yaml,
            file: "andon.yml",
            name: None,
            message: None,
            expect,
            synced_from: None,
            modules: None,
            actor: "user:ada",
        };
        let defined = engine::set_pipeline(self.app(), &definition).await.unwrap();
        self.tick().await;
        defined
    }

    pub async fn tick(&self) -> usize {
        if self.forgetful {
            self.app().scheduler.forget().await;
        }
        engine::tick_schedule(self.app()).await.unwrap()
    }

    pub async fn pipeline(&self) -> Pipeline {
        let mut reader = self.app().db.read().await.unwrap();
        pipelines::find_by_name(&mut reader.connection(), self.workspace, "p").await.unwrap().unwrap()
    }

    /// What the scheduler has concluded for a job.
    pub async fn decision(&self, job: &str) -> Decision {
        let mut reader = self.app().db.read().await.unwrap();
        let pipeline = pipelines::find_by_name(&mut reader.connection(), self.workspace, "p").await.unwrap().unwrap();
        let found = jobs::list(&mut reader.connection(), pipeline.id).await.unwrap();
        found.into_iter().find(|known| known.name == job).unwrap().decision.unwrap()
    }

    pub async fn resource(&self, name: &str) -> resources::Resource {
        let pipeline = self.pipeline().await.id;
        let mut reader = self.app().db.read().await.unwrap();
        resources::find_by_name(&mut reader.connection(), pipeline, name).await.unwrap().unwrap()
    }

    /// Newest first.
    pub async fn versions(&self, resource: &str) -> Vec<versions::Version> {
        let id = self.resource(resource).await.id;
        let mut reader = self.app().db.read().await.unwrap();
        versions::list(&mut reader.connection(), id, i64::MAX, 100).await.unwrap()
    }

    pub async fn publish(&self, resource: &str, pairs: &[(&str, &str)]) -> (VersionId, bool) {
        let resource = self.resource(resource).await;
        let publication = Publication { map: map(pairs), archive: None };
        let made = engine::publish(self.app(), "user:ada", (self.workspace, &resource), publication).await.unwrap();
        self.tick().await;
        made
    }

    /// A commit made of forty times this digit arrives in `source`.
    pub async fn commit(&self, digit: char) -> VersionId {
        self.publish("source", &[("commit", &digit.to_string().repeat(40))]).await.0
    }

    /// The same, found by somebody who does not look at what follows from it.
    pub async fn find_commit(&self, digit: &str) -> VersionId {
        let resource = self.resource("source").await;
        let mut tx = self.app().db.begin("andon").await.unwrap();
        let new = versions::NewVersion {
            workspace: self.workspace,
            pipeline: resource.pipeline,
            resource: resource.id,
            map: map(&[("commit", &digit.repeat(40))]),
            metadata: BTreeMap::new(),
            archive: None,
            origin: "check",
            made_by: None,
        };
        let (id, _) = versions::create(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Everything that the runner may have now.
    pub async fn claim(&self) -> Vec<Assignment> {
        self.claim_as(self.runner, 50).await
    }

    pub async fn claim_as(&self, runner: RunnerId, free: u32) -> Vec<Assignment> {
        let claim = Claim { runner, free, wait_ms: 0, stopping: Vec::new(), holding: None };
        // A runner elsewhere: nothing has to lie in the repository.
        let assigner = Assigner::Remote { token: "andon_runner".to_owned() };
        engine::claim(self.app(), &assigner, &claim).await.unwrap().assignments
    }

    /// The runner says this about an execution, next.
    pub async fn report(&self, assignment: &Assignment, bodies: Vec<ReportBody>) -> ReportAnswer {
        let reports = self.number(assignment.execution, bodies);
        let batch = ReportBatch { runner: self.runner, running: vec![assignment.execution], reports, draining: false, takes: 0 };
        let answer = engine::take_reports(self.app(), &Assigner::Embedded, &batch).await.unwrap();
        self.tick().await;
        answer
    }

    pub fn number(&self, execution: ExecutionId, bodies: Vec<ReportBody>) -> Vec<Report> {
        let mut sequences = self.sequences.lock().unwrap();
        let next = sequences.entry(execution).or_default();
        let at = self.app().clock.now_ms();
        let number = |body| {
            *next += 1;
            Report { execution, sequence: *next, at, body }
        };
        bodies.into_iter().map(number).collect()
    }

    /// What a runner says about an execution that comes to this end; a success has one archive per output.
    pub async fn end_with(&self, assignment: &Assignment, outcome: Outcome) {
        let mut bodies = vec![ReportBody::Started, ReportBody::StepsBegun];
        let archives = assignment.outputs.iter().filter(|output| output.kind == OutputKind::Archive && outcome == Outcome::Succeeded);
        bodies.extend(archives.map(|output| ReportBody::Output {
            resource: output.resource.clone(),
            values: BTreeMap::new(),
            archive: Some(blob(&assignment.execution.to_string())),
        }));
        bodies.push(finished(outcome));
        self.report(assignment, bodies).await;
    }

    /// Plays until nothing is queued; the named jobs do not succeed.
    pub async fn play(&self, ends: &[(&str, Outcome)]) {
        loop {
            let claimed = self.claim().await;
            if claimed.is_empty() {
                return;
            }
            for assignment in claimed {
                let end = ends.iter().find(|(job, _)| *job == job_of(&assignment));
                self.end_with(&assignment, end.map_or(Outcome::Succeeded, |(_, outcome)| *outcome)).await;
            }
        }
    }

    pub async fn start(&self, job: &str, asked: ManualStart) -> crate::http::Result<JobRunId> {
        let started = engine::start_manual(self.app(), "user:ada", (self.pipeline().await.id, job), asked).await?;
        self.tick().await;
        Ok(started.1)
    }

    /// By number.
    pub async fn runs(&self) -> Vec<Run> {
        let mut reader = self.app().db.read().await.unwrap();
        let filter = Filter { limit: 1_000, oldest_first: true, ..Filter::default() };
        runs::list(&mut reader.connection(), self.workspace, &filter).await.unwrap()
    }

    /// `1 completed`.
    pub async fn outcomes(&self) -> Vec<String> {
        let shown = |run: Run| format!("{} {}", run.number, run.outcome.map_or("active", |outcome| outcome.name()));
        self.runs().await.into_iter().map(shown).collect()
    }

    /// By job, then number and attempt.
    pub async fn job_runs(&self) -> Vec<JobRun> {
        let mut found = Vec::new();
        for run in self.runs().await {
            let mut reader = self.app().db.read().await.unwrap();
            found.extend(job_runs::list_of_run(&mut reader.connection(), run.id).await.unwrap());
        }
        found.sort_by_key(|job_run| (job_run.job_name.clone(), job_run.number, job_run.attempt));
        found
    }

    /// The newest job run of a job.
    pub async fn last(&self, job: &str) -> JobRun {
        self.job_runs().await.into_iter().rfind(|job_run| job_run.job_name == job).unwrap_or_else(|| panic!("{job} never ran"))
    }

    /// `build #1 succeeded source=a`, one per job run.
    pub async fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for job_run in self.job_runs().await {
            let reason = job_run.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let mut line = format!("{} #{} {}{reason}", job_run.job_name, job_run.label(), job_run.status);
            let mut reader = self.app().db.read().await.unwrap();
            for (name, version) in versions::list_inputs_of(&mut reader.connection(), job_run.id).await.unwrap() {
                let maker = match version.made_by {
                    Some(maker) => Some(job_runs::get(&mut reader.connection(), maker).await.unwrap()),
                    None => None,
                };
                let value = maker.map_or_else(|| show(&version.map), |maker| format!("{}#{}", maker.job_name, maker.label()));
                line.push_str(&format!(" {name}={value}"));
            }
            lines.push(line);
        }
        lines
    }

    /// Asserts what `lines` answers.
    pub async fn shows(&self, expected: &[&str]) {
        assert_eq!(self.lines().await, expected);
    }

    /// Everything that is left succeeds; asserts what `lines` answers then, and that it is the end.
    pub async fn comes_to(&self, expected: &[&str]) {
        self.tick().await;
        self.play(&[]).await;
        self.shows(expected).await;
        self.end().await;
    }

    /// Nothing is left: no run without an end, no work, no gap among the events; and a server that begins anew sees it the same way.
    pub async fn end(&self) {
        let app = self.app();
        assert_eq!(self.tick().await, 0, "the scheduler still had something to do");
        let mut reader = app.db.read().await.unwrap();
        assert_eq!(runs::list_settled(&mut reader.connection()).await.unwrap(), [], "runs without an end");
        let newest = events::newest_sequence(&mut reader.connection()).await.unwrap();
        let all = events::list_after(&mut reader.connection(), 0, 100_000).await.unwrap();
        assert_eq!(all.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=newest).collect::<Vec<_>>());
        drop(reader);
        app.scheduler.forget().await;
        let before = self.lines().await;
        assert_eq!(engine::tick_schedule(app).await.unwrap(), 0, "after a restart the scheduler had something to do");
        assert_eq!(self.lines().await, before);
    }
}

fn show(map: &BTreeMap<String, String>) -> String {
    match map.get("commit") {
        Some(commit) => commit[..1].to_owned(),
        None => map.values().cloned().collect::<Vec<_>>().join("+"),
    }
}

/// A pipeline called `p` with the resource `source`, and these jobs (and whatever else stands in the text).
pub fn pipeline(rest: &str) -> String {
    format!("pipeline: p\nresources:\n  source: {{ type: git, repository: shop }}\n{rest}")
}
