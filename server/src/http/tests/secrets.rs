//! Secrets go in and never come out.

use crate::http::testing::{World, call};
use crate::store::db::values;
use crate::store::events::list_after;
use crate::store::people::secrets;
use crate::store::testing::on_each_engine;
use secrecy::ExposeSecret;
use serde_json::json;

const VALUE: &str = "hunter2-hunter2-hunter2";

#[tokio::test]
async fn a_secret_shows_its_name_and_nothing_else() {
    on_each_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = |name: &str, value: &str| call("PUT", &format!("secrets/{name}")).token(&root).json(json!({"value": value}));
        let mut answers = vec![world.expect(204, set("deploy-token", "old value")).await, world.expect(204, set("deploy-token", VALUE)).await];
        answers.push(world.expect(200, call("GET", "secrets").token(&root)).await);
        assert_eq!(answers[2].json()["items"][0]["name"], "deploy-token");
        assert_eq!(answers[2].json()["items"][0]["updated_by"], "token:all");
        // A value in the wrong place is not quoted back.
        answers.push(world.expect(400, call("PUT", "secrets/x").token(&root).json(json!({"value": {"a": VALUE}}))).await);
        answers.push(world.expect(400, call("PUT", "secrets/x").token(&root).json(json!(VALUE))).await);
        answers.push(world.expect(400, call("PUT", "secrets/x").token(&root).json(json!({"val": VALUE}))).await);
        answers.push(world.expect(404, call("GET", "secrets/deploy-token").token(&root)).await);
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

#[tokio::test]
async fn values_have_limits() {
    on_each_engine(async |store| {
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
            serde_json::from_value::<crate::engine::channel::ChannelSettings>(json!({"kind": "webhook", "url": VALUE, "secret": VALUE})).unwrap()
        ),
    ];
    for body in bodies {
        assert!(!body.contains("hunter2") && body.contains("[hidden]"), "{body}");
    }
}
