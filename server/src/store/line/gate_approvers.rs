//! Whom the open gates ask, by name: the gates that concern a person are found without a look at everybody's.

use super::task_lists::Slice;
use crate::accounts::approver_name;
use crate::store::db::{Value, places, values};
use crate::store::{Connection, Result, Tx};
use andon_pipelines::document::{Approval, Approver};
use andon_pipelines::ids::{GateId, UserId, WorkspaceId};
use std::collections::BTreeMap;

/// Who looks for gates.
#[derive(Clone, Debug)]
pub struct Seeker {
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// What gates may call them: themselves, their groups, their role and those below it.
    pub approvers: Vec<Approver>,
}

/// How many gates wait, and of how many the time has run out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub count: usize,
    pub overdue: usize,
}

/// The order of an inbox: what is due first, then what never is.
const DUE: &str = "COALESCE(g.deadline_at, 9223372036854775807)";
/// The person's decision stands. Whoever asked for changes may still approve.
const UNDECIDED: &str = "NOT EXISTS (SELECT 1 FROM gate_decisions d WHERE d.gate_id = g.id AND d.user_id = $1 AND d.revoked_at IS NULL AND \
                         d.digest = g.digest AND d.decision <> 'request-changes')";

/// Writes down whom an open gate asks, in place of what was written before.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &mut Tx, (workspace, gate): (WorkspaceId, GateId), approval: &Approval) -> Result<()> {
    clear(tx, gate).await?;
    // Whom the rules name is asked from the beginning, whether the escalation names them too or not.
    let mut asked: BTreeMap<String, bool> = BTreeMap::new();
    asked.extend(approval.escalation.iter().flat_map(|escalation| &escalation.to).map(|approver| (approver_name(approver), true)));
    asked.extend(approval.require.iter().flat_map(|rule| &rule.from).map(|approver| (approver_name(approver), false)));
    let rows = asked.into_iter().map(|(approver, escalation)| values![gate, workspace, approver, escalation]).collect();
    tx.connection().insert_many("INSERT INTO gate_approvers (gate_id, workspace_id, approver, escalation) VALUES", rows, "").await?;
    let sql = "UPDATE gates SET excludes = $1 WHERE id = $2";
    tx.connection().execute_exactly(1, sql, values![!approval.exclude.is_empty(), gate]).await
}

/// A gate that is closed asks nobody.
pub(super) async fn clear(tx: &mut Tx, gate: GateId) -> Result<()> {
    tx.connection().execute("DELETE FROM gate_approvers WHERE gate_id = $1", values![gate]).await.map(drop)
}

/// The open gates whose rules name the person, or their escalation once it has come, as `FROM`; with its values, of which `$1` is the
/// person and `$2` the workspace. Nobody is named by nothing: then it finds none.
fn asking(seeker: &Seeker, only: impl Fn(&Approver) -> bool) -> (String, Vec<Value>) {
    let names: Vec<String> = seeker.approvers.iter().filter(|approver| only(approver)).map(approver_name).collect();
    let mut values = values![seeker.user, seeker.workspace];
    let named = match names.len() {
        0 => "approver IS NULL".to_owned(),
        count => format!("approver IN {}", places(3, count)),
    };
    values.extend(names.into_iter().map(Value::from));
    let sql = format!(
        "FROM (SELECT gate_id, MIN(CASE WHEN escalation THEN 1 ELSE 0 END) AS late FROM gate_approvers WHERE workspace_id = $2 AND {named} \
         GROUP BY gate_id) a JOIN gates g ON g.id = a.gate_id WHERE g.status = 'open' AND (a.late = 0 OR g.escalated_at IS NOT NULL)"
    );
    (sql, values)
}

/// Gates that may wait for the person: they are named and have not decided. Whether their approval counts is for the rules to say.
///
/// # Errors
/// Whatever the database says.
pub async fn list_undecided(connection: &mut Connection<'_>, seeker: &Seeker, slice: Slice<GateId>) -> Result<Vec<GateId>> {
    let (from, values) = asking(seeker, |_| true);
    list(connection, (format!("{from} AND {UNDECIDED}"), values), slice).await
}

