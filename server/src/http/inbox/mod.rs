//! The inbox: what waits for somebody, for their groups, what they look after, and what they have done. Gates and tasks stand together.

mod collect;
mod item;
mod routes;

pub(super) use collect::read_cursor;
pub use item::{InboxCounts, InboxItem, InboxKind};
pub use routes::InboxQuery;

use crate::http::routes::Routes;
use crate::http::routes::routes as route;

pub fn routes() -> Routes {
    Routes::new().routes(route!(routes::inbox)).routes(route!(routes::counts))
}
