//! Versions that nobody publishes by hand: ticks of a clock, polls, webhooks.

use super::world::{Line, pipeline};
use crate::engine;
use crate::hooks::PAYLOAD_MAX_BYTES;
use crate::http::testing::{Call, call};
use crate::store::testing::on_engine;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::path::Path;

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test]
async fn missed_ticks_are_made_up_as_the_schedule_says() {
    for (missed, made) in [("skip", 0), ("once", 1), ("all", 3)] {
        on_engine(async |store| {
            let text = format!(
                "pipeline: p
resources:
  nightly: {{ type: cron, schedule: \"0 2 * * *\", timezone: Europe/Berlin, missed: {missed} }}
jobs:
  build: {{ inputs: [{{ resource: nightly, version: every }}], steps: [{{ run: make }}] }}
"
            );
            let line = Line::new(store, &text).await;
            let clock = &line.world.store.clock;
            assert_eq!(engine::tick_checks(line.app()).await.unwrap(), 0, "before its time");
            // Two in the morning in Berlin is one by UTC in winter.
            clock.set(1_700_010_000_000);
            assert_eq!(engine::tick_checks(line.app()).await.unwrap(), 1);
            assert_eq!(line.versions("nightly").await[0].map["at"], "2023-11-15T01:00:00Z");
            assert_eq!(engine::tick_checks(line.app()).await.unwrap(), 0);
            clock.advance(3 * DAY_MS + 3_600_000);
            assert_eq!(engine::tick_checks(line.app()).await.unwrap(), 1);
            assert_eq!(line.versions("nightly").await.len(), 1 + made, "{missed}");
            engine::register(line.app(), &super::world::registration("one"), None).await.unwrap();
            line.tick().await;
            line.play(&[]).await;
            line.end().await;
        })
        .await;
    }
}

async fn git(folder: &Path, arguments: &[&str]) {
    let mut command = tokio::process::Command::new("git");
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
    let done = command.args(identity).args(arguments).current_dir(folder).output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn a_poll_finds_commits_backs_off_when_it_fails_and_recovers() {
    on_engine(async |store| {
        let folder = store.folder.path().join("elsewhere");
        std::fs::create_dir(&folder).unwrap();
        git(&folder, &["init", "-q"]).await;
        git(&folder, &["commit", "-q", "--allow-empty", "-m", "first"]).await;
        let jobs = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";
        let text = pipeline(jobs).replace("repository: shop", &format!("url: \"file://{}\"", folder.display()));
        let line = Line::new(store, &text).await;
        assert_eq!(engine::tick_checks(line.app()).await.unwrap(), 1);
        let found = line.versions("source").await;
        assert_eq!((found.len(), found[0].metadata["message"].trim()), (1, "first"));
        let pause = async || {
            let resource = line.resource("source").await;
            (resource.check_at.unwrap() - line.app().clock.now_ms(), resource.check_error)
        };
        let usual = pause().await.0;
        let later = async || {
            line.world.store.clock.advance(pause().await.0);
            assert_eq!(engine::tick_checks(line.app()).await.unwrap(), 1);
        };
        let away = folder.with_extension("away");
        std::fs::rename(&folder, &away).unwrap();
        later().await;
        let (once, error) = pause().await;
        assert!(error.is_some() && once > usual * 3 / 2, "{once} after {usual}: {error:?}");
        later().await;
        let (twice, _) = pause().await;
        assert!(twice > once * 3 / 2, "{twice} after {once}");
        std::fs::rename(&away, &folder).unwrap();
        git(&folder, &["commit", "-q", "--allow-empty", "-m", "second"]).await;
        later().await;
        let (again, error) = pause().await;
        assert!(error.is_none() && again < once, "{again}: {error:?}");
        assert_eq!(line.versions("source").await[0].metadata["message"].trim(), "second");
        line.tick().await;
        line.end().await;
    })
    .await;
}

fn push(after: &str) -> Value {
    json!({
        "ref": "refs/heads/main", "before": "0".repeat(40), "after": after, "created": false, "deleted": false, "forced": false,
        "repository": {
            "id": 186_853_002, "name": "shop", "full_name": "acme/shop", "private": false,
            "html_url": "https://github.com/acme/shop", "git_url": "git://github.com/acme/shop.git",
            "ssh_url": "git@github.com:acme/shop.git", "clone_url": "https://github.com/acme/shop.git"
        },
        "pusher": {"name": "ada", "email": "ada@example.org"},
        "head_commit": null,
        "commits": [{
            "id": after, "message": "mend it", "timestamp": "2019-05-15T15:20:30Z",
            "author": {"name": "Ada", "email": "ada@example.org", "username": "ada"},
            "committer": {"name": "Ada", "email": "ada@example.org", "username": "ada"},
            "added": [], "removed": [], "modified": ["README.md"]
        }]
    })
}

fn hook(workspace: &str, delivery: &str, body: &str, key: &str) -> Call {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let call = call("POST", &format!("//hooks/{workspace}")).header("content-type", "application/json");
    call.header("x-github-event", "push").header("x-github-delivery", delivery).header("x-hub-signature-256", &signature).text(body)
}

#[tokio::test]
async fn a_signed_push_of_a_forge_starts_the_line_once() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";
        let text = pipeline(jobs).replace("repository: shop", "url: \"https://github.com/acme/shop.git\"");
        let line = Line::new(store, &text).await;
        let token = line.world.administrator().await;
        let body = push(&"a".repeat(40)).to_string();
        line.world.expect(401, hook("main", "d-0", &body, "both sides know")).await;
        line.world.expect(204, call("PUT", "secrets/webhook").token(&token).json(json!({"value": "both sides know"}))).await;
        line.world.expect(401, hook("main", "d-1", &body, "a guess")).await;
        line.world.expect(401, hook("nowhere", "d-1", &body, "both sides know")).await;
        line.world.expect(400, hook("main", "d-1", "{", "both sides know")).await;
        line.world.expect(413, hook("main", "d-1", &" ".repeat(PAYLOAD_MAX_BYTES + 1), "both sides know")).await;
        assert_eq!(line.versions("source").await.len(), 0);
        let taken = line.world.expect(200, hook("main", "d-1", &body, "both sides know")).await.json();
        assert_eq!((taken["versions"].as_i64(), taken["resources"].as_i64()), (Some(1), Some(1)));
        let again = line.world.expect(200, hook("main", "d-1", &body, "both sides know")).await.json();
        assert_eq!(again["versions"], 0);
        assert!(again["notes"][0].as_str().unwrap().contains("taken already"));
        let renamed = line.world.expect(200, hook("main", "d-2", &body, "both sides know")).await.json();
        assert_eq!(renamed["versions"], 0, "the same commit under another delivery");
        line.tick().await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a"]).await;
        let run = &line.runs().await[0];
        assert_eq!((run.cause.as_str(), run.author.as_deref(), run.actor.as_str()), ("webhook", Some("Ada"), "push:ada"));
        line.end().await;
    })
    .await;
}
