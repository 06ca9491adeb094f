//! From an event to the deliveries that tell about it, in the event's own transaction.

use crate::clock::Random;
use crate::notify::{Message, matches};
use crate::store::people::channels;
use crate::store::people::deliveries::{self, Delivery, DeliveryState};
use crate::store::{Result, StoreError, Tx};
use andon_pipelines::document::{NotifyEvent, NotifyRule, NotifyTarget};
use andon_pipelines::ids::{JobRunId, UserId, WorkspaceId};
use std::collections::BTreeMap;

/// Somebody who may decide the gate that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    pub user: UserId,
    pub name: String,
    pub email: Option<String>,
}

/// What happened, and to whom it matters.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub workspace: WorkspaceId,
    pub event: NotifyEvent,
    /// The job's name.
    pub job: &'a str,
    pub job_run: Option<JobRunId>,
    pub message: &'a Message,
    /// Whom the target `approvers` means here.
    pub approvers: &'a [Approver],
    /// Whom the target `assignee` means here.
    pub assignees: &'a [Approver],
}

/// Writes the deliveries that the rules ask for, one per receiver however many rules name it; answers how many. The rules' `when` has been
/// evaluated by the caller. A receiver that cannot be reached gets a failed delivery, so that it shows.
///
/// # Errors
/// Whatever the database says.
pub async fn queue_notifications<'r>(
    tx: &mut Tx,
    random: &Random,
    rules: impl IntoIterator<Item = &'r NotifyRule>,
    occasion: &Occasion<'_>,
) -> Result<usize> {
    // Target → why it cannot be reached.
    let mut receivers: BTreeMap<String, Option<String>> = BTreeMap::new();
    for rule in rules {
        if !matches(rule, occasion.event, occasion.job) {
            continue;
        }
        for target in &rule.to {
            match target {
                NotifyTarget::Email(address) => drop(receivers.insert(format!("email:{address}"), None)),
                NotifyTarget::Channel(name) => {
                    let known = channels::find(&mut tx.connection(), occasion.workspace, name).await?.is_some();
                    let reason =
                        (!known).then(|| format!("there is no channel {name} in the workspace; andon channel set {name} makes it"));
                    receivers.insert(format!("channel:{name}"), reason);
                }
                NotifyTarget::Approvers => receivers.extend(approvers(occasion.approvers)),
                NotifyTarget::Assignee => receivers.extend(occasion.assignees.iter().map(receiver)),
            }
        }
    }
    let rows =
        receivers.into_iter().map(|(target, reason)| delivery(tx, random, occasion, (target, reason))).collect::<Result<Vec<_>>>()?;
    deliveries::create(tx, &rows).await?;
    Ok(rows.len())
}

fn approvers(approvers: &[Approver]) -> Vec<(String, Option<String>)> {
    if approvers.is_empty() {
        return vec![("approvers".to_owned(), Some("nobody may decide this gate: its groups or roles have no members".to_owned()))];
    }
    approvers.iter().map(receiver).collect()
}

fn receiver(person: &Approver) -> (String, Option<String>) {
    match &person.email {
        Some(address) => (format!("email:{address}"), None),
        None => (format!("user:{}", person.name), Some(format!("the account {} has no e-mail address", person.name))),
    }
}

fn delivery(tx: &Tx, random: &Random, occasion: &Occasion<'_>, (target, reason): (String, Option<String>)) -> Result<Delivery> {
    let unprintable = |error: serde_json::Error| StoreError::Corrupt(format!("a notification cannot be written: {error}"));
    let event = serde_json::to_value(occasion.event).map_err(unprintable)?;
    Ok(Delivery {
        id: random.new_id(),
        workspace: occasion.workspace,
        target,
        event: event.as_str().unwrap_or_default().to_owned(),
        job_run: occasion.job_run,
        message: serde_json::to_string(occasion.message).map_err(unprintable)?,
        state: if reason.is_some() { DeliveryState::Failed } else { DeliveryState::Pending },
        attempts: 0,
        next_at: tx.at(),
        created_at: tx.at(),
        ended_at: reason.as_ref().map(|_| tx.at()),
        answer: reason,
    })
}
