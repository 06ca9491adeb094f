//! What keeps jobs from starting: slots and the cord; and what stops them.

use super::world::{Line, finished, job_of, pipeline};
use crate::engine;
use crate::store::line::jobs;
use crate::store::testing::on_engine;
use andon_pipelines::decide::Verdict;
use andon_pipelines::ids::JobId;
use andon_pipelines::wire::Outcome;

async fn job_id(line: &Line, name: &str) -> JobId {
    let pipeline = line.pipeline().await.id;
    let found = jobs::list(&mut line.app().db.read().await.unwrap().connection(), pipeline).await.unwrap();
    found.into_iter().find(|job| job.name == name).unwrap().id
}

#[tokio::test]
async fn a_group_shares_its_slots_and_a_freed_one_starts_the_next() {
    on_engine(async |store| {
        let jobs = "jobs:
  one: { inputs: [source], concurrency: { limit: 1, group: production }, steps: [{ run: make }] }
  two: { inputs: [source], concurrency: { limit: 1, group: production }, steps: [{ run: make }] }
  free: { inputs: [source], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let held = line.claim().await;
        let mut titles: Vec<_> = held.iter().map(job_of).collect();
        titles.sort_unstable();
        assert_eq!(titles.len(), 2, "{titles:?}");
        assert_eq!(titles[0], "free");
        let first = held.iter().find(|work| job_of(work) != "free").unwrap();
        assert_eq!(line.lines().await.iter().filter(|shown| shown.contains("waiting")).count(), 1);
        line.end_with(first, Outcome::Failed).await;
        let next = line.claim().await;
        assert_eq!(next.len(), 1);
        assert_ne!(job_of(&next[0]), job_of(first));
        line.end_with(&next[0], Outcome::Succeeded).await;
        line.end_with(held.iter().find(|work| job_of(work) == "free").unwrap(), Outcome::Succeeded).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_a_slot_is_superseded_in_place() {
    on_engine(async |store| {
        let jobs = "jobs:\n  deploy: { inputs: [source], concurrency: 1, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let held = line.claim().await;
        line.commit('b').await;
        line.commit('c').await;
        line.shows(&["deploy #1 running source=a", "deploy #2 waiting source=c"]).await;
        assert_eq!(line.last("deploy").await.superseded, 1);
        line.end_with(&held[0], Outcome::Succeeded).await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 queued source=c"]).await;
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_paused_job_loses_nothing_and_runs_the_newest_on_release() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        let (pipeline, build) = (line.pipeline().await, job_id(&line, "build").await);
        engine::pause_job(line.app(), "user:ada", (&pipeline, build), (true, Some("broken network"))).await.unwrap();
        line.commit('a').await;
        line.commit('b').await;
        line.shows(&[]).await;
        let why = jobs::get(&mut line.app().db.read().await.unwrap().connection(), build).await.unwrap().decision.unwrap();
        assert_eq!((why.verdict, why.reasons[0].kind.as_str()), (Verdict::Blocked, "paused"));
        engine::pause_job(line.app(), "user:ada", (&pipeline, build), (false, None)).await.unwrap();
        line.tick().await;
        engine::pause_pipeline(line.app(), "user:ada", &line.pipeline().await, (true, None)).await.unwrap();
        line.play(&[]).await;
        line.commit('c').await;
        line.shows(&["build #1 succeeded source=b"]).await;
        engine::pause_pipeline(line.app(), "user:ada", &line.pipeline().await, (false, None)).await.unwrap();
        line.comes_to(&["build #1 succeeded source=b", "build #2 succeeded source=c"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_a_slot_does_not_start_while_the_job_is_paused() {
    on_engine(async |store| {
        let jobs = "jobs:\n  deploy: { inputs: [source], concurrency: 1, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let held = line.claim().await;
        line.commit('b').await;
        let (pipeline, deploy) = (line.pipeline().await, job_id(&line, "deploy").await);
        engine::pause_job(line.app(), "user:ada", (&pipeline, deploy), (true, None)).await.unwrap();
        line.end_with(&held[0], Outcome::Succeeded).await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 waiting source=b"]).await;
        line.app().scheduler.forget().await;
        line.tick().await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 waiting source=b"]).await;
        engine::pause_job(line.app(), "user:ada", (&pipeline, deploy), (false, None)).await.unwrap();
        line.comes_to(&["deploy #1 succeeded source=a", "deploy #2 succeeded source=b"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_job_run_stops_in_every_state() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], concurrency: 1, steps: [{ run: make }] }
  gate: { inputs: [source], approval: {} }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        let stop = async |job| engine::stop_job_run(line.app(), "user:ada", line.last(job).await.id, Some("why not")).await;
        line.commit('a').await;
        assert_eq!(stop("build").await.unwrap().name(), "stopped", "queued");
        assert_eq!(stop("gate").await.unwrap().name(), "stopped", "awaiting");
        line.tick().await;
        assert_eq!(line.claim().await, [], "a stopped execution is not given away");
        line.commit('b').await;
        let held = line.claim().await;
        line.commit('c').await;
        assert_eq!(stop("build").await.unwrap().name(), "stopped", "waiting for a slot");
        let running = line.job_runs().await.into_iter().find(|job_run| job_run.status.name() == "running").unwrap();
        let stopping = engine::stop_job_run(line.app(), "user:ada", running.id, None).await.unwrap();
        assert_eq!(stopping.name(), "stopping");
        assert_eq!(engine::stop_job_run(line.app(), "user:ada", running.id, None).await.unwrap().name(), "stopping", "twice is harmless");
        assert_eq!(line.report(&held[0], vec![]).await.stop, [held[0].execution]);
        line.report(&held[0], vec![finished(Outcome::Stopped)]).await;
        assert_eq!(stop("build").await.unwrap_err().status(), 409, "ended");
        stop("gate").await.unwrap();
        line.shows(&[
            "build #1 stopped (stopped) source=a",
            "build #2 stopped source=b",
            "build #3 stopped (stopped) source=c",
            "gate #1 stopped (stopped) source=a",
            "gate #2 stopped (superseded) source=b",
            "gate #3 stopped (stopped) source=c",
        ])
        .await;
        assert!(line.job_runs().await[0].detail.as_ref().unwrap().contains("why not"));
        line.end().await;
    })
    .await;
}
