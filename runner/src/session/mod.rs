//! The runner's life: register, claim, execute, report, leave.

mod backoff;
mod claims;
mod life;
mod reports;
mod slots;

pub use life::run;
