//! What wakes the engine's loops, besides events and the tick.

use std::sync::atomic::AtomicBool;
use tokio::sync::Notify;

/// One bell for each loop that sleeps until something is due. A bell that nobody hears is remembered once.
#[derive(Debug, Default)]
pub struct Wake {
    pub schedule: Notify,
    pub checks: Notify,
    pub gates: Notify,
    /// The loop of gates has found none open, and has heard of none since: what ends concerns none.
    pub no_gates: AtomicBool,
    pub tasks: Notify,
    pub locks: Notify,
    pub seal: Notify,
}
