//! Gates in inboxes: each person finds those that wait for them, whoever the rules come to mean, and nobody pays for the others'.

use super::people::People;
use crate::http::testing::call;
use crate::store::db::count_statements;
use crate::store::testing::{TestStore, on_engine};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

const LINE: &str = "jobs:
  ours: { inputs: [source], approval: { require: [{ from: [\"group:release\"], count: 2 }], timeout: 2h, on_timeout: escalate,
          escalate_to: [\"user:dan\"], supersede: coexist } }
  others: { inputs: [source], approval: { require: [{ from: [\"user:ben\", \"user:eve\"] }], exclude: [initiator], supersede: coexist } }
";

async fn gather(store: TestStore) -> People {
    let people = People::on(store, LINE, &["ben", "cleo", "dan", "eve", "vera"]).await;
    people.group(&["ben", "vera"]).await;
    people
}

/// Starts a job by hand; its gate opens.
async fn open(people: &People, name: &str, job: &str) {
    let started = people.post(name, &format!("pipelines/p/jobs/{job}/runs"), json!({})).await;
    assert!(started.status.is_success(), "{}", started.text);
}

/// `ours ours others`, as far as the pages go, which hold `limit` each; and what is counted is what there is.
async fn find(people: &People, name: &str, scope: &str, limit: usize) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = people.read(name, &format!("inbox?kind=gate&scope={scope}&limit={limit}{after}")).await;
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["job"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(people.read(name, "inbox/counts").await[scope], found.len(), "{name} {scope}");
    found.sort();
    found
}

/// What the rules themselves say of every open gate.
async fn judge(people: &People, name: &str) -> Vec<String> {
    let page = people.read(name, "gates").await;
    let may = |gate: &&Value| gate["may_decide"] == true;
    let mut found: Vec<_> =
        page["items"].as_array().unwrap().iter().filter(may).map(|gate| gate["job"].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

async fn agree(people: &People) {
    for name in ["ben", "cleo", "dan", "eve", "vera"] {
        assert_eq!(find(people, name, "mine", 2).await, judge(people, name).await, "{name}");
    }
}

#[tokio::test]
async fn everybody_finds_the_gates_that_wait_for_them_whatever_changes() {
    on_engine(async |store| {
        let people = gather(store).await;
        people.line.commit('a').await;
        open(&people, "eve", "others").await;
        open(&people, "cleo", "ours").await;
        assert_eq!(find(&people, "ben", "mine", 1).await, ["others", "others", "ours", "ours"]);
        assert_eq!(find(&people, "ben", "groups", 1).await, ["ours", "ours"]);
        assert_eq!(find(&people, "eve", "mine", 50).await, ["others"], "she started the other one herself");
        agree(&people).await;
        people.group(&["cleo"]).await;
        assert_eq!(find(&people, "cleo", "mine", 50).await, ["ours", "ours"]);
        assert_eq!(find(&people, "ben", "groups", 50).await, [""; 0]);
        agree(&people).await;
        assert_eq!(find(&people, "dan", "mine", 50).await, [""; 0]);
        people.pass(2 * HOUR).await;
        assert_eq!(find(&people, "dan", "mine", 1).await, ["ours", "ours"], "it has escalated");
        let path = format!("gates/{}", people.gate_of("ours").await.id);
        let decided = people.post("cleo", &format!("{path}/decisions"), json!({"decision": "request-changes", "comment": "why?"})).await;
        assert_eq!(decided.status, 200, "{}", decided.text);
        agree(&people).await;
        assert_eq!(people.post("cleo", &format!("{path}/decisions"), json!({"decision": "approve"})).await.status, 200);
        assert_eq!(find(&people, "cleo", "mine", 50).await, ["ours"], "one is decided");
        assert_eq!(people.post("dan", &format!("{path}/decisions"), json!({"decision": "approve"})).await.status, 200);
        assert_eq!(people.status("ours").await, "succeeded");
        assert_eq!(find(&people, "dan", "mine", 50).await, ["ours"]);
        agree(&people).await;
        people.line.set(&super::world::pipeline(&LINE.replace("group:release", "user:vera\", \"user:eve"))).await;
        assert_eq!(find(&people, "vera", "mine", 50).await, ["ours"], "the new rules name her");
        agree(&people).await;
        let refused = people.line.world.send(call("GET", "gates?limit=0").token(&people.administrator)).await;
        assert!(refused.status == 400 && refused.text.contains("1 to 200"), "{}", refused.text);
    })
    .await;
}

#[tokio::test]
async fn the_gates_of_others_cost_nothing() {
    on_engine(async |store| {
        let people = gather(store).await;
        people.line.commit('a').await;
        let mut costs = Vec::new();
        for _ in 0..3 {
            let mut fewest = u64::MAX;
            for _ in 0..3 {
                let before = count_statements();
                assert_eq!(find(&people, "dan", "mine", 50).await, [""; 0]);
                fewest = fewest.min(count_statements() - before);
            }
            costs.push(fewest);
            for _ in 0..4 {
                open(&people, "cleo", "ours").await;
                open(&people, "cleo", "others").await;
            }
        }
        assert_eq!(costs.iter().min(), costs.iter().max(), "{costs:?}");
    })
    .await;
}
