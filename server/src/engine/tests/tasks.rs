//! Checklists from end to end: they open, people work on them, and the line goes on.

use super::people::People;
use crate::http::testing::Answer;
use crate::store::testing::{TestStore, on_engine};
use andon_pipelines::document::{JobBody, read};
use andon_pipelines::event::Event;
use serde_json::{Value, json};

/// A line whose checklist is `TASKS`.
const LINE: &str = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  list: { after: [build], inputs: [source], tasks: TASKS }
  deploy: { after: [list], inputs: [source], steps: [{ run: make }] }
";

/// People at a line with a checklist; `ben` and `cleo` are the group `release`, `vera` may only look.
pub struct Board {
    pub people: People,
}

impl Board {
    pub async fn new(store: TestStore, tasks: &str) -> Self {
        Self::on(store, &LINE.replace("TASKS", tasks)).await
    }

    pub async fn on(store: TestStore, jobs: &str) -> Self {
        let people = People::on(store, jobs, &["ben", "cleo", "dan", "vera"]).await;
        people.group(&["ben", "vera"]).await;
        Self { people }
    }

    /// The tasks of the newest checklist as somebody sees them.
    pub async fn tasks(&self, name: &str) -> Vec<Value> {
        let path = format!("job-runs/{}/tasks", self.people.line.last("list").await.id);
        self.people.read(name, &path).await["items"].as_array().unwrap().clone()
    }

    /// A task of the newest checklist by its name.
    pub async fn task(&self, task: &str) -> Value {
        let all = self.tasks("dan").await;
        all.iter().find(|known| known["name"] == task).unwrap_or_else(|| panic!("{task}: {all:?}")).clone()
    }

    /// `page done`, one per task.
    pub async fn shows(&self, expected: &[&str]) {
        let line = |task: &Value| format!("{} {}", task["name"].as_str().unwrap(), task["status"].as_str().unwrap());
        assert_eq!(self.tasks("dan").await.iter().map(line).collect::<Vec<_>>(), expected);
    }

    pub async fn change(&self, name: &str, task: &str, body: Value) -> Answer {
        let path = format!("tasks/{}", self.task(task).await["id"].as_str().unwrap());
        self.people.patch(name, &path, body).await
    }

    pub async fn done(&self, name: &str, task: &str) -> Answer {
        self.change(name, task, json!({"status": "done"})).await
    }
}

/// Asserts a refusal with these words.
pub fn refused(answer: &Answer, status: u16, words: &str) {
    assert!(answer.status == status && answer.text.contains(words), "{} {}", answer.status, answer.text);
}

const TWO: &str = "[{ id: page, title: \"Page for ${{ inputs.source.commit }}\", assign: \"group:release\" }, { id: tell, title: Tell support, \
                   after: [page], assign: \"user:dan\" }, { title: Celebrate, optional: true }]";

