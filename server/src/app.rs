//! Where the parts are joined.

use crate::blobs::Blobs;
use crate::clock::{Clock, Random};
use crate::config::Settings;
use crate::engine::{Desk, Documents, Histories, LiveLogs, Prober, Scheduler, Starts};
use crate::git::Repositories;
use crate::http::{Access, Audience, session};
use crate::notify::{MailTransport, Poster};
use crate::outgoing::Outgoing;
use crate::store::Db;
use crate::vault::Vault;
use crate::wake::Wake;
use anyhow::Context;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a chat service or a webhook may take to answer.
const POST_TIMEOUT: Duration = Duration::from_secs(10);

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
    pub blobs: Blobs,
    pub repositories: Arc<Repositories>,
    /// Absent where no way to send mail is set.
    pub mail: Option<MailTransport>,
    pub poster: Poster,
    pub scheduler: Scheduler,
    pub desk: Desk,
    pub starts: Starts,
    pub documents: Documents,
    pub histories: Histories,
    /// Asks what the checks of gates name.
    pub prober: Prober,
    pub live_logs: LiveLogs,
    pub audience: Arc<Audience>,
    pub wake: Wake,
    /// Cancelled when the server ends.
    pub stopping: CancellationToken,
}

impl App {
    /// Opens the database and everything in the data folder, and joins the parts. No loop runs yet.
    ///
    /// # Errors
    /// When something cannot be opened, and what.
    pub async fn open(settings: Settings, clock: Arc<dyn Clock>, random: Random) -> anyhow::Result<Self> {
        let db = Db::open(&settings.database, Arc::clone(&clock), random.clone()).await;
        let db = db.with_context(|| format!("the database {} cannot be opened", settings.database))?;
        Self::join(settings, db, clock, random)
    }

    /// Joins the parts around an open database.
    ///
    /// # Errors
    /// When something in the data folder cannot be opened, or a setting makes no sense.
    pub fn join(settings: Settings, db: Db, clock: Arc<dyn Clock>, random: Random) -> anyhow::Result<Self> {
        let mail = settings.smtp.as_deref().map(MailTransport::parse).transpose().context("the setting smtp")?;
        let outgoing = Outgoing::new(settings.allow_private_addresses)?;
        let poster = Poster::new(outgoing.clone(), POST_TIMEOUT);
        Ok(Self(Arc::new(Parts {
            access: Access::new(random.clone()),
            vault: Vault::open_or_create(&settings.data.join("key"), random.clone()).context("the key file")?,
            blobs: Blobs::in_folder(&settings.data.join("blobs")).context("the blob folder")?,
            repositories: Arc::new(Repositories::new(settings.data.join("repositories"))),
            mail,
            poster,
            scheduler: Scheduler::default(),
            desk: Desk::default(),
            starts: Starts::default(),
            documents: Documents::default(),
            histories: Histories::default(),
            prober: Prober::new(outgoing),
            live_logs: LiveLogs::default(),
            audience: Arc::default(),
            wake: Wake::default(),
            stopping: CancellationToken::new(),
            settings,
            db,
            clock,
            random,
        })))
    }

    /// Where people and runners reach the server, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> String {
        session::base_url(&self.settings)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
