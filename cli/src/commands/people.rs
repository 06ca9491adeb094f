//! The inbox, and gates with people's decisions.

use super::runs::show_used;
use super::tasks::whose;
use crate::client::typed;
use crate::context::{Context, Format, Limit};
use crate::failure::Outcome;
use crate::terminal::{Cell, Table, Terminal, clean};
use andon_server::http::gates::GateDetail;
use andon_server::http::inbox::InboxItem;
use andon_server::http::view::{GateView, RequirementView};
use clap::Args;
use serde_json::{Map, Value, json};

#[derive(Args, Debug)]
pub struct InboxArgs {
    /// What waits for your groups; for operators also what is nobody's
    #[arg(long, conflicts_with_all = ["claimed", "done"])]
    groups: bool,
    /// What you look after
    #[arg(long, conflicts_with = "done")]
    claimed: bool,
    /// What you have decided, done or skipped, the newest first
    #[arg(long)]
    done: bool,
    /// Only gates, or only tasks
    #[arg(long, value_name = "KIND", value_parser = ["gate", "task"])]
    kind: Option<String>,
    #[command(flatten)]
    limit: Limit,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct GateArgs {
    /// The gate's ID
    gate: uuid::Uuid,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct DecideArgs {
    /// The gate's ID, as in `andon inbox`
    gate: uuid::Uuid,
    /// Why
    #[arg(long, short = 'm', value_name = "COMMENT")]
    message: Option<String>,
    /// An answer to the gate's form; may be given several times
    #[arg(long = "form", short = 'f', value_name = "FIELD=ANSWER")]
    form: Vec<String>,
    /// The digest that you saw; a gate that is bound to something else by now refuses
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
}

#[derive(Args, Debug)]
pub struct ActArgs {
    /// The gate's ID
    gate: uuid::Uuid,
    /// Why
    #[arg(long, short = 'm', value_name = "COMMENT")]
    message: Option<String>,
}

#[derive(Args, Debug)]
pub struct ClaimArgs {
    /// The gate's ID
    gate: uuid::Uuid,
    /// Let go of it instead
    #[arg(long)]
    release: bool,
}

#[derive(Args, Debug)]
pub struct BreakGlassArgs {
    /// The gate's ID
    gate: uuid::Uuid,
    /// Why it cannot wait; somebody else reviews it later
    #[arg(long, short = 'm', value_name = "REASON")]
    message: String,
}

pub async fn inbox(context: &Context, args: &InboxArgs) -> Outcome {
    let client = context.client()?;
    let scope = match (args.groups, args.claimed, args.done) {
        (true, ..) => "groups",
        (_, true, _) => "claimed",
        (.., true) => "done",
        _ => "mine",
    };
    let mut url = client.place(&["inbox"]);
    url.query_pairs_mut().append_pair("scope", scope);
    if let Some(kind) = &args.kind {
        url.query_pairs_mut().append_pair("kind", kind);
    }
    let listing = client.list(url, args.limit.get()).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    let nothing = match scope {
        "groups" => "Nothing waits for your groups",
        "claimed" => "You look after nothing",
        "done" => "You have decided and done nothing yet",
        _ => "Nothing waits for you; `andon inbox --groups` shows what waits for your groups",
    };
    context.terminal.table(&inbox_table(context.terminal, &listing.typed()?), nothing)
}

fn inbox_table(terminal: Terminal, items: &[InboxItem]) -> Table {
    let mut table = Table::new(&["ID", "KIND", "WHAT", "OF", "RUN", "NEEDS", "SINCE", "DUE"]);
    for item in items {
        let (kind, needs) = match (&item.gate, &item.task) {
            (Some(gate), _) => {
                let rules: Vec<String> = gate.requirements.iter().map(show_requirement).collect();
                ("gate", format!("{} for {}", rules.join("; "), show_used(&gate.inputs)))
            }
            (None, Some(task)) => ("task", whose(task)),
            (None, None) => ("", String::new()),
        };
        let overdue = if item.overdue { " (overdue)" } else { "" };
        table.row(vec![
            Cell::whole(item.id.clone()),
            Cell::text(kind),
            Cell::text(format!("{}{overdue}", item.title)),
            Cell::text(format!("{}/{} #{}", item.pipeline, item.job, item.number)),
            Cell::text(format!("{}#{}", item.pipeline, item.run_number)),
            Cell::text(needs),
            terminal.time(item.since),
            terminal.time(item.due_at),
        ]);
    }
    table
}

/// `1 of 2 from group:release (ada)`.
pub(super) fn show_requirement(requirement: &RequirementView) -> String {
    let who = if requirement.have.is_empty() { String::new() } else { format!(" ({})", requirement.have.join(", ")) };
    format!("{} of {} from {}{who}", requirement.have.len(), requirement.needed, requirement.from.join(" or "))
}

pub async fn gate(context: &Context, args: &GateArgs) -> Outcome {
    let client = context.client()?;
    let answer = client.get(client.place(&["gates", &args.gate.to_string()])).await?;
    let detail: GateDetail = typed(answer)?;
    if args.format.json {
        return context.terminal.json(&detail);
    }
    context.terminal.write(super::gate::show_gate(context.terminal, &detail).as_bytes())
}

pub async fn decide(context: &Context, args: &DecideArgs, decision: &str) -> Outcome {
    let client = context.client()?;
    let id = args.gate.to_string();
    let form = if args.form.is_empty() {
        None
    } else {
        let gate: GateView = typed(client.get(client.place(&["gates", &id])).await?)?;
        Some(read_answers(&args.form, gate.form.as_ref())?)
    };
    let body = json!({ "decision": decision, "comment": args.message, "form": form, "digest": args.digest });
    tell(context, &typed(client.post(client.place(&["gates", &id, "decisions"]), body).await?)?)
}

/// Takes the caller's decision back.
pub async fn revoke(context: &Context, args: &ActArgs) -> Outcome {
    let client = context.client()?;
    let url = client.place(&["gates", &args.gate.to_string(), "decisions"]);
    tell(context, &typed(client.post(url, json!({ "decision": "revoke", "comment": args.message })).await?)?)
}

/// Claims a gate, or lets go of it.
pub async fn claim(context: &Context, args: &ClaimArgs) -> Outcome {
    let client = context.client()?;
    let act = if args.release { "unclaim" } else { "claim" };
    let gate: GateView = typed(client.post(client.place(&["gates", &args.gate.to_string(), act]), json!({})).await?)?;
    let place = place_of(&gate);
    context.terminal.line(clean(&match &gate.claimed_by {
        Some(name) => format!("{place}: {name} looks after it"),
        None => format!("{place}: nobody looks after it"),
    }))
}

/// Opens a gate alone.
pub async fn break_glass(context: &Context, args: &BreakGlassArgs) -> Outcome {
    let client = context.client()?;
    let url = client.place(&["gates", &args.gate.to_string(), "break-glass"]);
    tell(context, &typed(client.post(url, json!({ "reason": args.message })).await?)?)
}

/// Reviews why a gate was opened alone.
pub async fn review(context: &Context, args: &ActArgs) -> Outcome {
    let client = context.client()?;
    let url = client.place(&["gates", &args.gate.to_string(), "review"]);
    let gate: GateView = typed(client.post(url, json!({ "comment": args.message })).await?)?;
    context.terminal.line(clean(&format!("{}: reviewed", place_of(&gate))))
}

fn place_of(gate: &GateView) -> String {
    format!("{}/{} #{}", gate.pipeline, gate.job, gate.number)
}

fn tell(context: &Context, gate: &GateView) -> Outcome {
    let open: Vec<String> = gate.requirements.iter().filter(|rule| rule.have.len() < rule.needed as usize).map(show_requirement).collect();
    let place = place_of(gate);
    context.terminal.line(clean(&match gate.status.name() {
        "open" if gate.approved => format!("{place}: approved; it waits for its window or its checks"),
        "open" if open.is_empty() => format!("{place}: noted; somebody asks for changes"),
        "open" => format!("{place}: noted; still needed: {}", open.join("; ")),
        status => format!("{place}: {status}"),
    }))
}

/// `ticket=OPS-1` in the type that the form's schema names; the server judges what does not fit.
fn read_answers(texts: &[String], schema: Option<&Value>) -> Result<Map<String, Value>, crate::failure::Failure> {
    let mut answers = Map::new();
    for text in texts {
        let Some((field, answer)) = text.split_once('=') else {
            return Err(crate::failure::Failure::usage(format!("{text:?} is no answer; write --form FIELD=ANSWER")));
        };
        let kind = schema.and_then(|schema| schema.pointer(&format!("/properties/{field}/type"))).and_then(Value::as_str);
        let read = match kind {
            Some("boolean" | "integer" | "number") => serde_json::from_str(answer).unwrap_or_else(|_| answer.into()),
            _ => answer.into(),
        };
        answers.insert(field.to_owned(), read);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_type_that_the_form_names() {
        let schema = json!({"properties": {"share": {"type": "integer"}, "tested": {"type": "boolean"}, "ticket": {"type": "string"}}});
        let texts = ["share=3", "tested=true", "ticket=7", "share2=x=y"].map(str::to_owned);
        let answers = read_answers(&texts, Some(&schema)).expect("answers");
        assert_eq!(Value::Object(answers), json!({"share": 3, "tested": true, "ticket": "7", "share2": "x=y"}));
        assert!(read_answers(&["ticket".to_owned()], None).is_err());
    }

    #[test]
    fn the_inbox_shows_what_waits() {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        let item = |kind: &str, title: &str, job: &str, inner: Value| {
            let mut item = json!({"kind": kind, "id": "1", "title": title, "pipeline": "shop", "job": job, "number": "3",
                "run": inner["run"], "run_number": 12, "job_run": inner["job_run"], "since": 0, "due_at": 3_600_000, "overdue": kind == "task",
                "claimed_by": null});
            item[kind] = inner;
            serde_json::from_value(item).expect("an item")
        };
        let items = [
            item("gate", "sign-off", "sign-off", super::super::gate::tests::example(true)),
            item("task", "Page", "checklist", super::super::tasks::tests::example()),
        ];
        let table = inbox_table(terminal, &items).render(false);
        assert!(table.contains("shop/sign-off #3") && table.contains("1970-01-01T01:00:00Z"), "{table}");
        assert!(table.contains("Page (overdue)") && table.contains("group:support, ada looks after it"), "{table}");
    }
}
