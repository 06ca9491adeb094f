//! The keys of a checklist.

use super::findings::Findings;
use super::quantity::parse_duration_ms;
use super::shape::{Definitions, List, Shape, record, report_type};
use super::syntax::shorten;
use super::tree::{Node, Scalar};
use super::words::{LONGEST_NAME, Name, Template};
use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Value, json};

record! {
    /// One task of a people's checklist.
    TaskFile as "a task" {
        /// What other tasks call it in `after` and `due`; the default is `task-1`, `task-2` and so on, by its place.
        optional id ("id"): Name,
        /// What is to be done, in one line; may hold `${{ }}`.
        required title ("title"): Template,
        /// How, at length; may hold `${{ }}`.
        optional description ("description"): Template,
        /// `user:NAME`, `group:NAME`, or an expression that comes to one of them; without it any operator does it.
        optional assign ("assign"): AssignItem,
        /// A date, a moment (RFC 3339), or `4h after sign-off`: after the end of a job before this one or of another task, or `after run`.
        optional due ("due"): DueItem,
        /// Tasks of this checklist that have to be done or skipped before.
        optional after ("after"): List<Name>,
        /// The job succeeds without it.
        optional optional ("optional"): bool,
        /// Whoever skips it says why.
        optional reason_required ("reason_required"): bool,
    }
    refused []
    hint "write `{ title: Tell support, assign: \"group:support\" }`"
}

/// Whose task it is: a person, a group, or what an expression comes to.
#[derive(Clone, Debug)]
pub(crate) enum AssignItem {
    User(String),
    Group(String),
    Expression(Template),
}

impl Shape for AssignItem {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let text = match node.text() {
            Some(text) if text.contains("${{") => return Template::read(node, findings).map(Self::Expression),
            Some(text) => text,
            None => {
                report_type(node, "somebody such as \"user:ada\" or \"group:support\"", findings);
                return None;
            }
        };
        let item = match text.split_once(':') {
            Some(("user", name)) if is_name(name) => Some(Self::User(name.to_owned())),
            Some(("group", name)) if is_name(name) => Some(Self::Group(name.to_owned())),
            _ => None,
        };
        if item.is_none() {
            let help = "write user:NAME, group:NAME or an expression in ${{ }}".to_owned();
            findings.error_with("bad-assignee", node.span, format!("\"{}\" names nobody who could have a task", shorten(text)), Some(help));
        }
        item
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(user:.+|group:.+|.*\\$\\{\\{.+)$" })
    }
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= LONGEST_NAME
}

/// When a task is due. What a relative time counts from is looked up when the whole file is known.
#[derive(Clone, Debug)]
pub(crate) enum DueItem {
    /// Milliseconds since 1970 UTC.
    At(i64),
    After {
        duration: u64,
        anchor: String,
    },
}

impl Shape for DueItem {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.scalar().filter(|scalar| !Scalar::is_null(scalar)).map(|scalar| scalar.text.trim()) else {
            report_type(node, "a time such as \"4h after run\"", findings);
            return None;
        };
        let due = match text.split_once(" after ") {
            Some((duration, anchor)) => {
                let duration = parse_duration_ms(duration.trim()).filter(|duration| *duration > 0);
                duration.map(|duration| Self::After { duration, anchor: anchor.trim().to_owned() })
            }
            None => parse_moment_ms(text).map(Self::At),
        };
        if due.is_none() {
            let help = match parse_duration_ms(text) {
                Some(_) => format!("say after what: \"{text} after run\", or after a job or another task"),
                None => "write 2026-03-31, 2026-03-31T17:00:00+02:00, or \"4h after sign-off\"".to_owned(),
            };
            findings.error_with("wrong-due", node.span, format!("\"{}\" is not a usable due time", shorten(text)), Some(help));
        }
        due
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "minLength": 2, "maxLength": 300 })
    }
}

/// Milliseconds since 1970 UTC of a moment in RFC 3339, or of the end of a day (UTC) that is written `2026-03-31`.
#[must_use]
pub fn parse_moment_ms(text: &str) -> Option<i64> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp_millis());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.succ_opt()?.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, expected) in [
            ("1970-01-01T00:00:01Z", Some(1_000)),
            ("1970-01-01T02:00:00+02:00", Some(0)),
            ("1970-01-01", Some(86_400_000)),
            ("1970-13-01", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(parse_moment_ms(text), expected, "{text}");
        }
    }
}
