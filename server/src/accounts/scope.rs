//! What can be asked for: permissions, the roles that include them, and the scopes that narrow a token.

use andon_pipelines::document::{Approver, Role};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See the workspace.
    View,
    /// Decide gates. Who may decide a particular gate is the gate's own question; this only lets somebody ask.
    Decide,
    /// Start, stop, rerun, pause; publish and pin versions; push to the built-in git server.
    Operate,
    /// Set pipelines.
    Edit,
    /// Members, groups, tokens, secrets, channels, runners.
    Administer,
    /// Speak the runner protocol: take work and report on it.
    Run,
}

impl Permission {
    /// The lowest role that includes it; `None` where no role does.
    #[must_use]
    pub const fn lowest_role(self) -> Option<Role> {
        match self {
            Self::View | Self::Decide => Some(Role::Viewer),
            Self::Operate => Some(Role::Operator),
            Self::Edit => Some(Role::Editor),
            Self::Administer => Some(Role::Admin),
            Self::Run => None,
        }
    }

    /// The scope that a narrowed token must carry.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::View => Scope::View,
            Self::Decide => Scope::Decide,
            Self::Operate => Scope::Operate,
            Self::Edit => Scope::Edit,
            Self::Administer => Scope::Admin,
            Self::Run => Scope::Run,
        }
    }
}

/// What a token is narrowed to. A scope never gives more than the token's role; a token without scopes has all of its
/// role. `admin` includes `edit`, that includes `operate`, and each but `run` includes `view`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    View,
    Decide,
    Operate,
    Edit,
    Admin,
    Run,
}

impl Scope {
    pub const ALL: [Self; 6] = [Self::View, Self::Decide, Self::Operate, Self::Edit, Self::Admin, Self::Run];

    /// The word in the store, in JSON and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Decide => "decide",
            Self::Operate => "operate",
            Self::Edit => "edit",
            Self::Admin => "admin",
            Self::Run => "run",
        }
    }

    /// Whether a token with this scope may be used for what `wanted` covers.
    #[must_use]
    pub fn includes(self, wanted: Self) -> bool {
        if self == wanted {
            return true;
        }
        match wanted {
            Self::View => self != Self::Run,
            Self::Operate => matches!(self, Self::Edit | Self::Admin),
            Self::Edit => self == Self::Admin,
            Self::Decide | Self::Admin | Self::Run => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {0:?}; the scopes are view, decide, operate, edit, admin and run")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| UnknownScope(text.chars().take(40).collect()))
    }
}

/// Reads scopes that commas or spaces separate.
///
/// # Errors
/// [`UnknownScope`] names the first word that is none.
pub fn parse_scopes(text: &str) -> Result<BTreeSet<Scope>, UnknownScope> {
    text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::parse).collect()
}

/// The word for a role in the store, in JSON and on screen.
#[must_use]
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Editor => "editor",
        Role::Admin => "admin",
    }
}

/// `group:release`.
#[must_use]
pub fn approver_name(approver: &Approver) -> String {
    match approver {
        Approver::User(name) => format!("user:{name}"),
        Approver::Group(name) => format!("group:{name}"),
        Approver::Role(role) => format!("role:{}", role_name(*role)),
    }
}

/// The inverse of [`role_name`].
#[must_use]
pub fn role_from_name(name: &str) -> Option<Role> {
    [Role::Viewer, Role::Operator, Role::Editor, Role::Admin].into_iter().find(|role| role_name(*role) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_from_words() {
        assert_eq!(parse_scopes("view, decide"), Ok(BTreeSet::from([Scope::View, Scope::Decide])));
        assert_eq!(parse_scopes(""), Ok(BTreeSet::new()));
        let error = parse_scopes("view,root").expect_err("root is none");
        assert_eq!(error.to_string(), r#"unknown scope "root"; the scopes are view, decide, operate, edit, admin and run"#);
    }

    #[test]
    fn deciding_and_running_come_with_no_other_scope() {
        for scope in Scope::ALL {
            assert_eq!(scope.includes(Scope::Decide), scope == Scope::Decide);
            assert_eq!(scope.includes(Scope::Run), scope == Scope::Run);
            assert_eq!(scope.includes(Scope::View), scope != Scope::Run);
        }
    }

    #[test]
    fn role_names_round_trip() {
        for role in [Role::Viewer, Role::Operator, Role::Editor, Role::Admin] {
            assert_eq!(role_from_name(role_name(role)), Some(role));
        }
        assert_eq!(role_from_name("root"), None);
    }
}
