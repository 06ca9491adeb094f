//! Runners.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::RunnerId;
use andon_pipelines::wire::Registration;

#[derive(Clone, Debug)]
pub struct Runner {
    pub id: RunnerId,
    pub name: String,
    pub labels: Vec<String>,
    pub slots: i64,
    pub executor: String,
    pub isolation: String,
    pub notice: Option<String>,
    pub version: String,
    pub address: Option<String>,
    /// `active`, `draining` or `lost`.
    pub state: String,
    pub registered_at: i64,
    pub seen_at: i64,
    /// Who wants it to take no more work, and since when.
    pub drained: Option<(String, i64)>,
}

const COLUMNS: &str = "SELECT id, name, labels, slots, executor, isolation, notice, version, address, state, registered_at, seen_at, drained_by, \
                       drained_at FROM runners";

/// Takes a runner in; one of a known name keeps its identity.
///
/// # Errors
/// Whatever the database says.
pub async fn register(tx: &mut Tx, registration: &Registration, address: Option<&str>) -> Result<RunnerId> {
    let (new_id, at): (RunnerId, _) = (tx.new_id(), tx.at());
    let labels = serde_json::to_string(&registration.labels).map_err(|error| crate::store::StoreError::Corrupt(error.to_string()))?;
    let sql = "INSERT INTO runners (id, name, labels, slots, executor, isolation, notice, version, address, state, registered_at, seen_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT (name) DO UPDATE SET labels = excluded.labels, slots = \
               excluded.slots, executor = excluded.executor, isolation = excluded.isolation, notice = excluded.notice, version = \
               excluded.version, address = excluded.address, state = excluded.state, registered_at = excluded.registered_at, seen_at = \
               excluded.seen_at RETURNING id";
    let values = values![
        new_id,
        &registration.name,
        labels,
        i64::from(registration.slots),
        &registration.executor,
        &registration.isolation,
        &registration.notice,
        &registration.version,
        address,
        "active",
        at
    ];
    let id: RunnerId = tx.connection().get("the runner", sql, values).await?.id("id")?;
    tx.emit(None, Event::RunnerChanged { runner: id, name: registration.name.clone(), state: "active".to_owned() });
    Ok(id)
}

/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, id: RunnerId) -> Result<Option<Runner>> {
    connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?.first().map(runner).transpose()
}

/// All runners, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>) -> Result<Vec<Runner>> {
    connection.list_built(format!("{COLUMNS} ORDER BY name"), Vec::new()).await?.iter().map(runner).collect()
}

/// The runner was heard.
///
/// # Errors
/// Whatever the database says.
pub async fn set_seen(tx: &mut Tx, runner: &Runner, state: &str) -> Result<()> {
    let at = tx.at();
    tx.connection().execute_exactly(1, "UPDATE runners SET seen_at = $1, state = $2 WHERE id = $3", values![at, state, runner.id]).await?;
    if runner.state != state {
        tx.emit(None, Event::RunnerChanged { runner: runner.id, name: runner.name.clone(), state: state.to_owned() });
    }
    Ok(())
}

/// Lets a runner take no more work until [`resume`]. Answers whether it was not drained already.
///
/// # Errors
/// Whatever the database says.
pub async fn drain(tx: &mut Tx, runner: &Runner) -> Result<bool> {
    let (by, at) = (tx.actor().to_owned(), tx.at());
    let sql = "UPDATE runners SET drained_by = $1, drained_at = $2 WHERE id = $3 AND drained_at IS NULL";
    let touched = tx.connection().execute(sql, values![by, at, runner.id]).await?;
    if touched == 1 {
        tx.emit(None, Event::RunnerChanged { runner: runner.id, name: runner.name.clone(), state: "draining".to_owned() });
    }
    Ok(touched == 1)
}

/// Lets a drained runner take work again. Answers whether it was drained.
///
/// # Errors
/// Whatever the database says.
pub async fn resume(tx: &mut Tx, runner: &Runner) -> Result<bool> {
    let sql = "UPDATE runners SET drained_by = NULL, drained_at = NULL WHERE id = $1 AND drained_at IS NOT NULL";
    let touched = tx.connection().execute(sql, values![runner.id]).await?;
    if touched == 1 {
        tx.emit(None, Event::RunnerChanged { runner: runner.id, name: runner.name.clone(), state: runner.state.clone() });
    }
    Ok(touched == 1)
}

/// Runners that are not known to be lost and were last heard before `before_ms`.
///
/// # Errors
/// Whatever the database says.
pub async fn list_silent(connection: &mut Connection<'_>, before_ms: i64) -> Result<Vec<Runner>> {
    let sql = format!("{COLUMNS} WHERE state <> $1 AND seen_at < $2");
    connection.list_built(sql, values!["lost", before_ms]).await?.iter().map(runner).collect()
}

/// The runner has gone, or has been silent for too long.
///
/// # Errors
/// Whatever the database says.
pub async fn set_lost(tx: &mut Tx, runner: &Runner) -> Result<()> {
    let sql = "UPDATE runners SET state = $1 WHERE id = $2 AND seen_at = $3";
    if tx.connection().execute(sql, values!["lost", runner.id, runner.seen_at]).await? == 1 {
        tx.emit(None, Event::RunnerChanged { runner: runner.id, name: runner.name.clone(), state: "lost".to_owned() });
    }
    Ok(())
}

fn runner(row: &Row) -> Result<Runner> {
    runner_under(row, "")
}

/// The columns of a runner `u` beside those of something else.
pub(super) const UNDER_ANOTHER: &str = "u.id AS u_id, u.name AS u_name, u.labels AS u_labels, u.slots AS u_slots, u.executor AS u_executor, u.isolation \
                             AS u_isolation, u.notice AS u_notice, u.version AS u_version, u.address AS u_address, u.state AS u_state, \
                             u.registered_at AS u_registered_at, u.seen_at AS u_seen_at, u.drained_by AS u_drained_by, u.drained_at AS \
                             u_drained_at";

/// A runner whose columns stand under names with a prefix.
pub(super) fn runner_under(row: &Row, prefix: &str) -> Result<Runner> {
    let name = |column: &str| format!("{prefix}{column}");
    Ok(Runner {
        id: row.id(&name("id"))?,
        name: row.get(&name("name"))?,
        labels: row.json(&name("labels"))?,
        slots: row.get(&name("slots"))?,
        executor: row.get(&name("executor"))?,
        isolation: row.get(&name("isolation"))?,
        notice: row.get(&name("notice"))?,
        version: row.get(&name("version"))?,
        address: row.get(&name("address"))?,
        state: row.get(&name("state"))?,
        registered_at: row.get(&name("registered_at"))?,
        seen_at: row.get(&name("seen_at"))?,
        drained: row.get::<Option<String>>(&name("drained_by"))?.zip(row.get(&name("drained_at"))?),
    })
}
