//! Modules of a workspace: set, used, changed, removed; and revisions that stay what they were.

use super::world::{Line, pipeline};
use crate::engine::{self, Defined};
use crate::git::RefUpdate;
use crate::http::testing::{Call, call};
use crate::store::testing::on_engine;
use andon_pipelines::wire::AssignedAction;
use std::path::Path;

const USES: &str = "jobs:\n  build:\n    inputs: [source]\n    steps:\n      - uses: workspace/hello\n        with: { name: \"${{ \
                    inputs.source.commit }}\" }\n";

fn hello(word: &str) -> String {
    format!("module: hello\ndescription: Says it.\nparams: {{ name: {{}} }}\nsteps:\n  - run: echo {word} ${{{{ with.name }}}}\n")
}

fn put(token: &str, path: &str, text: &str) -> Call {
    call("PUT", path).token(token).text(text)
}

impl Line {
    /// What the first step of the only queued execution runs.
    async fn script(&self) -> String {
        let claimed = self.claim().await;
        let AssignedAction::Run { script, .. } = &claimed[0].steps[0].action else { panic!("{claimed:?}") };
        let script = script.clone();
        self.end_with(&claimed[0], andon_pipelines::wire::Outcome::Succeeded).await;
        script
    }
}

#[tokio::test]
async fn a_pipeline_keeps_what_its_modules_said_until_it_is_set_again() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("")).await;
        let token = line.world.administrator().await;
        let Defined::Invalid { diagnostics, .. } = line.define(&pipeline(USES), None).await else { panic!("it was taken") };
        assert_eq!(diagnostics[0].code, "unknown-module");
        let set = line.world.expect(200, put(&token, "modules/hello?message=first", &hello("good day"))).await.json();
        assert_eq!((set["revision"].as_i64(), set["changed"].as_bool()), (Some(1), Some(true)));
        let set = line.world.expect(200, put(&token, "modules/hello", &hello("good day"))).await.json();
        assert_eq!(set["changed"], false, "the very same text makes no revision");
        assert_eq!(line.set(&pipeline(USES)).await, 2);
        line.commit('a').await;
        assert_eq!(line.script().await, format!("echo good day {}", "a".repeat(40)));
        line.world.expect(200, put(&token, "modules/hello?expect=1", &hello("hello"))).await;
        line.world.expect(409, put(&token, "modules/hello?expect=1", &hello("stale"))).await;
        line.app().scheduler.forget().await;
        line.commit('b').await;
        assert!(line.script().await.starts_with("echo good day"), "a revision is what it was");
        assert_eq!(line.set(&pipeline(USES)).await, 3, "the same text with another module is another revision");
        assert_eq!(line.set(&pipeline(USES)).await, 3);
        line.commit('c').await;
        assert!(line.script().await.starts_with("echo hello"));
        line.world.expect(204, call("DELETE", "modules/hello").token(&token)).await;
        line.world.expect(404, call("DELETE", "modules/hello").token(&token)).await;
        line.world.expect(404, call("GET", "modules/hello").token(&token)).await;
        let Defined::Invalid { .. } = line.define(&pipeline(USES), None).await else { panic!("it was taken") };
        // An earlier revision comes back with the modules that it had.
        line.world.expect(200, call("POST", "pipelines/p/revisions/2/restore").token(&token)).await;
        line.tick().await;
        line.commit('d').await;
        assert!(line.script().await.starts_with("echo good day"));
        let kept = line.world.expect(200, call("GET", "modules/hello/revisions").token(&token)).await.json();
        assert_eq!(kept["items"].as_array().unwrap().len(), 2);
        let back = line.world.expect(200, put(&token, "modules/hello", &hello("hello"))).await.json();
        assert_eq!(back["revision"], 3, "a module that comes back goes on counting");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_module_that_cannot_be_used_is_refused_with_its_diagnostics() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("")).await;
        let token = line.world.administrator().await;
        let refused = line.world.expect(422, put(&token, "modules/hello", "module: hello\nsteps: [{ rnu: ls }]\n")).await;
        assert_eq!(refused.json()["diagnostics"][0]["code"], "unknown-key");
        line.world.expect(422, put(&token, "modules/hello", "module: hello\nsteps: [{ uses: workspace/hello }]\n")).await;
        line.world.expect(400, put(&token, "modules/other", &hello("x"))).await;
        let viewer = line.runner_token(&token).await;
        line.world.expect(403, put(&viewer, "modules/hello", &hello("x"))).await;
        assert_eq!(line.world.expect(200, call("GET", "modules").token(&token)).await.json()["items"], serde_json::json!([]));
        line.world.expect(200, put(&token, "modules/hello", &hello("x"))).await;
        let listed = line.world.expect(200, call("GET", "modules").token(&token)).await.json();
        assert_eq!((&listed["items"][0]["uses"], &listed["items"][0]["meaning"]["kind"]), (&"workspace/hello".into(), &"steps".into()));
        // The check and the plan know it; and mistakes are shown in both files.
        let bad = pipeline(USES).replace("inputs.source.commit", "inputs.soruce.commit");
        let check = |path: &str, text: &str| call("POST", path).token(&token).text(text);
        let found = line.world.expect(200, check("/check?workspace=main", &bad)).await.json();
        let finding = &found["diagnostics"][0];
        assert_eq!((&finding["file"], &finding["related"][0]["file"]), (&"workspace/hello".into(), &"andon.yml".into()));
        let found = line.world.expect(200, check("/check", &pipeline(USES))).await.json();
        assert_eq!(found["diagnostics"][0]["code"], "unknown-module", "without a workspace there is the library alone");
        line.world.expect(200, check("pipelines/p/plan", &pipeline(USES))).await;
        let library = line.world.expect(200, call("GET", "/library").token(&token)).await.json();
        for ready in library["pipelines"].as_array().unwrap() {
            let found = line.world.expect(200, check("/check", ready["text"].as_str().unwrap())).await.json();
            assert_eq!(found["ok"], true, "{ready}");
        }
        assert!(library["modules"].as_array().unwrap().len() >= 6);
        line.end().await;
    })
    .await;
}

