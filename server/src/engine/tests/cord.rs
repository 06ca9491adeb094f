//! The cord at its three heights, pulled and released through the API.

use super::world::{Line, map, pipeline};
use crate::engine::{self, ManualStart};
use crate::http::testing::call;
use crate::store::events;
use crate::store::testing::on_engine;
use andon_pipelines::decide::Verdict;
use andon_pipelines::event::Event;
use andon_pipelines::wire::Outcome;
use serde_json::json;

const JOBS: &str = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";

#[tokio::test]
async fn each_height_holds_and_says_who_why_since_when_and_how_to_release() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let heights = [
            ("", "the workspace main", "andon resume --workspace main"),
            ("pipelines/p/", "the pipeline p", "andon resume p"),
            ("pipelines/p/jobs/build/", "the job build", "andon resume p/build"),
        ];
        for ((place, what, advice), digit) in heights.into_iter().zip(['b', 'c', 'd']) {
            let post = |verb: &str, reason: &str| call("POST", &format!("{place}{verb}")).token(&token).json(json!({"reason": reason}));
            let idle = line.world.expect(409, post("resume", "")).await.json();
            assert!(idle["detail"].as_str().unwrap().contains(&format!("{what} is not paused")), "{idle}");
            line.world.expect(204, post("pause", "broken network")).await;
            let twice = line.world.expect(409, post("pause", "another reason")).await.json();
            let held = format!("{what} is paused by token:all since ");
            assert!(twice["detail"].as_str().unwrap().contains(&held), "{twice}");
            assert!(twice["detail"].as_str().unwrap().contains("UTC: broken network already."), "{twice}");
            let before = line.lines().await;
            line.commit(digit).await;
            assert_eq!(line.lines().await, before, "nothing starts");
            let decision = line.decision("build").await;
            assert_eq!((decision.verdict, decision.reasons.len()), (Verdict::Blocked, 1));
            assert!(decision.reasons[0].text.starts_with(&held) && decision.reasons[0].text.ends_with(": broken network"));
            assert_eq!(decision.reasons[0].command.as_deref(), Some(advice));
            let refused =
                line.start("build", ManualStart { inputs: map(&[]), cause: "manual", ..ManualStart::default() }).await.unwrap_err();
            assert_eq!(refused.status(), 409);
            assert!(refused.detail().contains(&held) && refused.detail().contains(advice), "{}", refused.detail());
            let again = engine::rerun_job_run(line.app(), "user:ada", line.last("build").await.id, false).await.unwrap_err();
            assert_eq!((again.status(), line.lines().await), (axum::http::StatusCode::CONFLICT, before));
            line.world.expect(204, post("resume", "")).await;
            line.tick().await;
            line.play(&[]).await;
            assert!(line.lines().await.last().unwrap().ends_with(&format!("source={digit}")), "the newest runs on release");
        }
        let all = events::list_after(&mut line.app().db.read().await.unwrap().connection(), 0, 10_000).await.unwrap();
        let said: Vec<_> = all
            .iter()
            .filter_map(|event| match &event.event {
                Event::WorkspacePaused { name, paused, reason } => Some((name.as_str(), *paused, reason.as_deref(), event.actor.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(said, [("main", true, Some("broken network"), "token:all"), ("main", false, None, "token:all")]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_held_workspace_holds_its_own_only_and_what_is_queued_goes_on() {
    on_engine(async |store| {
        let jobs = "jobs:\n  deploy: { inputs: [source], concurrency: { limit: 1, on_new: queue }, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        let other = line.world.workspace("other").await;
        engine::pause_workspace(line.app(), "user:ada", &other, (true, None)).await.unwrap();
        line.commit('a').await;
        line.commit('b').await;
        let main = line.world.workspace("main").await;
        engine::pause_workspace(line.app(), "user:ada", &main, (true, Some("fire"))).await.unwrap();
        line.tick().await;
        let work = line.claim().await;
        assert_eq!(work.len(), 1, "what is queued goes on");
        line.end_with(&work[0], Outcome::Succeeded).await;
        line.app().scheduler.forget().await;
        line.tick().await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 waiting source=b"]).await;
        let token = line.world.administrator().await;
        let shown = line.world.expect(200, call("GET", "/workspaces/main").token(&token)).await.json();
        assert_eq!((shown["name"].as_str(), shown["paused"]["by"].as_str()), (Some("main"), Some("user:ada")));
        engine::pause_workspace(line.app(), "user:ada", &main, (false, None)).await.unwrap();
        line.comes_to(&["deploy #1 succeeded source=a", "deploy #2 succeeded source=b"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_held_job_keeps_no_slot_of_its_group_from_others() {
    on_engine(async |store| {
        let jobs = "jobs:
  one: { inputs: [source], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
  two: { inputs: [{ resource: source, version: every }], concurrency: { limit: 1, group: g }, steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let first = line.claim().await;
        let waiting = if super::world::job_of(&first[0]) == "one" { "two" } else { "one" };
        let token = line.world.administrator().await;
        line.world.expect(204, call("POST", &format!("pipelines/p/jobs/{waiting}/pause")).token(&token).json(json!({}))).await;
        line.end_with(&first[0], Outcome::Succeeded).await;
        assert_eq!(line.last(waiting).await.status.name(), "waiting");
        line.commit('b').await;
        let next = line.claim().await;
        assert_eq!(next.len(), 1, "the slot is not kept for a job that is held");
        assert_ne!(super::world::job_of(&next[0]), waiting);
        line.end_with(&next[0], Outcome::Succeeded).await;
        line.world.expect(204, call("POST", &format!("pipelines/p/jobs/{waiting}/resume")).token(&token).json(json!({}))).await;
        line.tick().await;
        line.play(&[]).await;
        assert!(line.lines().await.iter().all(|shown| shown.contains("succeeded")));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn those_who_asked_hear_of_a_pause() {
    on_engine(async |store| {
        let told = "notify:
  - { on: [paused], to: [\"email:all@example.org\"] }
  - { on: [paused], jobs: [build], to: [\"email:build@example.org\"] }
  - { on: [failed], to: [\"email:no@example.org\"] }
";
        let line = Line::new(store, &pipeline(&format!("{JOBS}{told}"))).await;
        let token = line.world.administrator().await;
        let body = || json!({"reason": "smoke"});
        line.world.expect(204, call("POST", "pipelines/p/jobs/build/pause").token(&token).json(body())).await;
        line.world.expect(204, call("POST", "pause").token(&token).json(body())).await;
        let mut progress = engine::Progress::read(line.app()).await.unwrap();
        engine::tick_tell(line.app(), &mut progress).await.unwrap();
        let sent = line.world.expect(200, call("GET", "deliveries").token(&token)).await.json();
        let mut targets: Vec<_> =
            sent["items"].as_array().unwrap().iter().map(|item| item["target"].as_str().unwrap().to_owned()).collect();
        targets.sort();
        let (all, build) = ("email:all@example.org", "email:build@example.org");
        assert_eq!(targets, [all, all, build, build]);
        line.end().await;
    })
    .await;
}
