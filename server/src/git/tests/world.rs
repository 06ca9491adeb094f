//! A small forge: axum around `Repositories::serve`, and git clients in temporary folders.

use crate::git::{GitError, GitRequest, RefUpdate, Repositories, Served, Service, with_message};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub struct World {
    pub folder: TempDir,
    pub forge: Arc<Forge>,
    address: String,
    serving: JoinHandle<()>,
}

pub struct Forge {
    pub repositories: Repositories,
    /// Every update that the server was told of, before the client was.
    pub updates: Mutex<Vec<RefUpdate>>,
    /// The `Authorization` header that every request must carry.
    pub authorization: Mutex<Option<String>>,
    /// The command lines that stood in the list of processes while a request was served.
    pub command_lines: Mutex<String>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a git client ended with.
pub struct Done {
    pub success: bool,
    /// Both streams.
    pub text: String,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With the settings changed; the repository `main/shop` is there and empty.
    pub async fn with(change: impl FnOnce(&mut Repositories)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut repositories = Repositories::new(folder.path().join("repositories"));
        change(&mut repositories);
        repositories.create("main", "shop").unwrap();
        let forge = Forge { repositories, updates: Mutex::default(), authorization: Mutex::default(), command_lines: Mutex::default() };
        let forge = Arc::new(forge);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&forge));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { folder, forge, address, serving }
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/git/main/{name}.git", self.address)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The updates since the last call.
    pub fn take_updates(&self) -> Vec<RefUpdate> {
        std::mem::take(&mut self.forge.updates.lock().unwrap())
    }

    /// A working copy with one commit on `main`, that knows the server as `origin`.
    pub async fn begin(&self, name: &str) -> PathBuf {
        let copy = self.path(name);
        git(self.folder.path(), &["init", "-q", "-b", "main", name]).await;
        git(&copy, &["remote", "add", "origin", &self.url("shop")]).await;
        commit(&copy, "README.md", "first").await;
        copy
    }
}

async fn answer(State(forge): State<Arc<Forge>>, request: Request) -> Response {
    let wanted = forge.authorization.lock().unwrap().clone();
    if let Some(wanted) = wanted {
        forge.command_lines.lock().unwrap().push_str(&list_command_lines());
        if request.headers().get(header::AUTHORIZATION).is_none_or(|given| given.to_str().unwrap() != wanted) {
            return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"andon\"")]).into_response();
        }
    }
    // In a task of its own: a client that goes away must not drop a push between git and its updates.
    tokio::spawn(async move { serve(&forge, request).await.unwrap_or_else(refuse) }).await.unwrap()
}

fn refuse(error: GitError) -> Response {
    (error.status(), error.to_string()).into_response()
}

async fn serve(forge: &Forge, request: Request) -> Result<Response, GitError> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let (name, path_info) = path.split_once(".git").unwrap_or((&path, ""));
    let mut names = name.split('/').skip(2);
    let request = GitRequest {
        workspace: names.next().unwrap_or_default().to_owned(),
        repository: names.collect::<Vec<_>>().join("/"),
        path_info: path_info.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        method: parts.method,
        headers: parts.headers,
        user: Some("ada".into()),
        body: body.into_data_stream(),
    };
    let response = match forge.repositories.serve(request).await? {
        Served::Answer(response) => response,
        Served::Push(outcome) => {
            let lines: Vec<String> = outcome.updates.iter().map(|update| format!("andon: {} moved", update.reference)).collect();
            forge.updates.lock().unwrap().extend(outcome.updates);
            with_message(outcome.response, &lines)
        }
    };
    Ok((response.status, response.headers, Body::from_stream(response.body)).into_response())
}

/// What anybody on the machine could read of all processes.
fn list_command_lines() -> String {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    // A process may end while it is looked at.
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ") + "\n").collect()
}

/// Runs a git client that must succeed; gives its standard output, trimmed.
pub async fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = try_git(folder, arguments).await;
    assert!(done.success, "git {arguments:?}: {}", done.text);
    done.text.trim().to_owned()
}

pub async fn try_git(folder: &Path, arguments: &[&str]) -> Done {
    let mut command = tokio::process::Command::new("git");
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_AUTHOR_NAME", "Ada L"),
        ("GIT_AUTHOR_EMAIL", "ada@example.org"),
        ("GIT_AUTHOR_DATE", "1700000000 +0000"),
        ("GIT_COMMITTER_NAME", "Carl C"),
        ("GIT_COMMITTER_EMAIL", "carl@example.org"),
        ("GIT_COMMITTER_DATE", "1700000100 +0000"),
    ] {
        command.env(name, value);
    }
    let output = command.output().await.unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Done { success: output.status.success(), text }
}

/// Commits one file with `text` in it (and as the message); gives the commit.
pub async fn commit(copy: &Path, file: &str, text: &str) -> String {
    let path = copy.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    git(copy, &["add", "-A"]).await;
    git(copy, &["commit", "-q", "-m", text]).await;
    git(copy, &["rev-parse", "HEAD"]).await
}

/// Bytes that no compression makes smaller.
pub fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..size.div_ceil(8)).flat_map(|_| next()).take(size).collect()
}

/// A request straight to [`Repositories::serve`].
pub fn request(
    service: Service,
    body: Vec<u8>,
    headers: HeaderMap,
) -> GitRequest<impl futures::Stream<Item = Result<bytes::Bytes, String>> + Unpin> {
    let (method, path_info, query) = match service {
        Service::AdvertiseFetch => ("GET", "/info/refs", "service=git-upload-pack"),
        Service::AdvertisePush => ("GET", "/info/refs", "service=git-receive-pack"),
        Service::Fetch => ("POST", "/git-upload-pack", ""),
        Service::Push => ("POST", "/git-receive-pack", ""),
    };
    let chunks: Vec<Result<bytes::Bytes, String>> = body.chunks(1000).map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk))).collect();
    GitRequest {
        workspace: "main".into(),
        repository: "shop".into(),
        path_info: path_info.into(),
        query: query.into(),
        method: method.parse().unwrap(),
        headers,
        user: None,
        body: futures::stream::iter(chunks),
    }
}
