//! The inbox: what waits for whom, in which order, and how much.

use super::people::People;
use super::tasks::{Board, refused};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::event::Event;
use serde_json::{Value, json};

const JOBS: &str = "jobs:
  sign: { inputs: [source], approval: { require: [{ from: [\"group:release\"] }], timeout: 2h } }
  list:
    inputs: [source]
    tasks:
      - { id: late, title: Late, assign: \"user:ben\", due: 1h after run }
      - { id: ours, title: Ours, assign: \"group:release\" }
      - { id: free, title: Free }
      - { id: then, title: Then, assign: \"user:ben\", after: [late] }
";

/// `task Late`, one per item.
async fn inbox(people: &People, name: &str, query: &str) -> Vec<String> {
    let seen = people.read(name, &format!("inbox?{query}")).await;
    let line = |item: &Value| format!("{} {}", item["kind"].as_str().unwrap(), item["title"].as_str().unwrap());
    seen["items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn everybody_finds_what_is_theirs() {
    on_engine(async |store| {
        let board = Board::on(store, JOBS).await;
        let people = &board.people;
        people.line.commit('a').await;
        assert_eq!(inbox(people, "ben", "").await, ["task Late", "gate sign"], "what waits for another task is nobody's turn yet");
        assert_eq!(inbox(people, "ben", "scope=groups").await, ["gate sign", "task Ours", "task Free"]);
        assert_eq!(inbox(people, "vera", "scope=groups&kind=task").await, ["task Ours"], "what is nobody's is the operators'");
        assert_eq!(inbox(people, "cleo", "").await, [""; 0]);
        assert_eq!(inbox(people, "cleo", "scope=groups").await, ["task Free"]);

        assert_eq!(board.change("ben", "ours", json!({"claim": true})).await.status, 200);
        assert_eq!(inbox(people, "ben", "scope=claimed").await, ["task Ours"]);
        assert_eq!(inbox(people, "ben", "").await, ["task Late", "gate sign", "task Ours"]);
        people.line.world.store.clock.advance(3_700_000);
        let counts = people.read("ben", "inbox/counts").await;
        assert_eq!(counts, json!({"mine": 3, "groups": 3, "claimed": 1, "overdue": 1}));
        let late = people.read("ben", "inbox?limit=1").await["items"][0].clone();
        assert_eq!((late["overdue"].clone(), late["task"]["may_change"].clone()), (json!(true), json!(true)));

        assert_eq!(board.done("ben", "late").await.status, 200);
        people.line.world.store.clock.advance(1);
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        people.line.world.store.clock.advance(1);
        assert_eq!(board.change("ben", "ours", json!({"status": "skipped"})).await.status, 200);
        assert_eq!(inbox(people, "ben", "scope=done").await, ["task Ours", "gate sign", "task Late"], "the newest first");
        assert_eq!(inbox(people, "ben", "").await, ["task Then"]);
        assert_eq!(people.read("ben", "inbox/counts").await, json!({"mine": 1, "groups": 1, "claimed": 0, "overdue": 0}));
        refused(&people.line.world.send(call("GET", "inbox?scope=all").token(&people.administrator)).await, 400, "mine, groups");
        refused(&people.line.world.send(call("GET", "inbox?limit=0").token(&people.administrator)).await, 400, "1 to 200");
        refused(&people.line.world.send(call("GET", "inbox?after=x").token(&people.administrator)).await, 400, "the page before");
        refused(&people.line.world.send(call("GET", "inbox?colour=red").token(&people.administrator)).await, 400, "scope, kind");
    })
    .await;
}

#[tokio::test]
async fn pages_of_an_inbox_hold_everything_once() {
    on_engine(async |store| {
        let tasks: Vec<String> =
            (0..7).map(|at| format!("{{ title: T{at}, assign: \"user:ben\", due: {}h after run }}", 9 - at)).collect();
        let jobs = format!(
            "jobs:\n  list: {{ inputs: [source], tasks: [{}, {{ title: Never, assign: \"user:ben\" }}] }}\n  sign: {{ inputs: [source], approval: {{ timeout: 5h30m }} }}\n",
            tasks.join(", ")
        );
        let board = Board::on(store, &jobs).await;
        board.people.line.commit('a').await;
        let mut seen = Vec::new();
        for (scope, expected) in [("mine", 9), ("done", 7)] {
            let mut after = String::new();
            let mut found = Vec::new();
            loop {
                let page = board.people.read("ben", &format!("inbox?scope={scope}&limit=2{after}")).await;
                found.extend(page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()));
                let Some(next) = page["next"].as_str() else { break };
                after = format!("&after={next}");
            }
            assert_eq!(found.len(), expected, "{found:?}");
            seen.push(found.join(" "));
            for at in 1..=7 {
                // The second time round they are done already.
                board.done("ben", &format!("task-{at}")).await;
            }
        }
        assert_eq!(seen[0], "T6 T5 T4 sign T3 T2 T1 T0 Never");
        let mut done: Vec<&str> = seen[1].split(' ').collect();
        done.sort_unstable();
        assert_eq!(done, ["T0", "T1", "T2", "T3", "T4", "T5", "T6"]);
    })
    .await;
}

#[tokio::test]
async fn events_of_tasks_name_whom_they_concern() {
    on_engine(async |store| {
        let board = Board::on(store, JOBS).await;
        let people = &board.people;
        people.line.commit('a').await;
        let assigned = |group: &'static str| move |event: &Event| matches!(event, Event::TaskAssigned(facts) if facts.groups == [group]);
        assert_eq!(people.count_events(assigned("release")).await, 1);
        assert_eq!(people.count_events(|event| matches!(event, Event::TaskAssigned(_))).await, 3, "one waits for its turn");
        assert_eq!(board.change("ben", "ours", json!({"assignee": "cleo"})).await.status, 200);
        let both = |event: &Event| matches!(event, Event::TaskAssigned(facts) if facts.users.len() == 1 && facts.groups == ["release"]);
        assert_eq!(people.count_events(both).await, 1, "cleo has it now, and the group has it no more");
        assert_eq!(board.done("ben", "late").await.status, 200);
        assert_eq!(people.count_events(|event| matches!(event, Event::TaskAssigned(_))).await, 5, "now it is the turn of what waited");
    })
    .await;
}
