//! The smart-HTTP server: one request in, one answer out, and for a push what it changed.

use super::backend::{Call, collect_answer, stream_answer};
use super::repositories::list_refs;
use super::spool::{SpoolLimits, spool_body};
use super::tidy::tidy_repository;
use super::{GitBody, GitError, GitRequest, GitResponse, PushOutcome, RefUpdate, Repositories, Served, Service};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::Bytes;
use futures::Stream;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A fetch's request is a list of commits; far below this even for very large repositories.
const FETCH_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// What git says about a push: a line for each ref, and its progress.
const PUSH_ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The request's headers that git understands, and the CGI variables they arrive in.
const PASSED_ON: [(&str, &str); 3] =
    [("content-type", "CONTENT_TYPE"), ("content-encoding", "HTTP_CONTENT_ENCODING"), ("git-protocol", "GIT_PROTOCOL")];

impl Repositories {
    /// Serves one request of a git client. The caller has authorised it, as [`Service::of`] says.
    ///
    /// The body of a request is read whole before git starts. A fetch's answer streams; git is stopped when that stream is dropped.
    /// A push is taken whole or not at all, one at a time per repository. **Run a push in a task of its own** (`tokio::spawn`),
    /// up to the end of creating its versions: a client that goes away drops its handler, and the refs would move without versions.
    ///
    /// # Errors
    /// [`GitError::Name`], [`GitError::NoRepository`], [`GitError::NotServed`], [`GitError::TooLarge`], [`GitError::Body`],
    /// [`GitError::Timeout`], and what goes wrong with git itself. [`GitError::status`] gives the HTTP status.
    pub async fn serve<B, E>(&self, request: GitRequest<B>) -> Result<Served, GitError>
    where
        B: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: std::fmt::Display,
    {
        let service = Service::of(&request.method, &request.path_info, &request.query)?;
        let path = self.get_path(&request.workspace, &request.repository)?;
        let max_bytes = if service == Service::Push { self.push_max_bytes } else { FETCH_MAX_BYTES };
        let limits = SpoolLimits { announced_bytes: read_length(&request.headers), max_bytes, idle: self.idle };
        let variables = self.variables(&request, &path);
        let body = match service {
            Service::Fetch | Service::Push => Some(spool_body(self.incoming()?, request.body, limits).await?),
            Service::AdvertiseFetch | Service::AdvertisePush => None,
        };
        let permit = Arc::clone(&self.processes).acquire_owned().await.expect("the semaphore is never closed");
        let settings = self.settings(&self.no_hooks()?);
        let call = Call { variables, settings, body, timeout: self.timeout, permit };
        if service == Service::Push {
            self.take_push(path, call).await.map(Served::Push)
        } else {
            stream_answer(call).await.map(Served::Answer)
        }
    }

    async fn take_push(&self, path: PathBuf, call: Call) -> Result<PushOutcome, GitError> {
        let order = self.take_turn(&path).await;
        let before = read_refs(path.clone()).await?;
        let answer = collect_answer(call, PUSH_ANSWER_MAX_BYTES).await;
        let after = read_refs(path.clone()).await?;
        let updates = compare_refs(&before, &after);
        let response = match answer {
            Ok(response) => response,
            Err(error) if updates.is_empty() => return Err(error),
            // The refs have moved, so the versions must come, whatever the client gets to hear.
            Err(error) => {
                tracing::warn!(%error, "git moved refs and then failed to answer the push");
                refusal(&error)
            }
        };
        if before.is_empty() && !updates.is_empty() {
            point_head(path.clone(), &updates).await?;
        }
        if !updates.is_empty() {
            tokio::spawn(tidy_repository(path, self.settings(&self.no_hooks()?)));
        }
        Ok(PushOutcome { response, updates, order })
    }

    fn variables<B>(&self, request: &GitRequest<B>, path: &Path) -> Vec<(&'static str, OsString)> {
        let mut variables: Vec<(&'static str, OsString)> = vec![
            ("GATEWAY_INTERFACE", "CGI/1.1".into()),
            ("GIT_HTTP_EXPORT_ALL", "1".into()),
            ("GIT_PROJECT_ROOT", self.root().into()),
            ("PATH_INFO", format!("/{}/{}.git{}", request.workspace, request.repository, request.path_info).into()),
            ("QUERY_STRING", (&request.query).into()),
            ("REQUEST_METHOD", request.method.as_str().into()),
            ("REMOTE_ADDR", "andon".into()),
            ("GIT_CEILING_DIRECTORIES", path.parent().unwrap_or(path).into()),
        ];
        if let Some(user) = &request.user {
            variables.push(("REMOTE_USER", user.replace('\0', "").into()));
        }
        for (header, variable) in PASSED_ON {
            if let Some(value) = request.headers.get(header).and_then(|v| v.to_str().ok()) {
                variables.push((variable, value.into()));
            }
        }
        variables
    }
}

/// The length that the client announced, if it did.
fn read_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok())
}

fn refusal(error: &GitError) -> GitResponse {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let body = GitBody::Whole(Bytes::from_static(b"git took the push and then failed to answer; look at the repository's refs\n"));
    let status = if error.status().is_server_error() { error.status() } else { StatusCode::INTERNAL_SERVER_ERROR };
    GitResponse { status, headers, body }
}

async fn read_refs(path: PathBuf) -> Result<BTreeMap<String, String>, GitError> {
    let name = path.display().to_string();
    tokio::task::spawn_blocking(move || list_refs(&path)).await.map_err(|error| GitError::Read { path: name, why: error.to_string() })?
}

/// What changed, in the order of the refs' names.
fn compare_refs(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<RefUpdate> {
    let mut updates: Vec<RefUpdate> = after
        .iter()
        .filter(|(reference, new)| before.get(*reference) != Some(*new))
        .map(|(reference, new)| RefUpdate { reference: reference.clone(), old: before.get(reference).cloned(), new: Some(new.clone()) })
        .collect();
    let gone = before.iter().filter(|(reference, _)| !after.contains_key(*reference));
    updates.extend(gone.map(|(reference, old)| RefUpdate { reference: reference.clone(), old: Some(old.clone()), new: None }));
    updates.sort_by(|a, b| a.reference.cmp(&b.reference));
    updates
}

/// After the first push, lets HEAD name a branch that is there, so that a clone has files whatever the branch is called.
async fn point_head(path: PathBuf, updates: &[RefUpdate]) -> Result<(), GitError> {
    let branches: Vec<String> = updates.iter().map(|u| u.reference.clone()).filter(|r| r.starts_with("refs/heads/")).collect();
    let name = path.display().to_string();
    let work = move || -> Result<(), git2::Error> {
        let repository = git2::Repository::open_bare(&path)?;
        let unborn = repository.head().is_err();
        match branches.iter().find(|b| *b == "refs/heads/master").or(branches.first()) {
            Some(branch) if unborn => repository.set_head(branch),
            _ => Ok(()),
        }
    };
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string());
    done.and_then(|r| r.map_err(|error| error.message().to_owned())).map_err(|why| GitError::Read { path: name, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_are_compared_by_name_and_commit() {
        let refs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>();
        let updates = compare_refs(&refs(&[("a", "1"), ("b", "1"), ("c", "1")]), &refs(&[("b", "2"), ("c", "1"), ("d", "3")]));
        let short: Vec<_> = updates.iter().map(|u| (u.reference.as_str(), u.old.as_deref(), u.new.as_deref())).collect();
        assert_eq!(short, [("a", Some("1"), None), ("b", Some("1"), Some("2")), ("d", None, Some("3"))]);
    }
}