/// Makes a commit with these files on top of a bare repository's `main`. Answers its hash.
fn commit_files(bare: &Path, work: &Path, files: &[(&str, &str)]) -> String {
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
        let done = std::process::Command::new("git").args(identity).args(arguments).current_dir(work).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    if !work.join(".git").exists() {
        git(&["init", "-q"]);
    }
    for (name, text) in files {
        std::fs::create_dir_all(work.join(name).parent().unwrap()).unwrap();
        std::fs::write(work.join(name), text).unwrap();
    }
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "files"]);
    git(&["push", "-q", bare.to_str().unwrap(), "HEAD:refs/heads/main"]);
    git(&["rev-parse", "HEAD"])
}

#[tokio::test]
async fn a_push_sets_modules_before_the_pipelines_that_use_them() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("")).await;
        let app = line.app();
        let bare = app.repositories.create("main", "shop").unwrap();
        let work = line.world.store.folder.path().join("work");
        std::fs::create_dir(&work).unwrap();
        let workspace = line.world.workspace("main").await;
        let mut before = None;
        let mut push = async |files: &[(&str, &str)]| {
            let commit = commit_files(&bare, &work, files);
            let update = RefUpdate { reference: "refs/heads/main".to_owned(), old: before.replace(commit.clone()), new: Some(commit) };
            let said = engine::take_push(app, "push:ada", &workspace, "shop", &[update]).await.unwrap();
            line.tick().await;
            said
        };
        // `greet` comes before what it uses.
        let greet = "module: greet\nsteps: [{ uses: workspace/hello, with: { name: all } }]\n";
        let text = pipeline("jobs:\n  build: { inputs: [source], steps: [{ uses: workspace/greet }] }\n");
        let said = push(&[(".andon/modules/greet.yml", greet), (".andon/modules/hello.yml", &hello("hi")), ("andon.yml", &text)]).await;
        assert!(said.contains(&"module greet is at revision 1 now, from .andon/modules/greet.yml".to_owned()), "{said:?}");
        assert_eq!(line.pipeline().await.revision, 2);
        assert_eq!(line.script().await, "echo hi all");
        let said = push(&[(".andon/modules/hello.yml", &hello("welcome"))]).await;
        assert!(said.contains(&"p is at revision 3 now, from andon.yml".to_owned()), "a changed module is a new revision: {said:?}");
        assert_eq!(line.script().await, "echo welcome all");
        let said = push(&[(".andon/modules/hello.yml", "module: hello\nsteps: [{ rnu: ls }]\n")]).await;
        assert!(said.iter().any(|line| line.contains("cannot be used")), "{said:?}");
        assert_eq!(line.pipeline().await.revision, 3);
        assert_eq!(line.script().await, "echo welcome all");
        line.end().await;
    })
    .await;
}