/// Those of them that leave somebody's approval out.
///
/// # Errors
/// Whatever the database says.
pub async fn list_excluding(connection: &mut Connection<'_>, seeker: &Seeker, limit: i64) -> Result<Vec<GateId>> {
    let (from, values) = asking(seeker, |_| true);
    let slice = Slice { after: None, limit };
    list(connection, (format!("{from} AND {UNDECIDED} AND (g.excludes OR g.excludes IS NULL)"), values), slice).await
}

/// Gates that name a group of the person.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_groups(connection: &mut Connection<'_>, seeker: &Seeker, slice: Slice<GateId>) -> Result<Vec<GateId>> {
    list(connection, asking(seeker, is_group), slice).await
}

/// Gates that the person looks after.
///
/// # Errors
/// Whatever the database says.
pub async fn list_claimed(connection: &mut Connection<'_>, seeker: &Seeker, slice: Slice<GateId>) -> Result<Vec<GateId>> {
    list(connection, claimed_by(seeker), slice).await
}

/// How many wait for the person of those that leave nobody's approval out.
///
/// # Errors
/// Whatever the database says.
pub async fn count_plain(connection: &mut Connection<'_>, seeker: &Seeker, now_ms: i64) -> Result<Waiting> {
    let (from, values) = asking(seeker, |_| true);
    count(connection, (format!("{from} AND {UNDECIDED} AND NOT g.excludes"), values), now_ms).await
}

/// # Errors
/// Whatever the database says.
pub async fn count_of_groups(connection: &mut Connection<'_>, seeker: &Seeker, now_ms: i64) -> Result<Waiting> {
    count(connection, asking(seeker, is_group), now_ms).await
}

/// # Errors
/// Whatever the database says.
pub async fn count_claimed(connection: &mut Connection<'_>, seeker: &Seeker, now_ms: i64) -> Result<Waiting> {
    count(connection, claimed_by(seeker), now_ms).await
}

const fn is_group(approver: &Approver) -> bool {
    matches!(approver, Approver::Group(_))
}

fn claimed_by(seeker: &Seeker) -> (String, Vec<Value>) {
    let sql = "FROM gates g JOIN job_runs j ON j.id = g.job_run_id JOIN pipelines p ON p.id = j.pipeline_id WHERE g.claimed_by = $1 AND \
               g.status = 'open' AND p.workspace_id = $2";
    (sql.to_owned(), values![seeker.user, seeker.workspace])
}

async fn list(connection: &mut Connection<'_>, (from, mut values): (String, Vec<Value>), slice: Slice<GateId>) -> Result<Vec<GateId>> {
    let mut sql = format!("SELECT g.id {from}");
    if let Some((due, id)) = slice.after {
        let next = values.len() + 1;
        sql.push_str(&format!(" AND ({DUE} > ${next} OR ({DUE} = ${next} AND g.id > ${}))", next + 1));
        values.extend(values![due, id]);
    }
    sql.push_str(&format!(" ORDER BY {DUE}, g.id LIMIT ${}", values.len() + 1));
    values.extend(values![slice.limit]);
    connection.list_built(sql, values).await?.iter().map(|row| row.id("id")).collect()
}

async fn count(connection: &mut Connection<'_>, (from, mut values): (String, Vec<Value>), now_ms: i64) -> Result<Waiting> {
    let late = format!("COUNT(CASE WHEN g.deadline_at <= ${} THEN 1 END)", values.len() + 1);
    values.extend(values![now_ms]);
    let rows = connection.list_built(format!("SELECT COUNT(*) AS waiting, {late} AS overdue {from}"), values).await?;
    let Some(row) = rows.first() else { return Ok(Waiting::default()) };
    let number = |column| -> Result<usize> { Ok(usize::try_from(row.get::<i64>(column)?).unwrap_or_default()) };
    Ok(Waiting { count: number("waiting")?, overdue: number("overdue")? })
}
