//! One-time links.

use crate::http::session::first_signin_link;
use crate::http::testing::{PASSWORD, World, call};
use crate::store::testing::on_engine;
use serde_json::json;

const DAY_MS: i64 = 24 * 3_600_000;

fn choose(link: &str, name: &str) -> crate::http::testing::Call {
    call("POST", link).json(json!({"name": name, "password": PASSWORD}))
}

#[tokio::test]
async fn of_two_who_use_the_link_at_once_one_becomes_administrator() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let link = world.first_link().await;
        let (one, two) = tokio::join!(world.send(choose(&link, "ada")), world.send(choose(&link, "eve")));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404], "{} {}", one.text, two.text);
        let winner = if one.status == 200 { one } else { two };
        assert_eq!(winner.json()["administrator"], true);
        assert_eq!(winner.json()["workspaces"], json!([{"name": "main", "role": "admin"}, {"name": "other", "role": "admin"}]));
        assert_eq!(first_signin_link(&world.app).await.unwrap(), None, "there is an account now");
    })
    .await;
}

#[tokio::test]
async fn a_link_works_once_and_for_a_day() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let old = world.first_link().await;
        let new = world.first_link().await;
        world.expect(404, choose(&old, "ada")).await;
        world.store.clock.advance(DAY_MS);
        world.expect(404, choose(&new, "ada")).await;
        let fresh = world.first_link().await;
        world.expect(404, choose(&format!("{fresh}x"), "ada")).await;
        world.expect(404, choose("/signin-links/andonlink_nonsense", "ada")).await;
        world.expect(400, choose(&fresh, "Not A Name")).await;
        world.expect(400, call("POST", &fresh).json(json!({"name": "ada", "password": "short"}))).await;
        world.expect(400, call("POST", &fresh).json(json!({"password": PASSWORD}))).await;
        // What was refused for its form has not used the link up.
        world.expect(200, choose(&fresh, "ada")).await;
        world.expect(404, choose(&fresh, "ada")).await;
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, _) = world.person(&root, "ada", "viewer").await;
        world.expect(200, call("GET", "/me").header("cookie", &cookies)).await;
        let changed = world.expect(200, call("PATCH", "/users/ada").token(&root).json(json!({"new_link": true}))).await;
        let link = format!("/signin-links/{}", changed.json()["link"].as_str().unwrap().rsplit('/').next().unwrap());
        world.expect(400, call("POST", &link).json(json!({"name": "eve", "password": "another password"}))).await;
        world.expect(200, call("POST", &link).json(json!({"name": "ada", "password": "another password"}))).await;
        world.expect(401, call("GET", "/me").header("cookie", &cookies)).await;
        world.expect(401, call("POST", "/session").json(json!({"name": "ada", "password": PASSWORD}))).await;
        world.expect(200, call("POST", "/session").json(json!({"name": "ada", "password": "another password"}))).await;
    })
    .await;
}
