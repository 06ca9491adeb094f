//! What follows an end is on disk with it: nobody has to come by for the next step.

use super::world::{Line, finished, map, pipeline};
use crate::engine::{self, Assigner, Publication};
use crate::store::db::values;
use crate::store::events;
use crate::store::line::executions;
use crate::store::testing::{on_engine, on_sqlite};
use andon_pipelines::event::Event;
use andon_pipelines::ids::ExecutionId;
use andon_pipelines::wire::{Assignment, Claim, Outcome, ReportAnswer, ReportBatch, ReportBody};

const JOBS: &str = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  unit: { after: [build], inputs: [source], steps: [{ run: make }] }
  browser: { after: [build], inputs: [source], steps: [{ run: make }] }
  deploy: { after: [unit, browser], inputs: [source], steps: [{ run: make }] }
";

fn assigner() -> Assigner {
    Assigner::Remote { token: "andon_runner".to_owned() }
}

impl Line {
    fn ending(&self, work: &Assignment, takes: u32) -> ReportBatch {
        ReportBatch { takes, ..self.saying(work, vec![ReportBody::StepsBegun, finished(Outcome::Succeeded)]) }
    }

    fn saying(&self, work: &Assignment, bodies: Vec<ReportBody>) -> ReportBatch {
        let reports = self.number(work.execution, bodies);
        ReportBatch { runner: self.runner, running: vec![work.execution], reports, draining: false, takes: 0 }
    }

    /// Hands a batch over, and nobody does anything else.
    async fn hand_over(&self, batch: &ReportBatch) -> ReportAnswer {
        engine::take_reports(self.app(), &assigner(), batch).await.unwrap()
    }

    fn waiting_claim(&self) -> impl Future<Output = Vec<Assignment>> {
        let claim = Claim { runner: self.runner, free: 1, wait_ms: 60_000, stopping: Vec::new(), holding: None };
        let app = self.app().clone();
        async move { engine::claim(&app, &assigner(), &claim).await.unwrap().assignments }
    }

    /// Makes the claim come as far as it gets by itself.
    async fn let_wait(&self, claim: &mut (impl Future<Output = Vec<Assignment>> + Unpin)) {
        while self.app().desk.count() == 0 {
            assert!(futures::poll!(&mut *claim).is_pending());
            tokio::task::yield_now().await;
        }
    }

    /// The next run of a job that has run gets this number.
    async fn count_from(&self, job: &str, number: i64) {
        let id = self.last(job).await.job;
        let mut tx = self.app().db.begin("andon").await.unwrap();
        tx.connection().execute("UPDATE jobs SET next_number = $1 WHERE id = $2", values![number, id]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A commit arrives, and nobody does anything else.
    async fn take_commit(&self, digit: &str) {
        let resource = self.resource("source").await;
        let publication = Publication { map: map(&[("commit", &digit.repeat(40))]), archive: None };
        engine::publish(self.app(), "user:ada", (self.workspace, &resource), publication).await.unwrap();
    }

    async fn claim_holding(&self, holding: &[ExecutionId]) -> Vec<Assignment> {
        let claim = Claim { runner: self.runner, free: 9, wait_ms: 0, stopping: Vec::new(), holding: Some(holding.to_vec()) };
        engine::claim(self.app(), &assigner(), &claim).await.unwrap().assignments
    }
}

fn titles(work: &[Assignment]) -> Vec<&str> {
    work.iter().map(|work| work.title.as_str()).collect()
}

#[tokio::test]
async fn an_end_starts_what_follows_fills_its_own_slot_and_ends_the_run() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        let unit = line.hand_over(&line.ending(&build[0], 1)).await.assignments;
        assert_eq!(titles(&unit), ["p/unit #1"], "one slot was offered");
        line.shows(&["browser #1 queued source=a", "build #1 succeeded source=a", "unit #1 running source=a"]).await;
        let browser = line.hand_over(&line.ending(&unit[0], 1)).await.assignments;
        assert_eq!(titles(&browser), ["p/browser #1"]);
        let deploy = line.hand_over(&line.ending(&browser[0], 1)).await.assignments;
        assert_eq!(titles(&deploy), ["p/deploy #1"]);
        assert_eq!(line.outcomes().await, ["1 active"]);
        assert_eq!(line.hand_over(&line.ending(&deploy[0], 1)).await.assignments, []);
        assert_eq!(line.outcomes().await, ["1 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_slot_that_is_not_offered_stays_empty_and_one_that_was_offered_is_filled_once() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        let end = line.ending(&build[0], 0);
        assert_eq!(line.hand_over(&end).await.assignments, []);
        let again = ReportBatch { takes: 1, ..end };
        assert_eq!(line.hand_over(&again).await.assignments, [], "it ended before");
        assert_eq!(titles(&line.claim().await), ["p/unit #1", "p/browser #1"]);
    })
    .await;
}

#[tokio::test]
async fn work_whose_answer_was_lost_is_given_again() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        let lost = line.hand_over(&line.ending(&build[0], 1)).await.assignments;
        let again = line.claim_holding(&[]).await;
        assert_eq!(titles(&again), titles(&lost));
        assert_eq!(titles(&line.claim_holding(&[again[0].execution]).await), ["p/browser #1"]);
    })
    .await;
}