#[tokio::test]
async fn a_checklist_waits_for_people_and_then_the_line_goes_on() {
    on_engine(async |store| {
        let board = Board::new(store, TWO).await;
        let people = &board.people;
        people.arrive('a').await;
        assert_eq!(people.status("list").await, "awaiting");
        assert!(people.line.claim().await.is_empty(), "it holds no runner");
        let page = board.task("page").await;
        assert_eq!(page["title"], format!("Page for {}", "a".repeat(40)));
        assert_eq!((page["assignee"].clone(), page["blocked_by"].clone()), (json!("group:release"), json!([])));
        assert_eq!(board.task("tell").await["blocked_by"], json!([page["title"]]));
        assert_eq!(board.task("task-3").await["optional"], true);

        refused(&board.done("dan", "tell").await, 409, "waits for Page for");
        assert_eq!(board.done("vera", "page").await.status, 200, "a viewer who is in the group");
        refused(&board.done("ben", "page").await, 409, "is done already, by user:vera");
        let run = people.read("ben", &format!("job-runs/{}", people.line.last("list").await.id)).await;
        assert_eq!(run["tasks"], json!({"total": 3, "done": 1, "skipped": 0, "required_left": 1}));
        assert_eq!(people.status("list").await, "awaiting");
        assert_eq!(board.done("dan", "tell").await.status, 200);
        assert_eq!(people.status("list").await, "succeeded");
        assert_eq!(people.line.last("list").await.detail.as_deref(), Some("2 of 3 tasks done, 1 optional left"));
        refused(&board.done("dan", "task-3").await, 409, "is closed: it succeeded");
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn everything_that_happens_to_a_task_is_written_down() {
    on_engine(async |store| {
        let board = Board::new(store, "[{ id: page, title: Page, reason_required: true }, { id: tell, title: Tell, after: [page] }]").await;
        board.people.arrive('a').await;
        for (name, body) in [
            ("ben", json!({"status": "in-progress"})),
            ("ben", json!({"note": "half of it"})),
            ("cleo", json!({"status": "on-hold", "note": "no access"})),
            ("ben", json!({"claim": false})),
            ("ben", json!({"assignee": "dan", "due": "2023-12-24"})),
            ("dan", json!({"title": "Page it", "description": "all of it"})),
            ("dan", json!({"status": "done"})),
            ("cleo", json!({"status": "open", "note": "it was the wrong page"})),
        ] {
            let answer = board.change(name, "page", body.clone()).await;
            assert_eq!(answer.status, 200, "{body}: {}", answer.text);
        }
        let path = format!("tasks/{}", board.task("page").await["id"].as_str().unwrap());
        let seen = board.people.read("vera", &path).await;
        let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("-").to_owned();
        let told = seen["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| ["actor", "kind", "before", "now", "note"].map(|key| word(entry, key)).join(" "));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "andon created - - -",
                "user:ben status open in-progress -",
                "user:ben note - - half of it",
                "user:cleo status in-progress on-hold no access",
                "user:ben released ben - -",
                "user:ben assigned - user:dan -",
                "user:ben due - 1703462400000 -",
                "user:dan title Page Page it -",
                "user:dan description - all of it -",
                "user:dan status on-hold done -",
                "user:cleo status done open it was the wrong page",
            ]
        );
        assert_eq!((seen["version"].clone(), seen["closed_by"].clone()), (json!(9), json!(null)));
        board.shows(&["page open", "tell open"]).await;
        assert_eq!(board.task("tell").await["blocked_by"], json!(["Page it"]), "opening the first again holds the second");
        refused(&board.change("ben", "page", json!({"status": "skipped"})).await, 409, "needs a reason");
        assert_eq!(board.change("ben", "page", json!({"status": "skipped", "note": "not this time"})).await.status, 200);
        assert_eq!(board.task("page").await["reason"], "not this time");
        assert_eq!(board.done("ben", "tell").await.status, 200);
        assert_eq!(board.people.status("list").await, "succeeded");
        let moved = board.people.count_events(|event| matches!(event, Event::TaskMoved(_))).await;
        assert_eq!(moved, 6);
        board.people.line.play(&[]).await;
        board.people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn people_add_tasks_and_act_on_several_at_once() {
    on_engine(async |store| {
        let board = Board::new(store, TWO).await;
        let people = &board.people;
        people.arrive('a').await;
        let path = format!("job-runs/{}/tasks", people.line.last("list").await.id);
        let new = json!({"title": "Call Ada", "assignee": "user:dan", "after": ["tell"], "due": "2h"});
        assert_eq!(people.post("vera", &path, new.clone()).await.status, 201, "vera has a task there");
        refused(&people.post("ben", &path, json!({"title": "x", "after": ["gone"]})).await, 400, "has no task");
        refused(&people.post("ben", &path, json!({"title": "x", "assignee": "bob"})).await, 400, "bob is not a member");
        refused(&people.post("ben", &path, json!({"title": "a\nb"})).await, 400, "one line");
        refused(&people.post("ben", &path, json!({"title": "x", "due": "soon"})).await, 400, "due is a date");
        refused(&people.post("ben", &path, json!({"title": "x", "description": "y".repeat(10_001)})).await, 400, "10000");
        let added = board.task("added-4").await;
        assert_eq!((added["added"].clone(), added["added_by"].clone()), (json!(true), json!("vera")));
        assert_eq!(added["due_at"].as_i64().unwrap() - added["created_at"].as_i64().unwrap(), 7_200_000);

        // Asked for in the wrong order: each goes after what it waits for.
        let mut ids: Vec<Value> = board.tasks("dan").await.iter().map(|task| task["id"].clone()).collect();
        ids.reverse();
        let body = json!({"tasks": ids, "change": {"status": "done", "note": "all well"}});
        let answer = people.post("dan", "tasks:batch", body.clone()).await;
        let statuses: Vec<u64> = answer.json()["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [200, 200, 200, 200], "{}", answer.text);
        assert_eq!(people.status("list").await, "succeeded");
        let again = people.post("dan", "tasks:batch", body).await.json();
        assert!(again["items"].as_array().unwrap().iter().all(|item| item["status"] == 409), "{again}");
        refused(&people.post("dan", "tasks:batch", json!({"tasks": [], "change": {"status": "done"}})).await, 400, "1 to 200");
        refused(&people.post("ben", &path, new).await, 409, "is closed");
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_run_is_closed_with_one_of_the_reasons_of_its_pipeline() {
    on_engine(async |store| {
        let jobs = format!("closing_reasons: [done, no longer needed]\n{}", LINE.replace("TASKS", TWO));
        let board = Board::on(store, &jobs).await;
        let people = &board.people;
        people.arrive('a').await;
        let run = format!("runs/{}", people.line.last("list").await.run);
        let close = format!("{run}/close");
        assert_eq!(people.read("ben", &run).await["closing_reasons"], json!(["done", "no longer needed"]));
        refused(&people.post("vera", &close, json!({"reason": "done"})).await, 403, "operator");
        refused(&people.post("ben", &close, json!({"reason": "bored"})).await, 400, "done, no longer needed");
        refused(&people.post("ben", &close, json!({"reason": ""})).await, 400, "1 to 200");
        assert_eq!(people.post("ben", &close, json!({"reason": "no longer needed"})).await.status, 204);
        assert_eq!(people.status("list").await, "stopped (closed)");
        let seen = people.read("ben", &run).await;
        assert_eq!((seen["status"].clone(), seen["closing"]["reason"].clone()), (json!("stopped"), json!("no longer needed")));
        assert_eq!(seen["closing"]["by"], "user:ben");
        refused(&people.post("ben", &close, json!({"reason": "done"})).await, 409, "ended already");
        refused(&board.done("ben", "page").await, 409, "was stopped (the run was closed by user:ben: no longer needed)");
        people.line.end().await;
    })
    .await;
}

#[test]
fn the_tasks_of_a_file_have_names() {
    let text = "pipeline: p\njobs:\n  list: { tasks: [{ title: One }, { id: two, title: Two }] }\n";
    let document = read(text, "p.yml").document.unwrap();
    let JobBody::Tasks(checklist) = &document.jobs[0].body else { panic!("it has tasks") };
    assert_eq!(checklist.tasks.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(), ["task-1", "two"]);
}
