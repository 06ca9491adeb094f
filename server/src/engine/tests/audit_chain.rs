//! The audit trail's chain: what breaks it is found, and what cannot be written down is not done.

use super::world::{Line, pipeline};
use crate::audit::{Act, Object, Origin};
use crate::http::testing::{PASSWORD, World, call};
use crate::store::Db;
use crate::store::db::values;
use crate::store::people::audit::{self, Question, Walked};
use crate::store::testing::{TestStore, on_engine};
use andon_pipelines::event::Event;
use serde_json::json;
use std::sync::Arc;

/// Adds so many rows.
async fn write(store: &TestStore, count: usize) {
    for number in 0..count {
        let mut tx = store.db.begin("andon").await.unwrap();
        tx.record(None, Act::new("test.done", Object::named("test", &number.to_string())).by("user:ada"));
        tx.commit().await.unwrap();
    }
}

async fn walk(db: &Db) -> Walked {
    audit::walk(&mut db.read().await.unwrap().connection(), 0, 1_000).await.unwrap()
}

/// Which row is broken after somebody has been at the table with this.
async fn broken_by(statements: &[&'static str]) -> Vec<Option<i64>> {
    let found = std::sync::Mutex::new(Vec::new());
    on_engine(async |store| {
        write(&store, 9).await;
        let sound = walk(&store.db).await;
        assert_eq!((sound.fault, sound.until, sound.head, sound.more), (None, 9, 9, false));
        let mut tx = store.db.begin("andon").await.unwrap();
        for statement in statements {
            tx.connection().execute(statement, values![]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let whole = walk(&store.db).await.fault.map(|fault| fault.sequence);
        // The same in pages of two rows.
        let (mut after, mut fault) = (0, None);
        loop {
            let page = audit::walk(&mut store.db.read().await.unwrap().connection(), after, 2).await.unwrap();
            (after, fault) = (page.until, page.fault.or(fault));
            if fault.is_some() || !page.more {
                break;
            }
        }
        assert_eq!(fault.map(|fault| fault.sequence), whole);
        found.lock().unwrap().push(whole);
    })
    .await;
    found.into_inner().unwrap()
}

#[tokio::test]
async fn a_row_that_was_changed_is_found() {
    for statement in [
        "UPDATE audit_entries SET actor = 'user:eve' WHERE sequence = 4",
        "UPDATE audit_entries SET after_json = '{}' WHERE sequence = 4",
        "UPDATE audit_entries SET at = at + 1 WHERE sequence = 4",
        "UPDATE audit_entries SET scope = 'nowhere' WHERE sequence = 4",
        "UPDATE audit_entries SET hash = 'ab' WHERE sequence = 4",
    ] {
        assert!(broken_by(&[statement]).await.into_iter().all(|fault| fault == Some(4)), "{statement}");
    }
}

#[tokio::test]
async fn a_row_that_was_removed_is_found_wherever_it_stood() {
    for (statement, missing) in [
        ("DELETE FROM audit_entries WHERE sequence = 5", 5),
        ("DELETE FROM audit_entries WHERE sequence = 1", 1),
        ("DELETE FROM audit_entries WHERE sequence >= 7", 7),
        ("DELETE FROM audit_entries", 1),
        ("DELETE FROM audit_head", 0),
        ("UPDATE audit_head SET sequence = 8", 9),
    ] {
        assert!(broken_by(&[statement]).await.into_iter().all(|fault| fault == Some(missing)), "{statement}");
    }
}

#[tokio::test]
async fn rows_that_changed_places_and_rows_from_elsewhere_are_found() {
    let swap = [
        "UPDATE audit_entries SET sequence = 100 WHERE sequence = 3",
        "UPDATE audit_entries SET sequence = 3 WHERE sequence = 6",
        "UPDATE audit_entries SET sequence = 6 WHERE sequence = 100",
    ];
    assert!(broken_by(&swap).await.into_iter().all(|fault| fault == Some(3)));
    let forged = "INSERT INTO audit_entries (sequence, at, scope, actor, action, object, hash) \
                  VALUES (10, 1, '', 'user:eve', 'test.done', 'test:x', 'ab')";
    assert!(broken_by(&[forged]).await.into_iter().all(|fault| fault == Some(10)));
    let before = "INSERT INTO audit_entries (sequence, at, scope, actor, action, object, hash) \
                  VALUES (0, 1, '', 'user:eve', 'test.done', 'test:x', 'ab')";
    assert!(broken_by(&[before]).await.into_iter().all(|fault| fault == Some(1)));
}

#[tokio::test]
async fn the_chain_holds_with_many_at_once_and_with_several_servers() {
    on_engine(async |store| {
        let clock: Arc<dyn crate::clock::Clock> = Arc::new(store.clock.clone());
        // On SQLite there is one server; there the second one is the first.
        let second = match store.target {
            crate::store::Target::Sqlite(_) => store.db.clone(),
            crate::store::Target::Postgres(_) => Db::open(&store.target, clock, store.random.clone()).await.unwrap(),
        };
        let act = async |db: Db, number: usize| {
            let mut tx = db.begin("user:ada").await?;
            tx.emit(None, Event::AccessChanged { what: format!("{number}") });
            if number.is_multiple_of(5) {
                return tx.rollback().await;
            }
            tx.commit().await
        };
        let work = (0..60_usize).map(|number| {
            let db = if number.is_multiple_of(2) { store.db.clone() } else { second.clone() };
            Origin::of_request(None, None, "r").cover(act(db, number))
        });
        for done in futures::future::join_all(work).await {
            done.unwrap();
        }
        let walked = walk(&store.db).await;
        assert_eq!((walked.fault, walked.until), (None, 48));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let mut tx = world.app.db.begin("andon").await.unwrap();
        tx.connection().execute("DELETE FROM audit_head", values![]).await.unwrap();
        tx.commit().await.unwrap();
        world.expect(500, call("PUT", "secrets/a").token(&root).json(json!({"value": "v"}))).await;
        world.expect(500, call("POST", "/session").json(json!({"name": "root", "password": "wrong password"}))).await;
        let secrets = world.expect(200, call("GET", "secrets").token(&root)).await.json();
        assert_eq!(secrets["items"], json!([]), "nothing is half-done");
        let check = world.expect(200, call("GET", "/audit/verify").token(&root)).await.json();
        assert_eq!(check["fault"]["what"], "the head of the trail is missing");
    })
    .await;
}

#[tokio::test]
async fn sign_ins_are_kept_and_what_was_typed_is_not() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let sign_in = |name: &str, password: &str| call("POST", "/session").json(json!({"name": name, "password": password}));
        for _ in 0..5 {
            world.expect(401, sign_in("root", "hunter2-hunter2")).await;
        }
        world.expect(429, sign_in("root", "hunter2-hunter2")).await;
        world.expect(401, sign_in("hunter2-in-the-wrong-field", "x")).await;
        let refused = world.expect(200, call("GET", "audit?action=session.refused").token(&root)).await.json();
        let rows: Vec<_> =
            refused["items"].as_array().unwrap().iter().map(|row| (row["object"].as_str().unwrap(), &row["after"])).collect();
        assert_eq!(rows.len(), 6, "one that is not listened to leaves nothing: {refused}");
        assert_eq!(rows[0], ("user:unknown", &json!({"disabled": false, "locked": false})));
        assert_eq!(rows[1], ("user:root", &json!({"disabled": false, "locked": true})));
        assert!(!refused.to_string().contains("hunter2"));
        world.expect(200, call("GET", "audit?actor=root&action=session.started").token(&root)).await;
        world.store.clock.advance(15 * 60_000);
        world.expect(200, sign_in("root", PASSWORD)).await;
        let mine = world.expect(200, call("GET", "audit?actor=root&action=session.started&limit=1").token(&root)).await.json();
        assert_eq!((mine["items"][0]["person"].as_str(), mine["items"][0]["installation"].as_bool()), (Some("root"), Some(true)));
    })
    .await;
}

