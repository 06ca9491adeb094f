//! How well the line runs and delivers.

use super::routes::{Routes, routes};
use super::{Error, Problem, Result, Workspace, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, Deliveries, Delivery};
use crate::store::Connection;
use crate::store::line::monitor::{self, Part, Percentiles, Scope};
use crate::store::line::pipelines;
use andon_pipelines::ids::{PipelineId, RunId};
use andon_pipelines::state::RunOutcome;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// What is looked at when nobody says.
const DEFAULT_MS: i64 = 30 * DAY_MS;
const LONGEST_MS: i64 = 400 * DAY_MS;
/// Lengths of the pieces that the time is shown in; the shortest one is taken that makes at most [`MOST_PIECES`].
const PIECES_MS: [i64; 9] = [60_000, 300_000, 900_000, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];
const MOST_PIECES: i64 = 62;
/// At most so many runs of deliveries are listed; a statement takes a value for each.
const MOST_RUNS: usize = 20_000;

/// Which runs to look at.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MonitorQuery {
    /// Milliseconds since 1970 UTC; 30 days before `to` by default.
    pub from: Option<i64>,
    /// Milliseconds since 1970 UTC, itself not included; now by default.
    pub to: Option<i64>,
    /// A pipeline's name.
    pub pipeline: Option<String>,
    /// The project that pipelines name as theirs.
    pub project: Option<String>,
}

/// Figures of the runs that began in a stretch of time, and of what was delivered in it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MonitorView {
    pub from: i64,
    pub to: i64,
    /// How long each piece of `over_time` is; the last one may be shorter.
    pub piece_ms: i64,
    pub whole: FiguresView,
    /// From the first piece to the last one.
    pub over_time: Vec<PieceView>,
    /// Those with runs, by name.
    pub pipelines: Vec<PipelineFigures>,
    /// Those in force, by pipeline and name.
    pub environments: Vec<EnvironmentFigures>,
}

/// How runs ended, and how long they took.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FiguresView {
    pub runs: i64,
    pub active: i64,
    pub completed: i64,
    pub partial_success: i64,
    pub failed: i64,
    /// Through the platform's fault.
    pub error: i64,
    pub stopped: i64,
    /// From 0 to 1: `failed` and `error` among all that ended, but for stopped ones; absent where none did.
    pub failure_rate: Option<f64>,
    /// From beginning to end, of the runs that ended.
    pub duration: LengthsView,
    /// Until a runner took it, of each execution that one took.
    pub queue: LengthsView,
}

/// Nearest-rank percentiles, in milliseconds; absent without anything to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LengthsView {
    /// Of how many.
    pub count: i64,
    pub p50_ms: Option<i64>,
    pub p90_ms: Option<i64>,
    pub p99_ms: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PieceView {
    pub from: i64,
    pub to: i64,
    #[serde(flatten)]
    pub figures: FiguresView,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineFigures {
    pub pipeline: String,
    pub project: Option<String>,
    #[serde(flatten)]
    pub figures: FiguresView,
}

/// What was delivered into an environment, and how well: computed from lineage.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnvironmentFigures {
    pub pipeline: String,
    pub environment: String,
    /// Those that succeeded, rollbacks included.
    pub deployments: i64,
    pub deployments_per_day: f64,
    /// Deployments of older commits than were there.
    pub rollbacks: i64,
    /// Attempts to deploy, successful or not, but for rollbacks.
    pub changes: i64,
    /// Changes whose job run failed, behind which a job failed on what they had put there, or which a rollback took away.
    pub failed_changes: i64,
    /// From 0 to 1; absent without a change.
    pub change_failure_rate: Option<f64>,
    /// From the commit until it first ran in the environment, of each commit that was delivered.
    pub lead_time: LengthsView,
    /// From the first failed change to the next deployment that did not fail, of each incident that ended.
    pub time_to_restore: LengthsView,
    /// Since when what runs there counts as failed, at the end of the time.
    pub failing_since: Option<i64>,
    /// Deployments in each piece of the time.
    pub over_time: Vec<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get))
}

/// Totals, durations, failures and queueing of runs, and delivery metrics of environments.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/monitor", operation_id = "getMonitor", tag = "monitor", params(MonitorQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = MonitorView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    Query(query): Query<MonitorQuery>,
) -> Result<Json<MonitorView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let (from, to) = read_time(&app, query.from, query.to)?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let all = pipelines::list(&mut connection, workspace.id).await?;
    let pipeline = match &query.pipeline {
        Some(name) => Some(all.iter().find(|known| known.name == *name).ok_or_else(|| no_pipeline(name))?.id),
        None => None,
    };
    let scope = Scope { workspace: workspace.id, from, to, piece_ms: piece_of(to - from), pipeline, project: query.project.clone() };
    let figures = count(&mut connection, &scope).await?;
    let environments = engine::list_deliveries(&app, &mut connection, &scope).await?;
    Ok(Json(show(&scope, &figures, &all, &environments)))
}

