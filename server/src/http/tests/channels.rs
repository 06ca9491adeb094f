//! Channels and the list of deliveries.

use crate::engine::deliver::tick;
use crate::http::testing::{World, call};
use crate::store::testing::on_engine;
use serde_json::json;

const HOOK: &str = "https://hooks.example.org/services/T0/B0/verysecretpath";

#[tokio::test]
async fn a_channel_shows_its_host_but_never_its_address() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = |name: &str, body: serde_json::Value| call("PUT", &format!("channels/{name}")).token(&root).json(body);
        for kind in ["slack", "teams", "discord"] {
            world.expect(200, set(kind, json!({"kind": kind, "url": HOOK}))).await;
        }
        world.expect(200, set("people", json!({"kind": "email", "addresses": ["ada@example.org"]}))).await;
        let made = world.expect(200, set("hook", json!({"kind": "webhook", "url": HOOK}))).await.json();
        assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
        let given = world.expect(200, set("hook", json!({"kind": "webhook", "url": HOOK, "secret": made["secret"]}))).await.json();
        assert_eq!(given["secret"].as_str(), None, "who gave it knows it");
        for wrong in [
            json!({"kind": "carrier-pigeon"}),
            json!({"kind": "slack"}),
            json!({"kind": "slack", "url": "file:///etc/passwd"}),
            json!({"kind": "slack", "url": "not a url verysecretpath"}),
            json!({"kind": "email", "addresses": []}),
            json!({"kind": "email", "addresses": ["nobody"]}),
            json!({"kind": "webhook", "url": HOOK, "secret": "verysecretpath"}),
        ] {
            let refused = world.expect(400, set("wrong", wrong)).await;
            assert!(!refused.text.contains("verysecretpath"), "{}", refused.text);
        }
        let listed = world.expect(200, call("GET", "channels").token(&root)).await;
        assert!(!listed.text.contains("verysecretpath") && !listed.text.contains("whsec_"), "{}", listed.text);
        let targets: Vec<_> =
            listed.json()["items"].as_array().unwrap().iter().map(|it| it["target"].as_str().unwrap().to_owned()).collect();
        assert_eq!(targets, ["hooks.example.org", "hooks.example.org", "ada@example.org", "hooks.example.org", "hooks.example.org"]);
        world.expect(204, call("DELETE", "channels/slack").token(&root)).await;
        world.expect(404, call("DELETE", "channels/slack").token(&root)).await;
        world.expect(404, call("POST", "channels/slack/test").token(&root)).await;
    })
    .await;
}

#[tokio::test]
async fn a_test_shows_in_the_deliveries_and_can_be_replayed() {
    on_engine(async |store| {
        let sink = store.folder.path().join("mail");
        let world = World::with_mail(store, Some(&format!("file:{}", sink.display()))).await;
        let root = world.administrator().await;
        let body = json!({"kind": "email", "addresses": ["ada@example.org", "bob@example.org"]});
        world.expect(200, call("PUT", "channels/people").token(&root).json(body)).await;
        let queued = world.expect(202, call("POST", "channels/people/test").token(&root)).await.json();
        assert_eq!((queued["state"].as_str(), queued["target"].as_str()), (Some("pending"), Some("channel:people")));
        let replay = format!("deliveries/{}/replay", queued["id"].as_str().unwrap());
        world.expect(409, call("POST", &replay).token(&root)).await;
        assert_eq!(tick(&world.app).await.unwrap(), 1);
        assert_eq!(tick(&world.app).await.unwrap(), 2, "one mail for each address");
        assert_eq!(tick(&world.app).await.unwrap(), 0);
        assert_eq!(std::fs::read_dir(&sink).unwrap().count(), 2);
        let page = world.expect(200, call("GET", "deliveries?limit=2").token(&root)).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), 2);
        let next = page["next"].as_str().unwrap();
        let rest = world.expect(200, call("GET", &format!("deliveries?after={next}")).token(&root)).await.json();
        assert_eq!(
            (rest["items"][0]["id"].as_str(), rest["items"][0]["answer"].as_str()),
            (queued["id"].as_str(), Some("sent on to 2 addresses"))
        );
        assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].as_str()), (1, None));
        let again = world.expect(200, call("POST", &replay).token(&root)).await.json();
        assert_eq!((again["state"].as_str(), again["attempts"].as_i64()), (Some("pending"), Some(0)));
        world.expect(404, call("POST", &format!("/workspaces/other/{replay}")).token(&root)).await;
        world.expect(404, call("POST", "deliveries/garbage/replay").token(&root)).await;
    })
    .await;
}

#[tokio::test]
async fn a_template_is_tried_before_it_is_set() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let set = json!({"kind": "slack", "url": HOOK});
        world.expect(200, call("PUT", "channels/chat").token(&root).json(set)).await;
        let preview =
            |channel: &str, body: serde_json::Value| call("POST", &format!("channels/{channel}/template/preview")).token(&root).json(body);
        let body = json!({"body": "{{ event }} of {{ pipeline }}{% if needs %}: {{ needs[0] }}{% endif %}"});
        let shown = world.expect(200, preview("chat", body)).await.json();
        let texts: Vec<_> = shown["items"].as_array().unwrap().iter().map(|sample| sample["body"].as_str().unwrap()).collect();
        let wanted =
            ["failed of shop", "awaiting-approval of shop: 2 approvals from group release (1 so far)", "version-published of shop"];
        assert_eq!(texts, wanted);
        assert_eq!(shown["items"][0]["subject"], serde_json::Value::Null, "it has the built-in form");
        let refused = world.expect(400, preview("chat", json!({"body": "{{ pipline }}"}))).await;
        assert!(refused.text.contains("body, line 1"), "{}", refused.text);
        let listed = world.expect(200, call("GET", "channels").token(&root)).await.json();
        assert_eq!(listed["items"][0]["template"], serde_json::Value::Null, "nothing was kept");
        world.expect(404, preview("nobody", json!({"body": "x"}))).await;
    })
    .await;
}
