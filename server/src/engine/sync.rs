//! Pipelines are set from their files in a built-in repository, before the push that brought them triggers anything.

use super::define::{Defined, Definition, set_pipeline};
use super::modules::{NewModuleText, SetModule, set_module};
use crate::app::App;
use crate::git;
use crate::store::line::commit_reports::{self, Place};
use crate::store::line::pipelines;
use crate::store::line::workspaces::Workspace;
use crate::store::{self, Tx};
use andon_pipelines::document::{self, Diagnostic};
use andon_pipelines::ids::PipelineId;
use std::path::{Path, PathBuf};

/// Most files of one commit.
const MOST_FILES: usize = 100;
/// Lines of diagnostics that the person who pushed gets to see.
const SHOWN_LINES: usize = 60;

/// A commit whose files are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit<'a> {
    pub workspace: &'a Workspace,
    pub repository: &'a str,
    pub path: &'a Path,
    pub commit: &'a str,
}

/// The files of a commit that are in force now, to be written down with whatever else the commit brings: until then it counts as not looked at.
#[derive(Debug)]
pub(super) struct SetFiles<'a> {
    commit: Commit<'a>,
    /// The file, and the revision that it is.
    files: Vec<(String, (PipelineId, String, i64))>,
}

impl SetFiles<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) async fn write(&self, tx: &mut Tx) -> store::Result<()> {
        for (file, (pipeline, name, revision)) in &self.files {
            commit_reports::set_good(tx, place(self.commit, file), (*pipeline, name, *revision)).await?;
        }
        Ok(())
    }
}

/// Sets the pipelines whose files a commit carries: `andon.yml` and `.andon/*.yml`. A file that cannot be used leaves the revision in force,
/// and is reported on the commit, among the events and to whoever pushed. Answers what to tell them, and what is to be written down.
///
/// # Errors
/// Whatever the database or git says.
pub(super) async fn sync_pipelines<'a>(app: &App, actor: &str, commit: Commit<'a>) -> anyhow::Result<(Vec<String>, SetFiles<'a>)> {
    let mut set = SetFiles { commit, files: Vec::new() };
    let mut lines = sync_modules(app, actor, commit).await?;
    let mut open = read_definitions(commit, ".andon", &["andon.yml"]).await?;
    loop {
        let mut refused = Vec::new();
        let before = open.len();
        for (file, text) in open {
            match set_file(app, actor, &mut set, (&file, &text)).await? {
                Ok(said) => lines.extend(said),
                Err(diagnostics) => refused.push((file, text, diagnostics)),
            }
        }
        // What one file names may stand in another one that came later.
        if refused.is_empty() || refused.len() == before {
            for (file, _, diagnostics) in refused {
                lines.push(format!("{file} cannot be used; the revision in force stays:"));
                lines.extend(document::render(&diagnostics).lines().take(SHOWN_LINES).map(str::to_owned));
                report_bad(app, actor, commit, (&file, &diagnostics)).await?;
            }
            return Ok((lines, set));
        }
        open = refused.into_iter().map(|(file, text, _)| (file, text)).collect();
    }
}

/// Sets one file. Answers what to say, or what is wrong with it.
async fn set_file(
    app: &App,
    actor: &str,
    set: &mut SetFiles<'_>,
    (file, text): (&str, &str),
) -> anyhow::Result<Result<Vec<String>, Vec<Diagnostic>>> {
    let commit = set.commit;
    let source = format!("{}:{file}", commit.repository);
    let message = format!("push of {} to {}", &commit.commit[..7], commit.repository);
    let definition = Definition {
        workspace: commit.workspace.id,
        text,
        file,
        name: None,
        message: Some(&message),
        expect: None,
        synced_from: Some(&source),
        modules: None,
        actor,
    };
    match set_pipeline(app, &definition).await? {
        Defined::Set { pipeline, name, revision, changed, plan } => {
            let said = changed.then(|| format!("{name} is at revision {revision} now, from {file}"));
            set.files.push((file.to_owned(), (pipeline, name, revision)));
            let warnings = plan.warnings.into_iter().map(|warning| format!("warning: {warning}"));
            Ok(Ok(said.into_iter().chain(warnings).collect()))
        }
        Defined::Invalid { diagnostics, .. } => Ok(Err(diagnostics)),
        Defined::Stale(_) | Defined::OtherName { .. } => Ok(Ok(Vec::new())),
    }
}

