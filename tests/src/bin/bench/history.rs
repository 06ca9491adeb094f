//! A long history out of a short one: what real runs left behind in a SQLite file is written again and again, each copy a little later than the
//! one before it, with identifiers, numbers and digests of its own. The last copy is the original, so whatever points to the newest of
//! something still does. Two things stay as they were in the original: the identifiers inside the bodies of events, and the hashes of
//! audit entries, whose chain therefore begins anew with each copy.

use anyhow::{Context, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::path::Path;

/// What grows with the history. Everything else is the line itself.
const TABLES: &[&str] = &[
    "events",
    "audit_entries",
    "versions",
    "runs",
    "job_runs",
    "job_run_inputs",
    "job_run_outputs",
    "job_run_follows",
    "vouchers",
    "executions",
    "execution_steps",
    "log_chunks",
];
/// Tables with identifiers of their own, by which the others point to them.
const OWNERS: &[&str] = &["versions", "runs", "job_runs", "executions"];
/// What is counted, and how far one copy counts on.
const COUNTED: &[(&str, &str, &str)] = &[
    ("events", "sequence", "(SELECT value FROM counters WHERE name = 'events')"),
    ("job_runs", "sequence", "(SELECT value FROM counters WHERE name = 'job-runs')"),
    ("audit_entries", "sequence", "(SELECT sequence FROM audit_head)"),
    ("runs", "number", "(SELECT next_run - 1 FROM pipelines WHERE id = pipeline_id)"),
    ("job_runs", "number", "(SELECT next_number - 1 FROM jobs WHERE id = job_id)"),
    ("versions", "ordinal", "(SELECT next_order FROM resources WHERE id = resource_id)"),
];
/// Unique within a job or a resource.
const DIGESTS: &[(&str, &str)] = &[("versions", "digest"), ("job_runs", "set_digest")];

/// Writes copies of the whole history into the file of a server that has been stopped, until there are at least so many runs. Answers how
/// many runs and job runs there are.
pub async fn multiply(file: &Path, least_runs: i64) -> anyhow::Result<(i64, i64)> {
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(false).pragma("cache_size", "-500000");
    let mut connection = options.pragma("temp_store", "memory").connect().await?;
    // A crash would cost the benchmark's own file, and nothing else.
    connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").await?;
    let runs = count(&mut connection, "runs").await?;
    ensure!(runs > 0, "there are no runs to copy");
    let copies = (least_runs + runs - 1) / runs;
    prepare(&mut connection, copies).await?;
    for table in TABLES {
        copy(&mut connection, table).await.with_context(|| format!("copying {table}"))?;
    }
    count_on(&mut connection, copies).await?;
    let counted = (count(&mut connection, "runs").await?, count(&mut connection, "job_runs").await?);
    connection.close().await?;
    Ok(counted)
}

async fn count(connection: &mut SqliteConnection, table: &str) -> anyhow::Result<i64> {
    Ok(connection.fetch_one(AssertSqlSafe(format!("SELECT COUNT(*) AS rows FROM {table}"))).await?.try_get("rows")?)
}

/// Lists the copies with how much earlier each was, and takes what there is aside, with the moments that are in the identifiers.
async fn prepare(connection: &mut SqliteConnection, copies: i64) -> anyhow::Result<()> {
    let moment = "json_extract('[0x' || substr(id, 1, 8) || substr(id, 10, 4) || ']', '$[0]')";
    connection.execute("CREATE TEMP TABLE moments (id TEXT PRIMARY KEY, ms INTEGER NOT NULL)").await?;
    for owner in OWNERS {
        connection.execute(AssertSqlSafe(format!("INSERT INTO moments SELECT id, {moment} FROM {owner}"))).await?;
    }
    connection
        .execute(AssertSqlSafe(format!(
            "CREATE TEMP TABLE copies AS WITH RECURSIVE numbers (copy) AS (SELECT 0 UNION ALL SELECT copy + 1 FROM numbers WHERE copy + 1 < {copies}) \
             SELECT copy, ({copies} - 1 - copy) * (SELECT MAX(at) - MIN(at) + 1000 FROM events) AS earlier, \
             printf('%08x', (copy * 2654435761) & 4294967295) AS mark, copy = {copies} - 1 AS original FROM numbers"
        )))
        .await?;
    for table in TABLES {
        let columns = list_columns(connection, table).await?;
        let ids = columns.iter().map(|column| format!("(SELECT ms FROM moments WHERE moments.id = t.{column}) AS {column}_ms"));
        let steps = COUNTED.iter().filter(|(counted, _, _)| counted == table).map(|(_, column, step)| format!("{step} AS {column}_step"));
        let more: Vec<String> = ids.chain(steps).collect();
        connection
            .execute(AssertSqlSafe(format!("CREATE TEMP TABLE old_{table} AS SELECT t.*, {} FROM {table} t", more.join(", "))))
            .await?;
    }
    for table in TABLES.iter().rev() {
        connection.execute(AssertSqlSafe(format!("DELETE FROM main.{table}"))).await?;
    }
    Ok(())
}

async fn list_columns(connection: &mut SqliteConnection, table: &str) -> anyhow::Result<Vec<String>> {
    let rows = connection.fetch_all(AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')"))).await?;
    rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
}

async fn copy(connection: &mut SqliteConnection, table: &str) -> anyhow::Result<()> {
    let columns = list_columns(connection, table).await?;
    let mut values = Vec::new();
    for column in &columns {
        values.push(value_in_copy(connection, (table, column)).await?);
    }
    // Copy after copy, so that what grows does so at its end, as it would have.
    let sql = format!(
        "INSERT INTO main.{table} ({}) SELECT {} FROM temp.copies c CROSS JOIN temp.old_{table} o",
        columns.join(", "),
        values.join(", ")
    );
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

/// What stands in a column of a copy.
async fn value_in_copy(connection: &mut SqliteConnection, (table, column): (&str, &str)) -> anyhow::Result<String> {
    if COUNTED.iter().any(|(counted, name, _)| (*counted, *name) == (table, column)) {
        return Ok(format!("o.{column} + c.copy * o.{column}_step"));
    }
    if DIGESTS.contains(&(table, column)) {
        return Ok(format!("CASE WHEN c.original THEN o.{column} ELSE c.mark || substr(o.{column}, 9) END"));
    }
    if column == "at" || column.ends_with("_at") || column == "lease_until" {
        return Ok(format!("o.{column} - c.earlier"));
    }
    let pointing = format!("SELECT COUNT(*) AS rows FROM temp.old_{table} WHERE {column}_ms IS NOT NULL");
    let pointing: i64 = connection.fetch_one(AssertSqlSafe(pointing)).await?.try_get("rows")?;
    if pointing == 0 {
        return Ok(format!("o.{column}"));
    }
    let earlier = format!("(o.{column}_ms - c.earlier)");
    Ok(format!(
        "CASE WHEN o.{column}_ms IS NULL THEN o.{column} ELSE printf('%08x-%04x', {earlier} >> 16, {earlier} & 65535) || substr(o.{column}, 14) END"
    ))
}

/// Lets the line count on after the last copy.
async fn count_on(connection: &mut SqliteConnection, copies: i64) -> anyhow::Result<()> {
    let statements = [
        format!("UPDATE pipelines SET next_run = (next_run - 1) * {copies} + 1"),
        format!("UPDATE jobs SET next_number = (next_number - 1) * {copies} + 1"),
        format!("UPDATE resources SET next_order = next_order * {copies}"),
        "UPDATE counters SET value = (SELECT MAX(sequence) FROM job_runs) WHERE name = 'job-runs'".to_owned(),
        "UPDATE counters SET value = (SELECT MAX(sequence) FROM events) WHERE name IN ('events', 'told')".to_owned(),
        "UPDATE audit_head SET sequence = (SELECT MAX(sequence) FROM audit_entries)".to_owned(),
    ];
    for statement in statements {
        connection.execute(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}
