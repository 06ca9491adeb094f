//! The audit trail: who did what, and whether the trail is as it was written.

use super::tokens::Opened;
use crate::client::{Client, typed};
use crate::context::{Context, Format, Limit};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Table, clean};
use andon_server::http::audit::{AuditCheck, AuditEntry, AuditFault};
use andon_server::store::people::audit;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Rows that are walked at once in a database that is opened directly.
const PAGE: i64 = 5_000;

#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// List who did what, newest first
    List(AuditListArgs),
    /// Walk the whole trail and say whether it is as it was written; exit code 1 if it is not
    Verify(AuditVerifyArgs),
}

#[derive(Args, Debug)]
pub struct AuditListArgs {
    /// Who: a person's name, or as in `token:ci`
    #[arg(long)]
    actor: Option<String>,
    /// What was done, as in `gate.approved`
    #[arg(long)]
    action: Option<String>,
    /// To what: as in `pipeline:shop`, or an ID
    #[arg(long)]
    object: Option<String>,
    /// From this time on, as in 2026-11-21T12:04:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Everything that fits, as CSV
    #[arg(long, conflicts_with_all = ["json", "limit"])]
    csv: bool,
    #[command(flatten)]
    limit: Limit,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct AuditVerifyArgs {
    /// Open the database of the server with this data folder, instead of asking a server; needs no sign-in
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub async fn audit(context: &Context, command: &AuditCommand) -> Outcome {
    match command {
        AuditCommand::List(args) => list(context, args).await,
        AuditCommand::Verify(args) => verify(context, args).await,
    }
}

async fn list(context: &Context, args: &AuditListArgs) -> Outcome {
    let client = context.client()?;
    let mut url = client.place(&["audit"]);
    let filters = [("actor", &args.actor), ("action", &args.action), ("object", &args.object), ("from", &args.from), ("to", &args.to)];
    for (name, value) in filters {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    if args.csv {
        let mut answer = client.open(url, "text/csv").await?;
        while let Some(piece) = answer.chunk().await.context("the server's answer breaks off")? {
            context.terminal.write(&piece)?;
        }
        return Ok(());
    }
    let listing = client.list(url, args.limit.get()).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["ENTRY", "WHEN", "WHO", "DID", "TO", "FROM"]);
    for entry in listing.typed::<AuditEntry>()? {
        let who = match &entry.person {
            Some(person) if !entry.actor.ends_with(person.as_str()) => format!("{} ({person})", entry.actor),
            _ => entry.actor.clone(),
        };
        table.row(vec![
            Cell::number(entry.sequence),
            context.terminal.time(entry.at),
            Cell::text(who),
            Cell::text(&entry.action),
            Cell::text(&entry.object),
            Cell::option(entry.address.as_deref().or(entry.agent.as_deref())),
        ]);
    }
    context.terminal.table(&table, "Nothing in the audit trail fits")
}

async fn verify(context: &Context, args: &AuditVerifyArgs) -> Outcome {
    let check = match &args.data {
        Some(data) => verify_directly(data).await?,
        None => verify_by_server(&context.client()?).await?,
    };
    if args.format.json {
        context.terminal.json(&check)?;
    }
    match &check.fault {
        Some(fault) => Err(Failure::failed(clean(&format!(
            "the audit trail is broken at entry {}: {}; up to entry {} it is as it was written",
            fault.sequence, fault.what, check.until
        )))),
        None if args.format.json => Ok(()),
        None if check.head == 0 => context.terminal.line("The audit trail is empty"),
        None => {
            let entries = if check.head == 1 { "entry is".to_owned() } else { format!("{} entries are", check.head) };
            context.terminal.line(format!("The audit trail's {entries} as written; the newest has the hash {}", check.hash))
        }
    }
}

async fn verify_by_server(client: &Client) -> Outcome<AuditCheck> {
    let mut after = 0;
    loop {
        let mut url = client.api(&["audit", "verify"]);
        url.query_pairs_mut().append_pair("after", &after.to_string());
        let check: AuditCheck = typed(client.get(url).await?)?;
        match check.next {
            Some(next) => after = next,
            None => return Ok(check),
        }
    }
}

async fn verify_directly(data: &Path) -> Outcome<AuditCheck> {
    let opened = Opened::open(data).await?;
    let walked = walk(&opened).await;
    opened.close().await?;
    let walked = walked.map_err(|error| Failure::failed(error.to_string()))?;
    let fault = walked.fault.map(|fault| AuditFault { sequence: fault.sequence, what: fault.what });
    Ok(AuditCheck { until: walked.until, hash: walked.hash, head: walked.head, fault, next: None })
}

async fn walk(opened: &Opened) -> Result<audit::Walked, andon_server::store::StoreError> {
    let mut reader = opened.db.read().await?;
    let mut after = 0;
    loop {
        let walked = audit::walk(&mut reader.connection(), after, PAGE).await?;
        if walked.fault.is_some() || !walked.more {
            return Ok(walked);
        }
        after = walked.until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_server::audit::Origin;
    use andon_server::store::Tx;

    async fn change(opened: &Opened, change: impl AsyncFn(&mut Tx)) {
        let mut tx = opened.db.begin("andon").await.expect("a transaction");
        change(&mut tx).await;
        tx.commit().await.expect("it ends");
    }

    #[tokio::test]
    async fn the_data_folder_is_enough_to_walk_the_trail() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(verify_directly(folder.path()).await.expect("a walk").head, 0, "making the workspace is nobody's act");
        let opened = Opened::open(folder.path()).await.expect("a store");
        let work = change(&opened, async |tx| {
            let user = andon_server::store::people::users::User {
                id: tx.new_id(),
                name: "ada".to_owned(),
                email: None,
                administrator: true,
                disabled: false,
                created_at: 0,
            };
            andon_server::store::people::users::create(tx, &user, None).await.expect("an account");
        });
        Origin::of_console("a test").cover(work).await;
        opened.close().await.expect("it closes");
        let sound = verify_directly(folder.path()).await.expect("a walk");
        assert_eq!((sound.head, sound.until, sound.fault.is_none(), sound.hash.len()), (1, 1, true, 64));
        let opened = Opened::open(folder.path()).await.expect("a store");
        let sql = "UPDATE audit_entries SET actor = 'user:eve'";
        change(&opened, async |tx| assert_eq!(tx.connection().execute(sql, Vec::new()).await.ok(), Some(1))).await;
        opened.close().await.expect("it closes");
        let broken = verify_directly(folder.path()).await.expect("a walk");
        assert_eq!((broken.until, broken.fault.expect("found").sequence), (0, 1));
    }
}
