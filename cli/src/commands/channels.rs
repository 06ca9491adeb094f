//! Channels: where notifications go. What is secret comes from standard input or a prompt, never from the command line.

use super::definition::read_text;
use crate::client::{Payload, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Table, clean, read_secret};
use andon_server::http::channels::ChannelView;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// More than the server takes; it says so in its own words.
const LONGEST_TEMPLATE: usize = 64 * 1024;

#[derive(Subcommand, Debug)]
pub enum ChannelCommand {
    /// Set a channel; a webhook's URL or a forge's token is asked for, or read from standard input
    Set(ChannelSetArgs),
    /// List the channels
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Send a test to a channel
    Test { name: String },
    /// Set or delete how a channel's messages read
    Template(TemplateArgs),
    /// Hold what is told to a channel
    Pause {
        name: String,
        /// Why
        #[arg(long, short, value_name = "REASON")]
        message: Option<String>,
    },
    /// Let a paused channel go on with what was held
    Resume { name: String },
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
    /// For github, gitlab and gitea: where the API begins, as in https://api.github.com or https://HOST/api/v4
    #[arg(long, value_name = "URL", required_if_eq_any([("kind", "github"), ("kind", "gitlab"), ("kind", "gitea")]))]
    api: Option<String>,
    /// For github, gitlab and gitea: the repository's address, or one that ends with /* for all below
    #[arg(long, value_name = "URL", required_if_eq_any([("kind", "github"), ("kind", "gitlab"), ("kind", "gitea")]))]
    repository: Option<String>,
}

#[derive(Args, Debug)]
pub struct TemplateArgs {
    name: String,
    /// The subject or headline
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// A file with the text; - reads standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// For email: a file with the HTML
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Take the built-in form again
    #[arg(long, conflicts_with_all = ["subject", "body", "html"])]
    delete: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChannelKind {
    Email,
    Slack,
    Teams,
    Discord,
    /// JSON with a signature
    Webhook,
    /// Commit statuses at GitHub
    Github,
    /// Commit statuses at GitLab
    Gitlab,
    /// Commit statuses at Gitea or Forgejo
    Gitea,
}

impl ChannelKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Discord => "discord",
            Self::Webhook => "webhook",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Gitea => "gitea",
        }
    }

    const fn is_forge(self) -> bool {
        matches!(self, Self::Github | Self::Gitlab | Self::Gitea)
    }
}

pub async fn channel(context: &Context, command: &ChannelCommand) -> Outcome {
    let client = context.client()?;
    match command {
        ChannelCommand::Set(args) => set(context, args).await,
        ChannelCommand::Test { name } => {
            client.post(client.place(&["channels", name, "test"]), json!({})).await?;
            context.terminal.line("A test is on its way; `andon delivery list` shows what comes of it")
        }
        ChannelCommand::Template(args) => template(context, args).await,
        ChannelCommand::Pause { name, message } => {
            client.post(client.place(&["channels", name, "pause"]), json!({ "reason": message })).await?;
            context.terminal.line(format!("Paused {name}; what is told to it waits"))
        }
        ChannelCommand::Resume { name } => {
            client.post(client.place(&["channels", name, "resume"]), json!({})).await?;
            context.terminal.line(format!("Resumed {name}"))
        }
        ChannelCommand::Delete { name } => {
            client.delete(client.place(&["channels", name])).await?;
            context.terminal.line(format!("Deleted {name}"))
        }
        ChannelCommand::List { format } => list(context, format).await,
    }
}

async fn set(context: &Context, args: &ChannelSetArgs) -> Outcome {
    let client = context.client()?;
    let body = describe_channel(context, args)?;
    let view: ChannelView = typed(client.put(client.place(&["channels", &args.name]), body).await?)?;
    let next = match args.kind.is_forge() {
        true => "the next run of a matching repository shows there".to_owned(),
        false => format!("`andon channel test {}` sends a test", args.name),
    };
    context.terminal.line(format!("Set {}; {next}", args.name))?;
    match view.secret {
        Some(secret) => context.terminal.line(format!("Its signing secret, shown this once: {}", secret.to_secret().expose_secret())),
        None => Ok(()),
    }
}

async fn list(context: &Context, format: &Format) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["channels"]), usize::MAX).await?;
    if format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["CHANNEL", "KIND", "TARGET", "SET", "STATE"]);
    for channel in listing.typed::<ChannelView>()? {
        let target = Cell::option(channel.target.as_deref());
        let state = match (&channel.paused, channel.failures) {
            (Some(pause), _) => format!("paused by {}: {}", pause.by, pause.reason.as_deref().unwrap_or("no reason given")),
            (None, 0) => "working".to_owned(),
            (None, failures) => format!("failing: {failures} attempts"),
        };
        let set = context.terminal.time(channel.created_at);
        table.row(vec![Cell::text(&channel.name), Cell::text(&channel.kind), target, set, Cell::text(clean(&state))]);
    }
    context.terminal.table(&table, "There are no channels. Set one with `andon channel set NAME KIND`")
}

async fn template(context: &Context, args: &TemplateArgs) -> Outcome {
    let client = context.client()?;
    let place = client.place(&["channels", &args.name, "template"]);
    if args.delete {
        client.delete(place).await?;
        return context.terminal.line(format!("Messages of {} have the built-in form again", args.name));
    }
    let mut body = Map::new();
    if let Some(subject) = &args.subject {
        body.insert("subject".to_owned(), subject.as_str().into());
    }
    for (key, file) in [("body", &args.body), ("html", &args.html)] {
        if let Some(file) = file {
            body.insert(key.to_owned(), read_text(file, LONGEST_TEMPLATE)?.into());
        }
    }
    if body.is_empty() {
        return Err(Failure::usage("Give --subject, --body or --html; --delete takes the built-in form again"));
    }
    client.send(Method::PUT, place, Payload::Json(Value::Object(body))).await?;
    context.terminal.line(format!("Set the template of {}; `andon channel test {}` shows how it reads", args.name, args.name))
}

fn describe_channel(context: &Context, args: &ChannelSetArgs) -> Outcome<Value> {
    let kind = args.kind.name();
    if args.kind == ChannelKind::Email {
        return Ok(json!({ "kind": kind, "addresses": args.addresses }));
    }
    if !args.addresses.is_empty() {
        return Err(Failure::usage(
            "A webhook's URL and a forge's token are as good as passwords: leave them out here, and give them when asked or on standard input",
        ));
    }
    if args.kind.is_forge() {
        let token = read_secret(context.terminal, "Token that may write commit statuses: ")?;
        let token = token.expose_secret().trim();
        return Ok(json!({ "kind": "forge", "forge": kind, "api": args.api, "repository": args.repository, "token": token }));
    }
    let url = read_secret(context.terminal, "URL of the webhook: ")?;
    Ok(json!({ "kind": kind, "url": url.expose_secret().trim() }))
}
