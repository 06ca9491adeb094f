//! The runner's life: register, claim, execute, report, leave.

mod backoff;
mod claims;
mod life;
mod reports;

pub use life::run;
