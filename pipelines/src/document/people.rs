//! Who decides and who is told: `group:release`, `email:team@example.org`.

use super::approval::Approver;
use super::findings::Findings;
use super::model::{NotifyTarget, Role};
use super::shape::{Definitions, Shape, report_type};
use super::suggestion::suggest;
use super::syntax::shorten;
use super::tree::Node;
use super::words::LONGEST_NAME;
use serde_json::{Value, json};

impl Shape for Approver {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "an approver such as \"group:release\"", findings);
            return None;
        };
        let help = || Some("write user:NAME, group:NAME or role:NAME".to_owned());
        let Some((kind, name)) = text.split_once(':').filter(|(_, name)| !name.trim().is_empty()) else {
            findings.error_with("bad-approver", node.span, format!("\"{}\" is not an approver", shorten(text)), help());
            return None;
        };
        match (kind, name) {
            ("user", name) => Some(Self::User(name.to_owned())),
            ("group", name) => Some(Self::Group(name.to_owned())),
            ("role", "viewer") => Some(Self::Role(Role::Viewer)),
            ("role", "operator") => Some(Self::Role(Role::Operator)),
            ("role", "editor") => Some(Self::Role(Role::Editor)),
            ("role", "admin") => Some(Self::Role(Role::Admin)),
            ("role", other) => {
                let message = format!("unknown role \"{}\"", shorten(other));
                findings.error_with("bad-approver", node.span, message, suggest(other, ["viewer", "operator", "editor", "admin"]));
                None
            }
            _ => {
                findings.error_with("bad-approver", node.span, format!("\"{}\" is not an approver", shorten(text)), help());
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(user:.+|group:.+|role:(viewer|operator|editor|admin))$" })
    }
}

impl Shape for NotifyTarget {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a receiver such as \"email:team@example.org\"", findings);
            return None;
        };
        let target = match text.split_once(':') {
            None if text == "approvers" => Some(Self::Approvers),
            None if text == "assignee" => Some(Self::Assignee),
            None if text == "initiator" => Some(Self::Initiator),
            None if text == "authors" => Some(Self::Authors),
            Some(("email", address)) if is_address(address) => Some(Self::Email(address.to_owned())),
            Some(("channel", name)) if is_short(name) => Some(Self::Channel(name.to_owned())),
            Some(("user", name)) if is_short(name) => Some(Self::User(name.to_owned())),
            Some(("group", name)) if is_short(name) => Some(Self::Group(name.to_owned())),
            _ => None,
        };
        if target.is_none() {
            let help = "write email:ADDRESS, channel:NAME, user:NAME, group:NAME, approvers, assignee, initiator or authors".to_owned();
            findings.error_with("bad-receiver", node.span, format!("\"{}\" is not a receiver", shorten(text)), Some(help));
        }
        target
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(email:[^@\\s]+@[^@\\s]+|(channel|user|group):.+|approvers|assignee|initiator|authors)$" })
    }
}

fn is_short(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= LONGEST_NAME
}

/// The little that can be said of an address without sending to it.
fn is_address(text: &str) -> bool {
    let clean = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',' || c == ';' || c == '<' || c == '>');
    clean
        && text.len() <= 254
        && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
}
