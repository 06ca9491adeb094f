//! `Idempotency-Key`.

use crate::http::testing::{World, call};
use crate::store::db::values;
use crate::store::people::idempotency;
use crate::store::testing::on_engine;
use serde_json::json;

#[tokio::test]
async fn the_same_request_twice_happens_once() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let make = |key: &str, name: &str| {
            call("POST", "tokens").token(&root).header("idempotency-key", key).json(json!({"name": name, "role": "viewer"}))
        };
        let first = world.expect(201, make("k1", "ci")).await;
        let again = world.expect(201, make("k1", "ci")).await;
        assert_eq!(first.text, again.text, "also the token, which is shown once");
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.headers["content-type"], first.headers["content-type"]);
        let kept = world.app.db.read().await.unwrap().connection().list("SELECT sealed_body FROM idempotency", values![]).await.unwrap();
        let secret = first.json()["secret"].as_str().unwrap().to_owned();
        assert!(!String::from_utf8_lossy(&kept[0].get::<Vec<u8>>("sealed_body").unwrap()).contains(&secret));
        world.expect(409, make("k1", "other")).await;
        // A refusal changed nothing, and frees its key.
        world.expect(409, make("k2", "ci")).await;
        world.expect(201, make("k2", "other")).await;
        let somebody = call("PUT", "groups/a").token(&secret).header("idempotency-key", "k1").json(json!({"members": []}));
        world.expect(403, somebody).await;
        world.expect(400, make("a b", "x")).await;
        world.expect(400, make(&"k".repeat(201), "x")).await;
        world.store.clock.advance(idempotency::KEPT_MS);
        world.expect(409, make("k1", "ci")).await;
    })
    .await;
}

#[tokio::test]
async fn a_key_whose_server_died_never_runs_again() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = || call("PUT", "groups/a").token(&root).header("idempotency-key", "k").json(json!({"members": []}));
        world.expect(204, set()).await;
        let mut tx = world.app.db.begin("andon").await.unwrap();
        tx.connection().execute("UPDATE idempotency SET status = NULL, sealed_body = NULL", values![]).await.unwrap();
        tx.commit().await.unwrap();
        let refused = world.expect(409, set()).await;
        assert!(refused.text.contains("not answered"), "{}", refused.text);
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_happens() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = || {
            let body = json!({"name": "ci", "role": "viewer"});
            world.send(call("POST", "tokens").token(&root).header("idempotency-key", "k").json(body))
        };
        let answers = futures::future::join_all((0..6).map(|_| set())).await;
        let fresh = answers.iter().filter(|it| it.status == 201 && !it.headers.contains_key("idempotency-replayed")).count();
        assert_eq!(fresh, 1);
        assert!(answers.iter().all(|it| it.status == 201 || it.text.contains("not answered")));
    })
    .await;
}
