//! Where the server is and who is asking.

use super::{Client, Credentials};
use crate::failure::{Failure, Outcome};
use clap::Args;
use reqwest::Url;
use secrecy::SecretString;

/// Where a server listens that nobody told anything else.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The flags that every command which talks to a server understands.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub struct Reach {
    /// Where the server is [default: that of the last login, else http://127.0.0.1:8080]
    #[arg(long, global = true, env = "ANDON_URL", value_name = "URL", hide_env_values = true)]
    pub url: Option<String>,
    /// The workspace [default: main]
    #[arg(long, short, global = true, env = "ANDON_WORKSPACE", value_name = "NAME", hide_env_values = true)]
    pub workspace: Option<String>,
}

impl Reach {
    pub fn workspace(&self) -> &str {
        self.workspace.as_deref().filter(|name| !name.is_empty()).unwrap_or("main")
    }

    /// The server's address, and the token that was given or stored for it.
    pub fn find(&self) -> Outcome<(Url, Option<SecretString>)> {
        let stored = Credentials::load()?;
        let url = parse_url(self.url.as_deref().filter(|url| !url.is_empty()).or(stored.default.as_deref()).unwrap_or(DEFAULT_URL))?;
        let given = std::env::var("ANDON_TOKEN").ok().filter(|token| !token.is_empty()).map(SecretString::from);
        let token = given.or_else(|| stored.find(&url).map(|login| SecretString::from(login.token.clone())));
        Ok((url, token))
    }

    pub fn client(&self) -> Outcome<Client> {
        let (url, token) = self.find()?;
        Client::new(url, token, self.workspace().to_owned())
    }
}

/// An address of a server, without a slash at its end.
pub fn parse_url(text: &str) -> Outcome<Url> {
    let wrong = || {
        Failure::usage(format!(
            "the server's address {text:?} is not usable; it looks like http://127.0.0.1:8080 or https://andon.example.org"
        ))
    };
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| wrong())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !plain || !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_of_servers_are_usable() {
        assert_eq!(parse_url("https://andon.example.org/base/").expect("an address").as_str(), "https://andon.example.org/base");
        for bad in ["andon.example.org", "ftp://x", "http://", "http://u:p@x", "http://x/?a=b", ""] {
            assert_eq!(parse_url(bad).expect_err(bad).code(), 2, "{bad}");
        }
    }
}
