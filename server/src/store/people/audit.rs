//! The audit trail: rows are added here and read, and nothing else. A transaction adds its own when it commits.

use crate::audit::{Act, Entry, Fault, GENESIS, Object, Origin, bound, check_link};
use crate::store::db::{Taking, Value, places, values};
use crate::store::{Connection, Result, Row, StoreError};
use andon_pipelines::ids::{UserId, WorkspaceId};
use std::collections::BTreeMap;
use std::sync::Arc;

const COLUMNS: &str =
    "sequence, at, scope, actor, user_id, action, object, object_id, address, agent, request, before_json, after_json, hash";

/// Who has done something, and when, for a row of its own.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub at: i64,
    pub actor: String,
    pub origin: Option<Arc<Origin>>,
    pub workspace: Option<WorkspaceId>,
}

/// Adds a row for each act to the end of the chain. On PostgreSQL the head's row keeps other servers waiting until the transaction ends, so
/// only the events come after it.
///
/// # Errors
/// [`StoreError::Corrupt`] when the head is gone; whatever the database says.
pub(crate) async fn append(connection: &mut Connection<'_>, acts: Vec<(Signature, Act)>) -> Result<()> {
    let mut entries = Vec::with_capacity(acts.len());
    for (signature, act) in acts {
        entries.push(entry(connection, signature, act).await?);
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let sql = "UPDATE audit_head SET sequence = sequence + $1 WHERE id = 1 RETURNING sequence, hash";
    let head = Taking { what: "the head of the audit trail", sql, columns: &["sequence", "hash"], values: values![count] };
    let head = connection.take(vec![head]).await.map_err(|error| match error {
        StoreError::NotFound { what } => StoreError::Corrupt(format!("{what} is gone")),
        error => error,
    })?;
    let (mut sequence, mut hash) = (head.get::<i64>("sequence")? - count, head.get::<String>("hash")?);
    for entry in &mut entries {
        sequence += 1;
        entry.sequence = sequence;
        hash = entry.link(&hash);
        entry.hash.clone_from(&hash);
    }
    let insert = "INSERT INTO audit_entries (sequence, at, scope, actor, user_id, action, object, object_id, address, agent, request, \
                  before_json, after_json, hash) VALUES";
    connection.put_many((insert, ""), entries.into_iter().map(row_of).collect(), None).await?;
    connection.put(1, "UPDATE audit_head SET hash = $1 WHERE id = 1", values![hash]).await
}

async fn entry(connection: &mut Connection<'_>, Signature { at, actor, origin, workspace }: Signature, act: Act) -> Result<Entry> {
    let name = match &act.object.name {
        Some(name) => name.clone(),
        None => find_name(connection, &act.object).await?,
    };
    let by_another = act.actor.as_ref().is_some_and(|by| *by != actor);
    let origin = origin.as_deref();
    Ok(Entry {
        sequence: 0,
        at,
        workspace,
        actor: act.actor.unwrap_or(actor),
        user: origin.and_then(Origin::person).filter(|_| !by_another),
        action: act.action,
        object: format!("{}:{name}", act.object.kind),
        object_id: act.object.id,
        address: origin.and_then(|origin| origin.address).map(|address| address.to_string()),
        agent: origin.and_then(|origin| origin.agent.clone()),
        request: origin.and_then(|origin| origin.request.clone()),
        before: bound(&act.before),
        after: bound(&act.after),
        hash: String::new(),
    })
}

/// How people call the thing now: `shop/build`, `shop#12`. Its identifier, where it has no other name.
async fn find_name(connection: &mut Connection<'_>, object: &Object) -> Result<String> {
    let id = object.id.as_deref().unwrap_or_default();
    let sql = match object.kind {
        "user" => "SELECT name, NULL AS number, NULL AS attempt FROM users WHERE id = $1",
        "pipeline" => "SELECT name, NULL AS number, NULL AS attempt FROM pipelines WHERE id = $1",
        "job" => {
            "SELECT p.name || '/' || j.name AS name, NULL AS number, NULL AS attempt FROM jobs j JOIN pipelines p ON p.id = j.pipeline_id \
             WHERE j.id = $1"
        }
        "resource" => {
            "SELECT p.name || '/' || r.name AS name, NULL AS number, NULL AS attempt FROM resources r \
             JOIN pipelines p ON p.id = r.pipeline_id WHERE r.id = $1"
        }
        "run" => {
            "SELECT p.name AS name, CAST(r.number AS TEXT) AS number, NULL AS attempt FROM runs r JOIN pipelines p ON p.id = r.pipeline_id \
             WHERE r.id = $1"
        }
        "job-run" => {
            "SELECT p.name || '/' || j.name AS name, CAST(r.number AS TEXT) AS number, CAST(r.attempt AS TEXT) AS attempt FROM job_runs r \
             JOIN jobs j ON j.id = r.job_id JOIN pipelines p ON p.id = r.pipeline_id WHERE r.id = $1"
        }
        "gate" => {
            "SELECT p.name || '/' || j.name AS name, CAST(r.number AS TEXT) AS number, CAST(r.attempt AS TEXT) AS attempt FROM gates g \
             JOIN job_runs r ON r.id = g.job_run_id JOIN jobs j ON j.id = r.job_id JOIN pipelines p ON p.id = r.pipeline_id \
             WHERE g.id = $1"
        }
        _ => return Ok(id.to_owned()),
    };
    let Some(row) = connection.find(sql, values![id]).await? else { return Ok(id.to_owned()) };
    let (name, number, attempt): (String, Option<String>, Option<String>) = (row.get("name")?, row.get("number")?, row.get("attempt")?);
    let number = number.map(|number| format!("#{number}")).unwrap_or_default();
    let attempt = attempt.filter(|attempt| attempt != "0").map(|attempt| format!(".{attempt}")).unwrap_or_default();
    Ok(format!("{name}{number}{attempt}"))
}

fn row_of(entry: Entry) -> Vec<Value> {
    values![
        entry.sequence,
        entry.at,
        scope(entry.workspace),
        entry.actor,
        entry.user,
        entry.action,
        entry.object,
        entry.object_id,
        entry.address,
        entry.agent,
        entry.request,
        entry.before,
        entry.after,
        entry.hash
    ]
}

fn scope(workspace: Option<WorkspaceId>) -> String {
    workspace.map(|id| id.to_string()).unwrap_or_default()
}

fn read(row: &Row) -> Result<Entry> {
    let scope: String = row.get("scope")?;
    let workspace = if scope.is_empty() { None } else { Some(row.id("scope")?) };
    Ok(Entry {
        sequence: row.get("sequence")?,
        at: row.get("at")?,
        workspace,
        actor: row.get("actor")?,
        user: row.find_id("user_id")?,
        action: row.get("action")?,
        object: row.get("object")?,
        object_id: row.get("object_id")?,
        address: row.get("address")?,
        agent: row.get("agent")?,
        request: row.get("request")?,
        before: row.get("before_json")?,
        after: row.get("after_json")?,
        hash: row.get("hash")?,
    })
}

/// Which rows somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Also what belongs to no workspace.
    pub installation: bool,
    pub actor: Option<String>,
    pub action: Option<String>,
    /// `KIND:NAME`, or an identifier.
    pub object: Option<String>,
    /// From this moment on.
    pub from: Option<i64>,
    /// Before this moment.
    pub to: Option<i64>,
    /// Older than the row of this moment and sequence.
    pub after: Option<(i64, i64)>,
    pub limit: i64,
}