fn no_pipeline(name: &str) -> Error {
    Error::not_found(format!("there is no pipeline {name}"))
}

/// The time that is asked for, as `[from, to)`.
fn read_time(app: &App, from: Option<i64>, to: Option<i64>) -> Result<(i64, i64)> {
    let to = to.unwrap_or_else(|| app.clock.now_ms().saturating_add(1));
    let from = from.unwrap_or_else(|| to.saturating_sub(DEFAULT_MS));
    if from < 0 || from >= to {
        return Err(Error::invalid("from lies before to, both in milliseconds since 1970 UTC"));
    }
    if to - from > LONGEST_MS {
        return Err(Error::invalid("from and to are at most 400 days apart"));
    }
    Ok((from, to))
}

fn piece_of(length_ms: i64) -> i64 {
    let fits = |piece: &&i64| count_pieces(length_ms, **piece) <= MOST_PIECES;
    PIECES_MS.iter().find(fits).copied().unwrap_or(30 * DAY_MS)
}

const fn count_pieces(length_ms: i64, piece_ms: i64) -> i64 {
    (length_ms + piece_ms - 1) / piece_ms
}

async fn count(connection: &mut Connection<'_>, scope: &Scope) -> Result<BTreeMap<Part, FiguresView>> {
    let mut figures: BTreeMap<Part, FiguresView> = BTreeMap::new();
    for count in monitor::count_runs(connection, scope).await? {
        for part in [Part::Whole, Part::Piece(count.piece), Part::Pipeline(count.pipeline)] {
            add(figures.entry(part).or_default(), count.outcome, count.count);
        }
    }
    for (part, ranked) in monitor::rank_durations(connection, scope).await? {
        figures.entry(part).or_default().duration = ranked.into();
    }
    for (part, ranked) in monitor::rank_queueing(connection, scope).await? {
        figures.entry(part).or_default().queue = ranked.into();
    }
    for each in figures.values_mut() {
        let bad = each.failed + each.error;
        each.failure_rate = share(bad, bad + each.completed + each.partial_success);
    }
    Ok(figures)
}

fn add(figures: &mut FiguresView, outcome: Option<RunOutcome>, count: i64) {
    figures.runs += count;
    *match outcome {
        None => &mut figures.active,
        Some(RunOutcome::Completed) => &mut figures.completed,
        Some(RunOutcome::PartialSuccess) => &mut figures.partial_success,
        Some(RunOutcome::Failed) => &mut figures.failed,
        Some(RunOutcome::Error) => &mut figures.error,
        Some(RunOutcome::Stopped) => &mut figures.stopped,
    } += count;
}

/// Absent where there is nothing to share.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl From<Percentiles> for LengthsView {
    fn from(ranked: Percentiles) -> Self {
        Self { count: ranked.count, p50_ms: Some(ranked.p50), p90_ms: Some(ranked.p90), p99_ms: Some(ranked.p99) }
    }
}

