//! Secrets. Values come from standard input or a prompt, never from the command line, which other processes can read.

use crate::context::{Context, Format};
use crate::failure::Outcome;
use crate::terminal::{Cell, Table, read_secret};
use andon_server::http::secrets::SecretView;
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub enum SecretCommand {
    /// Set a secret; its value is asked for, or read from standard input
    Set { name: String },
    /// List the names of the secrets
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Delete a secret
    Delete { name: String },
}

pub async fn secret(context: &Context, command: &SecretCommand) -> Outcome {
    let client = context.client()?;
    match command {
        SecretCommand::Set { name } => {
            let value = read_secret(context.terminal, &format!("Value of {name}: "))?;
            client.put(client.place(&["secrets", name]), json!({ "value": value.expose_secret() })).await?;
            context.terminal.line(format!("Set {name}; jobs that start from now on get it"))
        }
        SecretCommand::Delete { name } => {
            client.delete(client.place(&["secrets", name])).await?;
            context.terminal.line(format!("Deleted {name}"))
        }
        SecretCommand::List { format } => {
            let listing = client.list(client.place(&["secrets"]), usize::MAX).await?;
            if format.json {
                return context.terminal.json(&listing.items);
            }
            let mut table = Table::new(&["SECRET", "SET", "BY"]);
            for secret in listing.typed::<SecretView>()? {
                table.row(vec![Cell::text(&secret.name), context.terminal.time(secret.updated_at), Cell::text(&secret.updated_by)]);
            }
            context.terminal.table(&table, "There are no secrets. Set one with `andon secret set NAME`")
        }
    }
}
