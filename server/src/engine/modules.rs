//! A module of a workspace gets its next revision.

use super::define::get_modules;
use super::schedule::is_race;
use crate::app::App;
use crate::store::Result;
use crate::store::line::modules::{self, NewModule};
use andon_pipelines::document::{Diagnostic, read_module};
use andon_pipelines::ids::WorkspaceId;

/// Most modules of a workspace.
const MOST_MODULES: usize = 200;

/// A text to set.
#[derive(Clone, Copy, Debug)]
pub struct NewModuleText<'a> {
    /// How diagnostics call it.
    pub file: &'a str,
    /// The module that the caller means; the text has to agree.
    pub name: Option<&'a str>,
    pub text: &'a str,
    pub message: Option<&'a str>,
    /// The revision that the text was based on; an older one is refused.
    pub expect: Option<i64>,
}

/// What came of setting a module.
#[derive(Debug)]
pub enum SetModule {
    /// It is in force; `changed` is false when it was already.
    Set { name: String, revision: i64, changed: bool },
    /// It cannot be used; nothing was changed.
    Invalid(Vec<Diagnostic>),
    /// The text names another module than the caller.
    OtherName(String),
    /// Somebody set this revision meanwhile; nothing was changed.
    Stale(i64),
    /// The workspace has so many already; nothing was changed.
    TooMany(usize),
}

/// Sets a text as a module's next revision.
///
/// # Errors
/// Whatever the database says; nothing was changed then.
pub async fn set_module(app: &App, actor: &str, workspace: WorkspaceId, new: NewModuleText<'_>) -> Result<SetModule> {
    match set_once(app, actor, workspace, new).await {
        // Somebody else set it at the same moment. Looked at again, that was before.
        Err(error) if is_race(&error) => set_once(app, actor, workspace, new).await,
        other => other,
    }
}

async fn set_once(app: &App, actor: &str, workspace: WorkspaceId, new: NewModuleText<'_>) -> Result<SetModule> {
    let mut known = get_modules(&mut app.db.read().await?.connection(), workspace).await?;
    // A module that uses itself, in whatever way, is found out only with the new text in place.
    if let Some(name) = new.name {
        known.insert(name, new.text.to_owned());
    }
    let reading = read_module(new.text, new.file, &known);
    let Some(module) = reading.module else { return Ok(SetModule::Invalid(reading.diagnostics)) };
    if new.name.is_some_and(|name| name != module.name) {
        return Ok(SetModule::OtherName(module.name));
    }
    let mut tx = app.db.begin(actor).await?;
    let old = modules::find(&mut tx.connection(), workspace, &module.name).await?;
    if let (Some(expect), Some(old)) = (new.expect, &old)
        && expect != old.revision
    {
        return Ok(SetModule::Stale(old.revision));
    }
    if let Some(old) = old.as_ref().filter(|old| old.text == new.text && !old.removed) {
        return Ok(SetModule::Set { name: module.name, revision: old.revision, changed: false });
    }
    if old.as_ref().is_none_or(|old| old.removed) && modules::list(&mut tx.connection(), workspace).await?.len() >= MOST_MODULES {
        return Ok(SetModule::TooMany(MOST_MODULES));
    }
    let next = NewModule { name: &module.name, text: new.text, message: new.message };
    let revision = modules::set(&mut tx, workspace, old.as_ref(), &next).await?;
    tx.commit().await?;
    Ok(SetModule::Set { name: module.name, revision, changed: true })
}
