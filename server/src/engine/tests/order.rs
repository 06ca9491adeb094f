//! Who begins first, who has to wait, and who makes way: `settle`, `on_new`, priorities, groups across pipelines.

use super::world::{Line, finished, job_of, pipeline};
use crate::engine::{self, ManualStart};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::decide::Verdict;
use andon_pipelines::wire::Outcome;

const SETTLING: &str = "  app: { type: file }
jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  gate: { after: [build], inputs: [source], approval: {} }
  publish: { after: [{ job: gate, on: finished }], outputs: [app], steps: [{ run: make }] }
  report: { inputs: [source, { resource: app, trigger: false }], settle: true, steps: [{ run: make }] }
";

#[tokio::test]
async fn a_settling_job_waits_for_everything_upstream_at_any_distance() {
    on_engine(async |store| {
        let jobs = "  app: { type: file }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  other: { inputs: [source], steps: [{ run: make }] }
  report: { inputs: [source, app], settle: true, steps: [{ run: make }] }
  last: { inputs: [{ resource: source, passed: [report] }], settle: true, steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        for again in [false, true] {
            let (digit, before) = if again { ('b', line.lines().await.len()) } else { ('a', 0) };
            line.commit(digit).await;
            let held = line.claim().await;
            let mut begun: Vec<_> = held.iter().map(job_of).collect();
            begun.sort_unstable();
            assert_eq!(begun, ["build", "other"], "the report does not start on the new commit beside the old archive");
            // A server that begins anew sees it the same way.
            line.app().scheduler.forget().await;
            line.tick().await;
            if again {
                let decision = line.decision("report").await;
                assert_eq!((decision.verdict, decision.reasons[0].kind.as_str()), (Verdict::Waiting, "settling"));
                assert!(decision.reasons[0].text.contains("build is running"), "{}", decision.reasons[0].text);
                assert_eq!(decision.reasons[0].unblock.as_deref(), Some("wait for build"));
            }
            for work in &held {
                line.end_with(work, Outcome::Succeeded).await;
            }
            line.play(&[]).await;
            assert_eq!(line.lines().await.len(), before + 4);
        }
        // What fails is done, too.
        line.commit('c').await;
        line.play(&[("build", Outcome::Failed)]).await;
        assert_eq!(line.lines().await.iter().filter(|shown| shown.starts_with("report")).count(), 3);
        assert!(line.lines().await.contains(&"report #3 succeeded app=build#2 source=c".to_owned()));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn people_who_are_awaited_upstream_hold_a_settling_job() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(SETTLING)).await;
        line.commit('a').await;
        line.play(&[]).await;
        assert_eq!(line.last("gate").await.status.name(), "awaiting");
        engine::stop_job_run(line.app(), "user:ada", line.last("gate").await.id, None).await.unwrap();
        line.tick().await;
        line.play(&[]).await;
        assert_eq!(line.last("report").await.number, 1, "a first report");
        line.commit('b').await;
        line.play(&[]).await;
        let decision = line.decision("report").await;
        assert_eq!((decision.verdict, line.last("report").await.number), (Verdict::Waiting, 1));
        assert!(decision.reasons[0].text.contains("gate awaits people"), "{}", decision.reasons[0].text);
        assert_eq!(decision.reasons[0].unblock.as_deref(), Some("decide gate"));
        engine::stop_job_run(line.app(), "user:ada", line.last("gate").await.id, None).await.unwrap();
        line.tick().await;
        line.play(&[]).await;
        assert_eq!(line.last("report").await.number, 2, "following the advice unblocks it");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn queued_sets_keep_their_turn() {
    on_engine(async |store| {
        let jobs = "jobs:\n  deploy: { inputs: [source], concurrency: { limit: 1, on_new: queue }, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        for digit in ['a', 'b', 'c'] {
            line.commit(digit).await;
        }
        line.shows(&["deploy #1 queued source=a", "deploy #2 waiting source=b", "deploy #3 waiting source=c"]).await;
        let mut order = Vec::new();
        while let Some(work) = line.claim().await.first() {
            order.push(work.title.clone());
            line.end_with(work, Outcome::Succeeded).await;
        }
        assert_eq!(order, ["p/deploy #1", "p/deploy #2", "p/deploy #3"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_newer_set_cancels_what_the_line_runs_but_not_what_a_person_started() {
    on_engine(async |store| {
        let jobs = "jobs:\n  deploy: { inputs: [source], concurrency: { limit: 2, on_new: cancel-running }, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let first = line.claim().await;
        line.start("deploy", ManualStart { cause: "manual", ..ManualStart::default() }).await.unwrap();
        let by_hand = line.claim().await;
        line.commit('b').await;
        line.shows(&["deploy #1 stopping (superseded) source=a", "deploy #2 running source=a", "deploy #3 waiting source=b"]).await;
        line.commit('c').await;
        line.shows(&["deploy #1 stopping (superseded) source=a", "deploy #2 running source=a", "deploy #3 waiting source=c"]).await;
        assert_eq!(line.report(&first[0], vec![]).await.stop, [first[0].execution]);
        line.report(&first[0], vec![finished(Outcome::Stopped)]).await;
        line.end_with(&by_hand[0], Outcome::Succeeded).await;
        line.play(&[]).await;
        line.shows(&["deploy #1 stopped (superseded) source=a", "deploy #2 succeeded source=a", "deploy #3 succeeded source=c"]).await;
        assert!(line.job_runs().await[0].detail.as_ref().unwrap().contains("newer set"));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_highest_priority_gets_the_slot_and_the_runner() {
    on_engine(async |store| {
        let jobs = "jobs:
  usual: { inputs: [source], steps: [{ run: make }] }
  low: { inputs: [source], priority: -10, concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
  urgent: { inputs: [source], priority: 100, steps: [{ run: make }] }
  middle: { inputs: [source], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
  high: { inputs: [source], priority: 10, concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let mut order = Vec::new();
        loop {
            let claimed = line.claim_as(line.runner, 1).await;
            let Some(work) = claimed.first() else { break };
            order.push(job_of(work).to_owned());
            line.end_with(work, Outcome::Succeeded).await;
        }
        let place = |job: &str| order.iter().position(|other| other == job).unwrap();
        assert_eq!((order[0].as_str(), order.len()), ("urgent", 5), "{order:?}");
        // One of the group had the slot at once; of those that waited, the higher went first.
        let (low, middle, high) = (place("low"), place("middle"), place("high"));
        let first = low.min(middle).min(high);
        let mut waited: Vec<_> = [(10, high), (0, middle), (-10, low)].into_iter().filter(|(_, at)| *at != first).collect();
        waited.sort_by_key(|(_, at)| *at);
        assert!(waited[0].0 > waited[1].0, "{order:?}");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_group_spans_pipelines_and_the_lowest_limit_holds() {
    on_engine(async |store| {
        let text = |name: &str, limit: u32| {
            format!(
                "pipeline: {name}
resources:
  source: {{ type: git, repository: shop }}
jobs:
  deploy: {{ inputs: [source], concurrency: {{ limit: {limit}, group: production }}, steps: [{{ run: make }}] }}
"
            )
        };
        let line = Line::new(store, &text("p", 3)).await;
        let token = line.world.administrator().await;
        let planned = line.world.expect(200, call("POST", "pipelines/q/plan").token(&token).text(&text("q", 1))).await.json();
        let warning = "the group production has the limit 1 in deploy, but 3 in p/deploy; the lowest one, 1, is in force";
        assert_eq!(planned["warnings"][0], warning);
        let set = line.world.expect(200, call("PUT", "pipelines/q").token(&token).text(&text("q", 1))).await.json();
        assert_eq!(set["warnings"][0], warning);
        line.commit('a').await;
        let body = serde_json::json!({"version": {"commit": "b".repeat(40)}});
        line.world.expect(201, call("POST", "resources/q/source/versions").token(&token).json(body)).await;
        line.tick().await;
        let first = line.claim().await;
        assert_eq!(first.len(), 1, "one slot for both");
        line.end_with(&first[0], Outcome::Succeeded).await;
        let second = line.claim().await;
        assert_eq!(second.len(), 1);
        assert_ne!(first[0].title, second[0].title);
        line.end_with(&second[0], Outcome::Succeeded).await;
        let agreed = line.world.expect(200, call("POST", "pipelines/q/plan").token(&token).text(&text("q", 3))).await.json();
        assert_eq!(agreed["warnings"], serde_json::json!([]));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_goes_on_when_the_limit_is_taken_away() {
    on_engine(async |store| {
        let jobs = |limit: &str| pipeline(&format!("jobs:\n  deploy: {{ inputs: [source], {limit}steps: [{{ run: make }}] }}\n"));
        let line = Line::new(store, &jobs("concurrency: 1, ")).await;
        line.commit('a').await;
        let held = line.claim().await;
        line.commit('b').await;
        line.shows(&["deploy #1 running source=a", "deploy #2 waiting source=b"]).await;
        line.set(&jobs("")).await;
        line.shows(&["deploy #1 running source=a", "deploy #2 queued source=b"]).await;
        line.end_with(&held[0], Outcome::Succeeded).await;
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}
