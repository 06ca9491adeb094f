//! Who decides at gates, who may not, and what they say.

use super::people::People;
use super::world::job_of;
use crate::store::testing::on_engine;
use serde_json::json;
use std::path::Path;

const DEPLOYED: &str = "  production: { type: environment }
jobs:
  qa: { inputs: [source], approval: { require: [{ from: [\"user:finn\", \"user:eve\"] }] } }
  sign: { after: [qa], inputs: [source], approval: { exclude: [initiator, authors, previous] } }
  deploy: { after: [sign], inputs: [source], outputs: [production], steps: [{ run: make }] }
";

/// A commit without files; answers its id.
pub fn commit(path: &Path, author: &str, parents: &[&str]) -> String {
    let repository = git2::Repository::open_bare(path).unwrap();
    let tree = repository.find_tree(repository.treebuilder(None).unwrap().write().unwrap()).unwrap();
    let who = git2::Signature::new(author, &format!("{author}@example.org"), &git2::Time::new(1_700_000_000, 0)).unwrap();
    let parents: Vec<_> = parents.iter().map(|parent| repository.find_commit(git2::Oid::from_str(parent).unwrap()).unwrap()).collect();
    let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
    repository.commit(None, &who, &who, &format!("by {author}"), &tree, &parents).unwrap().to_string()
}

#[tokio::test]
async fn whoever_wrote_started_or_approved_before_may_not_approve() {
    on_engine(async |store| {
        let people = People::on(store, DEPLOYED, &["ada", "ben", "cleo", "dan", "eve", "finn", "gus"]).await;
        let path = people.line.app().repositories.create("main", "shop").unwrap();
        let root = commit(&path, "gus", &[]);
        people.line.publish("source", &[("commit", &root)]).await;
        let qa = format!("gates/{}/decisions", people.gate_of("qa").await.id);
        assert_eq!(people.post("finn", &qa, json!({"decision": "approve"})).await.status, 200);
        assert_eq!(people.decide("gus", "approve").await.status, 403, "nothing runs yet, so every commit counts");
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");

        let (left, right) = (commit(&path, "ben", &[&root]), commit(&path, "cleo", &[&root]));
        let merge = commit(&path, "dan", &[&left, &right]);
        people.line.publish("source", &[("commit", &merge)]).await;
        let qa = format!("gates/{}/decisions", people.gate_of("qa").await.id);
        assert_eq!(people.post("eve", &qa, json!({"decision": "approve"})).await.status, 200);
        for (name, why) in [
            ("ada", "they started this run"),
            ("ben", "they wrote commit"),
            ("cleo", "they wrote commit"),
            ("dan", "they wrote commit"),
            ("eve", "they approved qa #2 of this run"),
        ] {
            let refused = people.decide(name, "approve").await;
            assert!(refused.status == 403 && refused.text.contains(why), "{name}: {}", refused.text);
        }
        let seen = people.look("ben", "sign").await;
        assert_eq!((seen["may_decide"].as_bool(), seen["may_reject"].as_bool()), (Some(false), Some(true)));
        let evidence = &seen["evidence"];
        assert_eq!(evidence["environment"], "production");
        assert_eq!(evidence["current"]["values"]["source"], root.as_str());
        let commits: Vec<_> =
            evidence["changes"][0]["commits"].as_array().unwrap().iter().map(|it| it["author"].as_str().unwrap()).collect();
        assert_eq!((commits.len(), commits[0]), (3, "dan"), "{evidence}");
        assert_eq!(evidence["may_still_approve"], json!(["finn", "gus", "root"]));
        assert_eq!(evidence["authors"].as_array().unwrap().len(), 3);
        assert_eq!(people.decide("gus", "approve").await.status, 200, "what gus wrote runs already");
        people.line.play(&[]).await;
        assert_eq!((people.status("deploy").await.as_str(), people.count("deploy").await), ("succeeded", 2));
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn where_the_history_cannot_be_read_nobody_is_known_to_be_no_author() {
    on_engine(async |store| {
        let people = People::new(store, "{ exclude: [authors], break_glass: [\"role:admin\"] }", &["ben", "anna"]).await;
        people.arrive('a').await;
        let refused = people.decide("ben", "approve").await;
        assert!(refused.status == 403 && refused.text.contains("cannot be read"), "{}", refused.text);
        let path = format!("gates/{}/break-glass", people.gate().await);
        assert_eq!(people.post("anna", &path, json!({"reason": "the repository is gone"})).await.status, 200);
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_for_changes_holds_the_gate_until_it_is_taken_back() {
    on_engine(async |store| {
        let people = People::new(store, "{}", &["ben", "cleo", "vera"]).await;
        people.arrive('a').await;
        assert_eq!(people.decide("ben", "request-changes").await.status, 200);
        assert_eq!(people.decide("ben", "request-changes").await.status, 409);
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        assert_eq!(people.status("sign").await, "awaiting");
        let seen = people.look("cleo", "sign").await;
        assert_eq!(seen["evidence"]["waits_for"], json!(["ben asks for changes"]));
        assert_eq!(people.decide("vera", "revoke").await.status, 409, "vera has nothing to take back");
        assert_eq!(people.decide("ben", "revoke").await.status, 200);
        assert_eq!(people.status("sign").await, "succeeded");
        assert_eq!(people.decide("cleo", "revoke").await.status, 409, "it is closed");
        let decisions = people.look("cleo", "sign").await["decisions"].clone();
        let kept: Vec<_> = decisions.as_array().unwrap().iter().map(|it| (it["user"].clone(), it["revoked_by"].clone())).collect();
        assert_eq!(kept, [(json!("ben"), json!("user:ben")), (json!("cleo"), json!(null))], "nothing is forgotten");
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_approval_that_is_taken_back_does_not_count() {
    on_engine(async |store| {
        let people = People::new(store, "{ require: [{ from: [\"role:operator\"], count: 2 }] }", &["ben", "cleo", "dan"]).await;
        people.arrive('a').await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.decide("ben", "revoke").await.status, 200);
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        assert_eq!(people.status("sign").await, "awaiting");
        assert_eq!(people.decide("ben", "approve").await.status, 200, "one may decide again");
        assert_eq!(people.status("sign").await, "succeeded");
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_forms_answers_are_checked_and_go_downstream() {
    on_engine(async |store| {
        let form = "{ require: [{ from: [\"role:operator\"], count: 2 }], form: { ticket: { pattern: \"^OPS-[0-9]+$\", required: true }, \
                    share: { type: integer, min: 1, max: 100 } } }";
        let people = People::new(store, form, &["ben", "cleo"]).await;
        people.arrive('a').await;
        for (form, why) in [
            (json!({}), "ticket is required"),
            (json!({"ticket": "7"}), "ticket does not match"),
            (json!({"ticket": "OPS-1", "share": "10"}), "share has to be an integer"),
            (json!({"ticket": "OPS-1", "more": 1}), "no field"),
        ] {
            let refused = people.say("ben", json!({"decision": "approve", "form": form})).await;
            assert!(refused.status == 400 && refused.text.contains(why), "{}", refused.text);
        }
        let huge = people.say("ben", json!({"decision": "approve", "form": {"ticket": "x".repeat(10 << 20)}})).await;
        assert!(huge.status == 413 && huge.text.contains("64 KiB"), "{}", huge.text);
        assert_eq!(people.look("ben", "sign").await["decisions"], json!([]), "nothing was changed");
        assert_eq!(people.say("ben", json!({"decision": "approve", "form": {"ticket": "OPS-7"}})).await.status, 200);
        assert_eq!(people.say("cleo", json!({"decision": "approve", "form": {"share": 10}})).await.status, 200);
        let work = people.line.claim().await;
        assert_eq!(job_of(&work[0]), "deploy");
        assert_eq!(
            (work[0].environment["ANDON_STATE_SIGN_TICKET"].as_str(), work[0].environment["ANDON_STATE_SIGN_SHARE"].as_str()),
            ("OPS-7", "10")
        );
        people.line.end_with(&work[0], andon_pipelines::wire::Outcome::Succeeded).await;
        // What nobody answers the next time does not come from the last time.
        people.arrive('b').await;
        people.say("ben", json!({"decision": "approve", "form": {"ticket": "OPS-8"}})).await;
        people.say("cleo", json!({"decision": "approve"})).await;
        assert_eq!(people.line.last("sign").await.state, super::world::map(&[("ticket", "OPS-8")]));
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_opens_a_gate_alone_says_why_and_is_reviewed_by_somebody_else() {
    on_engine(async |store| {
        let gate =
            "{ require: [{ from: [\"user:ben\"], count: 1 }], break_glass: [\"user:cleo\"], windows: [{ allow: { dates: 2020-01-01 } }] }";
        let people = People::new(store, gate, &["ben", "cleo", "dan", "anna"]).await;
        people.arrive('a').await;
        let path = format!("gates/{}/break-glass", people.gate().await);
        assert_eq!(people.post("ben", &path, json!({"reason": "now"})).await.status, 403);
        assert_eq!(people.post("cleo", &path, json!({"reason": "  "})).await.status, 400);
        assert_eq!(people.post("cleo", &path, json!({"reason": "the shop is down"})).await.status, 200);
        assert_eq!(people.post("cleo", &path, json!({"reason": "again"})).await.status, 409);
        assert_eq!(people.status("sign").await, "succeeded (break-glass)");
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");
        let list = crate::http::testing::call("GET", "gates?status=unreviewed").token(&people.administrator);
        assert_eq!(people.line.world.expect(200, list.clone()).await.json()["items"].as_array().unwrap().len(), 1);
        let path = format!("gates/{}/review", people.gate().await);
        assert_eq!(people.post("cleo", &path, json!({})).await.status, 403, "not by the same person");
        assert_eq!(people.post("dan", &path, json!({})).await.status, 403, "nobody has asked dan");
        assert_eq!(people.post("anna", &path, json!({"comment": "right"})).await.status, 200);
        assert_eq!(people.post("ben", &path, json!({})).await.status, 409);
        let broken = people.look("ben", "sign").await["evidence"]["broken"].clone();
        assert_eq!((broken["by"].as_str(), broken["reviewed_by"].as_str()), (Some("cleo"), Some("anna")));
        assert_eq!(people.line.world.expect(200, list).await.json()["items"], json!([]));
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn one_person_looks_after_a_gate_at_a_time() {
    on_engine(async |store| {
        let people = People::new(store, "{}", &["ben", "cleo", "vera", "anna"]).await;
        people.arrive('a').await;
        let (claim, unclaim) = (format!("gates/{}/claim", people.gate().await), format!("gates/{}/unclaim", people.gate().await));
        assert_eq!(people.post("vera", &claim, json!({})).await.status, 403);
        assert_eq!(people.post("ben", &claim, json!({})).await.json()["claimed_by"], "ben");
        let second = people.post("cleo", &claim, json!({})).await;
        assert!(second.status == 409 && second.text.contains("ben looks after"), "{}", second.text);
        assert_eq!(people.post("cleo", &unclaim, json!({})).await.status, 403);
        assert_eq!(people.post("anna", &unclaim, json!({})).await.status, 200);
        assert_eq!(people.post("cleo", &claim, json!({})).await.status, 200);
        assert_eq!(people.decide("ben", "approve").await.status, 200, "others may decide all the same");
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}
