//! Every route that changes something leaves a row in the audit trail.

use super::world::{Line, pipeline};
use crate::audit::Entry;
use crate::engine;
use crate::http::describe_api;
use crate::http::testing::{Answer, Call, PASSWORD, call};
use crate::store::people::audit::{self, Question};
use crate::store::testing::on_engine;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Writes that leave no row, and why.
const EXCEPTIONS: [(&str, &str); 11] = [
    ("POST /api/v1/check", "reads a text and changes nothing"),
    ("POST /api/v1/workspaces/{workspace}/pipelines/{pipeline}/plan", "reads a text and changes nothing"),
    ("POST /api/v1/workspaces/{workspace}/pipelines/{pipeline}/simulate", "reads a text and changes nothing"),
    ("POST /api/v1/workspaces/{workspace}/channels/{name}/template/preview", "reads a template and changes nothing"),
    ("POST /api/v1/runner/register", "a runner's work, not a person's: the list of runners shows it"),
    ("POST /api/v1/runner/claim", "a runner's work; the secrets that it gets have rows of their own"),
    ("POST /api/v1/runner/report", "a runner's work: the job run shows it"),
    ("PUT /api/v1/runner/executions/{execution}/blobs/{digest}", "a runner's work: the job run shows it"),
    ("POST /api/v1/gate-links/open", "says where a link leads and changes nothing"),
    ("POST /api/v1/gate-links/decide", "needs a mail's token: the decision is the one of the gate, which the walk makes"),
    ("POST /hooks/{workspace}", "a forge's signed message, not a person's: its versions name it"),
];

const LINE: &str = "  nightly: { type: cron, schedule: \"0 2 * * *\" }
  production: { type: environment }
jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  sign: { after: [build], inputs: [source], approval: { require: [{ from: [\"role:admin\"], count: 2 }], break_glass: [\"role:admin\"] } }
  ship: { inputs: [source], outputs: [production], steps: [{ run: make }] }
  list: { inputs: [source], tasks: [{ id: page, title: Write the page }] }
";

struct Walk {
    line: Line,
    token: String,
    done: BTreeSet<String>,
    /// `METHOD /path/{parameter}` of everything that may change something.
    writes: Vec<String>,
}

impl Walk {
    async fn newest(&self, after: i64) -> Vec<Entry> {
        let question = Question { installation: true, limit: 100, ..Question::default() };
        let mut reader = self.line.app().db.read().await.unwrap();
        let mut found = audit::list(&mut reader.connection(), self.line.workspace, &question).await.unwrap();
        found.retain(|entry| entry.sequence > after);
        found
    }

    /// Sends what must succeed and leave a row with this action that names the request. Answers what came back.
    async fn act(&mut self, action: &str, call: Call) -> Answer {
        let (method, path) = call.shown();
        let fits = |write: &&String| {
            let (of, template) = write.split_once(' ').unwrap();
            let (known, asked): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            of == method
                && known.len() == asked.len()
                && known.iter().zip(asked).all(|(known, asked)| known.starts_with('{') || *known == asked)
        };
        let write = self.writes.iter().find(fits).unwrap_or_else(|| panic!("no operation is {method} {path}")).clone();
        let before = self.newest(0).await.into_iter().map(|entry| entry.sequence).max().unwrap_or(0);
        let answer = self.line.world.send(call.header("user-agent", "walker/1")).await;
        assert!(answer.status.is_success(), "{write}: {} {}", answer.status, answer.text);
        self.line.tick().await;
        let rows = self.newest(before).await;
        let row = rows.iter().find(|row| row.action == action).unwrap_or_else(|| panic!("{write} left {rows:#?}"));
        assert_eq!(row.request.as_deref(), answer.headers["x-request-id"].to_str().ok(), "{write}");
        assert!(row.agent.as_deref() == Some("walker/1") && row.actor.contains(':') && row.user.is_some(), "{write}: {row:?}");
        self.done.insert(write);
        answer
    }

    /// As the administrator, with a JSON body.
    async fn send(&mut self, action: &str, (method, path): (&str, &str), body: Value) -> Answer {
        let asked = call(method, path).token(&self.token).json(body);
        self.act(action, asked).await
    }
}

fn list_writes() -> Vec<String> {
    let api: Value = serde_json::from_str(&describe_api()).unwrap();
    let paths = api["paths"].as_object().unwrap().iter();
    let methods = |(path, item): (&String, &Value)| {
        let path = path.clone();
        let kinds: Vec<_> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        kinds.into_iter().map(move |method| format!("{method} {path}"))
    };
    paths.flat_map(methods).filter(|operation| !operation.starts_with("GET ")).collect()
}

#[tokio::test]
async fn every_write_leaves_a_row_or_stands_among_the_exceptions() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        let mut walk = Walk { line, token, done: BTreeSet::new(), writes: list_writes() };
        let anna = walk_people(&mut walk).await;
        walk_settings(&mut walk).await;
        walk_line(&mut walk).await;
        walk_gates(&mut walk, &anna).await;
        walk_tasks(&mut walk).await;
        walk_environments(&mut walk).await;
        walk_runs(&mut walk).await;
        let excepted: BTreeSet<_> = EXCEPTIONS.iter().map(|(write, _)| (*write).to_owned()).collect();
        let missing: Vec<_> = walk.writes.iter().filter(|write| !walk.done.contains(*write) && !excepted.contains(*write)).collect();
        assert!(missing.is_empty(), "add these to the walk, or to the exceptions with a reason: {missing:#?}");
        assert!(excepted.iter().all(|write| walk.writes.contains(write) && !walk.done.contains(write)), "exceptions that are none");
        let walked = audit::walk(&mut walk.line.app().db.read().await.unwrap().connection(), 0, 10_000).await.unwrap();
        assert_eq!((walked.fault, walked.until), (None, walked.head));
    })
    .await;
}

/// Answers a token of the second administrator's own.
async fn walk_people(walk: &mut Walk) -> String {
    let (cookies, csrf) =
        walk.act("session.started", call("POST", "/session").json(json!({"name": "root", "password": PASSWORD}))).await.cookies();
    walk.act("session.ended", call("DELETE", "/session").header("cookie", &cookies).header("x-andon-csrf", &csrf)).await;
    let made = walk.send("user.created", ("POST", "/users"), json!({"name": "anna"})).await.json();
    let link = made["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let redeemed = call("POST", &format!("/signin-links/{link}")).json(json!({"password": PASSWORD}));
    let (cookies, csrf) = walk.act("signin-link.used", redeemed).await.cookies();
    walk.send("user.changed", ("PATCH", "/users/anna"), json!({"email": "anna@example.org"})).await;
    walk.send("role.changed", ("PUT", "members/anna"), json!({"role": "admin"})).await;
    walk.send("group.set", ("PUT", "groups/release"), json!({"members": ["anna"]})).await;
    walk.send("group.deleted", ("DELETE", "groups/release"), json!({})).await;
    let own = |method: &str, path: &str| call(method, path).header("cookie", &cookies).header("x-andon-csrf", &csrf);
    walk.act("preferences.changed", own("PUT", "/me/notifications").json(json!({"events": ["failed"]}))).await;
    let token = walk.act("token.created", own("POST", "/me/tokens").json(json!({"name": "desk"}))).await.json();
    let other = walk.act("token.created", own("POST", "/me/tokens").json(json!({"name": "old"}))).await.json();
    walk.act("token.revoked", own("DELETE", &format!("/me/tokens/{}", other["id"].as_str().unwrap()))).await;
    walk.send("user.created", ("POST", "/users"), json!({"name": "ben"})).await;
    walk.send("role.changed", ("PUT", "members/ben"), json!({"role": "viewer"})).await;
    walk.send("member.removed", ("DELETE", "members/ben"), json!({})).await;
    token["secret"].as_str().unwrap().to_owned()
}

async fn walk_settings(walk: &mut Walk) {
    let made = walk.send("token.created", ("POST", "tokens"), json!({"name": "ci", "role": "viewer"})).await.json();
    walk.send("token.revoked", ("DELETE", &format!("tokens/{}", made["id"].as_str().unwrap())), json!({})).await;
    walk.send("secret.set", ("PUT", "secrets/deploy"), json!({"value": "hunter2"})).await;
    walk.send("secret.deleted", ("DELETE", "secrets/deploy"), json!({})).await;
    walk.send("channel.changed", ("PUT", "channels/hook"), json!({"kind": "webhook", "url": "https://example.org/hunter2"})).await;
    walk.send("channel.changed", ("PUT", "channels/hook/template"), json!({"body": "{}"})).await;
    walk.send("channel.changed", ("DELETE", "channels/hook/template"), json!({})).await;
    walk.send("channel.paused", ("POST", "channels/hook/pause"), json!({"reason": "too loud"})).await;
    walk.send("channel.resumed", ("POST", "channels/hook/resume"), json!({})).await;
    let rules = call("PUT", "notifications").token(&walk.token).text("notify: []").header("content-type", "application/yaml");
    walk.act("notifications.changed", rules).await;
    let runner = walk.line.runner;
    walk.send("runner.changed", ("POST", &format!("runners/{runner}/drain")), json!({})).await;
    walk.send("runner.changed", ("POST", &format!("runners/{runner}/resume")), json!({})).await;
    let sent = walk.send("channel.tested", ("POST", "channels/hook/test"), json!({})).await.json();
    walk.send("channel.deleted", ("DELETE", "channels/hook"), json!({})).await;
    // Without its channel the delivery has nowhere to go.
    assert_eq!(engine::deliver::tick(walk.line.app()).await.unwrap(), 1);
    walk.send("delivery.replayed", ("POST", &format!("deliveries/{}/replay", sent["id"].as_str().unwrap())), json!({})).await;
}

async fn walk_line(walk: &mut Walk) {
    let token = walk.token.clone();
    let put = |path: &str, text: &str| call("PUT", path).token(&token).text(text);
    walk.act("pipeline.set", put("pipelines/p", &pipeline(&format!("{LINE}  more: {{ after: [sign], steps: [{{ run: make }}] }}\n"))))
        .await;
    walk.send("pipeline.set", ("POST", "pipelines/p/revisions/1/restore"), json!({})).await;
    walk.act("module.set", put("modules/hello", "module: hello\ndescription: Says it.\nsteps:\n  - run: echo hello\n")).await;
    walk.send("module.removed", ("DELETE", "modules/hello"), json!({})).await;
    for (place, kind) in [("", "workspace"), ("pipelines/p/", "pipeline"), ("pipelines/p/jobs/build/", "job")] {
        walk.send(&format!("{kind}.paused"), ("POST", &format!("{place}pause")), json!({"reason": "smoke"})).await;
        walk.send(&format!("{kind}.resumed"), ("POST", &format!("{place}resume")), json!({})).await;
    }
    let made =
        walk.send("version.published", ("POST", "resources/p/source/versions"), json!({"version": {"commit": "a".repeat(40)}})).await;
    let version = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("resources/p/source/versions/{version}");
    walk.send("version.disabled", ("PATCH", &path), json!({"enabled": false, "reason": "broken"})).await;
    walk.send("version.enabled", ("PATCH", &path), json!({"enabled": true})).await;
    walk.send("resource.pinned", ("PUT", "resources/p/source/pin"), json!({"version": version, "comment": "known good"})).await;
    walk.send("resource.unpinned", ("DELETE", "resources/p/source/pin"), json!({})).await;
    walk.send("resource.checked", ("POST", "resources/p/nightly/check"), json!({})).await;
}

async fn gate_path(walk: &Walk, act: &str) -> String {
    let open = walk.line.world.expect(200, call("GET", "gates?status=open").token(&walk.token)).await.json();
    format!("gates/{}/{act}", open["items"][0]["id"].as_str().unwrap())
}

async fn walk_gates(walk: &mut Walk, anna: &str) {
    walk.line.play(&[]).await;
    let path = gate_path(walk, "claim").await;
    walk.send("gate.claimed", ("POST", &path), json!({})).await;
    let path = gate_path(walk, "unclaim").await;
    walk.send("gate.unclaimed", ("POST", &path), json!({})).await;
    let path = gate_path(walk, "decisions").await;
    walk.send("gate.approved", ("POST", &path), json!({"decision": "approve", "comment": "seen"})).await;
    walk.send("gate.revoked", ("POST", &path), json!({"decision": "revoke"})).await;
    let path = gate_path(walk, "break-glass").await;
    walk.send("gate.break-glass", ("POST", &path), json!({"reason": "the shop is down"})).await;
    let path = path.replace("break-glass", "review");
    walk.act("gate.reviewed", call("POST", &path).token(anna).json(json!({}))).await;
}

async fn walk_tasks(walk: &mut Walk) {
    let open = walk.line.world.expect(200, call("GET", "tasks").token(&walk.token)).await.json();
    let task = open["items"][0]["id"].as_str().unwrap().to_owned();
    let job_run = walk.line.last("list").await.id;
    walk.send("task.added", ("POST", &format!("job-runs/{job_run}/tasks")), json!({"title": "Read it again"})).await;
    walk.send("task.moved", ("PATCH", &format!("tasks/{task}")), json!({"status": "in-progress"})).await;
    walk.send("task.moved", ("POST", "tasks:batch"), json!({"tasks": [task], "change": {"status": "done"}})).await;
}

async fn walk_environments(walk: &mut Walk) {
    let place = "environments/p/production";
    walk.send("environment.locked", ("POST", &format!("{place}/lock")), json!({"reason": "smoke"})).await;
    walk.send("environment.unlocked", ("POST", &format!("{place}/unlock")), json!({})).await;
    walk.line.commit('b').await;
    walk.line.play(&[]).await;
    walk.send("environment.rollback", ("POST", &format!("{place}/rollback")), json!({"note": "b is slow"})).await;
    walk.line.play(&[]).await;
    walk.send("environment.promote", ("POST", &format!("{place}/promote")), json!({"version": "bbb"})).await;
    walk.line.play(&[]).await;
}

async fn walk_runs(walk: &mut Walk) {
    let begun = walk.send("run.started", ("POST", "pipelines/p/jobs/build/runs"), json!({"note": "once more"})).await.json();
    let run = begun["run"].as_str().unwrap().to_owned();
    let job_run = walk.line.last("build").await.id;
    walk.send("job-run.stopped", ("POST", &format!("job-runs/{job_run}/stop")), json!({"reason": "wrong"})).await;
    walk.send("job-run.rerun", ("POST", &format!("job-runs/{job_run}/rerun")), json!({})).await;
    walk.send("run.stopped", ("POST", &format!("runs/{run}/stop")), json!({"reason": "wrong again"})).await;
    walk.send("job-run.rerun", ("POST", &format!("runs/{run}/rerun")), json!({"failed": true})).await;
    walk.send("run.stopped", ("POST", &format!("runs/{run}/stop")), json!({})).await;
    let closed = walk.send("run.started", ("POST", "pipelines/p/jobs/build/runs"), json!({})).await.json();
    walk.send("run.closed", ("POST", &format!("runs/{}/close", closed["run"].as_str().unwrap())), json!({"reason": "not wanted"})).await;
    walk.send("run.renamed", ("POST", &format!("runs/{run}/rename")), json!({"name": "the last"})).await;
    walk.send("run.deleted", ("DELETE", &format!("runs/{run}")), json!({})).await;
}
