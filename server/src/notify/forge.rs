//! Commit statuses, in the words of each forge's API.

use super::post::HeaderPair;
use super::text::shorten;
use crate::git::normalise_url;
use andon_pipelines::state::{JobRunStatus, RunOutcome};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// GitHub takes 140 characters; the others take more.
const LONGEST_DESCRIPTION: usize = 140;
const MOST_NAMES: usize = 3;

/// Whose API a forge speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForgeKind {
    /// GitHub; the base is `https://api.github.com` or `https://HOST/api/v3`.
    Github,
    /// GitLab; the base is `https://HOST/api/v4`.
    Gitlab,
    /// Gitea and Forgejo; the base is `https://HOST/api/v1`.
    Gitea,
}

/// What a forge shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusState {
    /// Queued, or waiting for people.
    Pending,
    Running,
    Success,
    Failure,
    /// The platform's fault.
    Error,
    Stopped,
}

impl StatusState {
    const ALL: [Self; 6] = [Self::Pending, Self::Running, Self::Success, Self::Failure, Self::Error, Self::Stopped];

    /// The word in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Stopped => "stopped",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    const fn word(self, kind: ForgeKind) -> &'static str {
        match (kind, self) {
            (ForgeKind::Gitlab, Self::Running) => "running",
            (ForgeKind::Gitlab, Self::Failure | Self::Error) => "failed",
            (ForgeKind::Gitlab, Self::Stopped) => "canceled",
            (_, Self::Pending | Self::Running) => "pending",
            (_, Self::Success) => "success",
            (_, Self::Failure) => "failure",
            (_, Self::Error | Self::Stopped) => "error",
        }
    }
}

/// One status of one commit.
#[derive(Clone, Copy, Debug)]
pub struct StatusRequest<'a> {
    pub repository: &'a str,
    pub commit: &'a str,
    pub state: StatusState,
    pub context: &'a str,
    pub description: &'a str,
    pub link: &'a str,
}

/// What to post, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgePost {
    pub url: String,
    pub headers: Vec<HeaderPair>,
    pub body: String,
}

/// Renders the request for a forge whose API begins at `api`. `None` where the repository's address has no `OWNER/NAME`, or the
/// commit is no object name.
#[must_use]
pub fn render_status(kind: ForgeKind, api: &str, status: &StatusRequest<'_>) -> Option<ForgePost> {
    let path = repository_path(status.repository)?;
    if status.commit.len() < 40 || !status.commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut url = Url::parse(api).ok()?;
    {
        let mut segments = url.path_segments_mut().ok()?;
        segments.pop_if_empty();
        match kind {
            // The whole path is one segment, its slashes escaped.
            ForgeKind::Gitlab => segments.push("projects").push(&path).push("statuses").push(status.commit),
            ForgeKind::Github | ForgeKind::Gitea => segments.push("repos").extend(path.split('/')).push("statuses").push(status.commit),
        };
    }
    let (state, description) = (status.state.word(kind), shorten(status.description, LONGEST_DESCRIPTION));
    let body = json!({"state": state, "context": status.context, "description": description, "target_url": status.link});
    let mut headers = Vec::new();
    if kind == ForgeKind::Github {
        headers.push(("accept".to_owned(), "application/vnd.github+json".to_owned()));
        headers.push(("x-github-api-version".to_owned(), "2022-11-28".to_owned()));
    }
    Some(ForgePost { url: url.into(), headers, body: body.to_string() })
}

/// The header that carries the token.
#[must_use]
pub fn token_header(kind: ForgeKind, token: &str) -> HeaderPair {
    match kind {
        ForgeKind::Github => ("authorization".to_owned(), format!("Bearer {token}")),
        ForgeKind::Gitlab => ("private-token".to_owned(), token.to_owned()),
        ForgeKind::Gitea => ("authorization".to_owned(), format!("token {token}")),
    }
}

/// GitLab refuses a status that is there already; then there is nothing to do.
#[must_use]
pub fn is_there_already(kind: ForgeKind, answer: &str) -> bool {
    kind == ForgeKind::Gitlab && answer.contains("Cannot transition status")
}

/// `OWNER/NAME`, or more parts where groups lie in groups.
fn repository_path(repository: &str) -> Option<String> {
    let address = normalise_url(repository);
    let (_, path) = address.split_once('/')?;
    let proper = |part: &str| !part.is_empty() && part != "." && part != "..";
    (path.contains('/') && path.split('/').all(proper)).then(|| path.to_owned())
}

/// Whether a channel for `pattern` is about the repository: its address in any form, or one that ends with `/*` for everything below.
#[must_use]
pub fn is_about(pattern: &str, repository: &str) -> bool {
    let repository = normalise_url(repository);
    match pattern.strip_suffix("/*") {
        Some(folder) => {
            let folder = normalise_url(folder);
            repository.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
        }
        None => normalise_url(pattern) == repository,
    }
}

