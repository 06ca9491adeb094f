//! Tokens, roles and scopes at the door.

use crate::accounts::{Actor, Permission};
use crate::http::testing::{PASSWORD, World, call};
use crate::http::{enter, git_caller, refuse_git};
use crate::store::testing::{START_MS, on_engine};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use serde_json::json;

async fn make(world: &World, root: &str, body: serde_json::Value) -> (String, String) {
    let made = world.expect(201, call("POST", "tokens").token(root).json(body)).await.json();
    (made["secret"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn each_role_opens_what_the_ones_below_it_do() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        // What each role is the lowest for: view, operate, edit, administer.
        let calls = [
            || call("GET", "members"),
            || call("POST", "deliveries/00000000-0000-0000-0000-000000000001/replay"),
            || call("GET", "secrets"),
            || call("GET", "tokens"),
        ];
        for (rank, role) in ["viewer", "operator", "editor", "admin"].into_iter().enumerate() {
            let (token, _) = make(&world, &root, json!({"name": role, "role": role})).await;
            for (needs, request) in calls.iter().enumerate() {
                let answer = world.send(request().token(&token)).await;
                let allowed = answer.status != 403;
                assert_eq!(allowed, rank >= needs, "{role} {needs}: {} {}", answer.status, answer.text);
            }
            world.expect(403, call("GET", "/users").token(&token)).await;
            world.expect(403, call("GET", "/me/tokens").token(&token)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_workspace_that_is_not_ones_own_is_not_told_from_one_that_is_not_there() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (token, id) = make(&world, &root, json!({"name": "ci", "role": "admin"})).await;
        let foreign = world.expect(404, call("GET", "/workspaces/other/members").token(&token)).await;
        let missing = world.expect(404, call("GET", "/workspaces/nowhere/members").token(&token)).await;
        assert_eq!(foreign.problem().replace("other", "nowhere"), missing.problem());
        // Nor does an identifier from elsewhere open anything.
        world.expect(404, call("DELETE", &format!("/workspaces/other/tokens/{id}")).token(&root)).await;
        world.expect(200, call("GET", "/me").token(&token)).await;
    })
    .await;
}

#[tokio::test]
async fn tokens_end_when_revoked_or_expired_and_garbage_never_works() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (token, id) = make(&world, &root, json!({"name": "ci", "role": "viewer"})).await;
        let (short, _) = make(&world, &root, json!({"name": "short", "role": "viewer", "expires_in_ms": 1000})).await;
        world.expect(409, call("POST", "tokens").token(&root).json(json!({"name": "ci", "role": "viewer"}))).await;
        world.expect(400, call("POST", "tokens").token(&root).json(json!({"name": "x", "role": "viewer", "expires_in_ms": 0}))).await;
        world.expect(200, call("GET", "/me").token(&short)).await;
        world.store.clock.advance(1000);
        // Remembered callers expire on time as well.
        world.expect(401, call("GET", "/me").token(&short)).await;
        world.expect(200, call("GET", "/me").token(&token)).await;
        world.expect(204, call("DELETE", &format!("tokens/{id}")).token(&root)).await;
        world.expect(401, call("GET", "/me").token(&token)).await;
        world.expect(404, call("DELETE", &format!("tokens/{id}")).token(&root)).await;
        for garbage in ["", "x", "andon_", &token[..token.len() - 1], &format!("{token}x")] {
            world.expect(401, call("GET", "/me").token(garbage)).await;
        }
        let refused = world.expect(401, call("GET", "/me")).await;
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
        let listed = world.expect(200, call("GET", "tokens").token(&root)).await;
        assert!(listed.text.contains("\"short\"") && !listed.text.contains(&short) && !listed.text.contains("\"ci\""), "{}", listed.text);
    })
    .await;
}

