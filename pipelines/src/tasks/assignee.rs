//! Who has a task.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A person or a group, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assignee {
    User(String),
    Group(String),
}

/// As it is written: `user:ada`, `group:support`.
impl fmt::Display for Assignee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

/// Why a text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssigneeError {
    #[error("an assignee is user:NAME, group:NAME or the name of a member, not {0:?}")]
    Form(String),
    #[error("{0} is not a member of this workspace")]
    NoMember(String),
    #[error("there is no group {0} in this workspace")]
    NoGroup(String),
}

/// The person or the group that a text names: `user:ada`, `group:support`, or `ada`. `is_member` and `is_group` say who there is.
///
/// # Errors
/// [`AssigneeError`] for a text of another form, and for names that nobody has.
pub fn parse_assignee(text: &str, is_member: impl Fn(&str) -> bool, is_group: impl Fn(&str) -> bool) -> Result<Assignee, AssigneeError> {
    let text = text.trim();
    let form = || AssigneeError::Form(text.chars().take(100).collect());
    let (kind, name) = text.split_once(':').unwrap_or(("user", text));
    if name.is_empty() || name.len() > 100 || name.contains(char::is_control) {
        return Err(form());
    }
    match kind {
        "user" if is_member(name) => Ok(Assignee::User(name.to_owned())),
        "user" => Err(AssigneeError::NoMember(name.to_owned())),
        "group" if is_group(name) => Ok(Assignee::Group(name.to_owned())),
        "group" => Err(AssigneeError::NoGroup(name.to_owned())),
        _ => Err(form()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_people_and_groups() {
        let read = |text: &str| parse_assignee(text, |name| name == "ada", |name| name == "support").map_err(|error| error.to_string());
        assert_eq!(read("user:ada"), Ok(Assignee::User("ada".to_owned())));
        assert_eq!(read(" ada "), Ok(Assignee::User("ada".to_owned())));
        assert_eq!(read("group:support").map(|it| it.to_string()), Ok("group:support".to_owned()));
        assert_eq!(read("bob"), Err("bob is not a member of this workspace".to_owned()));
        assert_eq!(read("group:ada"), Err("there is no group ada in this workspace".to_owned()));
        for odd in ["", "user:", "role:admin", "a\nb"] {
            assert!(read(odd).is_err_and(|error| error.starts_with("an assignee is")), "{odd:?}");
        }
    }
}
