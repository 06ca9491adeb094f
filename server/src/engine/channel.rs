//! Channels: what they are made of, and how that is sealed.

use crate::hidden::Hidden;
use crate::notify::{ForgeKind, WebhookSecret, parse_mailbox};
use crate::store::people::channels::{self, Channel};
use crate::vault::{Sealed, Vault, VaultError};
use andon_pipelines::ids::WorkspaceId;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const LONGEST_URL: usize = 2048;
const MOST_ADDRESSES: usize = 50;

/// What a channel of each kind needs. Addresses of webhooks are hidden, because whoever knows one can write there.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ChannelSettings {
    Email {
        addresses: Vec<String>,
    },
    Slack {
        url: Hidden,
    },
    Teams {
        url: Hidden,
    },
    Discord {
        url: Hidden,
    },
    /// JSON, signed as the Standard Webhooks specification says.
    Webhook {
        url: Hidden,
        /// `whsec_…`; absent: one is made, and shown in the answer.
        #[serde(default)]
        secret: Option<Hidden>,
    },
    /// Commit statuses for the repositories that pipelines take in; it gets no messages.
    Forge {
        forge: ForgeKind,
        /// Where its API begins: `https://api.github.com`, `https://HOST/api/v4` for GitLab, `https://HOST/api/v1` for Gitea and Forgejo.
        api: String,
        /// May write commit statuses.
        token: Hidden,
        /// The repository's address in any form, or one that ends with `/*` for all below.
        repository: String,
    },
}

/// Why a channel cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the stored channel cannot be read: {0}")]
    Unreadable(String),
}

impl ChannelSettings {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Email { .. } => "email",
            Self::Slack { .. } => "slack",
            Self::Teams { .. } => "teams",
            Self::Discord { .. } => "discord",
            Self::Webhook { .. } => "webhook",
            Self::Forge { .. } => "forge",
        }
    }

    /// Whose API a forge speaks, if it is one.
    #[must_use]
    pub const fn forge(&self) -> Option<ForgeKind> {
        match self {
            Self::Forge { forge, .. } => Some(*forge),
            _ => None,
        }
    }

    /// What must never stand in a log: addresses of webhooks, keys, tokens.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let hidden: Vec<&Hidden> = match self {
            Self::Email { .. } => vec![],
            Self::Slack { url } | Self::Teams { url } | Self::Discord { url } => vec![url],
            Self::Webhook { url, secret } => std::iter::once(url).chain(secret).collect(),
            Self::Forge { token, .. } => vec![token],
        };
        hidden.into_iter().map(|hidden| hidden.to_secret().expose_secret().to_owned()).collect()
    }

    /// Whether these settings can work.
    ///
    /// # Errors
    /// [`ChannelError::Invalid`] says what is wrong, without the hidden parts.
    pub fn check(&self) -> Result<(), ChannelError> {
        match self {
            Self::Email { addresses } if addresses.is_empty() || addresses.len() > MOST_ADDRESSES => {
                Err(ChannelError::Invalid(format!("An e-mail channel has 1 to {MOST_ADDRESSES} addresses")))
            }
            Self::Email { addresses } => addresses
                .iter()
                .try_for_each(|address| parse_mailbox(address).map(drop))
                .map_err(|error| ChannelError::Invalid(error.detail)),
            Self::Slack { url } | Self::Teams { url } | Self::Discord { url } => check_url(url),
            Self::Webhook { url, secret } => {
                if let Some(secret) = secret {
                    WebhookSecret::parse(&secret.to_secret()).map_err(|error| ChannelError::Invalid(error.to_string()))?;
                }
                check_url(url)
            }
            Self::Forge { api, token, repository, .. } => {
                check_url(&Hidden::from(api.clone()))?;
                if token.is_empty() || token.len() > LONGEST_URL || !token.to_secret().expose_secret().chars().all(|c| c.is_ascii_graphic())
                {
                    return Err(ChannelError::Invalid(format!("token is what the forge gave, of at most {LONGEST_URL} characters")));
                }
                let path = crate::git::normalise_url(repository);
                if repository.len() > LONGEST_URL || path.split('/').filter(|part| !part.is_empty()).count() < 2 {
                    let example =
                        "repository is an address such as https://github.com/acme/shop, or https://github.com/acme/* for all below";
                    return Err(ChannelError::Invalid(example.to_owned()));
                }
                Ok(())
            }
        }
    }

    /// Where it goes, as far as everybody may know: the addresses, or the host.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Email { addresses } => addresses.join(", "),
            Self::Slack { url } | Self::Teams { url } | Self::Discord { url } | Self::Webhook { url, .. } => {
                let url = url.to_secret();
                let host = Url::parse(url.expose_secret()).ok().and_then(|url| url.host_str().map(str::to_owned));
                host.unwrap_or_default()
            }
            Self::Forge { repository, .. } => repository.clone(),
        }
    }

    /// Seals the settings for the channel of this name.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal(&self, vault: &Vault, workspace: WorkspaceId, name: &str) -> Result<Sealed, ChannelError> {
        let text = serde_json::to_string(self).map_err(|error| ChannelError::Unreadable(error.to_string()))?;
        Ok(vault.seal(&channels::context(workspace, name), &SecretString::from(text))?)
    }

    /// Opens the settings of a stored channel.
    ///
    /// # Errors
    /// As [`Vault::open`], and [`ChannelError::Unreadable`].
    pub fn open(vault: &Vault, workspace: WorkspaceId, channel: &Channel) -> Result<Self, ChannelError> {
        let text = vault.open(&channels::context(workspace, &channel.name), &channel.sealed)?;
        // Where in the text it goes wrong is of use; what stands there is a secret.
        serde_json::from_str(text.expose_secret())
            .map_err(|error| ChannelError::Unreadable(format!("line {} column {}", error.line(), error.column())))
    }
}

fn check_url(url: &Hidden) -> Result<(), ChannelError> {
    let text = url.to_secret();
    let text = Zeroizing::new(text.expose_secret().to_owned());
    let parsed = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if parsed.is_none() || text.len() > LONGEST_URL {
        return Err(ChannelError::Invalid(format!("url is an address that begins with https:// and has at most {LONGEST_URL} characters")));
    }
    Ok(())
}
