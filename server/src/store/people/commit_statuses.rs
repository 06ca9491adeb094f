//! What forges should show for commits.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::document::ResourceKind;
use andon_pipelines::ids::{RunId, WorkspaceId};
use std::collections::BTreeMap;

/// Which status of which commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct StatusKey {
    pub channel: String,
    /// The repository's address, as the resource gives it.
    pub repository: String,
    pub commit: String,
    /// `andon/PIPELINE`.
    pub context: String,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatus {
    pub key: StatusKey,
    /// Absent where it is not about a run.
    pub run: Option<RunId>,
    /// 0 where it is not about a run.
    pub run_number: i64,
    /// `pending`, `running`, `success`, `failure`, `error` or `stopped`.
    pub state: String,
    pub description: String,
    pub link: String,
}

const COLUMNS: &str = "SELECT channel, repository, commit_id, context, run_id, run_number, state, description, link FROM commit_statuses";

/// The status as it should be now.
///
/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, workspace: WorkspaceId, key: &StatusKey) -> Result<Option<CommitStatus>> {
    let sql = format!("{COLUMNS} WHERE workspace_id = $1 AND channel = $2 AND repository = $3 AND commit_id = $4 AND context = $5");
    let rows = connection.list_built(sql, values![workspace, &key.channel, &key.repository, &key.commit, &key.context]).await?;
    rows.first().map(read).transpose()
}

/// Those that a run has set and no later run has taken over.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_run(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<CommitStatus>> {
    connection.list_built(format!("{COLUMNS} WHERE run_id = $1"), values![run]).await?.iter().map(read).collect()
}

/// Sets a status.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, status: &CommitStatus) -> Result<()> {
    let (at, key) = (tx.at(), &status.key);
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO commit_statuses (workspace_id, channel, repository, commit_id, context, run_id, run_number, state, description, \
             link, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (workspace_id, channel, repository, commit_id, context) DO UPDATE SET run_id = excluded.run_id, \
             run_number = excluded.run_number, state = excluded.state, description = excluded.description, link = excluded.link, \
             updated_at = excluded.updated_at",
            values![
                workspace,
                &key.channel,
                &key.repository,
                &key.commit,
                &key.context,
                status.run,
                status.run_number,
                &status.state,
                &status.description,
                &status.link,
                at
            ],
        )
        .await
}

/// The commits that the job runs of a run take in from git resources, with where these come from.
///
/// # Errors
/// Whatever the database says.
pub async fn list_commits(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<(ResourceKind, String)>> {
    let sql = "SELECT DISTINCT r.source, v.map FROM job_runs j JOIN job_run_inputs i ON i.job_run_id = j.id JOIN versions v ON \
               v.id = i.version_id JOIN resources r ON r.id = v.resource_id WHERE j.run_id = $1 AND r.kind = 'git'";
    let mut commits = Vec::new();
    for row in connection.list(sql, values![run]).await? {
        let mut map: BTreeMap<String, String> = row.json("map")?;
        if let Some(commit) = map.remove("commit") {
            commits.push((row.json("source")?, commit));
        }
    }
    Ok(commits)
}

/// How far notifications have been made from the events.
///
/// # Errors
/// Whatever the database says.
pub async fn get_told(connection: &mut Connection<'_>) -> Result<i64> {
    connection.get("the counter", "SELECT value FROM counters WHERE name = $1", values!["told"]).await?.get("value")
}

/// Moves that mark.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when another server moved it meanwhile.
pub async fn set_told(tx: &mut Tx, from: i64, to: i64) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE counters SET value = $1 WHERE name = $2 AND value = $3", values![to, "told", from]).await
}

fn read(row: &Row) -> Result<CommitStatus> {
    Ok(CommitStatus {
        key: StatusKey {
            channel: row.get("channel")?,
            repository: row.get("repository")?,
            commit: row.get("commit_id")?,
            context: row.get("context")?,
        },
        run: row.find_id("run_id")?,
        run_number: row.get("run_number")?,
        state: row.get("state")?,
        description: row.get("description")?,
        link: row.get("link")?,
    })
}
