//! Repositories elsewhere: listing their refs, and fetching what a commit says.

use super::PollError;
use super::filter::build_name_glob;
use super::process::{Finished, Unfinished, git_command, run_command};
use super::url::{Address, mask_url, read_address};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a listing may answer: some 100,000 refs.
const LISTING_MAX_BYTES: u64 = 16 * 1024 * 1024;
const PATTERNS_MAX: usize = 100;
const COMPLAINT_MAX_CHARS: usize = 500;

/// One repository elsewhere, with the credentials for it. Debug output holds no credential.
#[derive(Clone)]
pub struct Remote {
    pub(super) address: Address,
    /// The `Authorization` header's value.
    authorization: Option<String>,
    /// Texts that must never be shown.
    secrets: Vec<String>,
    /// How long one call may take.
    pub timeout: Duration,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Remote({})", mask_url(&self.address.url))
    }
}

impl Remote {
    /// Takes an address and, for HTTP, credentials: `user:password` or a bare token. SSH uses the server's own keys.
    /// A user's part within an HTTP address counts as credentials where none are given.
    ///
    /// # Errors
    /// [`PollError::Refused`].
    pub fn new(url: &str, credentials: Option<&str>) -> Result<Self, PollError> {
        let address = read_address(url)?;
        let given = credentials.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).or_else(|| address.credentials.clone());
        let mut remote = Self { address, authorization: None, secrets: Vec::new(), timeout: Duration::from_secs(60) };
        if let (Some(given), Some(_)) = (given, &remote.address.origin) {
            let (user, password) = given.split_once(':').unwrap_or((token_user(&remote.address.host), &given));
            let pair = format!("{user}:{password}");
            let encoded = BASE64.encode(&pair);
            remote.authorization = Some(format!("Authorization: Basic {encoded}"));
            remote.secrets = [password.to_owned(), encoded, given].into_iter().filter(|secret| !secret.is_empty()).collect();
        }
        Ok(remote)
    }

    /// The refs that match any of `patterns` (full names, `*` crosses `/`: `refs/heads/main`, `refs/tags/v*`; none takes all), with the
    /// commits they lead to: annotated tags are peeled. An empty map: it answered and has no such ref.
    ///
    /// # Errors
    /// Every [`PollError`] but `NoSuchRef`.
    pub async fn list(&self, patterns: &[String]) -> Result<BTreeMap<String, String>, PollError> {
        let refuse = |why: String| PollError::Refused { url: self.shown(), why };
        if patterns.len() > PATTERNS_MAX {
            return Err(refuse(format!("at most {PATTERNS_MAX} patterns can be asked for at once")));
        }
        let globs = patterns.iter().map(|p| build_name_glob(p)).collect::<Result<Vec<_>, _>>().map_err(|e| refuse(e.to_string()))?;
        let mut command = git_command(&self.settings());
        // Not in whatever repository the server happens to stand in.
        command.current_dir("/").env("GIT_CEILING_DIRECTORIES", "/").args(["ls-remote", "--quiet", "--", "andon"]);
        for pattern in patterns {
            command.arg(pattern).arg(format!("{pattern}^{{}}"));
        }
        let finished = self.run(command, LISTING_MAX_BYTES, "its refs").await?;
        let text = String::from_utf8_lossy(&finished.output);
        let mut refs = read_listing(&text);
        refs.retain(|name, _| globs.is_empty() || globs.iter().any(|glob| glob.is_match(name)));
        Ok(refs)
    }

    /// Settings for one call, through the environment: the list of processes shows neither credentials nor address.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let mut settings = vec![
            ("remote.andon.url".to_owned(), self.address.url.clone()),
            ("protocol.ext.allow".to_owned(), "never".to_owned()),
            ("protocol.version".to_owned(), "2".to_owned()),
            ("credential.helper".to_owned(), String::new()),
            ("core.sshCommand".to_owned(), "ssh -oBatchMode=yes -oConnectTimeout=20".to_owned()),
            ("core.hooksPath".to_owned(), "/dev/null".to_owned()),
        ];
        if let (Some(authorization), Some(origin)) = (&self.authorization, &self.address.origin) {
            // Bound to the origin: a redirect elsewhere does not carry the credentials along.
            settings.push((format!("http.{origin}.extraHeader"), authorization.clone()));
        }
        settings
    }

    /// Runs a prepared command and tells its failure in a [`PollError`]; `wanted` names what was asked for.
    pub(super) async fn run(&self, mut command: tokio::process::Command, max_bytes: u64, wanted: &str) -> Result<Finished, PollError> {
        command.env("GIT_ALLOW_PROTOCOL", "http:https:ssh:git:file");
        let url = self.shown();
        let finished = run_command(command, self.timeout, max_bytes).await.map_err(|unfinished| match unfinished {
            Unfinished::Timeout => PollError::Timeout { url: url.clone(), seconds: self.timeout.as_secs() },
            Unfinished::TooLarge => PollError::TooLarge { url: url.clone(), limit_bytes: max_bytes },
            Unfinished::Start(error) => PollError::Local { url: url.clone(), detail: format!("starting git: {error}; is it installed?") },
            Unfinished::Read(error) => PollError::Local { url: url.clone(), detail: format!("reading from git: {error}") },
        })?;
        if finished.status.success() { Ok(finished) } else { Err(self.classify(&finished.complaint, wanted)) }
    }

    /// The address as it may be shown.
    pub(super) fn shown(&self) -> String {
        mask_url(&self.address.url)
    }

    /// A key for caches: other credentials must not see what these fetched.
    pub(super) fn cache_key(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        hash.update(self.address.url.as_bytes());
        hash.update([0]);
        hash.update(self.authorization.as_deref().unwrap_or_default().as_bytes());
        hex::encode(&hash.finalize()[..16])
    }

    fn mask(&self, text: &str) -> String {
        let masked = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"));
        mask_url(&masked).chars().map(|c| if c.is_control() { ' ' } else { c }).take(COMPLAINT_MAX_CHARS).collect()
    }

    fn classify(&self, complaint: &str, wanted: &str) -> PollError {
        let (url, detail) = (self.shown(), self.mask(complaint));
        let lower = complaint.to_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| lower.contains(text));
        if says(&["couldn't find remote ref", "not our ref", "no such remote ref", "unadvertised object"]) {
            PollError::NoSuchRef { url, reference: wanted.to_owned() }
        } else if says(&[
            "authentication failed",
            "could not read username",
            "could not read password",
            "permission denied",
            "error: 401",
            "error: 403",
            "invalid credentials",
            "host key verification failed",
        ]) {
            PollError::Unauthorised { url, detail }
        } else if says(&[
            "not found",
            "does not appear to be a git repository",
            "not a git repository",
            "no such file or directory",
            "not valid: is this a git repository",
            "does not exist",
            "error: 404",
            "unsafe repository",
            "dubious ownership",
            "repository not exported",
        ]) {
            PollError::NotARepository { url, detail }
        } else if says(&["no space left", "unable to create", "cannot lock ref"]) {
            PollError::Local { url, detail }
        } else {
            PollError::Unreachable { url, detail }
        }
    }
}

