//! A server of one test.

use crate::process::{Output, Program, run_program};
use crate::{Api, TestDatabase, find_binary};
use anyhow::Context;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::process::Command;

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    arguments: Vec<OsString>,
    /// `release` where the fast binary is wanted.
    profile: Option<&'static str>,
    sqlite: bool,
}

impl ServerOptions {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With more flags for `andon server`.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(OsString::from));
        self
    }

    /// From `target/release`.
    #[must_use]
    pub fn release(mut self) -> Self {
        self.profile = Some("release");
        self
    }

    /// On SQLite, whatever the tests are asked for.
    #[must_use]
    pub fn on_sqlite(mut self) -> Self {
        self.sqlite = true;
        self
    }

    /// Starts it on a free port, with an empty data folder, and makes an administrator's token.
    ///
    /// # Errors
    /// When it does not start; the text has its last lines.
    pub async fn start(self) -> anyhow::Result<Server> {
        let folder = new_folder()?;
        let database = if self.sqlite { None } else { TestDatabase::create_where_asked().await? };
        let mut server = self.start_in(folder, database.map(Arc::new)).await?;
        let token = server.create_token("harness", &["--role", "admin"]).await?;
        server.api = server.api.with_token(&token);
        Ok(server)
    }

    /// Starts it on another server's database, with that one's key, blobs and repositories, as several servers of one installation have them.
    ///
    /// # Errors
    /// When the other server is on SQLite, which takes one server only, or this one does not start.
    pub async fn start_beside(self, other: &Server) -> anyhow::Result<Server> {
        let database = other.database.clone().context("two servers need PostgreSQL: ANDON_TEST_POSTGRES names one")?;
        let folder = new_folder()?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data)?;
        for shared in ["key", "blobs", "repositories"] {
            std::os::unix::fs::symlink(other.data().join(shared), data.join(shared))?;
        }
        let mut server = self.start_in(folder, Some(database)).await?;
        server.api = server.api.with_token(&other.api.token);
        Ok(server)
    }

    async fn start_in(self, folder: TempDir, database: Option<Arc<TestDatabase>>) -> anyhow::Result<Server> {
        let binary = find_binary(self.profile.unwrap_or("debug"))?;
        let mut command = new_command(&binary, folder.path(), database.as_deref());
        command.args(["server", "--listen", "127.0.0.1:0"]).args(&self.arguments);
        let program = Program::start("the server", command)?;
        let url = find_url(&program).await?;
        Ok(Server { program, api: Api::new(&url, "")?, options: self, binary, database, folder })
    }
}

/// A folder with a home in it.
fn new_folder() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("home"))?;
    Ok(folder)
}

async fn find_url(program: &Program) -> anyhow::Result<String> {
    let line = program.line("listening on http").await?;
    line.rsplit(' ').next().map(str::to_owned).context("the line ends with the address")
}

/// The command with a home, a data folder and a database of its own.
fn new_command(binary: &Path, folder: &Path, database: Option<&TestDatabase>) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ANDON_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder.join("home")).env("HOME", folder.join("home")).env("ANDON_DATA", folder.join("data")).env("NO_COLOR", "1");
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        command.env_remove(name);
    }
    if let Some(database) = database {
        command.env("ANDON_DATABASE", &database.url);
    }
    command
}

/// A running server with everything that is its own. It is killed when dropped.
#[derive(Debug)]
pub struct Server {
    pub program: Program,
    /// With an administrator's token for every workspace.
    pub api: Api,
    options: ServerOptions,
    binary: PathBuf,
    database: Option<Arc<TestDatabase>>,
    folder: TempDir,
}

impl Server {
    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder of the test that ends with the server.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An `andon` command on this server's data folder and database.
    #[must_use]
    pub fn command(&self) -> Command {
        new_command(&self.binary, self.folder.path(), self.database.as_deref())
    }

    /// An `andon` command of somebody who works with this server by the token.
    #[must_use]
    pub fn client_command(&self, token: &str, arguments: &[&str]) -> Command {
        let mut command = self.command();
        command.env_remove("ANDON_DATA").env_remove("ANDON_DATABASE");
        command.env("ANDON_URL", &self.api.url).env("ANDON_TOKEN", token).args(arguments);
        command
    }

    /// Runs `andon` with the administrator's token.
    ///
    /// # Errors
    /// When it cannot be started or does not end.
    pub async fn andon(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        run_program(self.client_command(&self.api.token, arguments), "").await
    }

    /// Makes a token through the database, as on the server's own machine.
    ///
    /// # Errors
    /// When the command does not succeed.
    pub async fn create_token(&self, name: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.command();
        command.args(["token", "create", name, "--data"]).arg(self.data()).args(arguments);
        let printed = run_program(command, "").await?.success()?;
        printed.lines().last().map(str::to_owned).context("a token is printed")
    }

    /// The address for `git push`.
    #[must_use]
    pub fn repository(&self, name: &str, token: &str) -> String {
        format!("{}/git/main/{name}.git", self.api.url.replacen("://", &format!("://ada:{token}@"), 1))
    }

    /// KILL, and waits until it is gone.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.program.kill().await
    }

    /// TERM, and waits until it has drained.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.program.terminate()?;
        self.program.ended().await
    }

    /// Starts it again, on the same data and the same port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let address = self.api.url.strip_prefix("http://").context("the address is http")?.to_owned();
        let mut command = self.command();
        command.args(["server", "--listen", &address]).args(&self.options.arguments);
        self.program = Program::start("the server", command)?;
        find_url(&self.program).await.map(drop)
    }
}
