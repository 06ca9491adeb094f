//! The settings of a server, after flags, environment, file and defaults have been put together.

use crate::store::Target;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything an administrator can set. Durations are milliseconds, sizes bytes.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database: Target,
    /// The folder for blobs, repositories, the key file and, by default, the SQLite database.
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// What people and runners reach the server by; absent takes the address it listens on.
    pub url: Option<String>,
    /// `smtp://…`, `smtps://…` or `file:FOLDER`.
    pub smtp: Option<String>,
    /// Whether chat and webhook channels may reach private and loopback addresses.
    pub allow_private_addresses: bool,
    /// Whether a runner lives inside the server.
    pub runner: bool,
    pub runner_slots: u32,
    pub runner_labels: Vec<String>,
    /// `auto`, `bubblewrap` or `none`.
    pub isolation: String,
    /// The shared secret of the webhook endpoint is a secret of the workspace of this name.
    pub hook_secret: String,
    /// Without a report for this long a runner counts as lost.
    pub lease_ms: i64,
    pub heartbeat_ms: i64,
    /// How often every loop looks for what a lost wake-up missed.
    pub tick_ms: i64,
    /// How often a `url` is polled where the file does not say.
    pub check_every_ms: i64,
    /// How long deliveries are kept after their end.
    pub keep_deliveries_ms: i64,
    /// A job's time where the file does not say.
    pub job_timeout_ms: i64,
    pub log_limit_bytes: i64,
    pub output_limit_bytes: i64,
    pub workspace_limit_bytes: i64,
    /// Sets up the demonstration line at the first start.
    pub demo: bool,
    /// A file that says how far the clock goes ahead of the machine's; absent takes the machine's.
    pub clock_file: Option<PathBuf>,
}

impl Settings {
    /// The defaults, with everything kept below `data`.
    #[must_use]
    pub fn with_data(data: PathBuf) -> Self {
        Self {
            database: Target::Sqlite(data.join("andon.sqlite")),
            data,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            smtp: None,
            allow_private_addresses: false,
            runner: true,
            runner_slots: 2,
            runner_labels: vec!["linux".to_owned()],
            isolation: "auto".to_owned(),
            hook_secret: "webhook".to_owned(),
            lease_ms: 30_000,
            heartbeat_ms: 10_000,
            tick_ms: 5_000,
            check_every_ms: 60_000,
            keep_deliveries_ms: 30 * 24 * 3_600_000,
            job_timeout_ms: 3_600_000,
            log_limit_bytes: 512 << 20,
            output_limit_bytes: 2 << 30,
            workspace_limit_bytes: 20 << 30,
            demo: false,
            clock_file: None,
        }
    }
}
