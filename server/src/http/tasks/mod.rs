//! People's tasks: what a checklist asks for, and what people do to it.

mod acts;
mod lists;
mod view;

pub use acts::{AddTask, BatchTasks, Batched, BatchedTask, PatchTask};
pub(in crate::http) use view::{Shower, progress_of};
pub use view::{TaskDetail, TaskEntryView, TaskView};

use crate::http::routes::Routes;
use crate::http::routes::routes;
use axum::extract::DefaultBodyLimit;

/// The largest body: a description and a note at their limits, and what JSON adds.
const LARGEST_BODY: usize = 256 * 1024;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(lists::list))
        .routes(routes!(acts::batch))
        .routes(routes!(lists::get, acts::patch))
        .routes(routes!(lists::list_of_job_run, acts::add))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}
