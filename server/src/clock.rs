//! Time and randomness. Everything else in the server takes them from here, as values or as a [`Clock`] and a [`Random`]
//! that tests replace; this is the only room that asks the operating system.

mod ahead;

pub use ahead::AheadClock;

use futures::future::BoxFuture;
use rand::{Rng, SeedableRng, TryRng, rngs::StdRng, rngs::SysRng};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;
use uuid::Uuid;

/// The longest single sleep: after it the wall clock is read again, because it may have been set meanwhile.
const LONGEST_SLEEP_MS: i64 = 30_000;
/// Bits of an identifier's counter; it stands between the milliseconds and 32 random bits.
const COUNTER_BITS: u32 = 42;

/// A wall clock.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64;

    /// Resolves when the clock shows `at_ms` or later; at once where it does already. Dropping the future cancels it.
    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left = at_ms.saturating_sub(clock.now_ms());
                if left <= 0 {
                    return;
                }
                let nap = u64::try_from(left.min(LONGEST_SLEEP_MS)).unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(nap)).await;
            }
        })
    }
}

/// A clock that stands still until a test moves it. Clones show the same time.
#[derive(Clone, Debug)]
pub struct TestClock {
    now: Arc<watch::Sender<i64>>,
}

impl TestClock {
    /// A clock that shows `now_ms` milliseconds since 1970 UTC.
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        Self { now: Arc::new(watch::Sender::new(now_ms)) }
    }

    /// Sets the time, forwards or backwards, and wakes the sleepers whose time has come.
    pub fn set(&self, now_ms: i64) {
        self.now.send_replace(now_ms);
    }

    /// Moves the time forwards by `by_ms` milliseconds and wakes the sleepers whose time has come.
    pub fn advance(&self, by_ms: i64) {
        self.now.send_modify(|now| *now = now.saturating_add(by_ms));
    }

    /// How many sleepers wait; lets a test know that a loop has gone to sleep.
    #[must_use]
    pub fn sleeper_count(&self) -> usize {
        self.now.receiver_count()
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        *self.now.borrow()
    }

    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            if now.wait_for(|now| *now >= at_ms).await.is_err() {
                // The clock is gone, so its time never comes.
                std::future::pending::<()>().await;
            }
        })
    }
}

#[derive(Debug)]
enum Source {
    System,
    Seeded(Box<StdRng>),
}

impl Source {
    fn fill(&mut self, bytes: &mut [u8]) {
        match self {
            Self::System => SysRng.try_fill_bytes(bytes).expect("the operating system's generator answers once it is seeded"),
            Self::Seeded(generator) => generator.fill_bytes(bytes),
        }
    }

    fn u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

#[derive(Debug)]
struct State {
    source: Source,
    last_ms: u64,
    counter: u64,
}

/// A source of random bytes and of identifiers. Clones share one state.
#[derive(Clone, Debug)]
pub struct Random {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

impl Random {
    /// The operating system's generator, fit for secrets.
    #[must_use]
    pub fn system(clock: Arc<dyn Clock>) -> Self {
        Self::with_source(clock, Source::System)
    }

    /// The same values for the same seed and times: for tests only.
    #[must_use]
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::with_source(clock, Source::Seeded(Box::new(StdRng::seed_from_u64(seed))))
    }

    fn with_source(clock: Arc<dyn Clock>, source: Source) -> Self {
        Self { clock, state: Arc::new(Mutex::new(State { source, last_ms: 0, counter: 0 })) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is valid between any two statements, so a panic elsewhere cannot have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A UUID of version 7. Each is greater than all that this source gave before, also within one millisecond and
    /// after the clock was set back.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let now = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        let mut state = self.lock();
        let noise = state.source.u64();
        if now > state.last_ms {
            state.last_ms = now;
            state.counter = state.source.u64() >> (65 - COUNTER_BITS);
        } else {
            state.counter += 1 + (noise >> 56);
            if state.counter >> COUNTER_BITS != 0 {
                state.last_ms += 1;
                state.counter = state.source.u64() >> (65 - COUNTER_BITS);
            }
        }
        compose(state.last_ms, state.counter, noise as u32)
    }

    /// A fresh identifier, such as `random.new_id::<JobRunId>()`.
    #[must_use]
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        T::from(self.uuid())
    }

