//! Who calls, and the one function that says what they may do.

use super::scope::{Permission, Scope, role_name};
use andon_pipelines::document::Role;
use andon_pipelines::ids::{RunnerId, TokenId, UserId, WorkspaceId};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User {
        id: UserId,
        name: String,
    },
    /// An API token; `user` where it belongs to a person, who then is the one that acts.
    Token {
        id: TokenId,
        name: String,
        user: Option<UserId>,
    },
    Runner {
        id: RunnerId,
        name: String,
    },
    /// The server itself.
    System,
}

impl Actor {
    /// The person behind it, if there is one: whose decisions count at a gate.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Token { user, .. } => *user,
            Self::Runner { .. } | Self::System => None,
        }
    }
}

/// The form that stands in events: `user:ada`, `token:ci`, `runner:eu-1`, `andon`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { name, .. } => write!(f, "user:{name}"),
            Self::Token { name, .. } => write!(f, "token:{name}"),
            Self::Runner { name, .. } => write!(f, "runner:{name}"),
            Self::System => f.write_str("andon"),
        }
    }
}

/// An authenticated caller with everything that the question "may they" needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub actor: Actor,
    /// The role in each workspace. For a token of a person: the lower of the token's and the person's.
    pub roles: BTreeMap<WorkspaceId, Role>,
    /// A role that holds in every workspace, and for what belongs to none (users, groups, workspaces).
    pub everywhere: Option<Role>,
    /// What a token is narrowed to; `None` for the whole of its roles.
    pub scopes: Option<BTreeSet<Scope>>,
}

/// Why a caller may not do something. The text says what is needed and what is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this needs the role {} {}; {caller} has {}", role_name(*needs), place(*everywhere), has_role(*has))]
    Role { caller: String, needs: Role, has: Option<Role>, everywhere: bool },
    #[error("this needs a token with the scope {needs}; {caller} has {}", has_scopes(has))]
    Scope { caller: String, needs: Scope, has: BTreeSet<Scope> },
    #[error("only a runner may do this; {caller} is none")]
    NotARunner { caller: String },
    #[error("a runner may only take work and report on it; {caller} asked for more")]
    OnlyARunner { caller: String },
}

const fn place(everywhere: bool) -> &'static str {
    if everywhere { "in the whole installation" } else { "in this workspace" }
}

fn has_role(role: Option<Role>) -> String {
    role.map_or_else(|| "none".to_owned(), |role| format!("the role {}", role_name(role)))
}

