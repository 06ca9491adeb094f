//! The people of a workspace, as its tasks see them.

use crate::accounts::{Caller, Permission};
use crate::store::line::tasks::Task;
use crate::store::people::members::Member;
use crate::store::people::{groups, members};
use crate::store::{Connection, Result};
use andon_pipelines::ids::{UserId, WorkspaceId};
use andon_pipelines::tasks::{Assignee, AssigneeError, Fact, Person, PersonRole, Standing, parse_assignee};
use std::collections::{BTreeMap, BTreeSet};

/// Everybody of a workspace, and its groups.
#[derive(Clone, Debug)]
pub struct Team {
    workspace: WorkspaceId,
    members: Vec<Member>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Team {
    /// # Errors
    /// Whatever the database says.
    pub async fn read(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Self> {
        let members = members::list(connection, workspace, true).await?;
        Ok(Self { workspace, members, groups: groups::list(connection, workspace).await? })
    }

    /// The person or group that a text names.
    ///
    /// # Errors
    /// [`AssigneeError`] says why it names nobody.
    pub fn find_assignee(&self, text: &str) -> Result<Assignee, AssigneeError> {
        parse_assignee(text, |name| self.find(name).is_some(), |name| self.groups.contains_key(name))
    }

    fn find(&self, name: &str) -> Option<UserId> {
        self.members.iter().find(|member| member.name == name).map(|member| member.user)
    }

    /// What somebody is called.
    #[must_use]
    pub fn name_of(&self, user: UserId) -> String {
        let member = self.members.iter().find(|member| member.user == user);
        member.map_or_else(|| "a former member".to_owned(), |member| member.name.clone())
    }

    /// Whose task it is.
    #[must_use]
    pub fn assignee_of(&self, task: &Task) -> Option<Assignee> {
        let user = task.assignee_user.map(|user| Assignee::User(self.name_of(user)));
        user.or_else(|| task.assignee_group.clone().map(Assignee::Group))
    }

    /// Gives the task to somebody, or to nobody.
    pub fn assign(&self, task: &mut Task, assignee: Option<&Assignee>) {
        (task.assignee_user, task.assignee_group) = match assignee {
            Some(Assignee::User(name)) => (self.find(name), None),
            Some(Assignee::Group(name)) => (None, Some(name.clone())),
            None => (None, None),
        };
    }

    /// Whose the task is, for the rules.
    #[must_use]
    pub fn standing(&self, task: &Task) -> Standing {
        let name = |user: Option<UserId>| user.map(|user| self.name_of(user));
        Standing { assignee: self.assignee_of(task), claimed_by: name(task.claimed_by), added_by: name(task.added_by) }
    }

    /// The caller, for the rules.
    #[must_use]
    pub fn person(&self, caller: &Caller) -> Person {
        let member = caller.actor.user().and_then(|user| self.members.iter().find(|member| member.user == user));
        let moves_the_line = caller.may(Permission::Operate, self.workspace).is_ok();
        Person {
            name: member.map(|member| member.name.clone()),
            groups: member.map(|member| member.groups.clone()).unwrap_or_default(),
            role: if moves_the_line { PersonRole::Operator } else { PersonRole::Viewer },
        }
    }

    /// Who is to be told about a task: whose it is and who looks after it; nobody where it is nobody's.
    #[must_use]
    pub fn concerned(&self, task: &Task) -> BTreeSet<UserId> {
        let in_group = |member: &&Member| task.assignee_group.as_ref().is_some_and(|group| member.groups.contains(group));
        let group = self.members.iter().filter(in_group).map(|member| member.user);
        match task.claimed_by {
            // Whoever has taken a task of a group relieves the others.
            Some(user) => BTreeSet::from([user]),
            None => task.assignee_user.into_iter().chain(group).collect(),
        }
    }
}

/// The tasks of a checklist, for the rules.
#[must_use]
pub fn facts_of(tasks: &[Task]) -> Vec<Fact> {
    let fact = |task: &Task| Fact {
        key: task.name.clone(),
        title: task.title.clone(),
        status: task.status,
        optional: task.optional,
        after: task.after.clone(),
    };
    tasks.iter().map(fact).collect()
}
