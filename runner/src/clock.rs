//! Time and randomness, as a parameter. The real ones live here and nowhere else in the runner.

/// Where the runner takes the time and its jitter from.
pub trait Clock: std::fmt::Debug + Send + Sync + 'static {
    /// Milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64;

    /// A number in `0.0..1.0`, for jitter; it need not be unpredictable.
    fn fraction(&self) -> f64;
}

/// The machine's own time and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that others are given")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one source of randomness that others are given")]
    fn fraction(&self) -> f64 {
        use rand::RngExt;
        rand::rng().random_range(0.0..1.0)
    }
}
