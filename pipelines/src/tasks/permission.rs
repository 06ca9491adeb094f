//! Who may do what to a task. Every way in asks here.

use super::assignee::Assignee;
use std::collections::BTreeSet;

/// What somebody wants to do to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Give it a status, a note, or somebody else; say that one looks after it.
    Work,
    /// Change what it says and when it is due.
    Edit,
    /// Add a task to a checklist that goes on.
    Add,
}

/// The part of somebody in the workspace that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May see the workspace only.
    Viewer,
    /// May move the line, and with it every task.
    Operator,
}

/// Who wants to do something.
#[derive(Clone, Debug)]
pub struct Person {
    /// Absent for a token that belongs to nobody.
    pub name: Option<String>,
    pub groups: BTreeSet<String>,
    pub role: Role,
}

/// Whose a task is.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub assignee: Option<Assignee>,
    /// Who looks after it, by name.
    pub claimed_by: Option<String>,
    /// Who added it to the checklist, by name.
    pub added_by: Option<String>,
}

impl Person {
    /// Whether the task is theirs: given to them or to a group of theirs, or looked after by them.
    #[must_use]
    pub fn has(&self, standing: &Standing) -> bool {
        let Some(name) = &self.name else { return false };
        let assigned = match &standing.assignee {
            Some(Assignee::User(user)) => user == name,
            Some(Assignee::Group(group)) => self.groups.contains(group),
            None => false,
        };
        assigned || standing.claimed_by.as_ref() == Some(name)
    }
}

/// Why somebody may not do this to a task; `None` when they may. For [`Act::Add`], `standings` are all tasks of the checklist, else the
/// one in question.
#[must_use]
pub fn may_act(person: &Person, act: Act, standings: &[Standing]) -> Option<String> {
    if person.role == Role::Operator {
        return None;
    }
    let own = standings.iter().any(|standing| person.has(standing));
    let added = standings.iter().any(|standing| person.name.is_some() && standing.added_by == person.name);
    let allowed = match act {
        Act::Work => own || added,
        Act::Edit => added,
        Act::Add => own,
    };
    if allowed {
        return None;
    }
    let assignee = standings.first().and_then(|standing| standing.assignee.as_ref());
    Some(match (act, assignee) {
        (Act::Work, Some(assignee)) => format!("it is a task of {assignee}; they and operators may change it"),
        (Act::Work, None) => "it is nobody's task yet; operators may take and change it".to_owned(),
        (Act::Edit, _) => "what a task says and when it is due is changed by operators, and by whoever added it".to_owned(),
        (Act::Add, _) => "tasks are added by operators, and by those who have a task of the checklist".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(name: &str, groups: &[&str]) -> Person {
        Person { name: Some(name.to_owned()), groups: groups.iter().map(|group| (*group).to_owned()).collect(), role: Role::Viewer }
    }

    #[test]
    fn a_task_is_changed_by_those_who_have_it_and_by_operators() {
        let of = |assignee| [Standing { assignee: Some(assignee), ..Standing::default() }];
        let support = of(Assignee::Group("support".to_owned()));
        assert_eq!(may_act(&viewer("ada", &["support"]), Act::Work, &support), None);
        assert!(may_act(&viewer("bob", &[]), Act::Work, &support).is_some_and(|why| why.contains("group:support")));
        assert_eq!(may_act(&Person { role: Role::Operator, ..viewer("bob", &[]) }, Act::Edit, &support), None);
        assert!(may_act(&viewer("ada", &["support"]), Act::Edit, &support).is_some());
        assert_eq!(may_act(&viewer("ada", &["support"]), Act::Add, &support), None);
        let ada = of(Assignee::User("ada".to_owned()));
        assert_eq!(may_act(&viewer("ada", &[]), Act::Work, &ada), None);
        assert!(may_act(&Person { name: None, ..viewer("ada", &[]) }, Act::Work, &ada).is_some(), "a token of nobody");
        assert!(may_act(&viewer("ada", &[]), Act::Work, &[Standing::default()]).is_some_and(|why| why.contains("nobody's")));
        let claimed = [Standing { claimed_by: Some("ada".to_owned()), ..Standing::default() }];
        assert_eq!(may_act(&viewer("ada", &[]), Act::Work, &claimed), None);
        let added = [Standing { added_by: Some("ada".to_owned()), ..Standing::default() }];
        assert_eq!(may_act(&viewer("ada", &[]), Act::Edit, &added), None);
    }
}
