//! Git repositories, by the `git` command. It runs outside of the isolation, so it is told everything by its environment and
//! reads no configuration: not the machine's, not the user's, and none that a job could have written.

use super::{
    context::Context,
    halt::Halt,
    nearby::{Copied, copy_commit},
};
use crate::{
    files::create_folder_beneath,
    log::LogStream,
    process::{Ended, ProcessSpec},
};
use base64::Engine;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const ATTEMPTS: u32 = 3;
/// How far back the fallback looks for the commit before it fetches everything.
const FALLBACK_DEPTH: &str = "--depth=50";
const EVERYTHING: &str = "--depth=2147483647";

/// What to check out, and where to.
pub struct Checkout<'a> {
    pub url: &'a str,
    pub commit: &'a str,
    pub reference: &'a str,
    pub submodules: bool,
    pub credentials: Option<&'a str>,
    /// Below the workspace.
    pub path: &'a Path,
}

/// Checks the commit out, without history where the server allows that.
///
/// # Errors
/// One clause that says what failed; git's own words are in the log.
pub async fn check_out(context: &Context, checkout: &Checkout<'_>, halt: &Halt) -> Result<(), String> {
    let whole = |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !whole(checkout.commit) {
        return Err(format!("{:?} is not a whole commit id", checkout.commit));
    }
    if checkout.reference.starts_with('-') || checkout.url.starts_with('-') || checkout.url.contains(['\n', '\0']) {
        return Err("its address or reference is malformed".to_owned());
    }
    let folder = create_folder_beneath(&context.work(), checkout.path).map_err(|error| error.to_string())?;
    create_repository(&folder, checkout).map_err(|error| cannot_make(&error))?;
    let copied = copy_commit(checkout.url, checkout.commit, &folder).await;
    if copied == Copied::Nothing {
        fetch_patiently(context, checkout, &folder, halt).await?;
    }
    let git = Git { context, url: checkout.url, credentials: checkout.credentials, folder, allow_local: true };
    if copied != Copied::Files {
        git.run(&["checkout", "--quiet", "--force", "--detach", checkout.commit], halt).await?;
    }
    if checkout.submodules {
        // A submodule's address is the repository's word, so it may not reach into the machine's own folders.
        let git = Git { allow_local: false, ..git };
        git.run(&["submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"], halt).await?;
    }
    Ok(())
}

/// What `git init` would do, without starting it.
fn create_repository(folder: &Path, checkout: &Checkout<'_>) -> std::io::Result<()> {
    let git = folder.join(".git");
    if git.exists() {
        fs::remove_dir_all(&git)?;
    }
    fs::create_dir_all(git.join("objects"))?;
    fs::create_dir_all(git.join("refs/heads"))?;
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n")?;
    let (version, extension) = if checkout.commit.len() == 64 { (1, "[extensions]\n\tobjectformat = sha256\n") } else { (0, "") };
    let url = checkout.url.replace('\\', "\\\\").replace('"', "\\\"");
    let config = format!(
        "[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n{extension}[remote \"origin\"]\n\turl = \"{url}\"\n"
    );
    fs::write(git.join("config"), config)
}

fn cannot_make(error: &std::io::Error) -> String {
    format!("cannot make a repository: {error}")
}

/// Several times, if need be, each into a new repository.
async fn fetch_patiently(context: &Context, checkout: &Checkout<'_>, folder: &Path, halt: &Halt) -> Result<(), String> {
    for attempt in 1.. {
        create_repository(folder, checkout).map_err(|error| cannot_make(&error))?;
        let Err(failure) = fetch_commit(context, checkout, folder, halt).await else { break };
        if attempt == ATTEMPTS || halt.cause().is_some() {
            return Err(failure);
        }
        let pause = Duration::from_millis(500 << attempt).mul_f64(0.5 + context.clock.fraction() / 2.0);
        context.log.write_line(&format!("[{failure}; trying again]")).await;
        tokio::select! { () = tokio::time::sleep(pause) => {}, _ = halt.wait() => return Err("it was stopped".to_owned()) }
    }
    Ok(())
}

