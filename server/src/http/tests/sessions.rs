//! Signing in and out, and the proof against forged requests.

use crate::http::testing::{PASSWORD, World, call};
use crate::store::testing::on_engine;
use serde_json::json;

#[tokio::test]
async fn a_session_reads_with_its_cookie_and_writes_only_with_the_proof() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, csrf) = world.person(&root, "ada", "admin").await;
        let (_, others) = world.person(&root, "bob", "admin").await;
        let me = world.expect(200, call("GET", "/me").header("cookie", &cookies)).await.json();
        assert_eq!((me["user"]["name"].as_str(), me["actor"].as_str()), (Some("ada"), Some("user:ada")));
        assert_eq!(me["workspaces"], json!([{"name": "main", "role": "admin"}]));
        let write = || call("PUT", "groups/release").header("cookie", &cookies).json(json!({"members": ["ada"]}));
        let refused = world.expect(403, write()).await;
        assert!(refused.text.contains("X-Andon-CSRF"), "{}", refused.text);
        world.expect(403, write().header("x-andon-csrf", "")).await;
        world.expect(403, write().header("x-andon-csrf", &others)).await;
        world.expect(204, write().header("x-andon-csrf", &csrf)).await;
    })
    .await;
}

#[tokio::test]
async fn cookies_are_out_of_the_reach_of_scripts_and_other_sites() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let link = world.first_link().await;
        let answer = world.expect(200, call("POST", &link).json(json!({"name": "ada", "password": PASSWORD}))).await;
        let set: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
        let of = |name: &str| *set.iter().find(|it| it.starts_with(name)).unwrap();
        assert!(of("andon_session=").contains("HttpOnly") && !of("andon_csrf=").contains("HttpOnly"), "{set:?}");
        assert!(set.iter().all(|it| it.contains("SameSite=Lax") && it.contains("Path=/") && it.contains("Max-Age=2592000")), "{set:?}");
        assert!(!set.iter().any(|it| it.contains("Secure")), "this server is reached by http");
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_its_owner_leaves_or_its_time_is_over() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, csrf) = world.person(&root, "ada", "viewer").await;
        world.expect(403, call("DELETE", "/session").header("cookie", &cookies)).await;
        let gone = world.expect(204, call("DELETE", "/session").header("cookie", &cookies).header("x-andon-csrf", &csrf)).await;
        assert!(gone.headers.get_all("set-cookie").iter().all(|it| it.to_str().unwrap().contains("Max-Age=0")));
        world.expect(401, call("GET", "/me").header("cookie", &cookies)).await;
        let (cookies, _) = world.expect(200, call("POST", "/session").json(json!({"name": "ada", "password": PASSWORD}))).await.cookies();
        world.expect(200, call("GET", "/me").header("cookie", &cookies)).await;
        world.store.clock.advance(30 * 24 * 3_600_000);
        world.expect(401, call("GET", "/me").header("cookie", &cookies)).await;
    })
    .await;
}

#[tokio::test]
async fn a_persons_token_ends_itself_and_a_workspaces_does_not() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, csrf) = world.person(&root, "ada", "viewer").await;
        let made = call("POST", "/me/tokens").header("cookie", &cookies).header("x-andon-csrf", &csrf).json(json!({"name": "laptop"}));
        let own = world.expect(201, made).await.json()["secret"].as_str().unwrap().to_owned();
        let ci = call("POST", "tokens").token(&root).json(json!({"name": "ci", "role": "viewer"}));
        let ci = world.expect(201, ci).await.json()["secret"].as_str().unwrap().to_owned();
        for token in [&own, &ci] {
            world.expect(204, call("DELETE", "/session").token(token)).await;
        }
        world.expect(401, call("GET", "/me").token(&own)).await;
        world.expect(200, call("GET", "/me").token(&ci)).await;
        world.expect(200, call("GET", "/me").header("cookie", &cookies)).await;
    })
    .await;
}

#[tokio::test]
async fn wrong_passwords_are_answered_alike_and_then_not_at_all() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        world.person(&root, "ada", "viewer").await;
        let attempt = |name: &str, password: &str| call("POST", "/session").json(json!({"name": name, "password": password}));
        let wrong = world.expect(401, attempt("ada", "wrong password")).await;
        let unknown = world.expect(401, attempt("nobody", "wrong password")).await;
        assert_eq!(wrong.problem(), unknown.problem());
        for _ in 0..4 {
            world.expect(401, attempt("ada", "wrong password")).await;
        }
        world.expect(429, attempt("ada", PASSWORD)).await;
        world.store.clock.advance(15 * 60_000);
        world.expect(200, attempt("ada", PASSWORD)).await;
    })
    .await;
}

#[tokio::test]
async fn a_burst_of_guesses_is_not_heard_further_than_guesses_one_by_one() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        world.person(&root, "ada", "viewer").await;
        let guess =
            |number: i32| world.send(call("POST", "/session").json(json!({"name": "ada", "password": format!("guess number {number}")})));
        let answers = futures::future::join_all((0..20).map(guess)).await;
        let heard = answers.iter().filter(|answer| answer.status == 401).count();
        assert_eq!(heard, 5);
        assert!(answers.iter().all(|answer| answer.status == 401 || answer.status == 429));
    })
    .await;
}