/// Lists refs once; see [`Remote::new`] and [`Remote::list`].
///
/// # Errors
/// As there.
pub async fn list_remote(url: &str, credentials: Option<&str>, patterns: &[String]) -> Result<BTreeMap<String, String>, PollError> {
    Remote::new(url, credentials)?.list(patterns).await
}

/// The user's name that goes with a bare token: any will do on most forges.
fn token_user(host: &str) -> &'static str {
    if host == "bitbucket.org" || host.ends_with(".bitbucket.org") { "x-token-auth" } else { "x-access-token" }
}

/// Lines of `<id> TAB <ref>`; `<ref>^{}` tells what an annotated tag leads to.
fn read_listing(text: &str) -> BTreeMap<String, String> {
    let mut refs = BTreeMap::new();
    let mut peeled = BTreeMap::new();
    for (id, name) in text.lines().filter_map(|line| line.split_once('\t')) {
        let proper = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
        match name.strip_suffix("^{}") {
            _ if !proper => {}
            Some(tag) => drop(peeled.insert(tag.to_owned(), id.to_owned())),
            None => drop(refs.insert(name.to_owned(), id.to_owned())),
        }
    }
    refs.extend(peeled);
    refs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    #[test]
    fn a_listing_gives_peeled_commits_and_leaves_out_what_is_no_ref() {
        let text = format!("{}\tHEAD\n{}\trefs/tags/v1\n{}\trefs/tags/v1^{{}}\nwarning: x\nzz\trefs/x\n", id('a'), id('b'), id('c'));
        let refs = read_listing(&text);
        assert_eq!(refs, BTreeMap::from([("HEAD".to_owned(), id('a')), ("refs/tags/v1".to_owned(), id('c'))]));
    }

    #[test]
    fn credentials_are_in_no_text() {
        let remote = Remote::new("https://git.example.org/a", Some("me:hunter22")).unwrap();
        let encoded = BASE64.encode("me:hunter22");
        let error = remote.classify(&format!("fatal: unable to access 'https://me:hunter22@h/': {encoded} hunter22"), "x").to_string();
        assert!(!error.contains("hunter22") && !error.contains(&encoded), "{error}");
        assert!(!format!("{remote:?}").contains("hunter22"));
        let other = Remote::new("https://git.example.org/a", Some("me:other")).unwrap();
        assert_ne!(remote.cache_key(), other.cache_key());
    }

    #[test]
    fn bare_tokens_get_a_user() {
        let header = |url| Remote::new(url, Some("tok")).unwrap().authorization.unwrap();
        assert_eq!(header("https://github.com/a/b"), format!("Authorization: Basic {}", BASE64.encode("x-access-token:tok")));
        assert_eq!(header("https://bitbucket.org/a/b"), format!("Authorization: Basic {}", BASE64.encode("x-token-auth:tok")));
        assert!(Remote::new("ssh://git@h/a", Some("tok")).unwrap().authorization.is_none());
    }

    #[test]
    fn complaints_are_classified() {
        let remote = Remote::new("https://git.example.org/a", None).unwrap();
        let kind = |text: &str| remote.classify(text, "refs/heads/x");
        assert!(matches!(kind("fatal: could not read Username for 'https://h'"), PollError::Unauthorised { .. }));
        assert!(matches!(kind("The requested URL returned error: 403"), PollError::Unauthorised { .. }));
        assert!(matches!(kind("fatal: repository 'https://h/a/' not found"), PollError::NotARepository { .. }));
        assert!(matches!(kind("fatal: couldn't find remote ref refs/heads/x"), PollError::NoSuchRef { .. }));
        assert!(matches!(kind("Could not resolve host: h"), PollError::Unreachable { .. }));
        assert!(matches!(kind("The requested URL returned error: 502"), PollError::Unreachable { .. }));
        assert!(matches!(kind("error: unable to create temporary file: No space left on device"), PollError::Local { .. }));
    }
}