const fn place<'a>(commit: Commit<'a>, file: &'a str) -> Place<'a> {
    Place { workspace: commit.workspace.id, repository: commit.repository, commit: commit.commit, file }
}

async fn report_bad(app: &App, actor: &str, commit: Commit<'_>, (file, diagnostics): (&str, &[Diagnostic])) -> anyhow::Result<()> {
    let source = format!("{}:{file}", commit.repository);
    let mut tx = app.db.begin(actor).await?;
    let known = pipelines::list(&mut tx.connection(), commit.workspace.id).await?;
    let known = known.into_iter().find(|pipeline| pipeline.synced_from.as_deref() == Some(&source));
    if let Some(pipeline) = &known {
        pipelines::set_sync_error(&mut tx, pipeline, &document::render(diagnostics)).await?;
    }
    let pipeline = known.as_ref().map(|pipeline| (pipeline.id, pipeline.name.as_str()));
    commit_reports::set_bad(&mut tx, place(commit, file), pipeline, diagnostics).await?;
    Ok(tx.commit().await?)
}

/// Sets the modules whose files a commit carries: `.andon/modules/*.yml`. One that cannot be used leaves its revision in force.
async fn sync_modules(app: &App, actor: &str, commit: Commit<'_>) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    let message = format!("push of {} to {}", &commit.commit[..7], commit.repository);
    let mut open = read_definitions(commit, ".andon/modules", &[]).await?;
    // Modules may use each other: what fails is tried again as long as others succeed.
    loop {
        let before = open.len();
        let mut refused = Vec::new();
        for (file, text) in open {
            let new = NewModuleText { file: &file, name: None, text: &text, message: Some(&message), expect: None };
            match set_module(app, actor, commit.workspace.id, new).await? {
                SetModule::Set { name, revision, changed: true } => {
                    lines.push(format!("module {name} is at revision {revision} now, from {file}"));
                }
                SetModule::Invalid(diagnostics) => refused.push((file, text, diagnostics)),
                SetModule::TooMany(most) => lines.push(format!("{file} is left out: a workspace has at most {most} modules")),
                SetModule::Set { .. } | SetModule::OtherName(_) | SetModule::Stale(_) => {}
            }
        }
        if refused.is_empty() || refused.len() == before {
            for (file, _, diagnostics) in refused {
                lines.push(format!("{file} cannot be used; the module stays as it was:"));
                lines.extend(document::render(&diagnostics).lines().take(SHOWN_LINES).map(str::to_owned));
                report_bad(app, actor, commit, (&file, &diagnostics)).await?;
            }
            return Ok(lines);
        }
        open = refused.into_iter().map(|(file, text, _)| (file, text)).collect();
    }
}

/// The YAML files directly in a folder of a commit, and these others, with their texts.
async fn read_definitions(
    commit: Commit<'_>,
    folder: &'static str,
    others: &'static [&'static str],
) -> anyhow::Result<Vec<(String, String)>> {
    let (path, commit): (PathBuf, String) = (commit.path.to_owned(), commit.commit.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut files: Vec<String> = others.iter().map(|file| (*file).to_owned()).collect();
        let is_definition = |file: &String| file.ends_with(".yml") || file.ends_with(".yaml");
        files.extend(git::list_files(&path, &commit, folder)?.into_iter().filter(is_definition).take(MOST_FILES));
        let mut found = Vec::new();
        for file in files {
            if let Some(bytes) = git::read_file(&path, &commit, &file)? {
                found.push((file, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(found)
    })
    .await?
}

/// Sets what a push brought whose server came to its end between taking it and setting it: the files of a branch's newest commit that nobody
/// has looked at. Answers whether there was something to set.
///
/// # Errors
/// Whatever the database or git says.
pub(super) async fn repair(app: &App, commit: Commit<'_>) -> anyhow::Result<bool> {
    let commits = [commit.commit.to_owned()];
    let mut reader = app.db.read().await?;
    let looked_at = commit_reports::list(&mut reader.connection(), (commit.workspace.id, commit.repository), &commits).await?;
    drop(reader);
    if !looked_at.is_empty() {
        return Ok(false);
    }
    let (said, set) = sync_pipelines(app, "andon", commit).await?;
    let mut tx = app.db.begin("andon").await?;
    set.write(&mut tx).await?;
    tx.commit().await?;
    Ok(!said.is_empty())
}