#[tokio::test]
async fn an_end_is_on_disk_even_where_what_follows_cannot_be_begun() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.commit('b').await;
        let build = line.claim().await;
        // A fault: the number of the next run is taken.
        line.count_from("unit", 1).await;
        let mut claim = Box::pin(line.waiting_claim());
        line.let_wait(&mut claim).await;
        let end = line.ending(&build[0], 1);
        let answer = line.hand_over(&end).await;
        assert_eq!((answer.acknowledged.len(), answer.assignments), (1, vec![]));
        assert_eq!(line.last("build").await.status.name(), "succeeded");
        assert!(engine::tick_schedule(line.app()).await.is_err(), "the fault is there");
        line.count_from("unit", 2).await;
        line.tick().await;
        let unit = claim.await;
        assert_eq!(titles(&unit), ["p/unit #2"], "the runner went on waiting");
        line.end_with(&unit[0], Outcome::Succeeded).await;
        line.play(&[]).await;
        assert_eq!(line.outcomes().await, ["1 completed", "2 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_runner_that_waits_is_given_work_by_the_commit_that_queues_it() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let mut claim = Box::pin(line.waiting_claim());
        line.let_wait(&mut claim).await;
        line.commit('a').await;
        // The claim has not been polled since.
        line.shows(&["build #1 running source=a"]).await;
        assert_eq!(titles(&claim.await), ["p/build #1"]);
        assert_eq!(line.app().desk.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_runner_that_goes_away_with_work_on_its_way_is_given_it_again() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let mut claim = Box::pin(line.waiting_claim());
        line.let_wait(&mut claim).await;
        line.commit('a').await;
        drop(claim);
        assert_eq!(titles(&line.claim_holding(&[]).await), ["p/build #1"]);
        let mut claim = Box::pin(line.waiting_claim());
        line.let_wait(&mut claim).await;
        drop(claim);
        assert_eq!(line.app().desk.count(), 0, "who goes leaves no place behind");
    })
    .await;
}

#[tokio::test]
async fn a_runner_is_given_what_it_asks_for_ahead() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        let both = line.hand_over(&line.ending(&build[0], 2)).await.assignments;
        assert_eq!(titles(&both), ["p/unit #1", "p/browser #1"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_runner_gives_back_unbegun_keeps_its_place_and_its_attempt() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        let unit = line.hand_over(&line.ending(&build[0], 1)).await.assignments;
        let before = line.last("unit").await;
        line.world.store.clock.advance(1_000);
        let batch = line.saying(&unit[0], vec![ReportBody::Returned]);
        let answer = line.hand_over(&batch).await;
        assert_eq!(answer.acknowledged.len(), 1);
        line.shows(&["browser #1 queued source=a", "build #1 succeeded source=a", "unit #1 queued source=a"]).await;
        assert_eq!(line.hand_over(&batch).await.abandon, [unit[0].execution], "it is not this runner's any more");
        // It was before the other one, and is so still; a runner that is lost later may have it lost once.
        let work = line.claim().await;
        assert_eq!(titles(&work), ["p/unit #1", "p/browser #1"]);
        assert_ne!(work[0].execution, unit[0].execution, "nobody begins an execution twice");
        let known = executions::list_of_job_run(&mut line.app().db.read().await.unwrap().connection(), before.id).await.unwrap();
        let shown: Vec<_> = known.iter().map(|one| (one.status.name(), one.attempt, one.reason.as_deref())).collect();
        assert_eq!(shown, [("replaced", 0, Some("returned")), ("running", 0, None)]);
        for one in &work {
            line.end_with(one, Outcome::Succeeded).await;
        }
        line.play(&[]).await;
        assert_eq!(line.outcomes().await, ["1 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_to_be_stopped_is_not_given_to_another_runner() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        engine::stop_job_run(line.app(), "user:ada", line.last("build").await.id, None).await.unwrap();
        line.hand_over(&line.saying(&build[0], vec![ReportBody::Returned])).await;
        assert_eq!(line.last("build").await.status.name(), "stopped");
    })
    .await;
}

#[tokio::test]
async fn what_has_begun_cannot_be_given_back() {
    on_sqlite(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let build = line.claim().await;
        line.hand_over(&line.saying(&build[0], vec![ReportBody::Started, ReportBody::StepsBegun, ReportBody::Returned])).await;
        assert_eq!(line.last("build").await.status.name(), "errored");
    })
    .await;
}

#[tokio::test]
async fn what_arrives_is_decided_by_the_same_commit() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let mut claim = Box::pin(line.waiting_claim());
        line.let_wait(&mut claim).await;
        let before = line.app().db.events().newest();
        line.take_commit("a").await;
        line.shows(&["build #1 running source=a"]).await;
        assert_eq!(titles(&claim.await), ["p/build #1"]);
        let told = events::list_after(&mut line.app().db.read().await.unwrap().connection(), before, 100).await.unwrap();
        let who = |is: fn(&Event) -> bool| told.iter().find(|told| is(&told.event)).unwrap().actor.clone();
        assert_eq!(who(|event| matches!(event, Event::VersionCreated { .. })), "user:ada");
        assert_eq!(who(|event| matches!(event, Event::JobRunCreated(_))), "andon");
    })
    .await;
}

#[tokio::test]
async fn what_arrives_is_on_disk_even_where_the_line_cannot_follow() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.count_from("build", 1).await;
        let mut claim = Box::pin(line.waiting_claim());
        line.let_wait(&mut claim).await;
        line.take_commit("b").await;
        assert_eq!((line.versions("source").await.len(), line.last("build").await.number), (2, 1));
        assert!(engine::tick_schedule(line.app()).await.is_err(), "the fault is there");
        line.count_from("build", 2).await;
        line.tick().await;
        let build = claim.await;
        assert_eq!(titles(&build), ["p/build #2"], "the runner went on waiting");
        line.end_with(&build[0], Outcome::Succeeded).await;
        line.play(&[]).await;
        assert_eq!(line.outcomes().await, ["1 completed", "2 completed"]);
        line.end().await;
    })
    .await;
}
