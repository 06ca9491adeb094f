//! The routes about people and programs, together.

use super::routes::Routes;
use super::{audit, channels, deliveries, gate_links, groups, me, members, notifications, secrets, session, tokens, users};

/// Accounts, sessions, members, groups, tokens, secrets, channels and deliveries.
pub fn people_routes() -> Routes {
    Routes::new()
        .merge(me::routes())
        .merge(session::routes())
        .merge(users::routes())
        .merge(members::routes())
        .merge(groups::routes())
        .merge(tokens::routes())
        .merge(secrets::routes())
        .merge(channels::routes())
        .merge(deliveries::routes())
        .merge(notifications::routes())
        .merge(gate_links::routes())
        .merge(audit::routes())
}