    /// Random bytes, for keys, salts and tokens.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.lock().source.fill(&mut bytes);
        bytes
    }

    /// A number from 0 (included) to 1 (excluded), to spread what would otherwise happen at once.
    #[must_use]
    pub fn jitter(&self) -> f64 {
        (self.lock().source.u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A [`Random`] with a seed of its own, beside a [`TestClock`].
#[derive(Debug)]
pub struct TestRandom;

impl TestRandom {
    /// A clock that shows `now_ms` and a random source that is the same each time.
    #[must_use]
    pub fn with_clock(now_ms: i64) -> (TestClock, Random) {
        let clock = TestClock::new(now_ms);
        let random = Random::seeded(Arc::new(clock.clone()), 7);
        (clock, random)
    }
}

/// Milliseconds, version 7, 12 bits of the counter, the variant, 30 bits of the counter, 32 random bits.
fn compose(milliseconds: u64, counter: u64, noise: u32) -> Uuid {
    let high = u128::from(milliseconds & 0xffff_ffff_ffff) << 80 | 7 << 76 | u128::from(counter >> 30 & 0xfff) << 64;
    let low = 0b10 << 62 | u128::from(counter & 0x3fff_ffff) << 32 | u128::from(noise);
    Uuid::from_u128(high | low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_pipelines::ids::RunId;

    #[test]
    fn identifiers_only_grow_even_when_the_clock_is_set_back() {
        let (clock, random) = TestRandom::with_clock(1_700_000_000_000);
        let mut last = random.uuid();
        for step in 0..20_000 {
            if step == 10_000 {
                clock.set(1_600_000_000_000);
            }
            let next = random.uuid();
            assert!(next > last, "{next} after {last}");
            assert_eq!((next.get_version_num(), next.get_variant()), (7, uuid::Variant::RFC4122));
            last = next;
        }
    }

    #[test]
    fn an_identifier_tells_its_time() {
        let (_clock, random) = TestRandom::with_clock(1_700_000_000_123);
        let id: RunId = random.new_id();
        let (seconds, nanos) = id.uuid().get_timestamp().expect("version 7 has a time").to_unix();
        assert_eq!((seconds, nanos / 1_000_000), (1_700_000_000, 123));
    }

    #[test]
    fn the_system_source_never_repeats_itself() {
        let random = Random::system(Arc::new(SystemClock));
        assert_ne!(random.bytes::<32>(), random.bytes::<32>());
        assert!((0..1000).map(|_| random.jitter()).all(|jitter| (0.0..1.0).contains(&jitter)));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (_, one) = TestRandom::with_clock(5);
        let (_, two) = TestRandom::with_clock(5);
        assert_eq!(one.bytes::<16>(), two.bytes::<16>());
        assert_eq!(one.uuid(), two.uuid());
    }

    #[tokio::test]
    async fn advancing_wakes_only_those_whose_time_has_come() {
        let clock = TestClock::new(1000);
        let early = tokio::spawn(clock.sleep_until(1500));
        let mut late = Box::pin(clock.sleep_until(2000));
        clock.advance(500);
        early.await.expect("the sleeper ends");
        assert!(futures::poll!(late.as_mut()).is_pending());
        clock.set(2000);
        late.await;
        clock.sleep_until(2000).await;
    }

    #[tokio::test]
    async fn the_system_clock_wakes_not_before_its_time() {
        let at = SystemClock.now_ms() + 5;
        SystemClock.sleep_until(at).await;
        assert!(SystemClock.now_ms() >= at);
    }
}
