//! The demonstration line: a real repository in the built-in git server, a pipeline, and somebody who may push and approve.

use crate::accounts::Scope;
use crate::app::App;
use crate::engine;
use crate::git::RefUpdate;
use crate::http::tokens::{TokenDraft, create_token};
use crate::store::line::{repositories, workspaces};
use crate::store::people::members;
use crate::store::people::tokens::{self, Owner};
use crate::store::people::users::{self, User};
use andon_pipelines::document::Role;
use andon_pipelines::ids::UserId;
use anyhow::Context;
use git2::{Repository, Signature, Time};
use secrecy::ExposeSecret;
use std::path::Path;
use std::sync::Arc;

/// The person of the demonstration, and the repository.
const PERSON: &str = "demo";
/// How many starts a clone's token outlives.
const KEPT_TOKENS: usize = 10;
const REPOSITORY: &str = "shop";
const FILES: [(&str, &str, i32); 4] = [
    ("andon.yml", include_str!("../../pipelines/library/demo/andon.yml"), 0o100_644),
    ("build.sh", include_str!("../../pipelines/library/demo/build.sh"), 0o100_755),
    ("test.sh", include_str!("../../pipelines/library/demo/test.sh"), 0o100_755),
    ("README.md", include_str!("../../pipelines/library/demo/README.md"), 0o100_644),
];

/// The demonstration, ready to be tried.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Lines for a shell, the last of which pushes.
    pub commands: Vec<String>,
    /// For the command line: `ANDON_TOKEN`.
    pub token: String,
}

/// Makes what is missing of the demonstration, and a fresh token for its person.
///
/// # Errors
/// When the store or the repository cannot be written.
pub async fn prepare(app: &App) -> anyhow::Result<Demo> {
    let mut tx = app.db.begin("andon").await?;
    let workspace = workspaces::ensure(&mut tx, "main").await?;
    let person = match users::find_by_name(&mut tx.connection(), PERSON).await? {
        Some((person, _)) => person,
        None => {
            let email = Some(format!("{PERSON}@shop.example"));
            let person =
                User { id: tx.new_id(), name: PERSON.to_owned(), email, administrator: false, disabled: false, created_at: tx.at() };
            users::create(&mut tx, &person, None).await?;
            members::set_role(&mut tx, (workspace.id, &workspace.name), &person, Role::Editor).await?;
            person
        }
    };
    repositories::ensure(&mut tx, workspace.id, REPOSITORY).await?;
    tx.commit().await?;
    if let Some(commit) = seed(app, &workspace.name).await? {
        let update = RefUpdate { reference: "refs/heads/main".to_owned(), old: None, new: Some(commit) };
        for line in engine::take_push(app, &format!("push:{PERSON}"), &workspace, REPOSITORY, &[update]).await? {
            tracing::info!("demonstration: {line}");
        }
    }
    let draft = TokenDraft {
        name: make_room_for_token(app, person.id).await?,
        role: Role::Editor,
        scopes: None::<std::collections::BTreeSet<Scope>>,
        workspace: Some(workspace.id),
        user: Some(person.id),
        expires_in_ms: None,
    };
    let (_, secret) = create_token(&app.db, &app.random, "andon", draft).await.map_err(|error| anyhow::anyhow!("{}", error.detail()))?;
    let token = secret.expose_secret().to_owned();
    Ok(Demo { commands: commands(&app.public_url(), &workspace.name, &token), token })
}

/// A free name for the person's next token. A clone that was made at an earlier start holds that start's token, so those go on working, but for
/// the oldest of many.
async fn make_room_for_token(app: &App, person: UserId) -> anyhow::Result<String> {
    let mut tx = app.db.begin("andon").await?;
    let mut known = tokens::list_of_user(&mut tx.connection(), person).await?;
    known.retain(|token| token.name.starts_with(PERSON));
    known.sort_by_key(|token| token.created_at);
    let old = known.len().saturating_sub(KEPT_TOKENS - 1);
    for token in known.drain(..old) {
        tokens::revoke(&mut tx, Owner::User(person), token.id).await?;
    }
    tx.commit().await?;
    let free = (1..).map(|number| format!("{PERSON}-{number}")).find(|name| known.iter().all(|token| token.name != *name));
    free.context("some number is free")
}

fn commands(url: &str, workspace: &str, token: &str) -> Vec<String> {
    let address = url.replacen("://", &format!("://{PERSON}:{token}@"), 1);
    vec![
        format!("git clone {address}/git/{workspace}/{REPOSITORY}.git andon-demo"),
        "cd andon-demo".to_owned(),
        "git -c user.name=You -c user.email=you@shop.example commit --allow-empty -m 'Try the line'".to_owned(),
        "git push origin main".to_owned(),
    ]
}

/// Makes the repository with its first commit. Answers the commit, or nothing where the repository has one already.
async fn seed(app: &App, workspace: &str) -> anyhow::Result<Option<String>> {
    let (repositories, workspace, at) = (Arc::clone(&app.repositories), workspace.to_owned(), app.clock.now_ms());
    tokio::task::spawn_blocking(move || {
        let path = repositories.create(&workspace, REPOSITORY)?;
        commit_files(&path, at)
    })
    .await?
}

fn commit_files(path: &Path, at_ms: i64) -> anyhow::Result<Option<String>> {
    let repository = Repository::open_bare(path).context("the demonstration's repository")?;
    if repository.find_reference("refs/heads/main").is_ok() {
        return Ok(None);
    }
    let mut tree = repository.treebuilder(None)?;
    for (name, text, mode) in FILES {
        tree.insert(name, repository.blob(text.as_bytes())?, mode)?;
    }
    let tree = repository.find_tree(tree.write()?)?;
    let author = Signature::new("Andon", "andon@shop.example", &Time::new(at_ms / 1_000, 0))?;
    let commit = repository.commit(Some("refs/heads/main"), &author, &author, "Open the shop", &tree, &[])?;
    Ok(Some(commit.to_string()))
}
