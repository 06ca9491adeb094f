//! What wakes the engine's loops, besides events and the tick.

use tokio::sync::Notify;

/// One bell for each loop that sleeps until something is due. A bell that nobody hears is remembered once.
#[derive(Debug, Default)]
pub struct Wake {
    pub schedule: Notify,
    pub checks: Notify,
    pub gates: Notify,
    pub tasks: Notify,
    pub locks: Notify,
    pub seal: Notify,
}
