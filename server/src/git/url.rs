//! Addresses of repositories elsewhere: what is allowed, what is secret, and which are the same.

use super::PollError;

const URL_MAX_BYTES: usize = 2_000;

/// An address taken apart. The user's part of an HTTP address has been moved out of it: it is a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// What git is given.
    pub url: String,
    /// `https://host:port/`, for settings that must not follow a redirect elsewhere; only for HTTP.
    pub origin: Option<String>,
    pub host: String,
    /// `user:password` as it stood in an HTTP address, decoded.
    pub credentials: Option<String>,
}

/// Allows http, https, ssh, git and file addresses, absolute paths, and `[user@]host:path`.
pub(super) fn read_address(url: &str) -> Result<Address, PollError> {
    let refuse = |why: &str| Err(PollError::Refused { url: mask_url(url), why: why.to_owned() });
    if url.is_empty() || url.len() > URL_MAX_BYTES || url.chars().any(|c| c.is_control() || c == ' ') {
        return refuse("an address is 1 to 2,000 characters without spaces and control characters");
    }
    if url.starts_with('-') || url.contains("::") && !url.contains("[") {
        return refuse("it would be read as an option or a helper program; use https://, ssh://, git://, file:// or host:path");
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return read_short_form(url).map_or_else(
            || refuse("use https://, http://, ssh://, git://, file://, an absolute path, or user@host:path"),
            |host| Ok(Address { url: url.to_owned(), origin: None, host, credentials: None }),
        );
    };
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if scheme != "file" && (host.is_empty() || host.starts_with('-')) {
        return refuse("it names no host");
    }
    let plain = |url: String| Address { url, origin: None, host: host.to_ascii_lowercase(), credentials: None };
    match scheme.as_str() {
        "http" | "https" => Ok(Address {
            url: format!("{scheme}://{host}{path}"),
            origin: Some(format!("{scheme}://{host}/")),
            host: host.to_ascii_lowercase(),
            credentials: user.map(decode_percent),
        }),
        // A password in an SSH address is used by nothing, and would be seen in the list of processes.
        "ssh" => {
            let user = user.map(|user| format!("{}@", user.split(':').next().unwrap_or_default())).unwrap_or_default();
            if user.starts_with('-') {
                refuse("the user's name begins with a dash")
            } else {
                Ok(plain(format!("ssh://{user}{host}{path}")))
            }
        }
        "git" | "file" => Ok(plain(format!("{scheme}://{host}{path}"))),
        _ => refuse("its scheme is none of https, http, ssh, git and file"),
    }
}

/// The host of `[user@]host:path`, or an empty one for an absolute path.
fn read_short_form(url: &str) -> Option<String> {
    if url.starts_with('/') {
        return Some(String::new());
    }
    let (before, path) = url.split_once(':')?;
    let host = before.rsplit('@').next()?;
    let proper = !before.contains('/') && !host.is_empty() && !host.starts_with('-') && !path.is_empty();
    proper.then(|| host.to_ascii_lowercase())
}

/// One text for all the addresses of one repository: `host[:port]/path`, without scheme, user, default port, `.git` and outer slashes,
/// the host in lower case; on the large public forges, which do not tell cases apart, the path too. Never fails: what is no address
/// only equals itself.
#[must_use]
pub fn normalise_url(url: &str) -> String {
    let url = url.trim();
    let (authority, path) = match url.split_once("://") {
        Some((_, rest)) => {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            rest.split_at(rest.find('/').unwrap_or(rest.len()))
        }
        None if url.starts_with('/') => ("", url),
        None => match url.split_once(':') {
            Some((authority, path)) if !authority.contains('/') => (authority, path),
            _ => return url.to_owned(),
        },
    };
    let scheme = url.split_once("://").map_or("ssh", |(scheme, _)| scheme).to_ascii_lowercase();
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let host = drop_default_port(&scheme, &host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let host = match host {
        "ssh.github.com" | "ssh.github.com:443" | "www.github.com" => "github.com",
        "altssh.gitlab.com" | "altssh.gitlab.com:443" => "gitlab.com",
        host => host,
    };
    if is_case_blind(host) { format!("{host}/{}", path.to_lowercase()) } else { format!("{host}/{path}") }
}

fn drop_default_port<'h>(scheme: &str, host: &'h str) -> &'h str {
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        "git" => ":9418",
        _ => ":22",
    };
    host.strip_suffix(port).unwrap_or(host)
}

