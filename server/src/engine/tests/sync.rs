//! Pipelines that are set from a repository.

use super::world::Line;
use crate::engine;
use crate::git::RefUpdate;
use crate::http::testing::call;
use crate::store::events;
use crate::store::line::{pipelines, repositories};
use crate::store::testing::on_engine;
use andon_pipelines::event::Event;
use std::path::{Path, PathBuf};

const TEXT: &str = "pipeline: p
resources:
  source: { type: git, repository: shop }
jobs:
  build: { inputs: [source], steps: [{ run: make }] }
";

/// A line with a repository, and a working copy of it.
struct Shop {
    line: Line,
    copy: PathBuf,
    bare: PathBuf,
    newest: Option<String>,
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
    let done = std::process::Command::new("git").args(identity).args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

impl Shop {
    async fn new(line: Line) -> Self {
        let bare = line.app().repositories.create("main", "shop").unwrap();
        let bare = std::path::absolute(bare).unwrap();
        let mut tx = line.app().db.begin("user:ada").await.unwrap();
        repositories::ensure(&mut tx, line.workspace, "shop").await.unwrap();
        tx.commit().await.unwrap();
        let copy = line.world.store.folder.path().join("copy");
        std::fs::create_dir_all(copy.join(".andon")).unwrap();
        git(&copy, &["init", "-q"]);
        Self { line, copy, bare, newest: None }
    }

    /// Commits the files and brings them to the repository, without the server's looking at them.
    fn send(&mut self, files: &[(&str, &str)]) -> RefUpdate {
        for (name, text) in files {
            std::fs::write(self.copy.join(name), text).unwrap();
        }
        git(&self.copy, &["add", "-A"]);
        git(&self.copy, &["commit", "-q", "--allow-empty", "-m", "change"]);
        git(&self.copy, &["push", "-q", self.bare.to_str().unwrap(), "HEAD:refs/heads/main"]);
        let old = self.newest.replace(git(&self.copy, &["rev-parse", "HEAD"]));
        RefUpdate { reference: "refs/heads/main".to_owned(), old, new: self.newest.clone() }
    }

    /// Pushes the files. Answers what the person who pushed gets to see.
    async fn push(&mut self, files: &[(&str, &str)]) -> String {
        let update = self.send(files);
        let workspace = self.line.world.workspace("main").await;
        let lines = engine::take_push(self.line.app(), "push:ada", &workspace, "shop", &[update]).await.unwrap();
        self.line.tick().await;
        lines.join("\n")
    }

