//! Gates: what waits for people, and their decisions.

use super::runs::show_used;
use crate::client::typed;
use crate::context::{Context, Format};
use crate::failure::Outcome;
use crate::terminal::{Cell, Style, Table, Terminal, clean, paint};
use andon_server::http::view::{GateView, RequirementView};
use clap::Args;
use serde_json::json;

#[derive(Args, Debug)]
pub struct InboxArgs {
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
}

pub async fn inbox(context: &Context, args: &InboxArgs) -> Outcome {
    let client = context.client()?;
    let listing = client.list(client.place(&["inbox"]), usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    context.terminal.table(&inbox_table(context.terminal, &listing.typed()?), "Nothing waits for you")
}

fn inbox_table(terminal: Terminal, gates: &[GateView]) -> Table {
    let mut table = Table::new(&["GATE", "JOB", "RUN", "NEEDS", "LETS THROUGH", "SINCE", "DUE"]);
    for gate in gates {
        let needs: Vec<String> = gate.requirements.iter().map(show_requirement).collect();
        table.row(vec![
            Cell::whole(gate.id.to_string()),
            Cell::text(format!("{}/{} #{}", gate.pipeline, gate.job, gate.number)),
            Cell::text(format!("{}#{}", gate.pipeline, gate.run_number)),
            Cell::text(needs.join("; ")),
            Cell::text(show_used(&gate.inputs)),
            terminal.time(gate.opened_at),
            terminal.time(gate.deadline_at),
        ]);
    }
    table
}

/// `1 of 2 from group:release (ada)`.
fn show_requirement(requirement: &RequirementView) -> String {
    let who = if requirement.have.is_empty() { String::new() } else { format!(" ({})", requirement.have.join(", ")) };
    format!("{} of {} from {}{who}", requirement.have.len(), requirement.needed, requirement.from.join(" or "))
}

pub async fn gate(context: &Context, args: &GateArgs) -> Outcome {
    let client = context.client()?;
    let gate: GateView = typed(client.get(client.place(&["gates", &args.gate.to_string()])).await?)?;
    if args.format.json {
        return context.terminal.json(&gate);
    }
    context.terminal.write(show_gate(context.terminal, &gate).as_bytes())
}

fn show_gate(terminal: Terminal, gate: &GateView) -> String {
    let title =
        format!("{}/{} #{}, run {}#{}: {}", gate.pipeline, gate.job, gate.number, gate.pipeline, gate.run_number, gate.status.name());
    let mut text = format!("{}\n", paint(&clean(&title), Style::Heading, terminal.colours));
    if !gate.inputs.is_empty() {
        text.push_str(&format!("Lets through: {}\n", clean(&show_used(&gate.inputs))));
    }
    for requirement in &gate.requirements {
        text.push_str(&format!("Needs: {}\n", clean(&show_requirement(requirement))));
    }
    for decision in &gate.decisions {
        let comment = decision.comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
        text.push_str(&format!("{} decided {}{}\n", clean(&decision.user), clean(&decision.decision), clean(&comment)));
    }
    match (&gate.why_not, gate.may_decide) {
        (_, true) => text.push_str(&format!("You may decide: `andon approve {0} -m …` or `andon reject {0} -m …`\n", gate.id)),
        (Some(why), false) => text.push_str(&format!("You may not decide: {}\n", clean(why))),
        (None, false) => {}
    }
    text
}

pub async fn decide(context: &Context, args: &DecideArgs, decision: &str) -> Outcome {
    let client = context.client()?;
    let url = client.place(&["gates", &args.gate.to_string(), "decisions"]);
    let gate: GateView = typed(client.post(url, json!({ "decision": decision, "comment": args.message })).await?)?;
    let open: Vec<String> = gate.requirements.iter().filter(|rule| rule.have.len() < rule.needed as usize).map(show_requirement).collect();
    let place = format!("{}/{} #{}", gate.pipeline, gate.job, gate.number);
    context.terminal.line(clean(&match gate.status.name() {
        "open" => format!("{place}: noted; still needed: {}", open.join("; ")),
        status => format!("{place}: {status}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019aa3c1-0000-7000-8000-000000000009";

    fn example(may_decide: bool) -> GateView {
        serde_json::from_value(json!({"id": ID, "status": "open", "pipeline": "shop", "job": "sign-off", "number": "3", "run": ID,
            "run_number": 12, "job_run": ID, "digest": "d", "opened_at": 0, "closed_at": null, "deadline_at": 3_600_000,
            "requirements": [{"from": ["group:release", "user:eve"], "needed": 2, "have": ["ada"]}],
            "decisions": [{"user": "ada", "decision": "approve", "comment": "fine", "at": 0}],
            "may_decide": may_decide, "why_not": (!may_decide).then_some("you wrote it"), "inputs": []}))
        .expect("a gate")
    }

    #[test]
    fn a_gate_shows_what_it_needs_and_what_to_do() {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        insta::assert_snapshot!(show_gate(terminal, &example(true)), @r"
        shop/sign-off #3, run shop#12: open
        Needs: 1 of 2 from group:release or user:eve (ada)
        ada decided approve: fine
        You may decide: `andon approve 019aa3c1-0000-7000-8000-000000000009 -m …` or `andon reject 019aa3c1-0000-7000-8000-000000000009 -m …`
        ");
        assert!(show_gate(terminal, &example(false)).ends_with("You may not decide: you wrote it\n"));
        let table = inbox_table(terminal, &[example(true)]).render(false);
        assert!(table.contains("shop/sign-off #3") && table.contains("1970-01-01T01:00:00Z"), "{table}");
    }
}
