//! What is told to whom: the rules of the workspace, one's own settings, and what came of each message.

use super::definition::read_text;
use crate::client::{Payload, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Table, clean};
use andon_pipelines::document::LARGEST_FILE_BYTES;
use andon_server::http::deliveries::{DeliveryDetails, DeliveryView};
use andon_server::http::notifications::NotificationRules;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum NotificationsCommand {
    /// Show the rules of the workspace, as YAML
    Show,
    /// Set the rules of the workspace: `notify:` with rules as in a pipeline
    Set {
        /// A file; - reads standard input
        file: PathBuf,
    },
    /// Show what you are told of, as JSON
    Mine,
    /// Set what you are told of: events, only_mine, muted, quiet_hours, digest
    SetMine {
        /// A JSON file; - reads standard input
        file: PathBuf,
    },
}

#[derive(Subcommand, Debug)]
pub enum DeliveryCommand {
    /// List what was told to whom, newest first
    List(ListArgs),
    /// Show what was sent and answered
    Show {
        /// As in `andon delivery list`
        id: uuid::Uuid,
        #[command(flatten)]
        format: Format,
    },
    /// Send one that has ended once more
    Replay { id: uuid::Uuid },
}

#[derive(Args, Debug)]
pub struct ListArgs {
    /// Only these
    #[arg(long)]
    state: Option<State>,
    /// Only to this receiver: email:ADDRESS or channel:NAME
    #[arg(long, value_name = "RECEIVER")]
    target: Option<String>,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    Pending,
    Delivered,
    Failed,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

pub async fn notifications(context: &Context, command: &NotificationsCommand) -> Outcome {
    let client = context.client()?;
    let (rules, mine) = (client.place(&["notifications"]), client.api(&["me", "notifications"]));
    match command {
        NotificationsCommand::Show => {
            let found: NotificationRules = typed(client.get(rules).await?)?;
            let text = if found.text.is_empty() { "notify: []\n".to_owned() } else { found.text };
            context.terminal.write(text.as_bytes())
        }
        NotificationsCommand::Set { file } => {
            let text = read_text(file, LARGEST_FILE_BYTES)?;
            let set: NotificationRules = typed(client.send(Method::PUT, rules, Payload::Yaml(text)).await?)?;
            context.terminal.line(format!("Set {} rules; they hold for every pipeline of the workspace", set.rules.len()))
        }
        NotificationsCommand::Mine => context.terminal.json(&client.get(mine).await?),
        NotificationsCommand::SetMine { file } => {
            let text = read_text(file, LARGEST_FILE_BYTES)?;
            let body: Value =
                serde_json::from_str(&text).map_err(|error| Failure::failed(format!("{} is no JSON: {error}", file.display())))?;
            client.put(mine, body).await?;
            context.terminal.line("Set")
        }
    }
}

pub async fn delivery(context: &Context, command: &DeliveryCommand) -> Outcome {
    let client = context.client()?;
    match command {
        DeliveryCommand::List(args) => list(context, args).await,
        DeliveryCommand::Show { id, format } => {
            let answer = client.get(client.place(&["deliveries", &id.to_string()])).await?;
            if format.json {
                return context.terminal.json(&answer);
            }
            context.terminal.write(show(&typed(answer)?).as_bytes())
        }
        DeliveryCommand::Replay { id } => {
            client.post(client.place(&["deliveries", &id.to_string(), "replay"]), json!({})).await?;
            context.terminal.line(format!("On its way again; `andon delivery show {id}` tells what comes of it"))
        }
    }
}

async fn list(context: &Context, args: &ListArgs) -> Outcome {
    let client = context.client()?;
    let mut place = client.place(&["deliveries"]);
    if let Some(state) = args.state {
        place.query_pairs_mut().append_pair("state", state.name());
    }
    if let Some(target) = &args.target {
        place.query_pairs_mut().append_pair("target", target);
    }
    let listing = client.list(place, args.limit).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["DELIVERY", "STATE", "EVENT", "TO", "TRIED", "SINCE", "ANSWER"]);
    for delivery in listing.typed::<DeliveryView>()? {
        table.row(vec![
            Cell::whole(delivery.id.to_string()),
            Cell::text(delivery.state.name()),
            Cell::text(&delivery.event),
            Cell::text(clean(&delivery.target)),
            Cell::number(delivery.attempts),
            context.terminal.time(delivery.created_at),
            Cell::option(delivery.answer.as_deref().map(clean).as_deref()),
        ]);
    }
    context.terminal.table(&table, "Nothing was told to anybody")
}

fn show(details: &DeliveryDetails) -> String {
    let delivery = &details.delivery;
    let mut text = format!("{} to {}: {}\n", delivery.event, delivery.target, delivery.state.name());
    for (number, attempt) in (1..).zip(&details.log) {
        text.push_str(&format!("\nAttempt {number}: {} in {} ms\n", attempt.outcome, attempt.ended_at - attempt.started_at));
        if let Some(request) = &attempt.request {
            text.push_str(&indent(request));
        }
        text.push_str(&format!("Answer:\n{}", indent(&attempt.answer)));
    }
    if details.log.is_empty() {
        text.push_str(delivery.answer.as_deref().unwrap_or("Not tried yet"));
        text.push('\n');
    }
    text.lines().map(|line| format!("{}\n", clean(line))).collect()
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_shows_what_was_sent_and_answered() {
        let id = "019aa3c1-0000-7000-8000-000000000009";
        let details: DeliveryDetails = serde_json::from_value(json!({
            "delivery": {"id": id, "target": "channel:builds", "event": "failed", "job_run": null, "state": "delivered", "attempts": 2,
                "next_at": null, "answer": "200 ok", "created_at": 0, "ended_at": 9},
            "log": [
                {"started_at": 0, "ended_at": 5, "outcome": "retry", "request": "POST https://hooks.example.org/…\n\n{}", "answer": "503 \u{1b}[31mbusy"},
                {"started_at": 6, "ended_at": 9, "outcome": "delivered", "request": null, "answer": "200 ok"}
            ]}))
        .expect("a delivery");
        insta::assert_snapshot!(show(&details));
    }
}
