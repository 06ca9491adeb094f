//! A server, from its settings to its end.

use crate::app::App;
use crate::clock::{AheadClock, Clock, Random, SystemClock};
use crate::config::Settings;
use crate::demo::{self, Demo};
use crate::embedded::EmbeddedTransport;
use crate::engine::loops;
use crate::http::{router, session};
use crate::store::Target;
use crate::store::line::{executions, workspaces};
use andon_runner::RunnerConfig;
use anyhow::{Context, ensure};
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The name of the runner inside the server; where servers share a database, theirs go on with a dash and what tells them apart.
pub const EMBEDDED_RUNNER: &str = "embedded";

/// After the executions have ended, connections that are still open get this long.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// A server that answers.
#[derive(Clone, Debug)]
pub struct Ready {
    pub address: SocketAddr,
    /// Where people reach it.
    pub url: String,
    /// The one-time link of the first administrator, while there is no account.
    pub sign_in: Option<String>,
    /// The demonstration line, where it was asked for.
    pub demo: Option<Demo>,
    pub app: App,
}

/// Runs a server until `shutdown`; then nothing new is taken, what runs is finished, and the state is closed. `stop_now` ends what runs.
///
/// # Errors
/// When something that it needs cannot be had: the database, the address, the key file.
pub async fn run(
    mut settings: Settings,
    (shutdown, stop_now): (CancellationToken, CancellationToken),
    ready: impl AsyncFnOnce(Ready) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(&settings.data).with_context(|| format!("the data folder {} cannot be made", settings.data.display()))?;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("the address {} cannot be listened on", settings.listen))?;
    let address = listener.local_addr()?;
    settings.listen = address;
    if settings.demo && settings.smtp.is_none() {
        let folder = std::path::absolute(settings.data.join("mail"))?;
        settings.smtp = Some(format!("file:{}?from=andon@shop.example", folder.display()));
    }
    let clock = choose_clock(&settings);
    let random = Random::system(Arc::clone(&clock));
    let app = App::open(settings, clock, random).await?;
    prepare(&app).await?;
    let serving = serve_http(&app, listener);
    let tracker = TaskTracker::new();
    loops::start(&app, &tracker);
    let draining = CancellationToken::new();
    let runner = app.settings.runner.then(|| tokio::spawn(run_embedded(app.clone(), draining.clone(), stop_now.clone())));
    let demo = if app.settings.demo { Some(demo::prepare(&app).await.context("the demonstration line cannot be set up")?) } else { None };
    let sign_in = session::first_signin_link(&app).await.map_err(|error| anyhow::anyhow!("{}", error.detail()))?;
    ready(Ready { address, url: app.public_url(), sign_in, demo, app: app.clone() }).await?;
    shutdown.cancelled().await;
    tracing::info!("stopping: nothing new is taken, what runs is finished");
    draining.cancel();
    if let Some(runner) = runner {
        runner.await.context("the embedded runner")??;
    }
    app.stopping.cancel();
    tracker.close();
    tracker.wait().await;
    if tokio::time::timeout(LAST_ANSWERS, serving).await.is_err() {
        tracing::info!("some connections were still open");
    }
    app.db.close().await.context("the database cannot be closed")?;
    Ok(())
}

fn choose_clock(settings: &Settings) -> Arc<dyn Clock> {
    let Some(file) = settings.clock_file.clone() else { return Arc::new(SystemClock) };
    let clock = AheadClock::default();
    tokio::spawn(clock.clone().follow(file));
    Arc::new(clock)
}

/// What every start makes sure of.
async fn prepare(app: &App) -> anyhow::Result<()> {
    let mut tx = app.db.begin("andon").await?;
    workspaces::ensure(&mut tx, "main").await?;
    let lease_until = tx.at() + app.settings.lease_ms;
    executions::extend_leases(&mut tx, lease_until).await?;
    tx.commit().await?;
    Ok(())
}

fn serve_http(app: &App, listener: TcpListener) -> tokio::task::JoinHandle<()> {
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        // Small answers go out at once: waiting for the client's acknowledgement of the part before costs 40 ms.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection cannot be told to send at once");
            }
        });
        let served = axum::serve(listener, service).with_graceful_shutdown(stopping.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the HTTP server ended");
        }
    })
}

/// Two servers on one database have two runners: under one name, each would take what the other has just claimed for its own that was lost on
/// the way. What tells them apart is drawn once and stays in the data folder.
fn name_embedded(app: &App) -> anyhow::Result<String> {
    if matches!(app.settings.database, Target::Sqlite(_)) {
        return Ok(EMBEDDED_RUNNER.to_owned());
    }
    let file = app.settings.data.join("server-name");
    if !file.exists() {
        let drawn = app.random.bytes::<4>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        std::fs::write(&file, drawn).with_context(|| file.display().to_string())?;
    }
    let name = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.len() <= 32 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    ensure!(is_name, "{} holds 1 to 32 lower-case letters and digits, not {name:?}", file.display());
    Ok(format!("{EMBEDDED_RUNNER}-{name}"))
}

async fn run_embedded(app: App, draining: CancellationToken, stop_now: CancellationToken) -> anyhow::Result<()> {
    let settings = &app.settings;
    let mut config = RunnerConfig::new(
        name_embedded(&app).context("the name of the embedded runner")?,
        std::path::absolute(settings.data.join("runner"))?,
    );
    config.labels.clone_from(&settings.runner_labels);
    config.slots = settings.runner_slots;
    config.isolation = settings.isolation.parse().map_err(anyhow::Error::msg)?;
    config.hidden = vec![std::path::absolute(&settings.data)?];
    config.stop_now = stop_now;
    andon_runner::run(config, EmbeddedTransport(app.clone()), draining).await
}
