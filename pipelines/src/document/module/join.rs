//! A job module and the job that uses it become one job.

use crate::document::findings::Findings;
use crate::document::position::Span;
use crate::document::syntax::measure;
use crate::document::tree::{Content, Entry, Node};
use std::rc::Rc;

/// Keys whose lists are put together, the module's items first.
const LISTS: [&str; 7] = ["inputs", "outputs", "after", "on_success", "on_failure", "on_stop", "always"];
/// Keys whose mappings are put together; where both name one entry, the user's stands.
const MAPS: [&str; 2] = ["env", "secrets"];
/// What a job does is the module's alone.
const BODY: [&str; 4] = ["steps", "approval", "tasks", "matrix"];

/// The module's job with what the using job says: lists and mappings are put together, other keys of the user stand.
pub(super) fn join_jobs(body: &Node, user: &Node, name: &str, findings: &mut Findings<'_>) -> Option<Rc<Node>> {
    let (Content::Map(own), Content::Map(said)) = (&body.content, &user.content) else { return None };
    let mut entries: Vec<Entry> = own.clone();
    for entry in said.iter().filter(|entry| !["uses", "with"].contains(&entry.key.as_str())) {
        if BODY.contains(&entry.key.as_str()) {
            let message = format!("the job uses {name}, which says what it does; `{}` does not go with it", entry.key);
            findings.error_with("conflicting-keys", entry.key_span, message, Some("keep `uses`, or write the job out".to_owned()));
            continue;
        }
        match entries.iter().position(|known| known.key == entry.key) {
            None => entries.push(entry.clone()),
            Some(index) => entries[index].value = join_values(&entries[index], entry),
        }
    }
    Some(node_of(user.span, user.owner, Content::Map(entries)))
}

fn join_values(own: &Entry, said: &Entry) -> Rc<Node> {
    match (&own.value.content, &said.value.content) {
        (Content::List(first), Content::List(second)) if LISTS.contains(&own.key.as_str()) => {
            let items = first.iter().chain(second).cloned().collect();
            node_of(said.value.span, said.value.owner, Content::List(items))
        }
        (Content::Map(first), Content::Map(second)) if MAPS.contains(&own.key.as_str()) => {
            let kept = first.iter().filter(|entry| !second.iter().any(|other| other.key == entry.key));
            node_of(said.value.span, said.value.owner, Content::Map(kept.chain(second).cloned().collect()))
        }
        _ => Rc::clone(&said.value),
    }
}

/// A node that replaces others.
pub(super) fn node_of(span: Span, owner: Span, content: Content) -> Rc<Node> {
    Rc::new(measure(Node { span, owner, content, size: 1, height: 1 }))
}
