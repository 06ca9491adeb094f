//! From an event to the deliveries that tell about it, in one transaction with it.

use crate::clock::Random;
use crate::notify::{Departure, Message, Preferences, Subject, first_match};
use crate::store::people::deliveries::{self, Delivery, DeliveryState};
use crate::store::people::members::Member;
use crate::store::people::{channels, preferences};
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::document::{NotifyEvent, NotifyRule, NotifyTarget};
use andon_pipelines::ids::{JobRunId, UserId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// What happened, and to whom it matters.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub workspace: WorkspaceId,
    /// The most telling one last; each receiver hears one of them.
    pub events: &'a [NotifyEvent],
    pub subject: Subject<'a>,
    pub job_run: Option<JobRunId>,
    /// As for the last event.
    pub message: &'a Message,
    pub people: &'a People,
}

/// The people of a workspace, and their parts in what happened.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub members: Vec<Member>,
    /// Who may decide the gate that the event is about.
    pub approvers: BTreeSet<UserId>,
    /// Whose task the event is about.
    pub assignees: BTreeSet<UserId>,
    /// Who started the run, where that was a person.
    pub initiator: Option<UserId>,
    /// Who wrote the commits, as far as their addresses belong to members.
    pub authors: BTreeSet<UserId>,
    /// Everybody's preferences who has set any.
    pub preferences: BTreeMap<UserId, Preferences>,
}

impl People {
    /// Everybody's preferences. What cannot be read counts as never set.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn read_preferences(connection: &mut Connection<'_>) -> Result<BTreeMap<UserId, Preferences>> {
        let stored = preferences::list(connection).await?;
        Ok(stored.into_iter().filter_map(|(user, body)| Some((user, serde_json::from_str(&body).ok()?))).collect())
    }

    fn of(&self, user: UserId) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    /// The event that a person asks for by themselves, without a rule.
    fn own_wish(&self, member: &Member, events: &[NotifyEvent]) -> Option<NotifyEvent> {
        let wishes = self.preferences.get(&member.user)?;
        let mine = !wishes.only_mine
            || self.initiator == Some(member.user)
            || self.authors.contains(&member.user)
            || self.assignees.contains(&member.user);
        events.iter().rev().copied().find(|event| mine && wishes.events.contains(event))
    }

    fn mutes(&self, user: UserId, event: NotifyEvent) -> bool {
        self.preferences.get(&user).is_some_and(|wishes| wishes.muted.contains(&event))
    }
}

/// Somebody who is to be told.
#[derive(Clone, Debug)]
struct Receiver {
    event: NotifyEvent,
    /// The person, where they were not named by an address.
    user: Option<UserId>,
    /// Why they cannot be reached.
    reason: Option<String>,
}

/// Who is told, under the targets of their deliveries: one each, however many rules name them.
#[derive(Default)]
struct Receivers(BTreeMap<String, Receiver>);

impl Receivers {
    fn add(&mut self, target: String, receiver: Receiver, order: &[NotifyEvent]) {
        let place = |event| order.iter().position(|known| *known == event);
        match self.0.get_mut(&target) {
            None => drop(self.0.insert(target, receiver)),
            Some(known) => {
                known.user = known.user.or(receiver.user);
                if place(receiver.event) > place(known.event) {
                    known.event = receiver.event;
                }
            }
        }
    }
}

/// Writes the deliveries that the rules and the people ask for, one per receiver; answers how many. The rules' `when` and `pipelines` have
/// been looked at by the caller. Whoever cannot be reached gets a failed delivery, so that it shows.
///
/// # Errors
/// Whatever the database says.
pub async fn queue_notifications(
    tx: &mut Tx,
    random: &Random,
    rules: impl IntoIterator<Item = &NotifyRule>,
    occasion: &Occasion<'_>,
) -> Result<usize> {
    let mut receivers = Receivers::default();
    for rule in rules {
        let Some(event) = first_match(rule, occasion.events, occasion.subject) else { continue };
        for target in &rule.to {
            for (target, user, reason) in reach(tx, occasion, target).await? {
                if user.is_some_and(|user| occasion.people.mutes(user, event)) {
                    continue;
                }
                receivers.add(target, Receiver { event, user, reason }, occasion.events);
            }
        }
    }
    for member in &occasion.people.members {
        if let (Some(event), Some(address)) = (occasion.people.own_wish(member, occasion.events), &member.email) {
            let receiver = Receiver { event, user: Some(member.user), reason: None };
            receivers.add(format!("email:{address}"), receiver, occasion.events);
        }
    }
    let mut rows = Vec::with_capacity(receivers.0.len());
    for (target, receiver) in receivers.0 {
        let departure = depart(tx, occasion, (&target, receiver.user)).await?;
        rows.push(delivery(tx, random, occasion, (target, receiver, departure))?);
    }
    deliveries::create(tx, &rows).await?;
    Ok(rows.len())
}

