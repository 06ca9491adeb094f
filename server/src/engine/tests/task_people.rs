//! Who may do what to tasks, what happens when two do it at once, and what becomes of a checklist when the line moves.

use super::people::People;
use super::tasks::{Board, refused};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use serde_json::json;

#[tokio::test]
async fn those_who_have_a_task_and_operators_change_it() {
    on_engine(async |store| {
        let tasks = "[{ id: mine, title: Mine, assign: \"user:vera\" }, { id: ours, title: Ours, assign: \"group:release\" }, { id: free, \
                     title: Free }]";
        let board = Board::new(store, tasks).await;
        board.people.group(&["ben"]).await;
        board.people.arrive('a').await;
        refused(&board.done("vera", "ours").await, 403, "it is a task of group:release");
        refused(&board.done("vera", "free").await, 403, "nobody's task");
        refused(&board.change("vera", "mine", json!({"title": "Else"})).await, 403, "changed by operators");
        assert_eq!(board.change("vera", "mine", json!({"status": "in-progress"})).await.status, 200);
        assert_eq!(board.task("mine").await["claimed_by"], "vera", "who begins a task looks after it");

        assert_eq!(board.change("ben", "ours", json!({"claim": true})).await.status, 200);
        refused(&board.change("cleo", "ours", json!({"claim": true})).await, 409, "ben looks after this task");
        refused(&board.change("vera", "ours", json!({"claim": false})).await, 403, "it is a task of");
        assert_eq!(board.change("ben", "ours", json!({"assignee": "vera"})).await.status, 200);
        let ours = board.task("ours").await;
        assert_eq!((ours["assignee"].clone(), ours["claimed_by"].clone()), (json!("user:vera"), json!(null)));
        refused(&board.change("ben", "ours", json!({"assignee": "group:nobody"})).await, 400, "there is no group nobody");
        refused(&board.change("ben", "ours", json!({"assignee": "role:admin"})).await, 400, "an assignee is");
        refused(&board.change("ben", "ours", json!({})).await, 400, "Say what is to change");
        refused(&board.change("ben", "ours", json!({"status": "finished"})).await, 400, "in-progress");
        refused(&board.change("ben", "ours", json!({"note": "x".repeat(10_001)})).await, 400, "10000");
        assert_eq!(board.change("ben", "ours", json!({"assignee": null})).await.status, 200);
        assert_eq!(board.task("ours").await["assignee"], json!(null));
        let elsewhere = call("GET", &format!("/workspaces/other/tasks/{}", ours["id"].as_str().unwrap()));
        let world = &board.people.line.world;
        assert_eq!(world.send(elsewhere.token(&board.people.administrator)).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_change_a_task_at_once_the_second_looks_again() {
    on_engine(async |store| {
        let board = Board::new(store, "[{ id: page, title: Page }]").await;
        board.people.arrive('a').await;
        let seen = board.task("page").await["version"].clone();
        assert_eq!(board.change("ben", "page", json!({"note": "first", "version": seen})).await.status, 200);
        refused(&board.change("cleo", "page", json!({"note": "second", "version": seen})).await, 409, "Somebody has changed this task");
        let path = format!("tasks/{}", board.task("page").await["id"].as_str().unwrap());
        let stale = call("PATCH", &path).token(&board.people.administrator).header("if-match", "\"1\"").json(json!({"note": "x"}));
        refused(&board.people.line.world.send(stale).await, 409, "at version 2, you saw 1");
        let many = (0..10).map(|_| board.done("dan", "page"));
        let answers = futures::future::join_all(many).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 409));
        assert_eq!(board.people.status("list").await, "succeeded");
        board.people.line.play(&[]).await;
        board.people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_expression_names_who_has_a_task_or_says_why_nobody_does() {
    on_engine(async |store| {
        let tasks = "[{ id: good, title: Good, assign: \"user:${{ params.who }}\" }, { id: bad, title: Bad, assign: \"${{ params.who }}-x\" }, \
                     { id: gone, title: Gone, assign: \"user:nobody\" }]";
        let jobs = format!("params:\n  who: {{ default: dan }}\njobs:\n  list: {{ inputs: [source], tasks: {tasks} }}\n");
        let board = Board::on(store, &jobs).await;
        board.people.line.commit('a').await;
        let started = crate::engine::ManualStart { params: json!({"who": "dan"}).as_object().unwrap().clone(), ..Default::default() };
        board.people.line.start("list", started).await.unwrap();
        assert_eq!(board.task("good").await["assignee"], "user:dan");
        let bad = board.task("bad").await;
        assert_eq!((bad["assignee"].clone(), bad["assignee_problem"].clone()), (
            json!(null),
            json!("it could be given to nobody: dan-x is not a member of this workspace"),
        ));
        assert_eq!(board.task("gone").await["assignee_problem"], "it could be given to nobody: nobody is not a member of this workspace");
        assert_eq!(board.change("ben", "bad", json!({"assignee": "dan"})).await.status, 200);
        assert_eq!(board.task("bad").await["assignee_problem"], json!(null));
    })
    .await;
}

#[tokio::test]
async fn a_checklist_that_goes_on_is_neither_lost_to_a_newer_set_nor_to_a_new_text() {
    on_engine(async |store| {
        let board = Board::new(store, "[{ id: page, title: Page }]").await;
        let people = &board.people;
        people.arrive('a').await;
        let first = people.line.last("list").await.id;
        people.arrive('b').await;
        people.line.shows(&[
            "build #1 succeeded source=a",
            "build #2 succeeded source=b",
            "list #1 awaiting source=a",
            "list #2 awaiting source=b",
        ]).await;
        let text = super::world::pipeline(
            "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n  list: { after: [build], inputs: [source], tasks: [{ title: Other }] }\n",
        );
        people.line.set(&text).await;
        board.shows(&["page open"]).await;
        let stop = format!("job-runs/{first}/stop");
        assert_eq!(people.post("ben", &stop, json!({"reason": "old"})).await.status, 204);
        let path = format!("job-runs/{first}/tasks");
        let old = people.read("ben", &path).await["items"][0].clone();
        assert_eq!((old["open_checklist"].clone(), old["may_change"].clone()), (json!(false), json!(false)));
        let path = format!("tasks/{}", old["id"].as_str().unwrap());
        refused(&people.patch("ben", &path, json!({"status": "done"})).await, 409, "was stopped (stopped by user:ben: old)");
        assert_eq!(board.done("ben", "page").await.status, 200);
        people.line.set(&super::world::pipeline("jobs: {}\n")).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn where_the_file_says_so_a_newer_set_takes_the_place_of_an_open_checklist() {
    on_engine(async |store| {
        let jobs = "jobs:\n  list: { inputs: [source], concurrency: { limit: 1, on_new: cancel-running }, tasks: [{ title: Page }] }\n";
        let people = People::on(store, jobs, &["ben"]).await;
        people.line.commit('a').await;
        people.line.commit('b').await;
        people.line.shows(&["list #1 stopped (superseded) source=a", "list #2 awaiting source=b"]).await;
        people.line.set(&super::world::pipeline("jobs: {}\n")).await;
        people.line.shows(&["list #1 stopped (superseded) source=a", "list #2 stopped (removed)"]).await;
        people.line.end().await;
    })
    .await;
}
