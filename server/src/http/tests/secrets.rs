//! Secrets go in and never come out.

use crate::http::testing::{World, call};
use crate::store::db::values;
use crate::store::events::list_after;
use crate::store::people::secrets;
use crate::store::testing::on_engine;
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::{Arc, Mutex};

const VALUE: &str = "hunter2-hunter2-hunter2";

#[tokio::test]
async fn a_secret_shows_its_name_and_nothing_else() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = |name: &str, value: &str| call("PUT", &format!("secrets/{name}")).token(&root).json(json!({"value": value}));
        let mut answers =
            vec![world.expect(204, set("deploy-token", "old value")).await, world.expect(204, set("deploy-token", VALUE)).await];
        answers.push(world.expect(200, call("GET", "secrets").token(&root)).await);
        assert_eq!(answers[2].json()["items"][0]["name"], "deploy-token");
        assert_eq!(answers[2].json()["items"][0]["updated_by"], "token:all");
        // A value in the wrong place is not quoted back.
        answers.push(world.expect(400, call("PUT", "secrets/x").token(&root).json(json!({"value": {"a": VALUE}}))).await);
        answers.push(world.expect(400, call("PUT", "secrets/x").token(&root).json(json!(VALUE))).await);
        answers.push(world.expect(400, call("PUT", "secrets/x").token(&root).json(json!({"val": VALUE}))).await);
        answers.push(world.expect(405, call("GET", "secrets/deploy-token").token(&root)).await);
        for answer in &answers {
            assert!(!answer.text.contains("hunter2"), "{}", answer.text);
        }
        let mut reader = world.app.db.read().await.unwrap();
        let events = list_after(&mut reader.connection(), 0, 1000).await.unwrap();
        assert!(!format!("{events:?}").contains("hunter2") && format!("{events:?}").contains("deploy-token"));
        let workspace = world.workspace("main").await;
        let sealed = secrets::find(&mut reader.connection(), workspace.id, "deploy-token").await.unwrap().expect("it is kept");
        assert!(!String::from_utf8_lossy(&sealed.to_bytes()).contains("hunter2"));
        let open = |name: &str| world.app.vault.open(&secrets::context(workspace.id, name), &sealed);
        assert_eq!(open("deploy-token").unwrap().expose_secret(), VALUE);
        assert!(open("another").is_err(), "it is bound to its name");
        drop(reader);
        world.expect(204, call("DELETE", "secrets/deploy-token").token(&root)).await;
        world.expect(404, call("DELETE", "secrets/deploy-token").token(&root)).await;
    })
    .await;
}

/// Everything that is logged, at every level.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_holds_a_secret_at_any_level() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        world.expect(204, call("PUT", "secrets/a").token(&root).header("idempotency-key", "k").json(json!({"value": VALUE}))).await;
        world.expect(401, call("POST", "/session").json(json!({"name": "root", "password": VALUE}))).await;
        world.expect(400, call("PUT", "secrets/a").token(&root).json(json!({"value": [VALUE]}))).await;
        let webhook = json!({"kind": "webhook", "url": format!("http://127.0.0.1:1/{VALUE}")});
        world.expect(200, call("PUT", "channels/hook").token(&root).json(webhook)).await;
        world.expect(202, call("POST", "channels/hook/test").token(&root)).await;
        assert_eq!(crate::engine::deliver::tick(&world.app).await.unwrap(), 1);
        let deliveries = world.expect(200, call("GET", "deliveries").token(&root)).await;
        assert!(deliveries.json()["items"][0]["answer"].is_string() && !deliveries.text.contains("hunter2"), "{}", deliveries.text);
        tracing::trace!("the log was heard");
        let text = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        assert!(text.contains("the log was heard"));
        assert!(!text.contains("hunter2") && !text.contains(&root), "{text}");
    })
    .await;
}

#[tokio::test]
async fn values_have_limits() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = |name: &str, value: String| call("PUT", &format!("secrets/{name}")).token(&root).json(json!({"value": value}));
        world.expect(204, set("big", "x".repeat(64 << 10))).await;
        world.expect(413, set("big", "x".repeat((64 << 10) + 1))).await;
        world.expect(400, set("empty", String::new())).await;
        world.expect(400, set("Bad", "x".into())).await;
        world.expect(400, call("PUT", "secrets/x").token(&root).header("content-type", "text/plain")).await;
        let count = world.app.db.read().await.unwrap().connection().list("SELECT id FROM secrets", values![]).await.unwrap().len();
        assert_eq!(count, 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_holds_a_secret_can_be_printed() {
    let bodies = [
        format!("{:?}", serde_json::from_value::<crate::http::secrets::SetSecret>(json!({"value": VALUE})).unwrap()),
        format!("{:?}", serde_json::from_value::<crate::http::session::SignIn>(json!({"name": "ada", "password": VALUE})).unwrap()),
        format!("{:?}", serde_json::from_value::<crate::http::session::RedeemLink>(json!({"password": VALUE})).unwrap()),
        format!(
            "{:?}",
            serde_json::from_value::<crate::engine::channel::ChannelSettings>(json!({"kind": "webhook", "url": VALUE, "secret": VALUE}))
                .unwrap()
        ),
    ];
    for body in bodies {
        assert!(!body.contains("hunter2") && body.contains("[hidden]"), "{body}");
    }
}