#[tokio::test]
async fn a_narrowed_token_makes_no_wider_one_and_only_the_installation_lets_runners_in() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (admin, _) = make(&world, &root, json!({"name": "admin", "role": "admin", "scopes": ["admin"]})).await;
        let ask = |name: &str, scopes: serde_json::Value| {
            call("POST", "tokens").token(&admin).json(json!({"name": name, "role": "admin", "scopes": scopes}))
        };
        world.expect(403, ask("a", json!(["decide"]))).await;
        world.expect(403, ask("b", json!(["run"]))).await;
        let inherited = world.expect(201, ask("c", json!(null))).await.json();
        assert_eq!(inherited["scopes"], json!(["admin"]));
        let (editor, _) = make(&world, &root, json!({"name": "editor", "role": "admin", "scopes": ["edit"]})).await;
        world.expect(200, call("GET", "secrets").token(&editor)).await;
        world.expect(403, call("GET", "tokens").token(&editor)).await;
        let (runner, _) = make(&world, &root, json!({"name": "runner", "role": "viewer", "scopes": ["run"]})).await;
        assert!(runner.starts_with("andonrunner_"));
        world.expect(403, call("GET", "members").token(&runner)).await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_rights_holds_at_the_next_request() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, csrf) = world.person(&root, "ada", "admin").await;
        let own = call("POST", "/me/tokens").header("cookie", &cookies).header("x-andon-csrf", &csrf).json(json!({"name": "laptop"}));
        let token = world.expect(201, own).await.json()["secret"].as_str().unwrap().to_owned();
        world.expect(200, call("GET", "tokens").token(&token)).await;
        world.expect(204, call("PUT", "members/ada").token(&root).json(json!({"role": "viewer"}))).await;
        world.expect(403, call("GET", "tokens").token(&token)).await;
        world.expect(200, call("GET", "members").token(&token)).await;
        world.expect(204, call("DELETE", "members/ada").token(&root)).await;
        world.expect(404, call("GET", "members").token(&token)).await;
        world.expect(200, call("PATCH", "/users/ada").token(&root).json(json!({"disabled": true}))).await;
        world.expect(401, call("GET", "/me").token(&token)).await;
        world.expect(401, call("GET", "/me").header("cookie", &cookies)).await;
        world.expect(401, call("POST", "/session").json(json!({"name": "ada", "password": PASSWORD}))).await;
    })
    .await;
}

#[tokio::test]
async fn git_knows_people_by_password_and_programs_by_token() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        world.person(&root, "ada", "operator").await;
        let headers = |name: &str, password: &str| {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
            HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, HeaderValue::from_str(&format!("Basic {basic}")).unwrap())])
        };
        let (token, _) = make(&world, &root, json!({"name": "ci", "role": "operator"})).await;
        let program = git_caller(&world.app, &headers("anything", &token), None).await.unwrap();
        assert!(matches!(&program.actor, Actor::Token { name, .. } if name == "ci"));
        let person = git_caller(&world.app, &headers("ada", PASSWORD), None).await.unwrap();
        assert_eq!(person.actor.to_string(), "user:ada");
        assert!(enter(&world.app, &person, "main", Permission::Operate).await.is_ok());
        assert_eq!(enter(&world.app, &person, "main", Permission::Edit).await.unwrap_err().status(), 403);
        for refused in [headers("ada", "wrong password"), headers("ada", ""), HeaderMap::new(), headers("root", &token[..20])] {
            let refusal = refuse_git(git_caller(&world.app, &refused, None).await.unwrap_err());
            assert_eq!(refusal.status(), 401);
            assert!(refusal.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
        }
    })
    .await;
}

#[tokio::test]
async fn the_use_of_a_token_is_noted() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (token, _) = make(&world, &root, json!({"name": "ci", "role": "viewer"})).await;
        let used_at = async || world.expect(200, call("GET", "tokens").token(&root)).await.json()["items"][0]["used_at"].as_i64();
        // It is noted beside the request, so it may take some looks until it shows.
        let wait_for = async |at: i64| while used_at().await != Some(at) {};
        assert_eq!(used_at().await, None);
        world.expect(200, call("GET", "/me").token(&token)).await;
        wait_for(START_MS).await;
        world.store.clock.advance(59_999);
        world.expect(200, call("GET", "/me").token(&token)).await;
        world.store.clock.advance(1);
        world.expect(200, call("GET", "/me").token(&token)).await;
        wait_for(START_MS + 60_000).await;
    })
    .await;
}

