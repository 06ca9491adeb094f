//! Gates: what people have to know, and what they decide.

mod acts;
mod evidence;
mod lists;
mod show;

pub(super) use acts::read_ballot;
pub use acts::{Decide, Reason, Remark};
pub(super) use evidence::show_change;
pub use evidence::{AuthorView, BreakGlassView, ChangeView, CommitView, DeploymentView, EvidenceView, GateDetail, TestView, WindowView};
pub(super) use show::{list_inputs, show};

use crate::http::routes::Routes;
use crate::http::routes::routes;
use axum::extract::DefaultBodyLimit;

/// The largest body of a decision: a form at its limit, a comment at its limit, and what JSON adds.
const LARGEST_BODY: usize = 256 * 1024;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(lists::list))
        .routes(routes!(lists::get))
        .routes(routes!(acts::decide))
        .routes(routes!(acts::claim))
        .routes(routes!(acts::unclaim))
        .routes(routes!(acts::break_glass))
        .routes(routes!(acts::review))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}
