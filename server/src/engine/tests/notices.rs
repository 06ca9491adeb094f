//! What is told because of events: starts, versions, pauses, statuses of commits at forges; and links of mails that lead to a decision.

use super::world::{Line, map};
use crate::engine::channel::ChannelSettings;
use crate::engine::{self, ManualStart, Progress, Publication, deliver};
use crate::http::testing::call;
use crate::notify::{ForgeKind, GateLink};
use crate::store::line::gates::{self, Gate};
use crate::store::people::deliveries::{self, Delivery, DeliveryState, Filter};
use crate::store::people::users;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Outcome, ReportBody};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const COMMIT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const PIPELINE: &str = "pipeline: p
resources:
  source: { type: git, url: \"https://git.example.org/acme/shop.git\" }
jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  sign: { after: [build], inputs: [source], approval: { require: [{ from: [\"role:operator\"], count: 1 }] } }
  deploy: { after: [sign], inputs: [source], steps: [{ run: make }] }
";

/// Everything that happened is told.
async fn tell(line: &Line) {
    line.tick().await;
    let mut progress = Progress::read(line.app()).await.unwrap();
    engine::tick_tell(line.app(), &mut progress).await.unwrap();
}

/// Oldest first.
async fn list(line: &Line) -> Vec<Delivery> {
    let mut reader = line.app().db.read().await.unwrap();
    let filter = Filter { limit: 500, ..Filter::default() };
    let mut all = deliveries::list(&mut reader.connection(), line.workspace, &filter).await.unwrap();
    all.reverse();
    all
}

async fn told(line: &Line) -> Vec<String> {
    tell(line).await;
    list(line).await.into_iter().map(|it| format!("{} {}", it.event, it.target)).collect()
}

/// A small forge: it keeps the statuses that it is given, under the three APIs' addresses.
#[derive(Clone, Debug, Default)]
struct Forge {
    got: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
}

impl Forge {
    async fn listen(&self) -> (String, tokio::task::JoinHandle<()>) {
        let take = |State(forge): State<Self>, Path(path): Path<String>, headers: HeaderMap, axum::Json(body): axum::Json<Value>| async move {
            forge.got.lock().unwrap().push((path, headers, body));
            StatusCode::CREATED
        };
        let router = axum::Router::new().route("/{*path}", axum::routing::post(take)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
    }

    /// The states, in order, with their descriptions.
    fn states(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.got.lock().unwrap().iter().map(|(_, _, body)| (text(&body["state"]), text(&body["description"]))).collect()
    }
}

async fn add_forge(line: &Line, administrator: &str, (name, kind): (&str, ForgeKind), api: &str) {
    let settings = ChannelSettings::Forge {
        forge: kind,
        api: api.to_owned(),
        token: "t0ken-of-forge".to_owned().into(),
        repository: "https://git.example.org/acme/*".into(),
    };
    let body = serde_json::to_value(&settings).unwrap();
    line.world.expect(200, call("PUT", &format!("channels/{name}")).token(administrator).json(body)).await;
}

/// Sends everything that is due.
async fn send(line: &Line) {
    tell(line).await;
    while deliver::tick(line.app()).await.unwrap() > 0 {}
}

async fn commit(line: &Line) {
    line.publish("source", &[("commit", COMMIT)]).await;
}

async fn gate(line: &Line) -> Gate {
    let last = line.last("sign").await.id;
    let mut reader = line.app().db.read().await.unwrap();
    gates::find_by_job_run(&mut reader.connection(), last).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_commit_is_green_only_when_the_whole_run_has_ended_well() {
    on_engine(async |store| {
        let line = Line::new(store, PIPELINE).await;
        let administrator = line.world.administrator().await;
        let ben = line.world.person(&administrator, "ben", "operator").await;
        let forge = Forge::default();
        let (url, server) = forge.listen().await;
        add_forge(&line, &administrator, ("hub", ForgeKind::Github), &format!("{url}/api/v3")).await;
        commit(&line).await;
        send(&line).await;
        assert_eq!(forge.states(), [("pending".to_owned(), "Waiting".to_owned())]);
        let build = line.claim().await.remove(0);
        line.report(&build, vec![ReportBody::Started]).await;
        send(&line).await;
        line.end_with(&build, Outcome::Succeeded).await;
        send(&line).await;
        let waiting = ("pending".to_owned(), "Waiting for people: sign".to_owned());
        assert_eq!(forge.states().last(), Some(&waiting), "a gate is not green");
        let path = format!("gates/{}/decisions", gate(&line).await.id);
        let decide = call("POST", &path).header("cookie", &ben.0).header("x-andon-csrf", &ben.1).json(json!({"decision": "approve"}));
        line.world.expect(200, decide).await;
        send(&line).await;
        assert!(forge.states().iter().all(|(state, _)| state == "pending"), "{:?}", forge.states());
        line.play(&[]).await;
        send(&line).await;
        assert_eq!(forge.states().last(), Some(&("success".to_owned(), "Completed".to_owned())));
        assert_eq!(forge.states().iter().filter(|(state, _)| state == "success").count(), 1);
        let (path, headers, body) = forge.got.lock().unwrap().last().unwrap().clone();
        assert_eq!(path, format!("api/v3/repos/acme/shop/statuses/{COMMIT}"));
        assert_eq!((&headers["authorization"], &body["context"]), (&"Bearer t0ken-of-forge".parse().unwrap(), &json!("andon/p")));
        assert!(body["target_url"].as_str().unwrap().contains("/w/main/runs/"), "{body}");
        assert!(list(&line).await.iter().all(|it| it.event == "commit-status" && it.state == DeliveryState::Delivered));
        server.abort();
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn each_forge_hears_of_a_failure_in_its_words_and_a_retry_says_what_is_true_then() {
    on_engine(async |store| {
        let line = Line::new(store, PIPELINE).await;
        let administrator = line.world.administrator().await;
        let forge = Forge::default();
        let (url, server) = forge.listen().await;
        for (name, kind) in [("hub", ForgeKind::Github), ("lab", ForgeKind::Gitlab), ("tea", ForgeKind::Gitea)] {
            add_forge(&line, &administrator, (name, kind), &url).await;
        }
        commit(&line).await;
        tell(&line).await;
        assert_eq!(list(&line).await.len(), 3);
        line.play(&[("build", Outcome::Failed)]).await;
        // What was queued while the run was pending is sent now, and says what is true now; nothing is queued twice.
        send(&line).await;
        assert_eq!(list(&line).await.len(), 3);
        let mut states = forge.states();
        states.sort();
        let failed = |word: &str| (word.to_owned(), "Failed: build".to_owned());
        assert_eq!(states, [failed("failed"), failed("failure"), failed("failure")]);
        let paths: Vec<String> = forge.got.lock().unwrap().iter().map(|(path, _, _)| path.clone()).collect();
        assert!(
            paths.contains(&format!("projects/acme%2Fshop/statuses/{COMMIT}"))
                || paths.contains(&format!("projects/acme/shop/statuses/{COMMIT}")),
            "{paths:?}"
        );
        // The log shows the request, without the token.
        let id = list(&line).await[0].id;
        let shown = line.world.expect(200, call("GET", &format!("deliveries/{id}")).token(&administrator)).await.json();
        let request = shown["log"][0]["request"].as_str().unwrap();
        assert!(request.contains(COMMIT) && !request.contains("t0ken"), "{request}");
        // A rerun that succeeds is pending again until the run has ended.
        engine::rerun_failed(line.app(), "user:ada", line.runs().await[0].id).await.unwrap();
        send(&line).await;
        assert!(forge.states().len() > 3);
        assert!(forge.states()[3..].iter().all(|(state, _)| state == "pending"), "{:?}", forge.states());
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn starts_versions_and_pauses_are_told_once_by_the_rules_of_pipeline_and_workspace() {
    on_engine(async |store| {
        let notify = "notify:\n  - { on: [started, succeeded, failed], jobs: [build], to: [\"email:team@example.org\"] }\n";
        let line = Line::new(store, &format!("{PIPELINE}{notify}")).await;
        let administrator = line.world.administrator().await;
        let rules = "notify:\n  - { on: [version-published], resources: [source], to: [\"email:versions@example.org\"] }
  - { on: [paused], pipelines: [p], to: [\"email:cord@example.org\"] }
  - { on: [paused], pipelines: [other], to: [\"email:never@example.org\"] }\n";
        let set = call("PUT", "notifications").token(&administrator).text(rules).header("content-type", "application/yaml");
        assert_eq!(line.world.expect(200, set).await.json()["rules"].as_array().unwrap().len(), 3);
        commit(&line).await;
        assert_eq!(told(&line).await, ["version-published email:versions@example.org"]);
        line.play(&[]).await;
        let expected =
            ["version-published email:versions@example.org", "succeeded email:team@example.org", "started email:team@example.org"];
        assert_eq!(told(&line).await, expected);
        assert_eq!(told(&line).await, expected, "nothing is told twice");
        engine::pause_pipeline(line.app(), "user:ada", &line.pipeline().await, (true, Some("fire"))).await.unwrap();
        let told = told(&line).await;
        assert_eq!(told[3..], ["paused email:cord@example.org"]);
        let message: Value = serde_json::from_str(&list(&line).await[3].message).unwrap();
        assert_eq!((&message["why"], &message["who"], &message["job"]), (&json!("fire"), &json!("user:ada"), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn bad_rules_change_nothing_and_are_told_with_line_and_column() {
    on_engine(async |store| {
        let line = Line::new(store, PIPELINE).await;
        let administrator = line.world.administrator().await;
        let put = |text: &str| call("PUT", "notifications").token(&administrator).text(text).header("content-type", "application/yaml");
        line.world.expect(200, put("notify: [{ on: [failed], to: [authors] }]")).await;
        let refused = line.world.expect(422, put("notify: [{ on: [faild], to: [authors] }]")).await.json();
        assert_eq!(refused["diagnostics"][0]["line"], 1, "{refused}");
        let kept = line.world.expect(200, call("GET", "notifications").token(&administrator)).await.json();
        assert_eq!(kept["text"], "notify: [{ on: [failed], to: [authors] }]");
        let ben = line.world.person(&administrator, "ben", "operator").await;
        let by_ben = call("PUT", "notifications").text("notify: []").header("cookie", &ben.0).header("x-andon-csrf", &ben.1);
        line.world.expect(403, by_ben).await;
    })
    .await;
}

#[tokio::test]
async fn a_person_is_told_of_what_they_started_if_they_ask_for_it() {
    on_engine(async |store| {
        let line = Line::new(store, PIPELINE).await;
        let administrator = line.world.administrator().await;
        let ada = line.world.person(&administrator, "ada", "operator").await;
        line.world.person(&administrator, "ben", "operator").await;
        for name in ["ada", "ben"] {
            let body = json!({"email": format!("{name}@example.org")});
            line.world.expect(200, call("PATCH", &format!("/users/{name}")).token(&administrator).json(body)).await;
        }
        let set = |body: Value| call("PUT", "/me/notifications").header("cookie", &ada.0).header("x-andon-csrf", &ada.1).json(body);
        line.world.expect(200, set(json!({"events": ["failed"]}))).await;
        for bad in [json!({"events": ["faild"]}), json!({"digest": "1s"}), json!({"quiet": 1})] {
            line.world.expect(400, set(bad)).await;
        }
        line.world.expect(403, call("GET", "/me/notifications").token(&line.runner_token(&administrator).await)).await;
        let source = line.resource("source").await;
        let of_ben = Publication { map: map(&[("commit", COMMIT)]), archive: None };
        engine::publish(line.app(), "user:ben", (line.workspace, &source), of_ben).await.unwrap();
        line.tick().await;
        line.play(&[("build", Outcome::Failed)]).await;
        assert!(told(&line).await.is_empty(), "it was ben's: {:?}", list(&line).await);
        line.start("build", ManualStart::default()).await.unwrap();
        line.play(&[("build", Outcome::Failed)]).await;
        assert_eq!(told(&line).await, ["failed email:ada@example.org"]);
        assert!(list(&line).await[0].user.is_some());
    })
    .await;
}

/// A session's cookies and its token against forgery.
type Session = (String, String);

struct Links {
    line: Line,
    ben: Session,
    cleo: Session,
    administrator: String,
}

impl Links {
    async fn new(store: crate::store::testing::TestStore) -> Self {
        let line = Line::new(store, PIPELINE).await;
        let administrator = line.world.administrator().await;
        let ben = line.world.person(&administrator, "ben", "operator").await;
        let cleo = line.world.person(&administrator, "cleo", "operator").await;
        commit(&line).await;
        line.play(&[]).await;
        Self { line, ben, cleo, administrator }
    }

    async fn token(&self, name: &str, digest: &str, life_ms: i64) -> String {
        let gate = gate(&self.line).await;
        let mut reader = self.line.app().db.read().await.unwrap();
        let user = users::find_by_name(&mut reader.connection(), name).await.unwrap().unwrap().0;
        let digest = if digest.is_empty() { &gate.digest } else { digest };
        GateLink::new(gate.id, digest, user.id, self.line.app().clock.now_ms() + life_ms).sign(&self.line.app().vault)
    }

    async fn send(&self, status: u16, session: &Session, path: &str, body: Value) -> Value {
        let call = call("POST", &format!("/gate-links/{path}")).header("cookie", &session.0).header("x-andon-csrf", &session.1);
        self.line.world.expect(status, call.json(body)).await.json()
    }

    async fn refused(&self, status: u16, session: &Session, token: &str) -> String {
        let body = json!({"token": token, "decision": {"decision": "approve"}});
        self.send(status, session, "decide", body).await["detail"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_link_decides_once_for_its_person_on_what_it_was_about() {
    on_engine(async |store| {
        let links = Links::new(store).await;
        let token = links.token("ben", "", 1_000).await;
        let place = links.send(200, &links.ben, "open", json!({"token": token})).await;
        assert_eq!((&place["workspace"], &place["gate"]), (&json!("main"), &json!(gate(&links.line).await.id)));
        assert!(links.refused(403, &links.cleo, &token).await.contains("made for another person"));
        assert!(links.refused(409, &links.ben, &links.token("ben", "another digest", 1_000).await).await.contains("has changed since"));
        let mut altered = token.clone();
        altered.replace_range(3..4, if &token[3..4] == "A" { "B" } else { "A" });
        for bad in [altered.as_str(), "", "x", &token[..100]] {
            assert!(links.refused(400, &links.ben, bad).await.contains("is not one that the server made"));
        }
        assert!(links.refused(403, &links.cleo, &token).await.contains("another person"), "nothing of that used it up");
        links.line.world.expect(401, call("POST", "/gate-links/open").json(json!({"token": token}))).await;
        let other = links.token("ben", "", 2_000).await;
        let body = json!({"token": token, "decision": {"decision": "approve", "comment": "fine"}});
        let decided = links.send(200, &links.ben, "decide", body).await;
        assert_eq!((&decided["status"], &decided["decisions"][0]["user"]), (&json!("approved"), &json!("ben")));
        assert!(links.refused(409, &links.ben, &token).await.contains("closed"));
        assert!(links.refused(409, &links.ben, &other).await.contains("closed"));
        let _ = &links.administrator;
    })
    .await;
}

#[tokio::test]
async fn a_link_that_was_used_or_has_expired_is_refused() {
    on_engine(async |store| {
        let links = Links::new(store).await;
        let token = links.token("ben", "", 1_000).await;
        let bad = json!({"token": token, "decision": {"decision": "maybe"}});
        links.send(400, &links.ben, "decide", bad).await;
        let mut tx = links.line.app().db.begin("user:ben").await.unwrap();
        let link = GateLink::verify(&token, &links.line.app().vault).unwrap();
        assert!(crate::store::people::gate_links::take(&mut tx, &GateLink::hash(&token), link.gate, link.user).await.unwrap());
        tx.commit().await.unwrap();
        assert!(links.refused(409, &links.ben, &token).await.contains("used already"));
        let late = links.token("ben", "", 500).await;
        links.line.world.store.clock.advance(500);
        assert!(links.refused(409, &links.ben, &late).await.contains("has expired"));
    })
    .await;
}

#[tokio::test]
async fn a_mail_to_an_approver_leads_to_the_decision() {
    on_engine(async |store| {
        let sink = store.folder.path().join("mail");
        let notify = "notify:\n  - { on: [awaiting-approval], to: [approvers, \"email:team@example.org\"] }\n";
        let line = Line::with_mail(store, &format!("{PIPELINE}{notify}"), Some(&format!("file:{}", sink.display()))).await;
        let administrator = line.world.administrator().await;
        let ben = line.world.person(&administrator, "ben", "operator").await;
        let body = json!({"email": "ben@example.org"});
        line.world.expect(200, call("PATCH", "/users/ben").token(&administrator).json(body)).await;
        commit(&line).await;
        line.play(&[]).await;
        send(&line).await;
        let mails: Vec<String> = std::fs::read_dir(&sink).unwrap().map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap()).collect();
        let find = |to: &str| {
            mails
                .iter()
                .find(|mail| mail.contains(&format!("To: {to}")))
                .unwrap_or_else(|| panic!("{to}: {mails:?}"))
                .replace("=\r\n", "")
                .replace("=3D", "=")
        };
        let mail = find("ben@example.org");
        let token: String =
            mail.split("?token=").nth(1).unwrap().chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        assert!(!find("team@example.org").contains("token="));
        let open = call("POST", "/gate-links/open").header("cookie", &ben.0).header("x-andon-csrf", &ben.1).json(json!({"token": token}));
        line.world.expect(200, open).await;
        let log = line
            .world
            .expect(200, call("GET", "deliveries?state=delivered&target=email:ben@example.org").token(&administrator))
            .await
            .json();
        let id = log["items"][0]["id"].as_str().unwrap();
        let shown = line.world.expect(200, call("GET", &format!("deliveries/{id}")).token(&administrator)).await;
        assert!(shown.text.contains("?token=***") && !shown.text.contains(&token), "{}", shown.text);
    })
    .await;
}
