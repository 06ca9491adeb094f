//! The inbox: what waits for somebody, for their groups, what they look after, and what they have done. Gates and tasks stand together.

mod collect;
mod item;
mod routes;

pub(super) use collect::read_cursor;
pub use item::{InboxCounts, InboxItem, InboxKind};
pub use routes::InboxQuery;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes as route;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(route!(routes::inbox)).routes(route!(routes::counts))
}
