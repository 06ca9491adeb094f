//! What a delivery says, whichever forge sent it.

/// Who sent it, by the headers; Forgejo counts as `Gitea` only where it sends no header of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forge {
    GitHub,
    GitLab,
    Gitea,
    Forgejo,
    Bitbucket,
}

impl Forge {
    /// Lower case, for versions' origins and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Gitea => "gitea",
            Self::Forgejo => "forgejo",
            Self::Bitbucket => "bitbucket",
        }
    }
}

/// One verified delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    pub forge: Forge,
    /// The forge's own id of this delivery, the same when it is sent again: remember it to take each once.
    pub delivery: Option<String>,
    /// When the sender signed it, seconds since 1970 UTC; only where the signature covers it.
    pub signed_at_seconds: Option<i64>,
    /// Never empty. Several only from Bitbucket, whose one push may move many refs.
    pub events: Vec<HookEvent>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookEvent {
    /// A branch moved.
    Push(Push),
    /// A tag was made or moved.
    TagPush(Push),
    PullRequest(PullRequest),
    /// The forge tries the address.
    Ping,
    /// Understood, and nothing to do; the text says why, for the answer and the log.
    Ignored {
        why: String,
    },
}

/// A ref that moved. Deletions are `Ignored` instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub repository: HookRepository,
    /// In full: `refs/heads/main`, `refs/tags/v1`.
    pub reference: String,
    /// `None`: the ref is new.
    pub before: Option<String>,
    /// The commit the ref names now; for an annotated tag the forge may give the tag object's id instead.
    pub after: String,
    /// As far as the forge lists them (GitHub 2,048, GitLab 20), oldest first.
    pub commits: Vec<HookCommit>,
    /// Login or name.
    pub pusher: Option<String>,
}

/// A repository by every address the forge gives: compare each with `git::normalise_url`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookRepository {
    /// `owner/name`
    pub full_name: String,
    pub urls: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCommit {
    pub id: String,
    pub author_name: String,
    pub author_email: Option<String>,
    /// The first 2,000 characters.
    pub message: String,
    /// Added, changed and removed; empty where the forge does not say (Bitbucket).
    pub paths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// The one that is asked to merge.
    pub repository: HookRepository,
    pub number: u64,
    /// The forge's own word: `opened`, `synchronize`, `open`, `update`, `fulfilled`, …
    pub action: String,
    pub title: String,
    /// Branch names, without `refs/heads/`.
    pub head_ref: String,
    pub base_ref: String,
    /// The proposed commit, as long as the forge gives it (Bitbucket Cloud shortens to 12 digits).
    pub head_sha: String,
    pub author: Option<String>,
}