fn has_scopes(scopes: &BTreeSet<Scope>) -> String {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Caller {
    /// The server itself, which may do everything.
    #[must_use]
    pub const fn system() -> Self {
        Self { actor: Actor::System, roles: BTreeMap::new(), everywhere: Some(Role::Admin), scopes: None }
    }

    /// The caller's role in a workspace: the higher of the one there and the one that holds everywhere.
    #[must_use]
    pub fn role_in(&self, workspace: WorkspaceId) -> Option<Role> {
        self.roles.get(&workspace).copied().max(self.everywhere)
    }

    /// Whether the caller may do this in the workspace. Every way in asks here.
    ///
    /// # Errors
    /// [`Denied`] names what is needed and what the caller has.
    pub fn may(&self, permission: Permission, workspace: WorkspaceId) -> Result<(), Denied> {
        self.check(permission, self.role_in(workspace), false)
    }

    /// Whether the caller may do this to what belongs to no workspace.
    ///
    /// # Errors
    /// [`Denied`] names what is needed and what the caller has.
    pub fn may_everywhere(&self, permission: Permission) -> Result<(), Denied> {
        self.check(permission, self.everywhere, true)
    }

    fn check(&self, permission: Permission, role: Option<Role>, everywhere: bool) -> Result<(), Denied> {
        let caller = || self.actor.to_string();
        match (&self.actor, permission.lowest_role()) {
            (Actor::System | Actor::Runner { .. }, None) => Ok(()),
            (Actor::Runner { .. }, Some(_)) => Err(Denied::OnlyARunner { caller: caller() }),
            (Actor::Token { .. }, None) => self.check_runner_scope(),
            (Actor::User { .. }, None) => Err(Denied::NotARunner { caller: caller() }),
            (_, Some(needs)) if role.is_none_or(|role| role < needs) => {
                Err(Denied::Role { caller: caller(), needs, has: role, everywhere })
            }
            _ => self.check_scope(permission.scope()),
        }
    }

    /// A token speaks the runner protocol only where it names that scope: being unrestricted is not enough.
    fn check_runner_scope(&self) -> Result<(), Denied> {
        let named = self.scopes.as_ref().is_some_and(|scopes| scopes.contains(&Scope::Run));
        if named { Ok(()) } else { Err(Denied::NotARunner { caller: self.actor.to_string() }) }
    }

    fn check_scope(&self, needs: Scope) -> Result<(), Denied> {
        match &self.scopes {
            Some(scopes) if !scopes.iter().any(|scope| scope.includes(needs)) => {
                Err(Denied::Scope { caller: self.actor.to_string(), needs, has: scopes.clone() })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: WorkspaceId = WorkspaceId::from_number(1);
    const ELSEWHERE: WorkspaceId = WorkspaceId::from_number(2);

    fn user(role: Role) -> Caller {
        let actor = Actor::User { id: UserId::from_number(1), name: "ada".into() };
        Caller { actor, roles: BTreeMap::from([(HERE, role)]), everywhere: None, scopes: None }
    }

    fn token(role: Role, scopes: Option<&[Scope]>) -> Caller {
        let actor = Actor::Token { id: TokenId::from_number(1), name: "ci".into(), user: None };
        Caller { actor, scopes: scopes.map(|scopes| scopes.iter().copied().collect()), ..user(role) }
    }

    #[test]
    fn each_role_includes_those_below_it_and_holds_only_in_its_workspace() {
        use Permission as P;
        let ladder = [(Role::Viewer, P::View), (Role::Operator, P::Operate), (Role::Editor, P::Edit), (Role::Admin, P::Administer)];
        for (role, _) in ladder {
            for (needs, permission) in ladder {
                assert_eq!(user(role).may(permission, HERE).is_ok(), role >= needs, "{role:?} {permission:?}");
                assert!(user(role).may(permission, ELSEWHERE).is_err());
                assert!(user(role).may_everywhere(permission).is_err());
            }
            assert!(user(role).may(P::Decide, HERE).is_ok());
            assert!(user(role).may(P::Run, HERE).is_err(), "people are no runners");
        }
    }

    #[test]
    fn a_role_everywhere_holds_in_each_workspace() {
        let caller = Caller { everywhere: Some(Role::Admin), ..user(Role::Viewer) };
        assert!(caller.may(Permission::Administer, ELSEWHERE).is_ok() && caller.may(Permission::Administer, HERE).is_ok());
        assert!(caller.may_everywhere(Permission::Administer).is_ok());
    }

    #[test]
    fn scopes_narrow_a_token_and_never_widen_it() {
        let narrow = token(Role::Admin, Some(&[Scope::Operate]));
        assert!(narrow.may(Permission::View, HERE).is_ok() && narrow.may(Permission::Operate, HERE).is_ok());
        assert!(narrow.may(Permission::Edit, HERE).is_err() && narrow.may(Permission::Decide, HERE).is_err());
        assert!(token(Role::Viewer, Some(&[Scope::Admin])).may(Permission::Edit, HERE).is_err());
        assert!(token(Role::Admin, Some(&[])).may(Permission::View, HERE).is_err(), "no scope at all allows nothing");
        assert!(token(Role::Admin, None).may(Permission::Administer, HERE).is_ok());
    }

    #[test]
    fn only_runners_and_tokens_made_for_them_speak_the_runner_protocol() {
        let runner = Caller { actor: Actor::Runner { id: RunnerId::from_number(1), name: "eu-1".into() }, ..user(Role::Admin) };
        assert!(runner.may(Permission::Run, HERE).is_ok());
        assert!(runner.may(Permission::View, HERE).is_err(), "a stolen runner token reads nothing");
        assert!(token(Role::Admin, None).may_everywhere(Permission::Run).is_err());
        assert!(token(Role::Viewer, Some(&[Scope::Run])).may_everywhere(Permission::Run).is_ok());
        assert!(token(Role::Admin, Some(&[Scope::Run])).may(Permission::View, HERE).is_err());
        assert!(Caller::system().may_everywhere(Permission::Run).is_ok() && Caller::system().may(Permission::Edit, HERE).is_ok());
    }

    #[test]
    fn a_refusal_says_what_is_needed_and_what_is_there() {
        let text = |denied: Result<(), Denied>| denied.expect_err("refused").to_string();
        insta::assert_snapshot!(text(user(Role::Viewer).may(Permission::Operate, HERE)), @"this needs the role operator in this workspace; user:ada has the role viewer");
        insta::assert_snapshot!(text(user(Role::Viewer).may(Permission::View, ELSEWHERE)), @"this needs the role viewer in this workspace; user:ada has none");
        insta::assert_snapshot!(text(user(Role::Admin).may_everywhere(Permission::Administer)), @"this needs the role admin in the whole installation; user:ada has none");
        insta::assert_snapshot!(text(token(Role::Admin, Some(&[Scope::View, Scope::Decide])).may(Permission::Operate, HERE)), @"this needs a token with the scope operate; token:ci has view, decide");
        insta::assert_snapshot!(text(user(Role::Admin).may(Permission::Run, HERE)), @"only a runner may do this; user:ada is none");
    }
}