/// The rows that were asked for, newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId, question: &Question) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    // One question for each scope, so that an index has the answer in order.
    let scopes = [Some(Some(workspace)), question.installation.then_some(None)];
    for workspace in scopes.into_iter().flatten() {
        let (sql, values) = ask(question, &scope(workspace));
        for row in connection.list_built(sql, values).await? {
            found.push(read(&row)?);
        }
    }
    found.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.sequence)));
    found.truncate(usize::try_from(question.limit).unwrap_or_default());
    Ok(found)
}

fn ask(question: &Question, scope: &str) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {COLUMNS} FROM audit_entries WHERE scope = $1");
    let mut given = values![scope];
    let object = question.object.as_deref();
    let by_id = object.is_some_and(|object| uuid::Uuid::try_parse(object).is_ok());
    let conditions: [(&str, Option<Value>); 6] = [
        ("actor =", question.actor.as_deref().map(Value::from)),
        ("action =", question.action.as_deref().map(Value::from)),
        ("object_id =", object.filter(|_| by_id).map(Value::from)),
        ("object =", object.filter(|_| !by_id).map(Value::from)),
        ("at >=", question.from.map(Value::from)),
        ("at <", question.to.map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            given.push(value);
            sql.push_str(&format!(" AND {condition} ${}", given.len()));
        }
    }
    if let Some((at, sequence)) = question.after {
        sql.push_str(&format!(" AND (at, sequence) < (${}, ${})", given.len() + 1, given.len() + 2));
        given.extend(values![at, sequence]);
    }
    given.push(Value::from(question.limit));
    sql.push_str(&format!(" ORDER BY at DESC, sequence DESC LIMIT ${}", given.len()));
    (sql, given)
}

/// The names of these people, by identifier.
///
/// # Errors
/// Whatever the database says.
pub async fn list_people(connection: &mut Connection<'_>, entries: &[Entry]) -> Result<BTreeMap<UserId, String>> {
    let mut ids: Vec<UserId> = entries.iter().filter_map(|entry| entry.user).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!("SELECT id, name FROM users WHERE id IN {}", places(1, ids.len()));
    let rows = connection.list_built(sql, ids.into_iter().map(Value::from).collect()).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.get("name")?))).collect()
}

/// A stretch of the chain, walked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The last row that is as it should be; 0 before the first.
    pub until: i64,
    /// The hash there.
    pub hash: String,
    /// What the head says is the last row.
    pub head: i64,
    pub fault: Option<Fault>,
    /// There are rows behind `until` that were not looked at.
    pub more: bool,
}

