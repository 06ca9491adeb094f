//! Figures of a history that was worked out by hand: minutes after the beginning, and what must come of them.

use super::world::{Line, map, pipeline};
use crate::engine::{self, Arrival, ManualStart};
use crate::http::testing::call;
use crate::store::db::count_statements;
use crate::store::testing::{START_MS, on_engine};
use andon_pipelines::wire::Outcome;
use serde_json::{Value, json};

const JOBS: &str = "  production: { type: environment }
project: shop
jobs:
  deploy: { inputs: [source], outputs: [production], steps: [{ run: ship }] }
  smoke: { after: [deploy], steps: [{ run: ask }] }
";
const MINUTE: i64 = 60_000;

impl Line {
    fn at(&self, minute: i64) {
        self.world.store.clock.set(START_MS + minute * MINUTE);
    }

    /// A commit that was made at this minute, and arrives now.
    async fn commit_of(&self, digit: char, minute: i64) {
        let date = (START_MS + minute * MINUTE).to_string();
        let arrival = Arrival {
            commit: digit.to_string().repeat(40),
            reference: "refs/heads/main".to_owned(),
            metadata: map(&[("author", "Ada"), ("date", &date)]),
        };
        let source = self.resource("source").await;
        engine::arrive(self.app(), "push:ada", (self.workspace, "push"), vec![(source, arrival)]).await.unwrap();
        self.tick().await;
    }
}

/// Four attempts and a rollback, in three hours. A commit that comes while another one waits takes its place, and its run goes on with it.
async fn play_history(line: &Line) {
    line.commit('a').await;
    line.at(10);
    line.play(&[]).await;
    // Two commits come before a runner does, and go out together: first in vain.
    line.at(60);
    line.commit('b').await;
    line.at(70);
    line.commit('c').await;
    line.at(80);
    line.play(&[("deploy", Outcome::Failed)]).await;
    line.at(100);
    engine::rerun_failed(line.app(), "user:ada", line.last("deploy").await.run).await.unwrap();
    line.play(&[]).await;
    // This one was committed long before it was pushed, and does not hold.
    line.at(120);
    line.commit_of('d', 105).await;
    line.at(125);
    line.play(&[("smoke", Outcome::Failed)]).await;
    line.at(185);
    let back = ManualStart { inputs: map(&[("source", "ccc")]), cause: "manual", ..ManualStart::default() };
    line.start("deploy", back).await.unwrap();
    line.play(&[]).await;
    line.at(200);
}

fn minutes(lengths: &Value) -> Vec<i64> {
    ["p50_ms", "p90_ms", "p99_ms"].iter().filter_map(|name| lengths[*name].as_i64()).map(|ms| ms / MINUTE).collect()
}

