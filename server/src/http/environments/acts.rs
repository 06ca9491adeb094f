//! Bringing something into an environment, going back, and keeping everything away from it.

use super::lists::find;
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, EnvironmentWish};
use crate::http::extract::Body;
use crate::http::runs::given;
use crate::http::{Error, Problem, Result};
use crate::store::line::job_runs;
use crate::store::line::promotions::PromotionKind;
use andon_pipelines::ids::{JobRunId, PromotionId, RunId};
use andon_pipelines::state::JobRunStatus;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// The longest reason or note.
const LONGEST_TEXT: usize = 10_000;

/// What to bring into an environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promote {
    /// A version of the set, by its identifier or the beginning of its main value; the newest set when absent.
    pub version: Option<String>,
    /// The job that deploys, where several do.
    pub job: Option<String>,
    /// At most 10,000 characters.
    pub note: Option<String>,
}

/// Where to go back to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// The job run of a deployment in the environment's history; the last good one when absent.
    pub to: Option<JobRunId>,
    /// The job that deploys; the one that did then when absent.
    pub job: Option<String>,
    /// At most 10,000 characters.
    pub note: Option<String>,
}

/// Why nothing is to be deployed there.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LockEnvironment {
    /// 1 to 10,000 characters.
    pub reason: String,
    /// When it ends by itself, milliseconds since 1970 UTC; absent until somebody unlocks it.
    pub until: Option<i64>,
}

/// Why it is free again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlockEnvironment {
    /// At most 10,000 characters.
    pub reason: Option<String>,
}

/// What was started.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AskedFor {
    pub promotion: PromotionId,
    /// The gates that people decide now, or the job run that deploys.
    pub job_runs: Vec<StartedJobRun>,
    /// Whether they are gates: then the deployment begins once they are passed.
    pub gates: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StartedJobRun {
    pub id: JobRunId,
    pub run: RunId,
    pub job: String,
    pub number: String,
    pub status: JobRunStatus,
}

type Place = (String, String, String);

fn check_length(text: Option<&str>) -> Result<Option<&str>> {
    if text.is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
        return Err(Error::invalid(format!("A reason or note has at most {LONGEST_TEXT} characters")));
    }
    Ok(given(text))
}

async fn ask(app: &App, caller: &Caller, place: &Place, (wish, note): (EnvironmentWish, Option<&str>)) -> Result<AskedFor> {
    let note = check_length(note)?;
    let (workspace, environment) = find(app, caller, (&place.0, &place.1, &place.2), Permission::Operate).await?;
    let asked = engine::ask_promotion(app, &caller.actor.to_string(), (workspace.id, &environment), (&wish, note)).await?;
    let mut started = Vec::new();
    for id in asked.job_runs {
        let job_run = job_runs::get(&mut app.db.read().await?.connection(), id).await?;
        let number = job_run.label();
        started.push(StartedJobRun { id, run: job_run.run, job: job_run.job_name, number, status: job_run.status });
    }
    Ok(AskedFor { promotion: asked.promotion, job_runs: started, gates: asked.gates })
}

/// Brings a set of versions into an environment: through the gates before it, or at once where there are none.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}/promote", operation_id = "promote",
    tag = "environments", request_body = Promote, security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = AskedFor), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn promote(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<Place>,
    Body(body): Body<Promote>,
) -> Result<(StatusCode, Json<AskedFor>)> {
    let wish = EnvironmentWish { kind: PromotionKind::Promote, version: body.version, job: body.job };
    Ok((StatusCode::CREATED, Json(ask(&app, &caller, &place, (wish, body.note.as_deref())).await?)))
}

/// Brings the set of the last good deployment back, through the same gates.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}/rollback", operation_id = "rollBack",
    tag = "environments", request_body = RollBack, security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = AskedFor), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn roll_back(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<Place>,
    Body(body): Body<RollBack>,
) -> Result<(StatusCode, Json<AskedFor>)> {
    let wish = EnvironmentWish { kind: PromotionKind::Rollback, version: body.to.map(|to| to.to_string()), job: body.job };
    Ok((StatusCode::CREATED, Json(ask(&app, &caller, &place, (wish, body.note.as_deref())).await?)))
}

/// Keeps everything away from an environment. What is queued for a runner, or runs already, goes on.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}/lock",
    operation_id = "lockEnvironment", tag = "environments", request_body = LockEnvironment, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn lock(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<Place>,
    Body(body): Body<LockEnvironment>,
) -> Result<StatusCode> {
    let reason = check_length(Some(&body.reason))?;
    let reason = reason.ok_or_else(|| Error::invalid("Say why the environment is locked; whoever waits will read it"))?;
    let (workspace, environment) = find(&app, &caller, (&place.0, &place.1, &place.2), Permission::Operate).await?;
    engine::lock_environment(&app, &caller.actor.to_string(), (workspace.id, &environment), (reason, body.until)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an environment go: what waited for it goes on.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}/unlock",
    operation_id = "unlockEnvironment", tag = "environments", request_body = UnlockEnvironment, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn unlock(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<Place>,
    Body(body): Body<UnlockEnvironment>,
) -> Result<StatusCode> {
    let reason = check_length(body.reason.as_deref())?;
    let (workspace, environment) = find(&app, &caller, (&place.0, &place.1, &place.2), Permission::Operate).await?;
    engine::unlock_environment(&app, &caller.actor.to_string(), (workspace.id, &environment), reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
