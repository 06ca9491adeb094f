//! Who somebody is and what they may do: passwords, tokens, roles and scopes. Pure primitives; rows of the store that use
//! them are elsewhere.

mod caller;
mod password;
mod scope;
mod token;

pub use caller::{Actor, Caller, Denied};
pub use password::{LONGEST_PASSWORD, PasswordError, Passwords, SHORTEST_PASSWORD, check_password};
pub use scope::{Permission, Scope, UnknownScope, approver_name, parse_scopes, role_from_name, role_name};
pub use token::{NewToken, TokenKind, csrf_matches, csrf_token, digest_token, equal_in_constant_time, new_token};