impl LengthsView {
    /// The same percentiles as the store's, of few lengths.
    fn rank(mut lengths: Vec<i64>) -> Self {
        lengths.sort_unstable();
        let at = |percent: usize| lengths.get((lengths.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Self { count: i64::try_from(lengths.len()).unwrap_or(i64::MAX), p50_ms: at(50), p90_ms: at(90), p99_ms: at(99) }
    }
}

fn show(scope: &Scope, figures: &BTreeMap<Part, FiguresView>, all: &[pipelines::Pipeline], environments: &[Deliveries]) -> MonitorView {
    let of = |part: Part| figures.get(&part).cloned().unwrap_or_default();
    let piece = |piece: i64| {
        let from = scope.from + piece * scope.piece_ms;
        PieceView { from, to: (from + scope.piece_ms).min(scope.to), figures: of(Part::Piece(piece)) }
    };
    let known = all.iter().filter(|pipeline| figures.contains_key(&Part::Pipeline(pipeline.id)));
    let pipeline = |known: &pipelines::Pipeline| PipelineFigures {
        pipeline: known.name.clone(),
        project: known.project.clone(),
        figures: of(Part::Pipeline(known.id)),
    };
    MonitorView {
        from: scope.from,
        to: scope.to,
        piece_ms: scope.piece_ms,
        whole: of(Part::Whole),
        over_time: (0..count_pieces(scope.to - scope.from, scope.piece_ms)).map(piece).collect(),
        pipelines: known.map(pipeline).collect(),
        environments: environments.iter().map(|each| show_environment(scope, each)).collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn show_environment(scope: &Scope, deliveries: &Deliveries) -> EnvironmentFigures {
    let list = &deliveries.list;
    let count = |wanted: fn(&Delivery) -> bool| i64::try_from(list.iter().filter(|it| wanted(it)).count()).unwrap_or(i64::MAX);
    let (deployments, changes) = (count(|it| it.deployed), count(Delivery::is_change));
    let failed_changes = count(|it| it.is_change() && it.failed_at.is_some());
    let mut over_time = vec![0; usize::try_from(count_pieces(scope.to - scope.from, scope.piece_ms)).unwrap_or_default()];
    for delivery in list.iter().filter(|it| it.deployed) {
        let place = usize::try_from((delivery.at - scope.from) / scope.piece_ms).unwrap_or_default();
        if let Some(count) = over_time.get_mut(place) {
            *count += 1;
        }
    }
    EnvironmentFigures {
        pipeline: deliveries.environment.pipeline_name.clone(),
        environment: deliveries.environment.name.clone(),
        deployments,
        deployments_per_day: deployments as f64 * DAY_MS as f64 / (scope.to - scope.from) as f64,
        rollbacks: count(|it| it.rollback),
        changes,
        failed_changes,
        change_failure_rate: share(failed_changes, changes),
        lead_time: LengthsView::rank(list.iter().flat_map(|it| it.lead_times_ms.iter().copied()).collect()),
        time_to_restore: LengthsView::rank(list.iter().filter_map(|it| it.restored_ms).collect()),
        failing_since: deliveries.open_since,
        over_time,
    }
}

/// Which deliveries into an environment a list of runs is narrowed to.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeliveryQuery<'q> {
    /// `PIPELINE/ENVIRONMENT`.
    pub environment: &'q str,
    /// `deployed`, `failed`, `rollback` or `restored`; absent means every attempt.
    pub change: Option<&'q str>,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// The runs that tried to deliver something there in the time, by the very rules of the figures.
pub(super) async fn find_delivering(
    app: &App,
    connection: &mut Connection<'_>,
    workspace: &Workspace,
    query: DeliveryQuery<'_>,
) -> Result<Vec<RunId>> {
    let wanted: fn(&Delivery) -> bool = match query.change {
        None => |_| true,
        Some("deployed") => |it| it.deployed,
        Some("failed") => |it| it.is_change() && it.failed_at.is_some(),
        Some("rollback") => |it| it.rollback,
        Some("restored") => |it| it.restored_ms.is_some(),
        Some(other) => return Err(Error::invalid(format!("change is deployed, failed, rollback or restored, not {other:?}"))),
    };
    let named = query.environment.split_once('/');
    let (pipeline, name) = named.ok_or_else(|| Error::invalid("environment is PIPELINE/ENVIRONMENT"))?;
    let found = pipelines::find_by_name(connection, workspace.id, pipeline).await?;
    let id: PipelineId = found.ok_or_else(|| no_pipeline(pipeline))?.id;
    let (from, to) = read_time(app, query.from, query.to)?;
    let scope = Scope { workspace: workspace.id, from, to, piece_ms: to - from, pipeline: Some(id), project: None };
    let all = engine::list_deliveries(app, connection, &scope).await?;
    let one = all.into_iter().find(|each| each.environment.name == name);
    let one = one.ok_or_else(|| Error::not_found(format!("{pipeline} has no environment {name}")))?;
    let mut runs: Vec<RunId> = one.list.iter().filter(|it| wanted(it)).map(|it| it.run).collect();
    // The identifiers sort by time: of very many the newest are listed.
    runs.sort_unstable();
    runs.dedup();
    let surplus = runs.len().saturating_sub(MOST_RUNS);
    Ok(runs.split_off(surplus))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let ranked = LengthsView::rank((1..=200).rev().collect());
        assert_eq!((ranked.count, ranked.p50_ms, ranked.p90_ms, ranked.p99_ms), (200, Some(100), Some(180), Some(198)));
        let ranked = LengthsView::rank(vec![7]);
        assert_eq!((ranked.p50_ms, ranked.p90_ms, ranked.p99_ms), (Some(7), Some(7), Some(7)));
        assert_eq!(LengthsView::rank(Vec::new()), LengthsView::default());
    }

    #[test]
    fn the_time_is_shown_in_pieces_that_fit_a_picture() {
        for (length, piece) in
            [(HOUR_MS, 60_000), (DAY_MS, HOUR_MS), (7 * DAY_MS, 3 * HOUR_MS), (30 * DAY_MS, DAY_MS), (365 * DAY_MS, 7 * DAY_MS)]
        {
            assert_eq!(piece_of(length), piece, "{length}");
        }
        assert!(count_pieces(LONGEST_MS, piece_of(LONGEST_MS)) <= MOST_PIECES);
    }
}
