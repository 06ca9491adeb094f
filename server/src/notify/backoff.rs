//! When a failed delivery is tried again.

/// A delivery that failed this often is given up.
pub const LAST_ATTEMPT: u32 = 12;
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;

/// Milliseconds to wait after the given number of failed attempts: 5 seconds, doubling to an hour, spread by a fifth to
/// either side so that deliveries that failed together do not return together. `None` after the last attempt.
///
/// `jitter` lies between 0 and 1.
#[must_use]
pub fn backoff(failed_attempts: u32, jitter: f64) -> Option<i64> {
    if failed_attempts >= LAST_ATTEMPT {
        return None;
    }
    let doublings = failed_attempts.saturating_sub(1);
    let pause = (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS);
    Some((pause as f64 * (0.8 + 0.4 * jitter.clamp(0.0, 1.0))).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_an_hour_and_end_after_twelve_attempts() {
        let pauses: Vec<Option<i64>> = (1..=12).map(|attempts| backoff(attempts, 0.5)).collect();
        let seconds = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600].map(|seconds| Some(seconds * 1000));
        assert_eq!(pauses[..11], seconds);
        assert_eq!((pauses[11], backoff(u32::MAX, 0.5)), (None, None));
    }

    #[test]
    fn jitter_spreads_by_a_fifth() {
        assert_eq!((backoff(1, 0.0), backoff(1, 1.0), backoff(1, 9.0)), (Some(4000), Some(6000), Some(6000)));
    }
}
