//! Accounts, members and groups.

use crate::http::testing::{World, call};
use crate::store::people::members;
use crate::store::testing::on_engine;
use andon_pipelines::document::Role;
use serde_json::json;

#[tokio::test]
async fn accounts_are_made_listed_and_closed() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        for name in ["cleo", "ada", "bob"] {
            world
                .expect(201, call("POST", "/users").token(&root).json(json!({"name": name, "email": format!("{name}@example.org")})))
                .await;
        }
        world.expect(409, call("POST", "/users").token(&root).json(json!({"name": "ada"}))).await;
        world.expect(400, call("POST", "/users").token(&root).json(json!({"name": "Ada"}))).await;
        world.expect(400, call("POST", "/users").token(&root).json(json!({"name": "dan", "email": "no address"}))).await;
        world.expect(400, call("POST", "/users").token(&root).json(json!({"name": "dan", "rights": "all"}))).await;
        let page = world.expect(200, call("GET", "/users?limit=2").token(&root)).await.json();
        let names = |page: &serde_json::Value| {
            page["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((names(&page), page["next"].as_str()), (vec!["ada".into(), "bob".into()], Some("bob")));
        let page = world.expect(200, call("GET", "/users?limit=2&after=bob").token(&root)).await.json();
        assert_eq!((names(&page), page["next"].as_str()), (vec!["cleo".into(), "root".into()], None));
        for query in ["limit=0", "limit=201", "limit=x"] {
            world.expect(400, call("GET", &format!("/users?{query}")).token(&root)).await;
        }
        world.expect(404, call("PATCH", "/users/nobody").token(&root).json(json!({"disabled": true}))).await;
        for change in [json!({"disabled": true}), json!({"administrator": false})] {
            let refused = world.expect(409, call("PATCH", "/users/root").token(&root).json(change)).await;
            assert!(refused.text.contains("last administrator"), "{}", refused.text);
        }
        let changed =
            world.expect(200, call("PATCH", "/users/ada").token(&root).json(json!({"administrator": true, "email": ""}))).await.json();
        assert_eq!((changed["administrator"].as_bool(), changed["email"].as_str()), (Some(true), None));
        world.expect(200, call("PATCH", "/users/root").token(&root).json(json!({"administrator": false}))).await;
        world.expect(403, call("GET", "/users").token(&root)).await;
    })
    .await;
}

#[tokio::test]
async fn members_have_one_role_and_groups_hold_members_only() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        world.person(&root, "ada", "viewer").await;
        world.person(&root, "bob", "editor").await;
        world.expect(204, call("PUT", "members/ada").token(&root).json(json!({"role": "operator"}))).await;
        world.expect(404, call("PUT", "members/nobody").token(&root).json(json!({"role": "viewer"}))).await;
        world.expect(400, call("PUT", "members/ada").token(&root).json(json!({"role": "owner"}))).await;
        world.expect(400, call("PUT", "groups/release").token(&root).json(json!({"members": ["ada", "stranger"]}))).await;
        world.expect(204, call("PUT", "groups/release").token(&root).json(json!({"members": ["ada", "bob"]}))).await;
        world.expect(204, call("PUT", "groups/empty").token(&root).json(json!({"members": []}))).await;
        let groups = world.expect(200, call("GET", "groups").token(&root)).await.json();
        assert_eq!(groups["items"], json!([{"name": "empty", "members": []}, {"name": "release", "members": ["ada", "bob"]}]));
        world.expect(204, call("PUT", "groups/release").token(&root).json(json!({"members": ["ada"]}))).await;
        let listed = world.expect(200, call("GET", "members").token(&root)).await.json();
        assert_eq!(
            listed["items"],
            json!([{"name": "ada", "role": "operator", "groups": ["release"]}, {"name": "bob", "role": "editor", "groups": []}])
        );
        let workspace = world.workspace("main").await;
        let mut reader = world.app.db.read().await.unwrap();
        let everyone = members::list(&mut reader.connection(), workspace.id, true).await.unwrap();
        let everyone: Vec<_> = everyone.iter().map(|member| (member.name.as_str(), member.role)).collect();
        assert_eq!(everyone, [("ada", Role::Operator), ("bob", Role::Editor), ("root", Role::Admin)]);
        world.expect(204, call("DELETE", "members/ada").token(&root)).await;
        world.expect(404, call("DELETE", "members/ada").token(&root)).await;
        world.expect(404, call("DELETE", "members/nobody").token(&root)).await;
        let groups = world.expect(200, call("GET", "groups").token(&root)).await.json();
        assert_eq!(groups["items"][1]["members"], json!([]));
        world.expect(204, call("DELETE", "groups/release").token(&root)).await;
        world.expect(404, call("DELETE", "groups/release").token(&root)).await;
    })
    .await;
}
