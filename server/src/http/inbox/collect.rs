//! Finds what belongs into an inbox, in one order: what is due first on top, then what never is, and within that the oldest.

use super::item::{InboxCounts, InboxItem, InboxKind};
use crate::accounts::Caller;
use crate::app::App;
use crate::engine::{self, GateView};
use crate::http::gates::show;
use crate::http::tasks::Shower;
use crate::http::{Error, Result};
use crate::store::Connection;
use crate::store::line::task_lists::{self, Slice};
use crate::store::line::tasks::Task;
use crate::store::line::{gate_decisions, gates};
use andon_pipelines::document::Approver;
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
pub fn cursor_of(item: &InboxItem, scope: InboxScope) -> String {
    let (at, id) = place(item, scope);
    format!("{at}_{id}")
}

impl Collector<'_> {
    /// One more item than a page has, if there are as many.
    pub async fn page(&self, connection: &mut Connection<'_>, asked: Asked) -> Result<Vec<InboxItem>> {
        let Some(user) = self.caller.actor.user() else {
            return match asked.scope {
                InboxScope::Done | InboxScope::Claimed => Ok(Vec::new()),
                _ => self.page_of(connection, asked, None).await,
            };
        };
        self.page_of(connection, asked, Some(user)).await
    }

    async fn page_of(&self, connection: &mut Connection<'_>, asked: Asked, user: Option<UserId>) -> Result<Vec<InboxItem>> {
        let mut items = Vec::new();
        if asked.kind != Some(InboxKind::Task) {
            items.extend(self.gates(connection, asked, user).await?);
        }
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
        items.truncate(usize::try_from(asked.limit + 1).unwrap_or_default());
        Ok(items)
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

    async fn gates(&self, connection: &mut Connection<'_>, asked: Asked, user: Option<UserId>) -> Result<Vec<InboxItem>> {
        let now = self.app.clock.now_ms();
        let mut items = Vec::new();
        if asked.scope == InboxScope::Done {
            let Some(user) = user else { return Ok(items) };
            let before = asked.after.map(|(at, id)| (at, id.into()));
            for (gate, at) in gate_decisions::list_by(connection, (self.workspace, user), before, asked.limit + 1).await? {
                let view = engine::view_gate(self.app, connection, gate).await?;
                items.push(InboxItem::of_gate(show(connection, self.caller, view).await?, now).done_at(at));
            }
            return Ok(items);
        }
        for gate in gates::list_open(connection, self.workspace).await? {
            let standing = (gate.deadline_at.unwrap_or(i64::MAX), gate.id.uuid());
            if asked.after.is_some_and(|after| standing <= after) {
                continue;
            }
            let view = engine::view_gate(self.app, connection, gate.id).await?;
            if self.concerns(&view, asked.scope, user) {
                items.push(InboxItem::of_gate(show(connection, self.caller, view).await?, now));
            }
        }
        Ok(items)
    }

    fn concerns(&self, view: &GateView, scope: InboxScope, user: Option<UserId>) -> bool {
        match scope {
            InboxScope::Mine => view.why_not(user).is_none(),
            InboxScope::Groups => {
                let Some(member) = view.members.iter().find(|member| Some(member.user) == user) else { return false };
                let escalated = view.approval.escalation.iter().filter(|_| view.gate.escalated_at.is_some()).flat_map(|it| &it.to);
                let mut named = view.approval.require.iter().flat_map(|rule| &rule.from).chain(escalated);
                named.any(|approver| matches!(approver, Approver::Group(name) if member.groups.contains(name)))
            }
            InboxScope::Claimed => user.is_some() && view.gate.claimed_by == user,
            InboxScope::Done => false,
        }
    }

    /// How much waits, from one look at the gates and at each list of tasks.
    pub async fn counts(&self, connection: &mut Connection<'_>) -> Result<InboxCounts> {
        let (now, user) = (self.app.clock.now_ms(), self.caller.actor.user());
        let shower = Shower::new(connection, self.caller, (self.workspace, now)).await?;
        let late = |due: Option<i64>| usize::from(due.is_some_and(|due| due <= now));
        let mut counts = InboxCounts::default();
        for gate in gates::list_open(connection, self.workspace).await? {
            let view = engine::view_gate(self.app, connection, gate.id).await?;
            let is = |scope| usize::from(self.concerns(&view, scope, user));
            counts.mine += is(InboxScope::Mine);
            counts.overdue += is(InboxScope::Mine) * late(gate.deadline_at);
            counts.groups += is(InboxScope::Groups);
            counts.claimed += is(InboxScope::Claimed);
        }
        counts.groups += self.tasks_of_groups(connection, &shower.person(), Slice::WHOLE).await?.len();
        if let Some(user) = user {
            let mine = task_lists::list_of_user(connection, self.workspace, user, Slice::WHOLE).await?;
            counts.mine += mine.len();
            counts.overdue += mine.iter().map(|task| late(task.due_at)).sum::<usize>();
            counts.claimed += task_lists::list_claimed(connection, self.workspace, user, Slice::WHOLE).await?.len();
        }
        Ok(counts)
    }
}

/// The place that a cursor names.
pub fn read_cursor(text: &str) -> Result<(i64, Uuid)> {
    let parts = text.split_once('_').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after is the `next` of the page before"))
}