    async fn events(&self) -> Vec<Event> {
        let mut reader = self.line.app().db.read().await.unwrap();
        let all = events::list_after(&mut reader.connection(), 0, 100_000).await.unwrap();
        all.into_iter().map(|recorded| recorded.event).collect()
    }
}

#[tokio::test]
async fn a_push_of_file_and_source_runs_once_on_the_new_revision() {
    on_engine(async |store| {
        let line = Line::new(store, TEXT).await;
        let mut shop = Shop::new(line).await;
        let said = shop.push(&[("andon.yml", &TEXT.replace("make", "make all")), ("main.c", "1")]).await;
        assert!(said.contains("p is at revision 2 now, from andon.yml") && said.contains("source is at"), "{said}");
        let claimed = shop.line.claim().await;
        assert_eq!((claimed.len(), claimed[0].steps[0].name.as_str()), (1, "make all"));
        shop.line.end_with(&claimed[0], andon_pipelines::wire::Outcome::Succeeded).await;
        let ran = shop.line.job_runs().await;
        assert_eq!((ran.len(), ran[0].revision), (1, 2));
        let synced = shop.events().await.into_iter().filter(|event| matches!(event, Event::PipelineSynced { revision: 2, .. }));
        assert_eq!(synced.count(), 1);
        shop.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_bad_file_leaves_the_revision_and_is_reported_where_people_look() {
    on_engine(async |store| {
        let line = Line::new(store, TEXT).await;
        let token = line.world.administrator().await;
        let mut shop = Shop::new(line).await;
        shop.push(&[("andon.yml", TEXT), ("main.c", "1")]).await;
        let said = shop.push(&[("andon.yml", &TEXT.replace("[source]", "[soruce]")), ("main.c", "2")]).await;
        assert!(said.contains("the revision in force stays") && said.contains("did you mean \"source\"?"), "{said}");
        let bad = shop.newest.clone().unwrap();
        let failed: Vec<_> = shop.events().await.into_iter().filter(|event| matches!(event, Event::SyncFailed { .. })).collect();
        let [Event::SyncFailed { pipeline, repository, commit, file, diagnostics }] = &failed[..] else { panic!("{failed:?}") };
        assert_eq!((repository.as_str(), commit, file.as_str()), ("shop", &bad, "andon.yml"));
        assert_eq!((diagnostics[0].code.as_str(), *pipeline), ("unknown-resource", Some(shop.line.pipeline().await.id)));
        shop.line.play(&[]).await;
        let reports = shop.line.world.expect(200, call("GET", "resources/p/source/versions").token(&token)).await.json();
        let newest = &reports["items"][0];
        assert_eq!((newest["values"]["commit"].as_str(), newest["reports"][0]["ok"].as_bool()), (Some(bad.as_str()), Some(false)));
        assert!(newest["reports"][0]["detail"].as_str().unwrap().contains("soruce"), "{newest}");
        assert_eq!(reports["items"][1]["reports"][0]["ok"], true);
        assert_eq!(shop.line.last("build").await.revision, 1, "the push still runs, by the revision in force");
        assert!(shop.line.pipeline().await.sync_error.is_some());
        shop.push(&[("andon.yml", TEXT)]).await;
        assert_eq!((shop.line.pipeline().await.sync_error, shop.line.pipeline().await.revision), (None, 1));
        shop.line.play(&[]).await;
        shop.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn files_that_use_each_other_come_in_any_order() {
    on_engine(async |store| {
        let line = Line::new(store, TEXT).await;
        let mut shop = Shop::new(line).await;
        let first = "pipeline: a\njobs:\n  x: { after: [b/y], steps: [{ run: x }] }\n";
        let second = "pipeline: b\njobs:\n  y: { after: [p/build], steps: [{ run: x }] }\n";
        let said = shop.push(&[(".andon/a.yml", first), (".andon/b.yml", second)]).await;
        assert!(said.contains("a is at revision 1") && said.contains("b is at revision 1"), "{said}");
        shop.line.play(&[]).await;
        shop.line.last("x").await;
        let said = shop.push(&[(".andon/a.yml", &first.replace("b/y", "b/z"))]).await;
        assert!(said.contains("the pipeline \"b\" has no job \"z\""), "{said}");
        shop.line.play(&[]).await;
        shop.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_a_crash_left_unseen_is_set_by_the_next_start() {
    on_engine(async |store| {
        let line = Line::new(store, TEXT).await;
        let mut shop = Shop::new(line).await;
        shop.send(&[("andon.yml", &TEXT.replace("make", "make all"))]);
        let workspace = shop.line.world.workspace("main").await;
        engine::recover(shop.line.app(), &workspace).await.unwrap();
        assert_eq!(shop.line.pipeline().await.revision, 2);
        // Somebody sets another text; the file was looked at already.
        shop.line.set(TEXT).await;
        engine::recover(shop.line.app(), &workspace).await.unwrap();
        let mut reader = shop.line.app().db.read().await.unwrap();
        let current = pipelines::find_by_name(&mut reader.connection(), shop.line.workspace, "p").await.unwrap().unwrap();
        assert_eq!(current.revision, 3);
        drop(reader);
        shop.line.tick().await;
        shop.line.play(&[]).await;
        shop.line.end().await;
    })
    .await;
}