#[tokio::test]
async fn filters_pages_and_csv_show_the_same_rows() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        for number in 0..30 {
            world.store.clock.advance(1_000);
            let path = format!("secrets/s{}", number % 3);
            world.expect(204, call("PUT", &path).token(&root).header("user-agent", "=cmd()").json(json!({"value": "hunter2"}))).await;
        }
        let read = async |query: &str| world.expect(200, call("GET", &format!("audit?{query}")).token(&root)).await.json();
        let mut after = String::new();
        let mut seen = Vec::new();
        loop {
            let page = read(&format!("action=secret.set&object=secret:s1&limit=4{after}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["sequence"].as_i64().unwrap()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert!(seen.len() == 10 && seen.is_sorted_by(|left, right| left > right), "{seen:?}");
        let from = crate::store::testing::START_MS + 10_000;
        let middle = read(&format!("from={from}&to={}", from + 5_000)).await;
        assert_eq!(middle["items"].as_array().unwrap().len(), 5);
        assert_eq!(middle["items"][0]["before"]["set_by"], "token:all");
        assert_eq!(read("actor=token:all&from=2023-11-14T22:13:21Z").await["items"].as_array().unwrap().len(), 30);
        let csv = world.expect(200, call("GET", "audit?object=secret:s1").token(&root).header("accept", "text/csv")).await;
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
        let lines: Vec<_> = csv.text.lines().collect();
        assert_eq!(lines.len(), 11);
        assert!(lines[0].starts_with("sequence,time,actor") && lines[1].contains(",'=cmd(),"), "{}", lines[1]);
        assert!(!csv.text.contains("hunter2"));
        for wrong in ["from=yesterday", "object=shop", "after=x", "format=pdf", "limit=0", "actor=a&actor=b"] {
            world.expect(400, call("GET", &format!("audit?{wrong}")).token(&root)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn administrators_read_what_is_theirs() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, _) = world.person(&root, "anna", "admin").await;
        let (bens, _) = world.person(&root, "ben", "editor").await;
        world.expect(204, call("PUT", "/workspaces/other/secrets/theirs").token(&root).json(json!({"value": "v"}))).await;
        world.expect(204, call("PUT", "secrets/ours").token(&root).json(json!({"value": "v"}))).await;
        let seen = world.expect(200, call("GET", "audit").header("cookie", &cookies)).await;
        assert!(seen.text.contains("secret:ours") && !seen.text.contains("secret:theirs") && !seen.text.contains("session."));
        world.expect(403, call("GET", "audit").header("cookie", &bens)).await;
        world.expect(403, call("GET", "/audit/verify").header("cookie", &cookies)).await;
        let all = world.expect(200, call("GET", "audit").token(&root)).await;
        assert!(all.text.contains("secret:ours") && !all.text.contains("secret:theirs") && all.text.contains("session.started"));
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_a_job_gets_is_written_down_and_the_lines_own_work_is_not() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [source], secrets: { TOKEN: deploy }, steps: [{ run: make }] }\n  test: { after: [build], steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        let root = line.world.administrator().await;
        line.world.expect(204, call("PUT", "secrets/deploy").token(&root).json(json!({"value": "hunter2"}))).await;
        let before = walk(&line.app().db).await.head;
        line.commit('a').await;
        line.play(&[]).await;
        let question = Question { limit: 100, ..Question::default() };
        let mut rows = audit::list(&mut line.app().db.read().await.unwrap().connection(), line.workspace, &question).await.unwrap();
        rows.retain(|row| row.sequence > before);
        let shown: Vec<_> = rows.iter().map(|row| (row.actor.as_str(), row.action.as_str(), row.object.as_str())).collect();
        assert_eq!(shown, [("job:p/build#1", "secret.used", "secret:deploy")]);
        assert!(!format!("{rows:?}").contains("hunter2"));
        line.end().await;
    })
    .await;
}

#[test]
fn no_statement_of_the_program_changes_or_removes_a_row() {
    let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations").into());
    let (mut read, mut found) = (0, Vec::new());
    while let Some(path) = files.pop() {
        if path.is_dir() {
            // Tests break the chain on purpose.
            let inner = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            files.extend(inner.filter(|path| path.file_name().is_none_or(|name| name != "tests")));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        read += usize::from(text.contains("audit_entries"));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let forbidden = ["update audit_entries", "delete from audit_entries", "truncate audit_entries", "drop table audit_entries"];
        found.extend(forbidden.into_iter().filter(|statement| words.contains(statement)).map(|it| (path.clone(), it)));
    }
    assert!(read >= 2 && found.is_empty(), "{read} {found:?}");
}