/// Walks at most `limit` rows behind the row `after` (0 for the beginning), and compares the end with the head. All of it is one statement,
/// so it sees one state, whatever is written meanwhile.
///
/// # Errors
/// Whatever the database says.
pub async fn walk(connection: &mut Connection<'_>, after: i64, limit: i64) -> Result<Walked> {
    let sql = "SELECT h.sequence AS head_sequence, h.hash AS head_hash, p.hash AS previous, e.sequence, e.at, e.scope, e.actor, e.user_id, \
               e.action, e.object, e.object_id, e.address, e.agent, e.request, e.before_json, e.after_json, e.hash FROM audit_head h \
               LEFT JOIN audit_entries p ON p.sequence = $1 LEFT JOIN audit_entries e ON e.sequence > $2 WHERE h.id = 1 \
               ORDER BY e.sequence LIMIT $3";
    // A row with a number below the first is none of ours either.
    let lowest = if after == 0 { i64::MIN } else { after };
    let rows = connection.list(sql, values![after, lowest, limit]).await?;
    let broken = |sequence: i64, what: String| Walked {
        until: after,
        hash: String::new(),
        head: 0,
        fault: Some(Fault { sequence, what }),
        more: false,
    };
    let Some(first) = rows.first() else { return Ok(broken(after, "the head of the trail is missing".to_owned())) };
    let (head, head_hash): (i64, String) = (first.get("head_sequence")?, first.get("head_hash")?);
    let previous: Option<String> = if after == 0 { Some(GENESIS.to_owned()) } else { first.get("previous")? };
    let Some(previous) = previous else { return Ok(broken(after, "the entry is missing".to_owned())) };
    let mut walked = Walked { until: after, hash: previous, head, fault: None, more: false };
    for row in &rows {
        if row.get::<Option<i64>>("sequence")?.is_none() {
            break;
        }
        let entry = match read(row) {
            Ok(entry) => entry,
            Err(error) => {
                walked.fault = Some(Fault { sequence: row.get("sequence")?, what: format!("the entry cannot be read: {error}") });
                return Ok(walked);
            }
        };
        if let Err(fault) = check_link((walked.until, &walked.hash), &entry) {
            walked.fault = Some(fault);
            return Ok(walked);
        }
        (walked.until, walked.hash) = (entry.sequence, entry.hash);
    }
    // What stands behind a full page is looked at with the next one, also where the head knows of nothing there.
    walked.more = walked.until - after >= limit;
    if !walked.more {
        walked.fault = check_end(&walked, &head_hash);
    }
    Ok(walked)
}

fn check_end(walked: &Walked, head_hash: &str) -> Option<Fault> {
    let (until, head) = (walked.until, walked.head);
    if until < head {
        let what = format!("the entry is missing: the trail ends at {until}, and its head says that there are {head}");
        return Some(Fault { sequence: until + 1, what });
    }
    if until > head {
        return Some(Fault { sequence: head + 1, what: format!("the entry stands behind the head, which says that there are {head}") });
    }
    (walked.hash != head_hash).then(|| Fault { sequence: until, what: "its hash is not the one that the head names".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::on_engine;

    /// Every filter alone and all of them together, behind a page and not.
    fn questions() -> Vec<Question> {
        let text = |value: &str| Some(value.to_owned());
        let plain = Question { limit: 50, ..Question::default() };
        let alone = vec![
            plain.clone(),
            Question { actor: text("user:ada"), ..plain.clone() },
            Question { action: text("secret.set"), ..plain.clone() },
            Question { object: text("secret:a"), ..plain.clone() },
            Question { object: text("00000000-0000-7000-8000-000000000000"), ..plain.clone() },
            Question { from: Some(1), to: Some(2), ..plain.clone() },
            Question { actor: text("user:ada"), action: text("secret.set"), object: text("secret:a"), from: Some(1), ..plain },
        ];
        let behind = alone.iter().map(|question| Question { after: Some((1, 1)), ..question.clone() }).collect::<Vec<_>>();
        alone.into_iter().chain(behind).collect()
    }

    #[tokio::test]
    async fn an_index_has_every_answer_in_order() {
        on_engine(async |store| {
            let mut reader = store.db.read().await.unwrap();
            for question in questions() {
                let (sql, values) = ask(&question, "a scope");
                reader.connection().list_built(sql.clone(), values.clone()).await.unwrap();
                // PostgreSQL chooses by what the table holds, and an empty one it reads whole.
                if matches!(store.target, crate::store::Target::Sqlite(_)) {
                    let plan = reader.connection().list_built(format!("EXPLAIN QUERY PLAN {sql}"), values).await.unwrap();
                    let steps: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
                    assert!(steps.len() == 1 && steps[0].contains("USING INDEX audit_by_"), "{sql}: {steps:?}");
                }
            }
        })
        .await;
    }
}
