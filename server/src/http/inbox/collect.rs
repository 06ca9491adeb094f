//! Finds what belongs into an inbox, in one order: what is due first on top, then what never is, and within that the oldest.

use super::item::{InboxCounts, InboxItem, InboxKind};
use crate::accounts::Caller;
use crate::app::App;
use crate::engine;
use crate::http::extract::Page;
use crate::http::gates::show;
use crate::http::tasks::Shower;
use crate::http::{Error, Result};
use crate::store::Connection;
use crate::store::line::gate_approvers::{self, Seeker};
use crate::store::line::gate_decisions;
use crate::store::line::task_lists::{self, Slice};
use crate::store::line::tasks::Task;
use crate::store::people::members;
use andon_pipelines::document::{Approver, Role};
use andon_pipelines::ids::{UserId, WorkspaceId};
use andon_pipelines::tasks::{Person, PersonRole};
use uuid::Uuid;

/// Whose work is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxScope {
    Mine,
    Groups,
    Claimed,
    Done,
}

impl InboxScope {
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mine" => Some(Self::Mine),
            "groups" => Some(Self::Groups),
            "claimed" => Some(Self::Claimed),
            "done" => Some(Self::Done),
            _ => None,
        }
    }
}

/// A page of an inbox.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub scope: InboxScope,
    pub kind: Option<InboxKind>,
    /// Where the page before ended.
    pub after: Option<(i64, Uuid)>,
    pub limit: i64,
}

/// Most gates that are looked at for one answer, of those that name somebody but may leave their approval out.
const MOST_LOOKED_AT: usize = 500;

/// Gates of a page.
#[derive(Debug, Default)]
struct Found {
    items: Vec<InboxItem>,
    /// Where the search ended, if it did before there was a page or nothing more.
    looked_until: Option<(i64, String)>,
}

/// Reads one person's inbox.
pub struct Collector<'a> {
    pub app: &'a App,
    pub caller: &'a Caller,
    pub workspace: WorkspaceId,
}

/// Where something stands in the order.
fn place(item: &InboxItem, scope: InboxScope) -> (i64, String) {
    let at = if scope == InboxScope::Done { item.since } else { item.due_at.unwrap_or(i64::MAX) };
    (at, item.id.clone())
}

/// What `after` is for the page that follows.
fn cursor_of(item: &InboxItem, scope: InboxScope) -> String {
    let (at, id) = place(item, scope);
    format!("{at}_{id}")
}