/// What a forge shows for a run: never success before the whole run has ended well, pending as long as anything waits.
///
/// `outcome` is the run's end, if it has ended; `jobs` its job runs, without those that a rerun replaced.
#[must_use]
pub fn judge_run(outcome: Option<RunOutcome>, jobs: &[(String, JobRunStatus)]) -> (StatusState, String) {
    let named = |wanted: &[JobRunStatus]| {
        let mut names: Vec<&str> = jobs.iter().filter(|(_, status)| wanted.contains(status)).map(|(name, _)| name.as_str()).collect();
        names.dedup();
        let more = names.len().saturating_sub(MOST_NAMES);
        names.truncate(MOST_NAMES);
        let list = names.join(", ");
        if more > 0 { format!("{list} and {more} more") } else { list }
    };
    use JobRunStatus as S;
    match outcome {
        Some(RunOutcome::Completed) => (StatusState::Success, "Completed".to_owned()),
        Some(RunOutcome::Failed | RunOutcome::PartialSuccess) => {
            (StatusState::Failure, format!("Failed: {}", named(&[S::Failed, S::Errored])))
        }
        Some(RunOutcome::Error) => (StatusState::Error, format!("Could not run: {}", named(&[S::Errored]))),
        Some(RunOutcome::Stopped) => (StatusState::Stopped, "Stopped".to_owned()),
        None => {
            let (awaiting, running) = (named(&[S::Awaiting]), named(&[S::Running, S::Stopping]));
            match (running.is_empty(), awaiting.is_empty()) {
                (false, _) => (StatusState::Running, format!("Running: {running}")),
                (true, false) => (StatusState::Pending, format!("Waiting for people: {awaiting}")),
                (true, true) => (StatusState::Pending, "Waiting".to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "4f2c1ab90d6e554f2c1ab90d6e554f2c1ab90d6e";

    fn post(kind: ForgeKind, api: &str, state: StatusState) -> ForgePost {
        let status = StatusRequest {
            repository: "git@github.com:acme/sub/shop.git",
            commit: COMMIT,
            state,
            context: "andon/shop",
            description: &"x".repeat(500),
            link: "https://andon.example.org/w/main/runs/1",
        };
        render_status(kind, api, &status).expect("a request")
    }

    #[test]
    fn each_forge_is_spoken_to_in_its_words() {
        let github = post(ForgeKind::Github, "https://api.github.com", StatusState::Running);
        assert_eq!(github.url, format!("https://api.github.com/repos/acme/sub/shop/statuses/{COMMIT}"));
        let body: serde_json::Value = serde_json::from_str(&github.body).expect("JSON");
        assert_eq!((&body["state"], &body["context"]), (&"pending".into(), &"andon/shop".into()));
        assert_eq!(body["description"].as_str().expect("text").chars().count(), 140);
        let gitlab = post(ForgeKind::Gitlab, "https://gitlab.example.org/api/v4/", StatusState::Running);
        assert_eq!(gitlab.url, format!("https://gitlab.example.org/api/v4/projects/acme%2Fsub%2Fshop/statuses/{COMMIT}"));
        assert!(gitlab.body.contains("\"running\"") && gitlab.headers.is_empty());
        let gitea = post(ForgeKind::Gitea, "https://codeberg.org/api/v1", StatusState::Stopped);
        assert_eq!(gitea.url, format!("https://codeberg.org/api/v1/repos/acme/sub/shop/statuses/{COMMIT}"));
        assert!(gitea.body.contains("\"error\""));
        assert_eq!(token_header(ForgeKind::Gitlab, "t"), ("private-token".to_owned(), "t".to_owned()));
    }

    #[test]
    fn what_is_no_repository_or_no_commit_is_not_asked_for() {
        for (repository, commit) in
            [("file:///x", COMMIT), ("https://a.example.org/only", COMMIT), ("https://a.example.org/a/../b", COMMIT)]
        {
            let status = StatusRequest { repository, commit, state: StatusState::Success, context: "c", description: "", link: "" };
            assert!(render_status(ForgeKind::Gitea, "https://x.example.org", &status).is_none(), "{repository}");
        }
        let status = StatusRequest {
            repository: "https://a.example.org/a/b",
            commit: "../../x",
            state: StatusState::Success,
            context: "c",
            description: "",
            link: "",
        };
        assert!(render_status(ForgeKind::Gitea, "https://x.example.org", &status).is_none());
    }

    #[test]
    fn a_channel_is_about_one_repository_or_all_below() {
        assert!(is_about("https://github.com/acme/shop", "git@github.com:acme/shop.git"));
        assert!(is_about("https://github.com/acme/*", "https://github.com/acme/shop"));
        assert!(!is_about("https://github.com/acme/*", "https://github.com/acme-evil/shop"));
        assert!(!is_about("https://github.com/acme/shop", "https://github.com/acme/shop2"));
    }

    #[test]
    fn nothing_is_green_before_its_time() {
        use JobRunStatus as S;
        let jobs = |statuses: &[S]| statuses.iter().map(|status| ("j".to_owned(), *status)).collect::<Vec<_>>();
        for statuses in [&[][..], &[S::Succeeded], &[S::Succeeded, S::Queued], &[S::Succeeded, S::Awaiting], &[S::Succeeded, S::Waiting]] {
            assert_eq!(judge_run(None, &jobs(statuses)).0, StatusState::Pending, "{statuses:?}");
        }
        assert_eq!(judge_run(None, &jobs(&[S::Awaiting])).1, "Waiting for people: j");
        assert_eq!(judge_run(None, &jobs(&[S::Running, S::Awaiting])), (StatusState::Running, "Running: j".to_owned()));
        assert_eq!(judge_run(Some(RunOutcome::Completed), &[]).0, StatusState::Success);
        assert_eq!(judge_run(Some(RunOutcome::PartialSuccess), &jobs(&[S::Succeeded, S::Failed])).0, StatusState::Failure);
    }
}
