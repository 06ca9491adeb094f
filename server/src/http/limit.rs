//! How many wrong passwords are heard before nobody listens for a while.

use super::{Error, Result};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Wrong passwords are forgotten after this long.
const WINDOW_MS: i64 = 15 * 60_000;
/// For one name from one address.
const PER_PAIR: u32 = 5;
/// For one address, whatever the name.
const PER_ADDRESS: u32 = 50;
/// For one name, wherever from: high, so that strangers do not lock its owner out by accident.
const PER_NAME: u32 = 200;
/// Counters kept at most; beyond, the expired ones are dropped, then all.
const KEPT: usize = 50_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, Option<IpAddr>),
    Address(IpAddr),
    Name(String),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since_ms: i64,
}

/// Counts failed sign-ins in memory, by name, by address and by both.
#[derive(Debug, Default)]
pub struct SignIns(Mutex<HashMap<Key, Failures>>);

impl SignIns {
    /// Begins an attempt, which counts as a failure until it is known for none: of many that come at once, no more are heard than of those
    /// that come one by one.
    ///
    /// # Errors
    /// 429 where there were too many failures; it says for how long.
    pub fn begin(&self, name: &str, address: Option<IpAddr>, now_ms: i64) -> Result<()> {
        let mut failures = self.lock();
        for (key, most) in keys(name, address) {
            if let Some(failed) = failures.get(&key).filter(|failed| now_ms < failed.since_ms + WINDOW_MS && failed.count >= most) {
                let minutes = (failed.since_ms + WINDOW_MS - now_ms + 59_999) / 60_000;
                return Err(Error::too_many(format!("Too many wrong passwords; try again in {minutes} minutes")));
            }
        }
        if failures.len() >= KEPT {
            failures.retain(|_, failed| now_ms < failed.since_ms + WINDOW_MS);
            if failures.len() >= KEPT {
                failures.clear();
            }
        }
        for (key, _) in keys(name, address) {
            let failed = failures.entry(key).or_insert(Failures { count: 0, since_ms: now_ms });
            if now_ms >= failed.since_ms + WINDOW_MS {
                *failed = Failures { count: 0, since_ms: now_ms };
            }
            failed.count = failed.count.saturating_add(1);
        }
        Ok(())
    }

    /// Whether the next attempt would be refused.
    #[must_use]
    pub fn is_closed(&self, name: &str, address: Option<IpAddr>, now_ms: i64) -> bool {
        let failures = self.lock();
        let full = |failed: &Failures, most: u32| now_ms < failed.since_ms + WINDOW_MS && failed.count >= most;
        keys(name, address).iter().any(|(key, most)| failures.get(key).is_some_and(|failed| full(failed, *most)))
    }

    /// The attempt came to no judgement: it counts for nothing.
    pub fn take_back(&self, name: &str, address: Option<IpAddr>) {
        let mut failures = self.lock();
        for (key, _) in keys(name, address) {
            if let Some(failed) = failures.get_mut(&key) {
                failed.count = failed.count.saturating_sub(1);
            }
        }
    }

    /// Somebody got in: what they mistyped there before is forgotten.
    pub fn note_success(&self, name: &str, address: Option<IpAddr>) {
        self.take_back(name, address);
        self.lock().remove(&Key::Pair(shorten(name), address));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keys(name: &str, address: Option<IpAddr>) -> Vec<(Key, u32)> {
    let mut keys = vec![(Key::Pair(shorten(name), address), PER_PAIR), (Key::Name(shorten(name)), PER_NAME)];
    keys.extend(address.map(|address| (Key::Address(address), PER_ADDRESS)));
    keys
}

/// Names longer than any account's share a counter, so that they cannot fill the memory.
fn shorten(name: &str) -> String {
    name.chars().take(64).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const AWAY: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)));

    #[test]
    fn the_sixth_attempt_waits_for_the_window_to_pass() {
        let sign_ins = SignIns::default();
        for now in 0..5 {
            assert!(sign_ins.begin("ada", HOME, now).is_ok());
        }
        assert!(sign_ins.is_closed("ADA", HOME, 5) && !sign_ins.is_closed("ada", AWAY, 5) && !sign_ins.is_closed("ada", HOME, WINDOW_MS));
        let refused = sign_ins.begin("Ada", HOME, 5).expect_err("too many");
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.detail(), "Too many wrong passwords; try again in 15 minutes");
        assert!(sign_ins.begin("ada", AWAY, 5).is_ok(), "her own place is not locked by another");
        assert!(sign_ins.begin("bob", HOME, 5).is_ok());
        assert!(sign_ins.begin("ada", HOME, WINDOW_MS).is_ok());
    }

    #[test]
    fn success_clears_the_pair_and_an_address_is_bounded() {
        let sign_ins = SignIns::default();
        for _ in 0..5 {
            assert!(sign_ins.begin("ada", HOME, 0).is_ok());
        }
        sign_ins.note_success("ada", HOME);
        for _ in 0..100 {
            assert!(sign_ins.begin("ada", HOME, 0).is_ok());
            sign_ins.take_back("ada", HOME);
        }
        for number in 0..PER_ADDRESS {
            assert!(sign_ins.begin(&format!("guess{number}"), AWAY, 0).is_ok());
        }
        assert!(sign_ins.begin("somebody", AWAY, 0).is_err());
        assert!(sign_ins.begin("somebody", HOME, 0).is_ok());
    }
}
