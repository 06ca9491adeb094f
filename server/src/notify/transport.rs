//! Where mails go, as one setting says.

use super::mail::{MailFrame, MailText, parse_mailbox, render_mail};
use super::message::Message;
use super::outcome::SendError;
use super::smtp::{SmtpSettings, SmtpTls};
use andon_pipelines::ids::DeliveryId;
use lettre::message::Mailbox;
use lettre::transport::smtp::client::Certificate;
use reqwest::Url;
use std::{
    io::Write,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const FOLDER_SENDER: &str = "Andon <andon@localhost>";

/// What is wrong with the setting. Never shows the setting itself, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "the setting for mail cannot be used: {0}. It is smtp://USER:PASSWORD@HOST:PORT?tls=none|starttls|tls&from=ADDRESS&ca=FILE, smtps://…, or file:FOLDER"
)]
pub struct TransportError(String);

/// A way to send mails.
#[derive(Clone, Debug)]
pub enum MailTransport {
    Smtp(SmtpSettings),
    /// Each mail becomes one `.eml` file.
    Folder {
        path: PathBuf,
        from: Mailbox,
    },
}

impl MailTransport {
    /// Reads a setting: `smtp://user:password@host:587?tls=starttls&from=Andon <andon@example.org>`, `smtps://…` or
    /// `file:FOLDER`. `timeout=SECONDS` changes the limit of 10 s for each step. Without `tls`, `smtp` upgrades by STARTTLS
    /// except to this machine. `ca=FILE` trusts the certificates of a PEM file, too.
    ///
    /// # Errors
    /// [`TransportError`] says what is missing or wrong.
    pub fn parse(setting: &str) -> Result<Self, TransportError> {
        let wrong = |detail: &str| TransportError(detail.to_owned());
        if let Some(place) = setting.strip_prefix("file:") {
            return parse_folder(place);
        }
        let url = Url::parse(setting).map_err(|error| TransportError(error.to_string()))?;
        let (mut tls, mut from, mut timeout, mut authority) = (None, None, DEFAULT_TIMEOUT, None);
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("tls", "none") => tls = Some(SmtpTls::None),
                ("tls", "starttls") => tls = Some(SmtpTls::StartTls),
                ("tls", "tls") => tls = Some(SmtpTls::Tls),
                ("ca", path) => authority = Some(read_authority(path)?),
                ("from", address) => from = Some(sender(address)?),
                ("timeout", seconds) => timeout = parse_timeout(seconds)?,
                (key, _) => return Err(TransportError(format!("{key:?} is unknown or has an unknown value"))),
            }
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("the host is missing"))?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match (url.scheme(), tls) {
            ("smtps", None | Some(SmtpTls::Tls)) => SmtpTls::Tls,
            ("smtp", Some(tls)) => tls,
            ("smtp", None) if is_this_machine(&host) => SmtpTls::None,
            ("smtp", None) => SmtpTls::StartTls,
            ("smtps", Some(_)) => return Err(wrong("smtps always uses TLS; leave `tls` out")),
            _ => return Err(wrong("it begins with none of smtp:, smtps: and file:")),
        };
        let user = Some(decode(url.username())?).filter(|user| !user.is_empty());
        if user.is_some() && tls == SmtpTls::None && !is_this_machine(&host) {
            return Err(wrong("a password would travel in the clear; use tls=starttls or smtps://"));
        }
        let port = url.port().unwrap_or(match tls {
            SmtpTls::Tls => 465,
            SmtpTls::StartTls => 587,
            SmtpTls::None => 25,
        });
        let password = url.password().map(decode).transpose()?.map(Into::into);
        let from = from.ok_or_else(|| wrong("from=ADDRESS is missing"))?;
        Ok(Self::Smtp(SmtpSettings { host, port, tls, authority, user, password, from, timeout }))
    }

    /// The sender of the mails.
    #[must_use]
    pub const fn from(&self) -> &Mailbox {
        match self {
            Self::Smtp(settings) => &settings.from,
            Self::Folder { from, .. } => from,
        }
    }

    /// Sends a message in its built-in form; otherwise as [`Self::send_text`].
    ///
    /// # Errors
    /// As [`Self::send_text`].
    pub async fn send(&self, message: &Message, to: &str, delivery: DeliveryId, at_ms: i64) -> Result<String, SendError> {
        self.send_text(&MailText::of(message), to, delivery, at_ms).await
    }

    /// Sends a text to one receiver. Returns the server's answer, or the file's path. `at_ms` is when the event happened.
    ///
    /// # Errors
    /// [`SendError`], with whether trying again may help.
    pub async fn send_text(&self, text: &MailText, to: &str, delivery: DeliveryId, at_ms: i64) -> Result<String, SendError> {
        let mail = render_mail(text, &MailFrame { from: self.from(), to, delivery, at_ms })?;
        match self {
            Self::Smtp(settings) => settings.send(&mail).await,
            Self::Folder { path, .. } => {
                let target = path.join(format!("{at_ms:013}-{delivery}.eml"));
                let shown = target.display().to_string();
                let written = tokio::task::spawn_blocking(move || write_whole(&target, &mail.formatted()));
                match written.await.map_err(std::io::Error::other) {
                    Ok(Ok(())) => Ok(shown),
                    Ok(Err(error)) | Err(error) => Err(SendError::temporary(format!("the mail could not be written to {shown}: {error}"))),
                }
            }
        }
    }
}

/// Readers of the folder see the whole mail or none of it.
fn write_whole(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut draft = tempfile::Builder::new().prefix(".mail-").tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.persist(target)?;
    Ok(())
}