impl Collector<'_> {
    /// A page of what waits. Where very many gates name the caller but leave their approval out, it may be short and have a page after it.
    pub async fn page(&self, connection: &mut Connection<'_>, asked: Asked) -> Result<Page<InboxItem>> {
        let user = self.caller.actor.user();
        let Found { mut items, looked_until } = match asked.kind {
            Some(InboxKind::Task) => Found::default(),
            _ => self.gates(connection, asked, user).await?,
        };
        if asked.kind != Some(InboxKind::Gate) {
            let mut shower = Shower::new(connection, self.caller, (self.workspace, self.app.clock.now_ms())).await?;
            for task in self.tasks(connection, asked, (user, &shower.person())).await? {
                let shown = InboxItem::of_task(shower.show(connection, &task).await?);
                items.push(match asked.scope {
                    InboxScope::Done => shown.done_at(task.closed_at.unwrap_or(task.created_at)),
                    _ => shown,
                });
            }
        }
        let key = |item: &InboxItem| place(item, asked.scope);
        if asked.scope == InboxScope::Done {
            items.sort_by_key(|item| std::cmp::Reverse(key(item)));
        } else {
            items.sort_by_key(key);
        }
        if let Some(until) = &looked_until {
            items.retain(|item| key(item) <= *until);
        }
        let cut = Page::cut(items, asked.limit, |item| cursor_of(item, asked.scope));
        let rest = looked_until.map(|(at, id)| format!("{at}_{id}"));
        Ok(Page { next: cut.next.or(rest), items: cut.items })
    }

    async fn tasks(&self, connection: &mut Connection<'_>, asked: Asked, (user, person): (Option<UserId>, &Person)) -> Result<Vec<Task>> {
        let after = asked.after.map(|(at, id)| (at, id.into()));
        let slice = Slice { after, limit: asked.limit + 1 };
        Ok(match (asked.scope, user) {
            (InboxScope::Groups, _) => self.tasks_of_groups(connection, person, slice).await?,
            (_, None) => Vec::new(),
            (InboxScope::Mine, Some(user)) => task_lists::list_of_user(connection, self.workspace, user, slice).await?,
            (InboxScope::Claimed, Some(user)) => task_lists::list_claimed(connection, self.workspace, user, slice).await?,
            (InboxScope::Done, Some(user)) => {
                task_lists::list_closed_by(connection, (self.workspace, user), after, asked.limit + 1).await?
            }
        })
    }

    /// Nobody's tasks are every operator's.
    async fn tasks_of_groups(&self, connection: &mut Connection<'_>, person: &Person, slice: Slice) -> Result<Vec<Task>> {
        let groups: Vec<String> = person.groups.iter().cloned().collect();
        let nobodys = person.role == PersonRole::Operator;
        Ok(task_lists::list_of_groups(connection, self.workspace, (&groups, nobodys), slice).await?)
    }

    async fn gates(&self, connection: &mut Connection<'_>, asked: Asked, user: Option<UserId>) -> Result<Found> {
        let Some(user) = user else { return Ok(Found::default()) };
        if asked.scope == InboxScope::Done {
            return self.decided_gates(connection, asked, user).await;
        }
        let Some(seeker) = self.seeker(connection, user).await? else { return Ok(Found::default()) };
        let (now, most) = (self.app.clock.now_ms(), usize::try_from(asked.limit + 1).unwrap_or_default());
        let (mut found, mut looked_at) = (Found::default(), 0);
        let mut slice = Slice { after: asked.after.map(|(at, id)| (at, id.into())), limit: asked.limit + 1 };
        loop {
            let gates = match asked.scope {
                InboxScope::Groups => gate_approvers::list_of_groups(connection, &seeker, slice).await?,
                InboxScope::Claimed => gate_approvers::list_claimed(connection, &seeker, slice).await?,
                InboxScope::Mine | InboxScope::Done => gate_approvers::list_undecided(connection, &seeker, slice).await?,
            };
            let last = gates.len() <= usize::try_from(asked.limit).unwrap_or_default();
            for gate in gates {
                let view = engine::view_gate(self.app, connection, gate).await?;
                looked_at += 1;
                slice.after = Some((view.gate.deadline_at.unwrap_or(i64::MAX), gate));
                if asked.scope != InboxScope::Mine || view.why_not(Some(user)).is_none() {
                    found.items.push(InboxItem::of_gate(show(connection, self.caller, view).await?, now));
                }
                if found.items.len() >= most {
                    return Ok(found);
                }
            }
            if last {
                return Ok(found);
            }
            if looked_at >= MOST_LOOKED_AT {
                found.looked_until = slice.after.map(|(at, id)| (at, id.to_string()));
                return Ok(found);
            }
        }
    }

    async fn decided_gates(&self, connection: &mut Connection<'_>, asked: Asked, user: UserId) -> Result<Found> {
        let (mut found, before) = (Found::default(), asked.after.map(|(at, id)| (at, id.into())));
        for (gate, at) in gate_decisions::list_by(connection, (self.workspace, user), before, asked.limit + 1).await? {
            let view = engine::view_gate(self.app, connection, gate).await?;
            found.items.push(InboxItem::of_gate(show(connection, self.caller, view).await?, at).done_at(at));
        }
        Ok(found)
    }

    /// The caller as gates may name them; nobody who is not of the workspace is named.
    async fn seeker(&self, connection: &mut Connection<'_>, user: UserId) -> Result<Option<Seeker>> {
        let members = members::list(connection, self.workspace, true).await?;
        Ok(members.into_iter().find(|member| member.user == user).map(|member| {
            let roles = [Role::Viewer, Role::Operator, Role::Editor, Role::Admin].into_iter().filter(|role| *role <= member.role);
            let mut approvers = vec![Approver::User(member.name)];
            approvers.extend(member.groups.into_iter().map(Approver::Group));
            approvers.extend(roles.map(Approver::Role));
            Seeker { workspace: self.workspace, user, approvers }
        }))
    }

    /// How much waits.
    pub async fn counts(&self, connection: &mut Connection<'_>) -> Result<InboxCounts> {
        let (now, user) = (self.app.clock.now_ms(), self.caller.actor.user());
        let shower = Shower::new(connection, self.caller, (self.workspace, now)).await?;
        let mut counts = InboxCounts::default();
        counts.groups += self.tasks_of_groups(connection, &shower.person(), Slice::WHOLE).await?.len();
        let Some(user) = user else { return Ok(counts) };
        let mine = task_lists::list_of_user(connection, self.workspace, user, Slice::WHOLE).await?;
        counts.mine += mine.len();
        counts.overdue += mine.iter().filter(|task| is_late(task.due_at, now)).count();
        counts.claimed += task_lists::list_claimed(connection, self.workspace, user, Slice::WHOLE).await?.len();
        if let Some(seeker) = self.seeker(connection, user).await? {
            self.count_gates(connection, &seeker, &mut counts).await?;
        }
        Ok(counts)
    }

    /// Gates that leave nobody's approval out are counted by the database; the others are looked at, one by one.
    async fn count_gates(&self, connection: &mut Connection<'_>, seeker: &Seeker, counts: &mut InboxCounts) -> Result<()> {
        let now = self.app.clock.now_ms();
        let plain = gate_approvers::count_plain(connection, seeker, now).await?;
        counts.mine += plain.count;
        counts.overdue += plain.overdue;
        counts.groups += gate_approvers::count_of_groups(connection, seeker, now).await?.count;
        counts.claimed += gate_approvers::count_claimed(connection, seeker, now).await?.count;
        let most = i64::try_from(MOST_LOOKED_AT).unwrap_or(i64::MAX);
        let mut excluding = gate_approvers::list_excluding(connection, seeker, most + 1).await?;
        counts.more = excluding.len() > MOST_LOOKED_AT;
        excluding.truncate(MOST_LOOKED_AT);
        for gate in excluding {
            let view = engine::view_gate(self.app, connection, gate).await?;
            if view.why_not(Some(seeker.user)).is_none() {
                counts.mine += 1;
                counts.overdue += usize::from(is_late(view.gate.deadline_at, now));
            }
        }
        Ok(())
    }
}

fn is_late(due: Option<i64>, now_ms: i64) -> bool {
    due.is_some_and(|due| due <= now_ms)
}

/// The place that a cursor names.
pub fn read_cursor(text: &str) -> Result<(i64, Uuid)> {
    let parts = text.split_once('_').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after is the `next` of the page before"))
}
