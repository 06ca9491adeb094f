//! Jobs that start themselves through what they push.

use super::world::{Line, finished, map, pipeline};
use crate::engine;
use crate::store::testing::on_engine;
use andon_pipelines::decide::Verdict;
use andon_pipelines::wire::{Assignment, Outcome, ReportBody};

/// `mirror` watches what `source` watches, so each push starts the job that pushed.
const LOOP: &str = "  mirror: { type: git, repository: shop }
jobs:
  bump:
    inputs: [source, { resource: mirror, trigger: false }]
    outputs: [mirror]
    loop_guard: { starts: 3, within: 1m }
    steps: [{ run: make }]
";

/// The job pushes a commit: its output says so, and the push arrives at `source` as any push does, before or after the job's end.
async fn push(line: &Line, work: &Assignment, digit: char, before_the_end: bool) {
    let commit = digit.to_string().repeat(40);
    let pairs = [("commit", commit.as_str()), ("ref", "refs/heads/main")];
    if before_the_end {
        line.publish("source", &pairs).await;
    }
    let output = ReportBody::Output { resource: "mirror".to_owned(), values: map(&pairs), archive: None };
    line.report(work, vec![ReportBody::Started, ReportBody::StepsBegun, output, finished(Outcome::Succeeded)]).await;
    if !before_the_end {
        line.publish("source", &pairs).await;
    }
}

async fn prepare(line: &Line) {
    line.publish("mirror", &[("commit", &"0".repeat(40)), ("ref", "refs/heads/main")]).await;
    line.commit('0').await;
}

/// Goes round until the job does not start any more; answers how often it ran.
async fn go_round(line: &Line, digits: &str, before_the_end: bool) -> usize {
    let mut rounds = 0;
    for digit in digits.chars() {
        let claimed = line.claim().await;
        let Some(work) = claimed.first() else { break };
        rounds += 1;
        line.world.store.clock.advance(1_000);
        push(line, work, digit, before_the_end).await;
    }
    rounds
}

#[tokio::test]
async fn a_job_that_starts_itself_too_often_is_paused_and_loses_nothing() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LOOP)).await;
        prepare(&line).await;
        assert_eq!(go_round(&line, "123456789", false).await, 4, "once from outside, and three times by itself");
        let decision = line.decision("bump").await;
        assert_eq!((decision.verdict, decision.reasons[0].kind.as_str()), (Verdict::Blocked, "paused"));
        let text = &decision.reasons[0].text;
        assert!(text.starts_with("the job bump is paused by andon since "), "{text}");
        assert!(text.ends_with(": it started itself 3 times in 1 minute through source"), "{text}");
        assert_eq!(decision.reasons[0].command.as_deref(), Some("andon resume p/bump"));
        line.end().await;
        // Released, it goes on with the newest, and the count begins anew.
        let (pipeline, bump) = (line.pipeline().await, line.last("bump").await.job);
        line.world.store.clock.advance(1_000);
        engine::pause_job(line.app(), "user:ada", (&pipeline, bump), (false, None)).await.unwrap();
        line.tick().await;
        assert!(line.lines().await.last().unwrap().contains("bump #5 queued"), "{:?}", line.lines().await);
        line.world.store.clock.advance(1_000);
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_push_that_arrives_before_its_job_has_ended_is_seen_one_start_later() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(&LOOP.replace("steps:", "concurrency: 9\n    steps:"))).await;
        prepare(&line).await;
        let rounds = go_round(&line, "123456789", true).await;
        assert!((4..=6).contains(&rounds), "{rounds}");
        assert_eq!(line.decision("bump").await.reasons[0].kind, "paused");
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_slow_loop_and_a_busy_job_are_left_alone() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LOOP)).await;
        prepare(&line).await;
        for digit in "123456".chars() {
            line.world.store.clock.advance(30_000);
            let claimed = line.claim().await;
            push(&line, &claimed[0], digit, false).await;
        }
        // People push faster than any loop may turn: that is no loop.
        line.play(&[]).await;
        for digit in "789abcdef".chars() {
            line.world.store.clock.advance(10);
            line.commit(digit).await;
            line.play(&[]).await;
        }
        assert_eq!(line.last("bump").await.number, 16);
        assert_eq!(line.decision("bump").await.reasons[0].kind, "had-already");
        line.end().await;
    })
    .await;
}