#[tokio::test]
async fn figures_are_those_worked_out_by_hand() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let root = line.world.administrator().await;
        play_history(&line).await;
        line.shows(&[
            "deploy #1 succeeded source=a",
            "deploy #2 failed (exit-code) source=c",
            "deploy #2.1 succeeded source=c",
            "deploy #3 succeeded source=d",
            "deploy #4 succeeded source=c",
            "smoke #1 succeeded",
            "smoke #2 succeeded",
            "smoke #3 failed (exit-code)",
            "smoke #4 succeeded",
        ])
        .await;
        let get = async |query: &str| line.world.expect(200, call("GET", &format!("monitor?{query}")).token(&root)).await.json();
        let all = get(&format!("from={START_MS}&to={}", START_MS + 200 * MINUTE)).await;
        // Runs: a in 10 minutes, b stopped after 10 because c took its place, c in 30, d in 5 though it failed, and the rollback at once.
        let whole = &all["whole"];
        assert_eq!((&whole["runs"], &whole["completed"], &whole["failed"]), (&json!(5), &json!(3), &json!(1)), "{whole}");
        assert_eq!((&whole["stopped"], &whole["failure_rate"]), (&json!(1), &json!(0.25)), "{whole}");
        assert_eq!((&whole["duration"]["count"], minutes(&whole["duration"])), (&json!(5), vec![10, 30, 30]));
        // Waits for a runner: 10, 20 and 5 minutes, and six that took none.
        assert_eq!((&whole["queue"]["count"], minutes(&whole["queue"])), (&json!(9), vec![0, 20, 20]));
        let production = &all["environments"][0];
        assert_eq!((&production["pipeline"], &production["environment"]), (&json!("p"), &json!("production")));
        let counts: Vec<i64> =
            ["deployments", "rollbacks", "changes", "failed_changes"].map(|name| production[name].as_i64().unwrap()).into();
        assert_eq!(counts, [4, 1, 4, 2], "{production}");
        assert_eq!(production["change_failure_rate"], json!(0.5));
        // From commit to production: a 10, b 40, c 30 and d 20 minutes. Two incidents: from 80 to 100, and from 125 to 185.
        assert_eq!((&production["lead_time"]["count"], minutes(&production["lead_time"])), (&json!(4), vec![20, 40, 40]));
        assert_eq!((&production["time_to_restore"]["count"], minutes(&production["time_to_restore"])), (&json!(2), vec![20, 60, 60]));
        assert_eq!((&production["failing_since"], production["deployments_per_day"].as_f64().unwrap().round()), (&Value::Null, 29.0));

        // Pieces of five minutes: in the one from 120 on, d began; it was deployed in the next one.
        assert_eq!((&all["piece_ms"], all["over_time"].as_array().unwrap().len()), (&json!(5 * MINUTE), 40));
        assert_eq!((&all["over_time"][24]["runs"], minutes(&all["over_time"][24]["duration"])), (&json!(1), vec![5, 5, 5]));
        assert_eq!((&production["over_time"][24], &production["over_time"][25]), (&json!(0), &json!(1)));
        assert_eq!((&all["pipelines"][0]["pipeline"], &all["pipelines"][0]["runs"]), (&json!("p"), &json!(5)));

        // Cut off before the rollback, the second incident is still open; what was there before counts as ground.
        let cut = get(&format!("from={}&to={}&project=shop&pipeline=p", START_MS + 90 * MINUTE, START_MS + 180 * MINUTE)).await;
        let production = &cut["environments"][0];
        assert_eq!(production["failing_since"], json!(START_MS + 125 * MINUTE));
        assert_eq!((&production["changes"], minutes(&production["lead_time"])), (&json!(2), vec![30, 40, 40]));
        assert_eq!((&cut["whole"]["runs"], &get("project=other").await["whole"]["runs"]), (&json!(1), &json!(0)));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn every_figure_leads_to_its_runs() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let root = line.world.administrator().await;
        play_history(&line).await;
        let runs = async |query: &str| {
            let page = line.world.expect(200, call("GET", &format!("runs?sort=oldest&{query}")).token(&root)).await.json();
            page["items"].as_array().unwrap().iter().map(|run| run["number"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        let minute = |minute: i64| START_MS + minute * MINUTE;
        assert_eq!(runs(&format!("from={}&to={}", minute(60), minute(185))).await, [2, 3, 4]);
        assert_eq!(runs(&format!("lasting_ms={}", 10 * MINUTE)).await, [1, 2, 3]);
        assert_eq!(runs(&format!("queued_ms={}", 10 * MINUTE)).await, [1, 3]);
        for (change, expected) in
            [("", &[1, 3, 4, 5][..]), ("deployed", &[1, 3, 4, 5]), ("failed", &[3, 4]), ("rollback", &[5]), ("restored", &[3, 5])]
        {
            let change = if change.is_empty() { String::new() } else { format!("&change={change}") };
            assert_eq!(runs(&format!("environment=p/production{change}")).await, expected, "{change}");
        }
        // It was deployed again at minute 100, though its run began before.
        assert_eq!(runs(&format!("environment=p/production&from={}&to={}", minute(90), minute(110))).await, [3]);
        assert_eq!(runs("environment=p/production&change=restored&lasting_ms=1").await, [3]);
        for (query, status) in [
            ("runs?environment=production", 400),
            ("runs?environment=p/nowhere", 404),
            ("runs?environment=q/production", 404),
            ("runs?environment=p/production&change=lucky", 400),
            ("runs?change=failed", 400),
            ("/runs?environment=p/production", 400),
            ("monitor?from=5&to=5", 400),
            ("monitor?from=-5&to=5", 400),
            ("monitor?from=0&to=99999999999999", 400),
            ("monitor?from=yesterday", 400),
            ("monitor?pipeline=q", 404),
        ] {
            line.world.expect(status, call("GET", query).token(&root)).await;
        }
        line.end().await;
    })
    .await;
}

/// The statements that one request for figures makes do not grow with the runs. Other tests of this process send statements too, so it is the
/// fewest of several tries that counts.
#[tokio::test]
async fn a_longer_history_takes_no_more_statements() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let root = line.world.administrator().await;
        let cost = async || {
            let mut fewest = u64::MAX;
            for _ in 0..5 {
                let before = count_statements();
                line.world.expect(200, call("GET", "monitor").token(&root)).await;
                fewest = fewest.min(count_statements() - before);
            }
            fewest
        };
        play_history(&line).await;
        let first = cost().await;
        for digit in ['1', '2', '3', '4', '5', '6'] {
            line.commit(digit).await;
            line.play(&[]).await;
        }
        assert!(cost().await <= first && first <= 24, "{first} statements at first");
        line.end().await;
    })
    .await;
}