fn is_case_blind(host: &str) -> bool {
    ["github", "gitlab", "bitbucket"].iter().any(|forge| host.split(['.', ':']).any(|label| label == *forge))
}

/// Replaces the user's part of every address in a text by `***`.
pub(super) fn mask_url(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let authority = after.find(|c: char| c == '/' || c == '\'' || c == '"' || c.is_whitespace()).unwrap_or(after.len());
        match after[..authority].rfind('@') {
            Some(user_end) => {
                out.push_str("***");
                rest = &after[user_end..];
            }
            None => rest = after,
        }
    }
    out + rest
}

pub(super) fn decode_percent(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let pair = (byte == b'%').then(|| bytes.clone().take(2).collect::<Vec<u8>>()).and_then(|pair| hex::decode(pair).ok());
        match pair.as_deref() {
            Some([decoded]) => {
                out.push(*decoded);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_repository_compare_equal() {
        for same in [
            "https://github.com/Org/Repo.git",
            "https://GitHub.com/org/repo/",
            "git@github.com:org/repo",
            "ssh://git@github.com/org/repo.git",
            "ssh://git@ssh.github.com:443/Org/Repo.git",
            "https://user:secret@github.com:443/org/repo.git",
            "git://github.com/org/repo.git/",
            "http://github.com:80/org/repo?x=1#y",
        ] {
            assert_eq!(normalise_url(same), "github.com/org/repo", "{same}");
        }
        assert_eq!(normalise_url("https://gitlab.example.org/A/b/C.git"), "gitlab.example.org/a/b/c");
        assert_eq!(normalise_url("https://git.example.org/A/b.git"), "git.example.org/A/b");
        assert_eq!(normalise_url("http://git.example.org:3000/a/b"), "git.example.org:3000/a/b");
        assert_eq!(normalise_url("file:///srv/git/a.git/"), normalise_url("/srv/git/a.git"));
        assert_ne!(normalise_url("https://git.example.org/A/b"), normalise_url("https://git.example.org/a/b"));
        assert_eq!(normalise_url("no address"), "no address");
    }

    #[test]
    fn addresses_are_read_and_credentials_leave_them() {
        let address = read_address("https://me:p%40ss@git.example.org:8443/a/b.git").unwrap();
        assert_eq!(address.url, "https://git.example.org:8443/a/b.git");
        assert_eq!(address.origin.as_deref(), Some("https://git.example.org:8443/"));
        assert_eq!(address.credentials.as_deref(), Some("me:p@ss"));
        assert_eq!(read_address("ssh://git:x@host/a").unwrap().url, "ssh://git@host/a");
        for good in ["git@host:a/b", "/srv/a.git", "file:///srv/a.git", "git://host/a", "http://[::1]:80/a"] {
            read_address(good).unwrap();
        }
    }

    #[test]
    fn addresses_that_run_programs_or_name_nothing_are_refused() {
        for bad in [
            "",
            "ext::sh -c id",
            "ext::sh",
            "fd::0",
            "--upload-pack=touch",
            "-oProxyCommand=x:y",
            "git@-oProxyCommand=x:y",
            "ssh://-oProxyCommand=x/y",
            "ssh://-x@host/y",
            "ftp://host/x",
            "https:///x",
            "relative/path",
            "../x",
            "https://host/a b",
            "https://host/\n",
        ] {
            assert!(matches!(read_address(bad), Err(PollError::Refused { .. })), "{bad}");
        }
        let error = read_address("ftp://me:secret@host/x").unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("ftp://***@host/x"), "{error}");
    }

    #[test]
    fn users_are_masked_wherever_an_address_stands() {
        let text = "fatal: unable to access 'https://me:s@cret@h/x': and http://h/y@z and ssh://git@h";
        assert_eq!(mask_url(text), "fatal: unable to access 'https://***@h/x': and http://h/y@z and ssh://***@h");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}") {
            let _ = read_address(&text);
            let once = normalise_url(&text);
            proptest::prop_assert!(once.len() <= text.len() * 3 + 1);
            let _ = (mask_url(&text), decode_percent(&text));
        }
    }
}
