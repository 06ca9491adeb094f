//! Whose approval does not count.

use super::judgement::Member;
use crate::document::Exclusion;
use crate::ids::UserId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why somebody's approval does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Excluded {
    #[error("they started this run")]
    Initiator,
    #[error("they wrote {what}, which this gate lets through")]
    Author { what: String },
    #[error("they approved {gate} of this run")]
    Previous { gate: String },
    /// Who the authors are cannot be found out, so nobody is known to be none.
    #[error("{why}, so nobody is known not to be an author")]
    UnknownAuthors { why: String },
}

/// Whoever made a part of what is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// As git or the server knows them.
    pub name: String,
    pub email: Option<String>,
    /// `commit 3f2a1c9`, `version settings@…`.
    pub what: String,
}

/// What GitHub writes instead of an address: `12345+ada@users.noreply.github.com`.
const NOREPLY: &str = "@users.noreply.github.com";

impl Author {
    /// Whether this is the member: the same e-mail address, or the same name.
    #[must_use]
    pub fn is(&self, member: &Member) -> bool {
        let same = |one: &str, other: &str| !one.trim().is_empty() && one.trim().to_lowercase() == other.trim().to_lowercase();
        let email = self.email.as_deref().unwrap_or_default();
        let account = email.to_lowercase().strip_suffix(NOREPLY).map(|local| local.rsplit('+').next().unwrap_or_default().to_owned());
        same(&self.name, &member.name)
            || member.email.as_deref().is_some_and(|own| same(email, own))
            || account.is_some_and(|account| same(&account, &member.name))
            // Accounts may be called by their address.
            || same(email, &member.name)
    }
}

/// Whose approval does not count, of these members. `initiators` are names of accounts, `authors` all known ones, and `previous` says
/// who approved which other gate of the run. `unknown` tells why the authors are not all known, if that is so.
#[must_use]
pub fn list_excluded(
    exclude: &[Exclusion],
    members: &[Member],
    initiators: &[String],
    (authors, unknown): (&[Author], Option<&str>),
    previous: &BTreeMap<UserId, String>,
) -> BTreeMap<UserId, Excluded> {
    let mut excluded = BTreeMap::new();
    for member in members {
        let reason = exclude.iter().find_map(|exclusion| match exclusion {
            Exclusion::Initiator => initiators.contains(&member.name).then_some(Excluded::Initiator),
            Exclusion::Authors => {
                let found = authors.iter().find(|author| author.is(member)).map(|author| Excluded::Author { what: author.what.clone() });
                found.or_else(|| unknown.map(|why| Excluded::UnknownAuthors { why: why.to_owned() }))
            }
            Exclusion::Previous => previous.get(&member.user).map(|gate| Excluded::Previous { gate: gate.clone() }),
        });
        excluded.extend(reason.map(|reason| (member.user, reason)));
    }
    excluded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Role;
    use std::collections::BTreeSet;

    fn member(number: u64, name: &str, email: Option<&str>) -> Member {
        Member {
            user: UserId::from_number(number),
            name: name.to_owned(),
            email: email.map(str::to_owned),
            groups: BTreeSet::new(),
            role: Some(Role::Operator),
        }
    }

    fn author(name: &str, email: &str) -> Author {
        Author { name: name.to_owned(), email: Some(email.to_owned()), what: "commit 3f2a1c9".to_owned() }
    }

    #[test]
    fn an_author_is_known_by_address_or_name() {
        let ada = member(1, "ada", Some("Ada@example.org"));
        for (name, email) in [
            ("Ada Lovelace", "ada@EXAMPLE.org"),
            ("Ada", "somewhere@else.example"),
            ("A. L.", "1234+ada@users.noreply.github.com"),
            ("x", " ada@example.org "),
        ] {
            assert!(author(name, email).is(&ada), "{name} {email}");
        }
        for (name, email) in [("Eve", "eve@example.org"), ("", ""), ("adam", "ada@example.com"), ("x", "ada+1@users.noreply.github.com")] {
            assert!(!author(name, email).is(&ada), "{name} {email}");
        }
        assert!(!author("", "").is(&member(2, "bob", None)), "nothing is no name");
        assert!(author("Bob Builder", "bob@example.org").is(&member(2, "bob@example.org", None)), "an account called by its address");
    }

    #[test]
    fn each_exclusion_names_its_reason() {
        let members = [member(1, "ada", None), member(2, "bob", None), member(3, "cy", None), member(4, "dan", None)];
        let previous = BTreeMap::from([(UserId::from_number(3), "qa #1".to_owned())]);
        let authors = [author("bob", "b@example.org")];
        let all = [Exclusion::Initiator, Exclusion::Authors, Exclusion::Previous];
        let excluded = list_excluded(&all, &members, &["ada".to_owned()], (&authors, None), &previous);
        let shown: Vec<String> = excluded.values().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["they started this run", "they wrote commit 3f2a1c9, which this gate lets through", "they approved qa #1 of this run"]
        );
        assert!(list_excluded(&[], &members, &["ada".to_owned()], (&authors, None), &previous).is_empty());
        let unknown = list_excluded(&[Exclusion::Authors], &members, &[], (&authors, Some("the history is gone")), &previous);
        assert_eq!(unknown.len(), 4, "nobody is known to be no author");
    }
}
