//! The tokens of `andon login`: one file that only its owner can read.

use crate::failure::{Failure, Outcome};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The server of the last login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// By the server's address, without a slash at its end.
    #[serde(default)]
    pub servers: BTreeMap<String, Login>,
}

/// One login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub user: String,
    pub token_id: String,
    pub token: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, {})", self.user, self.token_id)
    }
}

impl Credentials {
    /// Reads the user's file; nothing where there is none.
    pub fn load() -> Outcome<Self> {
        find_path().map_or_else(|| Ok(Self::default()), |path| Self::load_from(&path))
    }

    fn load_from(path: &Path) -> Outcome<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::failed(format!("{} cannot be read: {error}", path.display()))),
        };
        // The parser's own message would quote the token.
        toml::from_str(&text).map_err(|_| Failure::failed(format!("{} is damaged; delete it and run `andon login`", path.display())))
    }

    /// Replaces the user's file. Answers where it is.
    pub fn save(&self) -> Outcome<PathBuf> {
        let path = find_path().ok_or_else(|| {
            Failure::failed(
                "there is no place for the token: neither XDG_CONFIG_HOME nor HOME is set; set one, or pass the token in ANDON_TOKEN",
            )
        })?;
        self.save_to(&path).map_err(|error| Failure::failed(format!("the token cannot be stored in {}: {error}", path.display())))?;
        Ok(path)
    }

    /// Whole or not at all, and readable for its owner only from the first byte on.
    fn save_to(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let text = toml::to_string(self).map_err(std::io::Error::other)?;
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| std::fs::rename(&temporary, path)).inspect_err(|_| {
            let _ = std::fs::remove_file(&temporary);
        })
    }

    pub fn find(&self, url: &Url) -> Option<&Login> {
        self.servers.get(key(url))
    }

    /// Keeps a login, and makes its server the default. Answers the one that it replaces.
    pub fn put(&mut self, url: &Url, login: Login) -> Option<Login> {
        self.default = Some(key(url).to_owned());
        self.servers.insert(key(url).to_owned(), login)
    }

    /// Forgets a login.
    pub fn take(&mut self, url: &Url) -> Option<Login> {
        if self.default.as_deref() == Some(key(url)) {
            self.default = None;
        }
        self.servers.remove(key(url))
    }
}

fn key(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

fn find_path() -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(base.join("andon/credentials.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn login(token: &str) -> Login {
        Login { user: "ada".to_owned(), token_id: "1".to_owned(), token: token.to_owned() }
    }

    #[test]
    fn a_login_is_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/andon/credentials.toml");
        let url = Url::parse("http://127.0.0.1:8080").expect("a URL");
        let mut credentials = Credentials::load_from(&path).expect("nothing yet");
        assert_eq!(credentials.put(&url, login("one")), None);
        credentials.save_to(&path).expect("it is stored");
        let mut again = Credentials::load_from(&path).expect("it is read");
        assert_eq!(again, credentials);
        assert_eq!(again.put(&url, login("two")), Some(login("one")));
        again.save_to(&path).expect("it is replaced");
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 1, "nothing is left behind");
        assert_eq!(again.take(&url), Some(login("two")));
        assert_eq!((again.default, again.servers.len()), (None, 0));
    }

    #[test]
    fn a_token_belongs_to_one_server() {
        let mut credentials = Credentials::default();
        credentials.put(&Url::parse("https://one.example.org/").expect("a URL"), login("one"));
        assert!(credentials.find(&Url::parse("https://one.example.org").expect("a URL")).is_some());
        assert!(credentials.find(&Url::parse("http://one.example.org").expect("a URL")).is_none());
    }

    #[test]
    fn a_damaged_file_does_not_show_its_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("credentials.toml");
        std::fs::write(&path, "token = \"s3cret\" oops").expect("it is written");
        let text = Credentials::load_from(&path).expect_err("it is damaged").text().expect("it says so").to_owned();
        assert!(text.contains("andon login") && !text.contains("s3cret"), "{text}");
        assert!(!format!("{:?}", login("s3cret")).contains("s3cret"));
    }
}