#[tokio::test]
async fn every_route_that_names_a_way_to_sign_in_refuses_without() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let text = serde_json::to_value(crate::http::people_routes().describe(utoipa::openapi::OpenApi::default())).unwrap();
        let (mut guarded, mut open) = (0, Vec::new());
        for (path, methods) in text["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{method} {path}");
                if operation["security"] == json!([{}]) {
                    open.push(operation["operationId"].as_str().unwrap().to_owned());
                    continue;
                }
                let concrete = path.replace("{workspace}", "main").replace(['{', '}'], "");
                let path = format!("/{}", concrete.strip_prefix("/api/v1/").unwrap());
                world.expect(401, call(&method.to_uppercase(), &path).json(json!({}))).await;
                guarded += 1;
            }
        }
        assert_eq!((guarded, open), (40, vec!["signIn".to_owned(), "redeemSigninLink".to_owned()]));
    })
    .await;
}

#[tokio::test]
async fn people_have_tokens_of_their_own_that_never_may_more_than_they() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        let (cookies, csrf) = world.person(&root, "ada", "editor").await;
        let (bobs, bobs_csrf) = world.person(&root, "bob", "viewer").await;
        let mine = |method: &str, path: &str| call(method, path).header("cookie", &cookies).header("x-andon-csrf", &csrf);
        let made = world.expect(201, mine("POST", "/me/tokens").json(json!({"name": "laptop", "role": "admin"}))).await.json();
        let token = made["secret"].as_str().unwrap();
        world.expect(200, call("GET", "secrets").token(token)).await;
        world.expect(403, call("GET", "tokens").token(token)).await;
        let me = world.expect(200, call("GET", "/me").token(token)).await.json();
        assert_eq!((me["user"]["name"].as_str(), me["actor"].as_str()), (Some("ada"), Some("token:laptop")));
        world.expect(403, call("POST", "/me/tokens").token(token).json(json!({"name": "longer"}))).await;
        world.expect(403, mine("POST", "/me/tokens").json(json!({"name": "runner", "scopes": ["run"]}))).await;
        let low =
            world.expect(201, mine("POST", "/me/tokens").json(json!({"name": "low", "role": "viewer", "scopes": ["view"]}))).await.json();
        world.expect(403, call("GET", "secrets").token(low["secret"].as_str().unwrap())).await;
        let listed = world.expect(200, mine("GET", "/me/tokens")).await.json();
        assert_eq!((listed["items"][0]["name"].as_str(), listed["items"][1]["name"].as_str()), (Some("laptop"), Some("low")));
        assert_eq!(listed["items"][0]["hint"].as_str(), Some(&token[token.len() - 4..]));
        let end = format!("/me/tokens/{}", made["id"].as_str().unwrap());
        world.expect(404, call("DELETE", &end).header("cookie", &bobs).header("x-andon-csrf", &bobs_csrf)).await;
        world.expect(204, mine("DELETE", &end)).await;
        world.expect(401, call("GET", "/me").token(token)).await;
    })
    .await;
}

#[tokio::test]
async fn two_administrators_cannot_take_each_other_away() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let root = world.administrator().await;
        world.expect(201, call("POST", "/users").token(&root).json(json!({"name": "ada", "administrator": true}))).await;
        let close = |name: &str| call("PATCH", &format!("/users/{name}")).token(&root).json(json!({"administrator": false}));
        let (one, two) = tokio::join!(world.send(close("root")), world.send(close("ada")));
        let refused = [&one, &two].into_iter().filter(|it| it.status != 200).count();
        assert_eq!(refused, 1, "{} {}", one.text, two.text);
    })
    .await;
}
