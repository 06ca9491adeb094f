//! Environments: what runs where, what has run there, and what people do about it.

mod acts;
mod lists;
mod show;

pub use acts::{AskedFor, LockEnvironment, Promote, RollBack, UnlockEnvironment};
pub use show::{
    BehindView, CandidateView, DeploymentEntry, EnvironmentDetail, EnvironmentView, LockView, PreviewView, ReachableDeployment,
    UnderWayView,
};

use crate::http::routes::Routes;
use crate::http::routes::routes;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(lists::list))
        .routes(routes!(lists::get))
        .routes(routes!(lists::list_history))
        .routes(routes!(lists::preview))
        .routes(routes!(acts::promote))
        .routes(routes!(acts::roll_back))
        .routes(routes!(acts::lock))
        .routes(routes!(acts::unlock))
}
