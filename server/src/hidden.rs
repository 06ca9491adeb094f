//! A value in a request that must not be seen: it can travel, but not be printed.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// A password or a secret in the body of a request. It serialises, because clients send it; servers turn it into a [`SecretString`] first
/// of all.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password)]
pub struct Hidden(String);

impl Hidden {
    /// The value as the type that cannot be serialised either.
    #[must_use]
    pub fn to_secret(&self) -> SecretString {
        SecretString::from(self.0.clone())
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Hidden {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
