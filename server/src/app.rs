//! Where the parts are joined.

use crate::clock::{Clock, Random};
use crate::config::Settings;
use crate::http::Access;
use crate::notify::{MailTransport, Poster};
use crate::store::Db;
use crate::vault::Vault;
use std::ops::Deref;
use std::sync::Arc;

/// The server's parts; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// What the loops and the handlers work with.
#[derive(Debug)]
pub struct Parts {
    pub settings: Settings,
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    pub access: Access,
    pub vault: Vault,
    /// Absent where no way to send mail is set.
    pub mail: Option<MailTransport>,
    pub poster: Poster,
}

impl App {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