async fn fetch_commit(context: &Context, checkout: &Checkout<'_>, folder: &Path, halt: &Halt) -> Result<(), String> {
    let git = Git { context, url: checkout.url, credentials: checkout.credentials, folder: folder.to_owned(), allow_local: true };
    let fetch = |depth: &'static str, what| {
        ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--update-shallow", depth, "--", checkout.url, what]
    };
    let Err(mut failure) = git.run(&fetch("--depth=1", checkout.commit), halt).await else { return Ok(()) };
    context.log.write_line(&format!("[the commit cannot be fetched by itself; fetching {}]", checkout.reference)).await;
    let object = format!("{}^{{commit}}", checkout.commit);
    for depth in [FALLBACK_DEPTH, EVERYTHING] {
        match git.run(&fetch(depth, checkout.reference), halt).await {
            Ok(()) if git.run(&["cat-file", "-e", &object], halt).await.is_ok() => return Ok(()),
            Ok(()) => failure = format!("{} does not lead to the commit {}", checkout.reference, checkout.commit),
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

/// The command with its environment.
pub struct Git<'a> {
    pub context: &'a Context,
    /// Credentials go to this address's host only.
    pub url: &'a str,
    pub credentials: Option<&'a str>,
    pub folder: PathBuf,
    /// Whether an address that is a folder of this machine may be used; only the server's own word makes it so.
    pub allow_local: bool,
}

impl Git<'_> {
    /// Runs git to its end; its words go to the log.
    ///
    /// # Errors
    /// One clause that names the subcommand.
    pub async fn run(&self, arguments: &[&str], halt: &Halt) -> Result<(), String> {
        let mut stream = LogStream::new(Arc::clone(&self.context.log), false);
        let spec = ProcessSpec {
            trusted: true,
            ..self.context.spec(self.folder.clone(), "git", arguments.iter().map(Into::into).collect(), self.environment())
        };
        match self.context.room.run(&spec, &mut stream, halt).await {
            Ok(Ended::Exit(0)) => Ok(()),
            Ok(Ended::Exit(code)) => Err(format!("git {} ended with exit code {code}", arguments[0])),
            Ok(Ended::Halted(_)) => Err("it was stopped".to_owned()),
            Err(error) => Err(format!("git cannot be started: {error}")),
        }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let local = self.allow_local && (self.url.starts_with('/') || self.url.starts_with("file://"));
        let protocols = if local { "http:https:ssh:git:file" } else { "http:https:ssh:git" };
        let mut all: Vec<(String, String)> = [
            ("PATH", self.context.path.as_str()),
            ("LANG", "C.UTF-8"),
            ("HOME", "/nonexistent"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ALLOW_PROTOCOL", protocols),
            ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let settings = self.list_settings();
        all.push(("GIT_CONFIG_COUNT".to_owned(), settings.len().to_string()));
        for (number, (key, value)) in settings.into_iter().enumerate() {
            all.push((format!("GIT_CONFIG_KEY_{number}"), key));
            all.push((format!("GIT_CONFIG_VALUE_{number}"), value));
        }
        all
    }

    fn list_settings(&self) -> Vec<(String, String)> {
        let mut settings: Vec<(String, String)> = [
            ("core.hooksPath", "/dev/null"),
            ("core.fsmonitor", "false"),
            ("credential.helper", ""),
            ("gc.auto", "0"),
            ("maintenance.auto", "false"),
            ("advice.detachedHead", "false"),
            ("submodule.recurse", "false"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let Ok(url) = reqwest::Url::parse(self.url) else { return settings };
        if let (Some(credentials), "http" | "https") = (self.credentials, url.scheme()) {
            let key = format!("http.{}/.extraHeader", url.origin().ascii_serialization());
            settings.push((key, format!("Authorization: Basic {}", encode_credentials(credentials))));
        }
        settings
    }
}

/// For HTTP Basic. A bare token goes as a password, which every usual forge takes.
pub fn encode_credentials(credentials: &str) -> String {
    let pair = if credentials.contains(':') { credentials.to_owned() } else { format!("x-access-token:{credentials}") };
    base64::engine::general_purpose::STANDARD.encode(pair)
}
