//! Passwords: argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane).

use crate::clock::Random;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

/// The fewest characters that a password has.
pub const SHORTEST_PASSWORD: usize = 10;
/// The most bytes that a password has; it bounds the work for a hash.
pub const LONGEST_PASSWORD: usize = 1024;
/// Hashes computed at once. Each takes 19 MiB and a core for some tens of milliseconds.
const SLOTS: usize = 2;
/// Callers that may wait for a slot; more are turned away, so that a flood of sign-ins cannot pile up.
const LONGEST_QUEUE: usize = 64;
/// A hash of no password, with today's parameters: verified where a user is unknown, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password has {0} characters; it needs at least {SHORTEST_PASSWORD}")]
    TooShort(usize),
    #[error("the password is longer than {LONGEST_PASSWORD} bytes")]
    TooLong,
    #[error("too many people sign in at this moment; try again in a few seconds")]
    Busy,
    #[error("the stored password hash cannot be read: {0}")]
    BrokenHash(String),
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// Whether a new password is long enough, and not absurdly long. Length is what counts; there are no rules for signs.
///
/// # Errors
/// [`PasswordError::TooShort`] and [`PasswordError::TooLong`].
pub fn check_password(password: &SecretString) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    if text.len() > LONGEST_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let length = text.chars().count();
    if length < SHORTEST_PASSWORD { Err(PasswordError::TooShort(length)) } else { Ok(()) }
}

/// Hashes and verifies passwords on threads of their own, a few at a time. Clones share the limit.
#[derive(Clone, Debug)]
pub struct Passwords {
    random: Random,
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Passwords {
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self { random, slots: Arc::new(Semaphore::new(SLOTS)), waiting: Arc::new(AtomicUsize::new(0)) }
    }

    /// The PHC string (`$argon2id$…`) to store for a new password.
    ///
    /// # Errors
    /// As [`check_password`], and [`PasswordError::Busy`].
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        check_password(&password)?;
        let salt = self.random.bytes::<16>();
        self.compute(move || {
            let hash = Argon2::default().hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::Hashing(error.to_string()))
        })
        .await
    }

    /// Whether the password belongs to the stored hash. `None`, for an unknown user, takes as long and is always false.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], and [`PasswordError::BrokenHash`] where the store holds something else than a hash.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, PasswordError> {
        if password.expose_secret().len() > LONGEST_PASSWORD {
            return Ok(false);
        }
        self.compute(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            match Argon2::default().verify_password(password.expose_secret().as_bytes(), hash.as_str()) {
                Ok(()) => Ok(known),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(PasswordError::BrokenHash(error.to_string())),
            }
        })
        .await
    }

    async fn compute<T, F>(&self, work: F) -> Result<T, PasswordError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, PasswordError> + Send + 'static,
    {
        let _place = Place::take(&self.waiting)?;
        // The permit moves into the thread: a caller who goes away does not let another computation start beside it.
        let permit = Arc::clone(&self.slots).acquire_owned().await.map_err(|error| PasswordError::Hashing(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| PasswordError::Hashing(error.to_string()))?
    }
}

/// A place in the queue, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, PasswordError> {
        let place = Self(Arc::clone(waiting));
        if waiting.fetch_add(1, Ordering::SeqCst) >= SLOTS + LONGEST_QUEUE { Err(PasswordError::Busy) } else { Ok(place) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestRandom;

    fn passwords() -> Passwords {
        Passwords::new(TestRandom::with_clock(0).1)
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_and_no_other() {
        let passwords = passwords();
        let hash = passwords.hash("correct horse".into()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.expect("an answer"));
        assert!(!passwords.verify("correct horsf".into(), Some(hash.clone())).await.expect("an answer"));
        assert_ne!(hash, passwords.hash("correct horse".into()).await.expect("a hash"), "each has its own salt");
    }

    #[tokio::test]
    async fn an_unknown_user_is_refused_after_the_same_work() {
        assert!(!passwords().verify("whatever it is".into(), None).await.expect("the stand-in hash is readable"));
        assert!(!passwords().verify("".into(), None).await.expect("an answer"));
    }

    #[tokio::test]
    async fn lengths_are_checked() {
        assert!(matches!(passwords().hash("ninechars".into()).await, Err(PasswordError::TooShort(9))));
        assert!(matches!(passwords().hash("x".repeat(1025).into()).await, Err(PasswordError::TooLong)));
        assert!(!passwords().verify("x".repeat(1025).into(), None).await.expect("an answer"));
        assert!(check_password(&"äöüäöüäöüä".into()).is_ok(), "characters are counted, not bytes");
    }

    #[tokio::test]
    async fn a_broken_hash_is_an_error_not_a_refusal() {
        let answer = passwords().verify("whatever it is".into(), Some("plain text".into())).await;
        assert!(matches!(answer, Err(PasswordError::BrokenHash(_))));
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_and_leaves_no_trace() {
        let passwords = passwords();
        passwords.waiting.store(SLOTS + LONGEST_QUEUE, Ordering::SeqCst);
        assert!(matches!(passwords.verify("whatever it is".into(), None).await, Err(PasswordError::Busy)));
        assert_eq!(passwords.waiting.load(Ordering::SeqCst), SLOTS + LONGEST_QUEUE);
        passwords.waiting.store(0, Ordering::SeqCst);
        assert!(!passwords.verify("whatever it is".into(), None).await.expect("an answer"));
        assert_eq!(passwords.waiting.load(Ordering::SeqCst), 0);
    }
}
