//! Modules of a workspace: steps and jobs that its pipelines share. And the library that comes with the server.

use super::extract::Page;
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, Workspace, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, SetModule};
use crate::store::line::modules::{self, Module};
use andon_pipelines::document::{self, ModuleKind, Modules, Param, read_module};
use andon_pipelines::library::{self, Ready};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A module of a workspace.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModuleView {
    /// What `uses` says: `workspace/NAME`.
    pub uses: String,
    pub name: String,
    pub revision: i64,
    pub actor: String,
    pub message: Option<String>,
    /// Milliseconds since 1970 UTC: when this revision was set.
    pub created_at: i64,
    /// What it is, and how it is used; absent where the text does not read any more.
    pub meaning: Option<ModuleMeaning>,
    /// YAML.
    pub text: String,
}

/// How a module is used.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModuleMeaning {
    pub description: Option<String>,
    pub kind: ModuleKind,
    /// By name: `{kind, description, default, options}`; without a default, `with` has to give it.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub params: BTreeMap<String, Param>,
}

/// What came of setting a module.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModuleSet {
    pub name: String,
    pub revision: i64,
    /// False when the very same text was in force already.
    pub changed: bool,
}

/// What comes with the server.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Library {
    pub modules: Vec<LibraryModule>,
    pub pipelines: Vec<LibraryPipeline>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LibraryModule {
    /// What `uses` says: `library/NAME`.
    pub uses: String,
    pub name: String,
    pub meaning: ModuleMeaning,
    /// YAML.
    pub text: String,
}

/// A pipeline to begin from.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LibraryPipeline {
    pub name: String,
    pub description: Option<String>,
    /// YAML.
    pub text: String,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SetModuleQuery {
    /// Why it is changed.
    pub message: Option<String>,
    /// The revision that the text was based on; when another one is in force by now, nothing is changed.
    pub expect: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get, set, remove)).routes(routes!(list_revisions)).routes(routes!(library))
}

/// The modules of a workspace, by name.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/modules", operation_id = "listModules", tag = "modules",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<ModuleView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<ModuleView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = modules::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    let all = Modules::of_workspace(found.iter().map(|module| (module.name.clone(), module.text.clone())));
    Ok(Json(Page::whole(found.into_iter().map(|module| view(module, &all)).collect())))
}

fn view(module: Module, all: &Modules) -> ModuleView {
    let meaning = read_module(&module.text, &module.name, all).module.map(meaning_of);
    ModuleView {
        uses: format!("workspace/{}", module.name),
        name: module.name,
        revision: module.revision,
        actor: module.actor,
        message: module.message,
        created_at: module.created_at,
        meaning,
        text: module.text,
    }
}

fn meaning_of(module: document::Module) -> ModuleMeaning {
    ModuleMeaning { description: module.description, kind: module.kind, params: module.params }
}

/// A module with its text.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/modules/{name}", operation_id = "getModule", tag = "modules",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ModuleView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<Json<ModuleView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let found = find(&mut reader.connection(), &workspace, &name).await?.filter(|module| !module.removed);
    let found = found.ok_or_else(|| Error::not_found(format!("there is no module {name}")))?;
    let all = engine::get_modules(&mut reader.connection(), workspace.id).await?;
    Ok(Json(view(found, &all)))
}

async fn find(connection: &mut crate::store::Connection<'_>, workspace: &Workspace, name: &str) -> Result<Option<Module>> {
    Ok(modules::find(connection, workspace.id, name).await?)
}

/// Sets the next revision of a module, or makes the module. The body is the YAML text. Pipelines take it up when they are set again.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/modules/{name}", operation_id = "setModule", tag = "modules",
    params(SetModuleQuery), request_body(content = String, content_type = "application/yaml"), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ModuleSet), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Query(query): Query<SetModuleQuery>,
    text: String,
) -> Result<Json<ModuleSet>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Edit).await?;
    let actor = caller.actor.to_string();
    let new = engine::NewModuleText {
        file: &format!("{name}.yml"),
        name: Some(&name),
        text: &text,
        message: query.message.as_deref().filter(|message| !message.trim().is_empty()),
        expect: query.expect,
    };
    match engine::set_module(&app, &actor, workspace.id, new).await? {
        SetModule::Set { name, revision, changed } => Ok(Json(ModuleSet { name, revision, changed })),
        SetModule::Invalid(diagnostics) => {
            Err(Error::document(format!("The module cannot be used: {} findings. Nothing was changed.", diagnostics.len()), diagnostics))
        }
        SetModule::OtherName(other) => {
            Err(Error::invalid(format!("The file defines the module {other}, not {name}. Nothing was changed.")))
        }
        SetModule::Stale(current) => {
            Err(Error::conflict(format!("Revision {current} is in force by now. Nothing was changed; look at it and set again.")))
        }
        SetModule::TooMany(most) => Err(Error::invalid(format!("A workspace has at most {most} modules. Nothing was changed."))),
    }
}

/// Takes a module away. Pipelines that use it go on with what they were set with.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/modules/{name}", operation_id = "removeModule", tag = "modules",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn remove(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Edit).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    modules::remove(&mut tx, workspace.id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The revisions of a module, newest first, also of a removed one.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/modules/{name}/revisions", operation_id = "listModuleRevisions", tag = "modules",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<ModuleView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_revisions(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
) -> Result<Json<Page<ModuleView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let found = find(&mut reader.connection(), &workspace, &name).await?;
    let found = found.ok_or_else(|| Error::not_found(format!("there is no module {name}")))?;
    let revisions = modules::list_revisions(&mut reader.connection(), found.id).await?;
    let all = engine::get_modules(&mut reader.connection(), workspace.id).await?;
    Ok(Json(Page::whole(revisions.into_iter().map(|module| view(module, &all)).collect())))
}

/// What comes with the server: modules for `uses: library/NAME`, and pipelines to begin from.
#[utoipa::path(get, path = "/api/v1/library", operation_id = "getLibrary", tag = "modules", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Library), (status = 401, body = Problem)))]
async fn library(_: Caller) -> Json<Library> {
    Json(describe_library())
}

/// The library as the API shows it.
#[must_use]
pub fn describe_library() -> Library {
    let module = |ready: &Ready| {
        let meaning = read_module(ready.text, ready.name, &Modules::library()).module.map(meaning_of)?;
        Some(LibraryModule { uses: format!("library/{}", ready.name), name: ready.name.to_owned(), meaning, text: ready.text.to_owned() })
    };
    let pipeline = |ready: &Ready| {
        let description = document::read(ready.text, ready.name).document?.description;
        Some(LibraryPipeline { name: ready.name.to_owned(), description, text: ready.text.to_owned() })
    };
    Library {
        modules: library::MODULES.iter().filter_map(module).collect(),
        pipelines: library::PIPELINES.iter().filter_map(pipeline).collect(),
    }
}
