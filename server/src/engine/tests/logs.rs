//! Logs, while they are written and when they are sealed.

use super::world::{Line, finished, pipeline};
use crate::engine;
use crate::http::testing::call;
use crate::store::testing::{TestStore, on_engine};
use andon_pipelines::wire::{Assignment, Outcome, ReportBody};
use serde_json::json;

const JOBS: &str = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";

fn log(offset: u64, text: &[u8]) -> ReportBody {
    ReportBody::Log { offset, bytes: text.to_vec() }
}

async fn running(store: TestStore) -> (Line, String, Assignment) {
    let line = Line::new(store, &pipeline(JOBS)).await;
    let token = line.world.administrator().await;
    line.commit('a').await;
    let work = line.claim().await.remove(0);
    (line, token, work)
}

#[tokio::test]
async fn pieces_join_ranges_cut_and_the_sealed_log_is_the_live_one() {
    on_engine(async |store| {
        let (line, token, work) = running(store).await;
        let path = format!("job-runs/{}/log", work.job_run);
        assert_eq!(line.world.expect(200, call("GET", &path).token(&token)).await.text, "");
        line.report(&work, vec![ReportBody::StepsBegun, log(0, b"one\n"), log(4, "zw\u{f6}".as_bytes())]).await;
        let rest = format!("lf\n{}", ".".repeat(5_000));
        let begun = line.app().clock.now_ms();
        line.world.store.clock.advance(2_000);
        line.report(&work, vec![log(8, rest.as_bytes())]).await;
        let whole = format!("one\nzw\u{f6}{rest}");
        let mut seen = Vec::new();
        for _ in ["live", "sealed"] {
            let get = || call("GET", &path).token(&token);
            assert_eq!(line.world.expect(200, get()).await.text, whole);
            assert_eq!(line.world.expect(200, call("GET", &format!("{path}?offset=4")).token(&token)).await.text, &whole[4..]);
            let part = line.world.expect(206, get().header("range", "bytes=4-5")).await;
            assert_eq!((part.text.as_str(), part.headers["content-range"].to_str().unwrap()), ("zw", "bytes 4-5/5011"));
            assert_eq!(line.world.expect(206, get().header("range", "bytes=-5003")).await.text, rest);
            assert_eq!(line.world.expect(206, get().header("range", "bytes=8-9999")).await.text, rest);
            line.world.expect(416, get().header("range", "bytes=5011-")).await;
            line.world.expect(400, get().header("range", "lines=1-2")).await;
            seen.push(line.world.expect(200, get()).await.text);
            let times = line.world.expect(200, call("GET", &format!("{path}/times")).token(&token)).await.json();
            let marks: Vec<_> = times["items"].as_array().unwrap().iter().map(|mark| (&mark["offset"], &mark["at"])).collect();
            assert_eq!(marks, [(&json!(0), &json!(begun)), (&json!(8), &json!(begun + 2_000))]);
            if seen.len() == 1 {
                line.report(&work, vec![finished(Outcome::Succeeded)]).await;
                assert_eq!(engine::tick_seal(line.app()).await.unwrap(), 1);
                assert_eq!(engine::tick_seal(line.app()).await.unwrap(), 0);
            }
        }
        assert_eq!(seen[0], seen[1]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_short_log_stays_as_it_is() {
    on_engine(async |store| {
        let (line, token, work) = running(store).await;
        line.report(&work, vec![ReportBody::StepsBegun, log(0, b"one\n"), finished(Outcome::Succeeded)]).await;
        assert_eq!(engine::tick_seal(line.app()).await.unwrap(), 0);
        let path = format!("job-runs/{}/log", work.job_run);
        assert_eq!(line.world.expect(200, call("GET", &path).token(&token)).await.text, "one\n");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_follower_sees_every_byte_and_then_the_end() {
    on_engine(async |store| {
        let (line, token, work) = running(store).await;
        line.report(&work, vec![ReportBody::StepsBegun, log(0, b"first\n")]).await;
        let follow = call("GET", &format!("job-runs/{}/log", work.job_run)).header("accept", "text/event-stream").token(&token);
        let write = async {
            line.report(&work, vec![log(6, b"second\n")]).await;
            line.report(&work, vec![log(13, b"third\n"), finished(Outcome::Failed)]).await;
        };
        let (followed, ()) = tokio::join!(line.world.expect(200, follow.clone()), write);
        let again = line.world.expect(200, follow).await;
        for answer in [followed, again] {
            let data = answer.text.lines().filter_map(|shown| shown.strip_prefix("data:"));
            let pieces = data.map(|data| serde_json::from_str::<serde_json::Value>(data).unwrap());
            let text: String = pieces.filter_map(|piece| Some(piece["text"].as_str()?.to_owned())).collect();
            assert_eq!(text, "first\nsecond\nthird\n");
            assert!(answer.text.trim_end().ends_with("event: end\ndata: {}"), "{}", answer.text);
        }
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn repeated_reports_change_nothing_and_a_gap_waits() {
    on_engine(async |store| {
        let (line, token, work) = running(store).await;
        let reports = line.number(work.execution, vec![ReportBody::StepsBegun, log(0, b"a"), log(1, b"b"), finished(Outcome::Succeeded)]);
        let runners = line.runner_token(&token).await;
        let send = async |reports: &[andon_pipelines::wire::Report]| {
            let (runner, running) = (line.runner, vec![work.execution]);
            let batch = andon_pipelines::wire::ReportBatch { runner, running, reports: reports.to_vec(), draining: false, takes: 0 };
            let answer = line.world.expect(200, call("POST", "/runner/report").token(&runners).json(serde_json::json!(batch))).await.json();
            answer["acknowledged"][0]["sequence"].as_u64().unwrap()
        };
        assert_eq!(send(&reports[..2]).await, 2);
        assert_eq!(send(&reports[..2]).await, 2);
        assert_eq!(send(&reports[3..]).await, 2, "the third is missing");
        assert_eq!(send(&reports[1..]).await, 4);
        let events = line.app().db.events().newest();
        assert_eq!(send(&reports).await, 4);
        assert_eq!(line.app().db.events().newest(), events);
        let path = format!("job-runs/{}/log", work.job_run);
        assert_eq!(line.world.expect(200, call("GET", &path).token(&token)).await.text, "ab");
        line.tick().await;
        line.shows(&["build #1 succeeded source=a"]).await;
        line.end().await;
    })
    .await;
}
