//! The API as a whole: its description, and who is refused.

use super::world::{Line, pipeline};
use crate::http::describe_api;
use crate::http::testing::call;
use crate::store::testing::on_engine;
use serde_json::{Value, json};

/// What anybody may ask: how the server is, how to get in, and signed hooks.
const OPEN: [&str; 6] =
    ["/healthz", "/readyz", "/badge/{workspace}/{file}", "/hooks/{workspace}", "/api/v1/session", "/api/v1/signin-links/{token}"];

#[test]
fn the_description_of_the_api_is_the_one_on_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|wish| wish == "always") {
        std::fs::write(path, describe_api()).unwrap();
    }
    let on_file = std::fs::read_to_string(path).unwrap();
    assert!(on_file == describe_api(), "server/openapi.json is out of date; run this test with INSTA_UPDATE=always and review the change");
}

/// Method and path of every operation, with something in place of each parameter.
fn operations() -> Vec<(String, String, String)> {
    let api: Value = serde_json::from_str(&describe_api()).unwrap();
    let mut found = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| ["get", "put", "post", "patch", "delete"].contains(&key.as_str())) {
            let mut filled = path.replace("{workspace}", "main").replace("{pipeline}", "p").replace("{job}", "build");
            while let (Some(begin), Some(end)) = (filled.find('{'), filled.find('}')) {
                filled.replace_range(begin..=end, "00000000-0000-7000-8000-000000000000");
            }
            found.push((method.to_uppercase(), path.clone(), filled));
        }
    }
    assert!(found.len() > 60, "the description has lost operations: {}", found.len());
    found
}

#[tokio::test]
async fn every_operation_refuses_strangers_and_every_write_refuses_viewers() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n")).await;
        let administrator = line.world.administrator().await;
        let (cookies, csrf) = line.world.person(&administrator, "vera", "viewer").await;
        let made = call("POST", "/me/tokens").header("cookie", &cookies).header("x-andon-csrf", &csrf).json(json!({"name": "look"}));
        let viewer = line.world.expect(201, made).await.json()["secret"].as_str().unwrap().to_owned();
        let mut let_in = Vec::new();
        for (method, path, filled) in operations() {
            if OPEN.contains(&path.as_str()) {
                continue;
            }
            let short = filled.strip_prefix("/api/v1").map_or_else(|| format!("/{filled}"), str::to_owned);
            let stranger = line.world.send(call(&method, &short).json(json!({}))).await;
            assert_eq!(stranger.status, 401, "{method} {path}: {}", stranger.text);
            assert_eq!(stranger.headers["content-type"], "application/problem+json", "{method} {path}");
            let wrong = line.world.send(call(&method, &short).token("andon_wrong").json(json!({}))).await;
            assert_eq!(wrong.status, 401, "{method} {path}: {}", wrong.text);
            // Reading in another form, one's own keys, gates and tasks: those whom a gate or a task names decide, whatever their role.
            let own = path.starts_with("/api/v1/me")
                || path.contains("/gates/{gate}/")
                || path.starts_with("/api/v1/gate-links")
                || path.contains("/tasks")
                || ["/api/v1/check"].contains(&path.as_str())
                || path.ends_with("/plan")
                || path.ends_with("/simulate");
            if method != "GET" && !own {
                let seen = line.world.send(call(&method, &short).token(&viewer).json(body_of(&method, &path))).await;
                if seen.status != 403 {
                    let_in.push(format!("{method} {path}: {}", seen.text));
                }
            }
        }
        assert_eq!(let_in, Vec::<String>::new(), "a viewer's writes that were not refused");
        line.end().await;
    })
    .await;
}

/// A body that the operation would take, where an empty object is not one: what is malformed may be refused before who asks is looked at.
fn body_of(method: &str, path: &str) -> Value {
    let id = "00000000-0000-7000-8000-000000000000";
    match (method, path.trim_start_matches("/api/v1").trim_start_matches("/workspaces/{workspace}")) {
        ("PUT", "/members/{user}") => json!({"role": "admin"}),
        ("PUT", "/groups/{name}") => json!({"members": []}),
        ("PUT", "/secrets/{name}") => json!({"value": "v"}),
        ("POST", "/environments/{pipeline}/{environment}/lock") => json!({"reason": "r"}),
        ("POST", "/tokens") => json!({"name": "t", "role": "viewer"}),
        ("POST", "/users") => json!({"name": "u"}),
        ("POST", "/gates/{gate}/decisions") => json!({"decision": "approve"}),
        ("POST", path) if path.ends_with("/close") => json!({"reason": "done"}),
        ("PATCH", path) if path.contains("/versions/") => json!({"enabled": false}),
        ("PUT", path) if path.ends_with("/pin") => json!({"version": "a"}),
        ("POST", path) if path.ends_with("/versions") => json!({"version": {"commit": "a".repeat(40)}}),
        ("POST", "/runner/register") => json!(super::world::registration("vera")),
        ("POST", "/runner/claim") => json!({"runner": id, "free": 1, "wait_ms": 0}),
        ("POST", "/runner/report") => json!({"runner": id, "running": [], "reports": [], "draining": false}),
        ("PUT", "/channels/{name}") => json!({"kind": "webhook", "url": "https://example.org/", "secret": "s"}),
        _ => json!({}),
    }
}