/// The target of a delivery, the person behind it, and why it cannot be reached.
type Reached = (String, Option<UserId>, Option<String>);

async fn reach(tx: &mut Tx, occasion: &Occasion<'_>, target: &NotifyTarget) -> Result<Vec<Reached>> {
    let people = occasion.people;
    let failed = |target: String, reason: String| vec![(target, None, Some(reason))];
    Ok(match target {
        NotifyTarget::Email(address) => vec![(format!("email:{address}"), None, None)],
        NotifyTarget::Channel(name) => {
            let known = channels::find(&mut tx.connection(), occasion.workspace, name).await?;
            let reason = match known.map(|channel| channel.kind) {
                None => Some(format!("there is no channel {name} in the workspace; andon channel set {name} makes it")),
                Some(kind) if kind == "forge" => {
                    Some(format!("{name} is a forge: it shows commit statuses by itself, and takes no messages"))
                }
                Some(_) => None,
            };
            vec![(format!("channel:{name}"), None, reason)]
        }
        NotifyTarget::Approvers if people.approvers.is_empty() => {
            failed("approvers".to_owned(), "nobody may decide this gate: its groups or roles have no members".to_owned())
        }
        NotifyTarget::Approvers => persons(people, &people.approvers),
        NotifyTarget::Assignee => persons(people, &people.assignees),
        // A schedule or a token is nobody who could be told.
        NotifyTarget::Initiator => persons(people, &people.initiator.into_iter().collect()),
        NotifyTarget::Authors => persons(people, &people.authors),
        NotifyTarget::User(name) => match people.members.iter().find(|member| &member.name == name) {
            Some(member) => vec![person(member)],
            None => failed(format!("user:{name}"), format!("{name} is no member of the workspace")),
        },
        NotifyTarget::Group(name) => {
            let members: Vec<Reached> = people.members.iter().filter(|member| member.groups.contains(name)).map(person).collect();
            if members.is_empty() { failed(format!("group:{name}"), format!("the group {name} has no members")) } else { members }
        }
    })
}

fn persons(people: &People, users: &BTreeSet<UserId>) -> Vec<Reached> {
    users.iter().filter_map(|user| people.of(*user)).map(person).collect()
}

fn person(member: &Member) -> Reached {
    match &member.email {
        Some(address) => (format!("email:{address}"), Some(member.user), None),
        None => (format!("user:{}", member.name), Some(member.user), Some(format!("the account {} has no e-mail address", member.name))),
    }
}

/// When it leaves: at once, but for what goes to a person who wants it otherwise.
async fn depart(tx: &mut Tx, occasion: &Occasion<'_>, (target, user): (&str, Option<UserId>)) -> Result<Departure> {
    let now = tx.at();
    match user.and_then(|user| occasion.people.preferences.get(&user)) {
        None => Ok(Departure { at: now, collected: false }),
        Some(wishes) => {
            let collection = deliveries::find_collection(&mut tx.connection(), occasion.workspace, target).await?;
            Ok(wishes.depart(now, collection))
        }
    }
}

fn delivery(
    tx: &Tx,
    random: &Random,
    occasion: &Occasion<'_>,
    (target, receiver, departure): (String, Receiver, Departure),
) -> Result<Delivery> {
    let unprintable = |error: serde_json::Error| StoreError::Corrupt(format!("a notification cannot be written: {error}"));
    let event = serde_json::to_value(receiver.event).map_err(unprintable)?;
    let message = Message { event: receiver.event, ..occasion.message.clone() };
    let failed = receiver.reason.is_some();
    Ok(Delivery {
        id: random.new_id(),
        workspace: occasion.workspace,
        target,
        event: event.as_str().unwrap_or_default().to_owned(),
        job_run: occasion.job_run,
        message: serde_json::to_string(&message).map_err(unprintable)?,
        state: if failed { DeliveryState::Failed } else { DeliveryState::Pending },
        attempts: 0,
        next_at: departure.at,
        created_at: tx.at(),
        ended_at: failed.then(|| tx.at()),
        answer: receiver.reason,
        channel: None,
        user: receiver.user,
        collected: departure.collected && !failed,
    })
}