fn parse_folder(place: &str) -> Result<MailTransport, TransportError> {
    let (path, query) = place.split_once("?from=").map_or((place, None), |(path, from)| (path, Some(from)));
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return Err(TransportError("the folder is missing".to_owned()));
    }
    let from = sender(&decode(query.unwrap_or(FOLDER_SENDER))?)?;
    Ok(MailTransport::Folder { path: PathBuf::from(path), from })
}

fn read_authority(path: &str) -> Result<Certificate, TransportError> {
    let pem = std::fs::read(path).map_err(|error| TransportError(format!("ca: {path} cannot be read: {error}")))?;
    Certificate::from_pem(&pem).map_err(|error| TransportError(format!("ca: {path} holds no certificate: {error}")))
}

fn sender(address: &str) -> Result<Mailbox, TransportError> {
    parse_mailbox(address).map_err(|error| TransportError(format!("from: {error}")))
}

fn parse_timeout(seconds: &str) -> Result<Duration, TransportError> {
    let parsed = seconds.parse::<f64>().ok().filter(|seconds| (0.01..=600.0).contains(seconds));
    parsed.map(Duration::from_secs_f64).ok_or_else(|| TransportError("timeout must be 0.01 to 600 seconds".to_owned()))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, TransportError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.split_first_chunk::<2>().filter(|_| *first == b'%');
        let byte = escaped.and_then(|(digits, after)| Some((*hex::decode(digits).ok()?.first()?, after)));
        let (byte, after) = byte.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| TransportError("the user, the password or the sender is not UTF-8 text".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;
    use secrecy::ExposeSecret;

    fn smtp(setting: &str) -> SmtpSettings {
        match MailTransport::parse(setting).expect(setting) {
            MailTransport::Smtp(settings) => settings,
            MailTransport::Folder { .. } => panic!("{setting} is no folder"),
        }
    }

    #[test]
    fn settings_are_read() {
        let full = smtp("smtp://ad%40a:p%3Ass%25@mail.example.org:2525?tls=starttls&from=Andon%20<ci@example.org>&timeout=2.5");
        assert_eq!(
            (full.host.as_str(), full.port, full.tls, full.user.as_deref()),
            ("mail.example.org", 2525, SmtpTls::StartTls, Some("ad@a"))
        );
        assert_eq!(full.password.as_ref().expect("a password").expose_secret(), "p:ss%");
        assert_eq!((full.from.to_string().as_str(), full.timeout), ("Andon <ci@example.org>", Duration::from_millis(2500)));
        assert!(!format!("{full:?}").contains("p:ss"));
        let port_and_tls = |setting: &str| (smtp(setting).port, smtp(setting).tls);
        assert_eq!(port_and_tls("smtps://m.example.org?from=a@example.org"), (465, SmtpTls::Tls));
        assert_eq!(port_and_tls("smtp://m.example.org?from=a@example.org"), (587, SmtpTls::StartTls));
        assert_eq!(port_and_tls("smtp://localhost?from=a@example.org"), (25, SmtpTls::None));
        assert_eq!(smtp("smtp://[::1]:25?from=a@example.org").host, "::1");
    }

    #[test]
    fn bad_settings_are_refused_without_showing_a_password() {
        let bad = [
            ("smtp://u:hunter2@m.example.org", "from=ADDRESS is missing"),
            ("smtp://u:hunter2@m.example.org?from=nobody", "is not an e-mail address"),
            ("smtp://u:hunter2@m.example.org?from=a@example.org&tls=none", "in the clear"),
            ("smtp://u:hunter2@m.example.org?from=a@example.org&tls=maybe", "unknown"),
            ("smtps://u:hunter2@m.example.org?from=a@example.org&tls=none", "leave `tls` out"),
            ("smtp://u:hunter2@m.example.org?from=a@example.org&timeout=0", "0.01 to 600"),
            ("http://u:hunter2@m.example.org?from=a@example.org", "none of smtp:"),
            ("u:hunter2@m.example.org", "cannot be used"),
            ("smtp://u:hunter2@m.example.org?from=a@example.org&ca=/nowhere", "/nowhere cannot be read"),
            ("file:", "the folder is missing"),
            ("", "cannot be used"),
        ];
        for (setting, part) in bad {
            let error = MailTransport::parse(setting).expect_err(setting).to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{setting}: {error}");
        }
    }

    #[tokio::test]
    async fn a_folder_gets_whole_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let sink = folder.path().join("mail");
        let transport = MailTransport::parse(&format!("file:{}", sink.display())).expect("a folder");
        let path = transport.send(&samples::gate(), "bob@example.org", DeliveryId::from_number(5), 1_700_000_000_000).await.expect("sent");
        let again = transport.send(&samples::gate(), "bob@example.org", DeliveryId::from_number(5), 1_700_000_000_000).await.expect("sent");
        assert_eq!(path, again, "a repeated delivery replaces its file");
        let files: Vec<_> = std::fs::read_dir(&sink).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        assert_eq!(files, [PathBuf::from(path)]);
        let mail = std::fs::read_to_string(&files[0]).expect("a mail");
        assert!(mail.starts_with("From: Andon <andon@localhost>\r\nTo: bob@example.org\r\n") && mail.contains("awaits approval"));
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_a_temporary_failure() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let transport = MailTransport::parse(&format!("file:{}/mail", file.path().display())).expect("a folder");
        let error = transport.send(&samples::gate(), "bob@example.org", DeliveryId::from_number(5), 0).await.expect_err("no folder");
        assert!(error.is_temporary() && error.detail.contains("could not be written"), "{error}");
    }
}
