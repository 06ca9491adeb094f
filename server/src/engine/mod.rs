//! What moves by itself: loops, each with a `tick` that finds whatever a lost wake-up missed.

pub mod channel;
pub mod deliver;
pub mod notify;
