//! Secrets and channels. Values come from standard input or a prompt, never from the command line, which other processes can read.

use crate::client::typed;
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Table, read_secret};
use andon_server::http::channels::ChannelView;
use andon_server::http::secrets::SecretView;
use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

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

#[derive(Subcommand, Debug)]
pub enum ChannelCommand {
    /// Set a channel; a webhook's URL is asked for, or read from standard input
    Set(ChannelSetArgs),
    /// List the channels
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Send a test to a channel
    Test { name: String },
    /// Delete a channel
    Delete { name: String },
}

#[derive(Args, Debug)]
pub struct ChannelSetArgs {
    name: String,
    kind: ChannelKind,
    /// For email: who gets it
    #[arg(value_name = "ADDRESS", required_if_eq("kind", "email"))]
    addresses: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChannelKind {
    Email,
    Slack,
    Teams,
    Discord,
    /// JSON with a signature
    Webhook,
}

impl ChannelKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Discord => "discord",
            Self::Webhook => "webhook",
        }
    }
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

pub async fn channel(context: &Context, command: &ChannelCommand) -> Outcome {
    let client = context.client()?;
    match command {
        ChannelCommand::Set(args) => {
            let body = describe_channel(context, args)?;
            let view: ChannelView = typed(client.put(client.place(&["channels", &args.name]), body).await?)?;
            context.terminal.line(format!("Set {}; `andon channel test {}` sends a test", args.name, args.name))?;
            match view.secret {
                Some(secret) => {
                    context.terminal.line(format!("Its signing secret, shown this once: {}", secret.to_secret().expose_secret()))
                }
                None => Ok(()),
            }
        }
        ChannelCommand::Test { name } => {
            client.post(client.place(&["channels", name, "test"]), json!({})).await?;
            context.terminal.line("A test is on its way; the list of deliveries shows what comes of it")
        }
        ChannelCommand::Delete { name } => {
            client.delete(client.place(&["channels", name])).await?;
            context.terminal.line(format!("Deleted {name}"))
        }
        ChannelCommand::List { format } => {
            let listing = client.list(client.place(&["channels"]), usize::MAX).await?;
            if format.json {
                return context.terminal.json(&listing.items);
            }
            let mut table = Table::new(&["CHANNEL", "KIND", "TARGET", "SET"]);
            for channel in listing.typed::<ChannelView>()? {
                let target = Cell::option(channel.target.as_deref());
                table.row(vec![Cell::text(&channel.name), Cell::text(&channel.kind), target, context.terminal.time(channel.created_at)]);
            }
            context.terminal.table(&table, "There are no channels. Set one with `andon channel set NAME KIND`")
        }
    }
}

fn describe_channel(context: &Context, args: &ChannelSetArgs) -> Outcome<Value> {
    let kind = args.kind.name();
    if args.kind == ChannelKind::Email {
        return Ok(json!({ "kind": kind, "addresses": args.addresses }));
    }
    if !args.addresses.is_empty() {
        return Err(Failure::usage(
            "A webhook's URL is as good as a password: leave it out here, and give it when asked or on standard input",
        ));
    }
    let url = read_secret(context.terminal, "URL of the webhook: ")?;
    Ok(json!({ "kind": kind, "url": url.expose_secret().trim() }))
}
