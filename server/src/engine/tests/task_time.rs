//! What time does to tasks: they become due, and checklists run out of it.

use super::tasks::Board;
use crate::engine::tick_tasks;
use crate::store::line::tasks;
use crate::store::testing::{START_MS, on_engine};
use andon_pipelines::event::Event;
use serde_json::json;

const HOUR: i64 = 3_600_000;

impl Board {
    /// Time passes, and the loop of the tasks looks. Answers at how many.
    async fn pass(&self, by_ms: i64) -> usize {
        self.people.line.world.store.clock.advance(by_ms);
        let looked = tick_tasks(self.people.line.app()).await.unwrap();
        self.people.line.tick().await;
        looked
    }

    /// How often a task was told to be due, and to be overdue.
    async fn told(&self) -> (usize, usize) {
        let due = self.people.count_events(|event| matches!(event, Event::TaskDue(_))).await;
        (due, self.people.count_events(|event| matches!(event, Event::TaskOverdue(_))).await)
    }

    async fn due_of(&self, task: &str) -> Option<i64> {
        self.task(task).await["due_at"].as_i64().map(|due| due - START_MS)
    }
}

#[tokio::test]
async fn due_times_count_from_what_the_file_names() {
    on_engine(async |store| {
        let tasks = "[{ id: fixed, title: A, due: 2023-11-20 }, { id: of-run, title: B, due: 2d after run }, { id: of-job, title: C, due: 4h \
                     after build }, { id: of-task, title: D, due: 1d after of-job }]";
        let board = Board::new(store, tasks).await;
        let people = &board.people;
        people.line.commit('a').await;
        people.line.world.store.clock.advance(HOUR);
        people.play().await;
        assert_eq!(board.due_of("fixed").await, Some(1_700_524_800_000 - START_MS), "the end of that day");
        assert_eq!(board.due_of("of-run").await, Some(48 * HOUR));
        assert_eq!(board.due_of("of-job").await, Some(5 * HOUR));
        let waiting = board.task("of-task").await;
        assert_eq!((waiting["due_at"].clone(), waiting["due_after"].clone()), (json!(null), json!("of-job")));
        people.line.world.store.clock.advance(HOUR);
        assert_eq!(board.done("ben", "of-job").await.status, 200);
        assert_eq!(board.due_of("of-task").await, Some(26 * HOUR));
    })
    .await;
}

#[tokio::test]
async fn a_task_is_told_to_be_due_and_then_to_be_overdue_once_each() {
    on_engine(async |store| {
        let jobs = "jobs:
  list: { inputs: [source], tasks: [{ id: page, title: Page, assign: \"group:release\", due: 4h after run }] }
notify:
  - { on: [task-assigned, task-due, task-overdue], to: [assignee] }
";
        let board = Board::on(store, jobs).await;
        let people = &board.people;
        people.line.commit('a').await;
        let next = tasks::next_due(&mut people.line.app().db.read().await.unwrap().connection()).await.unwrap();
        assert_eq!(next, Some(START_MS + 3 * HOUR));
        assert_eq!(people.deliveries().await, 2, "ben and vera have a task");
        assert_eq!((board.pass(3 * HOUR - 1).await, board.told().await), (0, (0, 0)));
        assert_eq!((board.pass(1).await, board.told().await, people.deliveries().await), (1, (1, 0), 4));
        let seen = board.task("page").await;
        assert_eq!((seen["overdue"].clone(), seen["version"].clone()), (json!(false), json!(1)), "nobody has changed it");
        assert_eq!(board.change("ben", "page", json!({"claim": true})).await.status, 200);
        assert_eq!((board.pass(HOUR).await, board.told().await, people.deliveries().await), (1, (1, 1), 5), "ben looks after it");
        assert_eq!(board.task("page").await["overdue"], true);
        assert_eq!((board.pass(100 * HOUR).await, board.told().await), (0, (1, 1)));
        assert_eq!(board.change("ben", "page", json!({"due": "1h"})).await.status, 200);
        assert_eq!((board.pass(2 * HOUR).await, board.told().await), (1, (1, 2)), "after an absence only the worse is told");
        assert_eq!(board.done("ben", "page").await.status, 200);
        assert_eq!(board.pass(100 * HOUR).await, 0);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_checklist_that_takes_too_long_fails() {
    on_engine(async |store| {
        let jobs = "jobs:\n  list: { inputs: [source], timeout: 3h, tasks: [{ title: A, due: 1h after run }, { title: B }, { title: C, optional: true }] }\n";
        let board = Board::on(store, jobs).await;
        board.people.line.commit('a').await;
        assert_eq!(board.done("ben", "task-1").await.status, 200);
        assert_eq!(board.pass(3 * HOUR - 1).await, 0, "what is done is not overdue");
        assert_eq!(board.pass(1).await, 1);
        assert_eq!(board.people.status("list").await, "failed (timed-out)");
        let detail = board.people.line.last("list").await.detail;
        assert_eq!(detail.as_deref(), Some("people's time ran out with 1 required task left"));
        assert_eq!(board.pass(100 * HOUR).await, 0);
        board.people.line.end().await;
    })
    .await;
}
