//! Sending by SMTP, a connection for each mail, each step with its own time limit.

use super::outcome::SendError;
use super::text::one_line;
use lettre::message::Mailbox;
use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailParameter},
};
use secrecy::{ExposeSecret, SecretString};
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    None,
    /// Plain at first, then upgraded; never continued in the clear where the server cannot.
    StartTls,
    Tls,
}

/// A mail server and how to use it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    /// Trusted beside the public authorities: that of one's own network, or the server's own certificate.
    pub authority: Option<Certificate>,
    pub user: Option<String>,
    pub password: Option<SecretString>,
    pub from: Mailbox,
    /// For each step: connecting, and every command until its answer.
    pub timeout: Duration,
}

impl SmtpSettings {
    /// Sends one mail and returns the server's answer to it.
    ///
    /// # Errors
    /// [`SendError`]: permanent where the server refuses this mail or its receiver for good (5xx); temporary for all else.
    /// A refusal before the mail was named (sign-in, greeting) is temporary too, since it is not about this mail.
    pub(super) async fn send(&self, mail: &lettre::Message) -> Result<String, SendError> {
        let mut connection = self.open().await?;
        let answer = self.transfer(&mut connection, mail).await?;
        // The mail is accepted; however the farewell goes, it stays accepted.
        let _ = timeout(self.timeout.min(Duration::from_secs(1)), connection.quit()).await;
        Ok(answer)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, SendError> {
        let about_server = |error: SendError| SendError::temporary(error.detail);
        let hello = ClientId::default();
        let tls = (self.tls == SmtpTls::Tls).then(|| self.tls_parameters()).transpose()?;
        let address = (self.host.as_str(), self.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(self.timeout), &hello, tls, None);
        let mut connection = self.step("the greeting", connecting).await.map_err(about_server)?;
        if self.tls == SmtpTls::StartTls {
            let upgrade = connection.starttls(self.tls_parameters()?, &hello);
            self.step("STARTTLS", upgrade).await.map_err(about_server)?;
        }
        if let Some(user) = &self.user {
            let password = self.password.as_ref().map(|password| password.expose_secret().to_owned()).unwrap_or_default();
            let credentials = Credentials::new(user.clone(), password);
            self.step("the sign-in", connection.auth(DEFAULT_MECHANISMS, &credentials)).await.map_err(about_server)?;
        }
        Ok(connection)
    }

    async fn transfer(&self, connection: &mut AsyncSmtpConnection, mail: &lettre::Message) -> Result<String, SendError> {
        let envelope = mail.envelope();
        let mut options = Vec::new();
        let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
        if !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SendError::permanent(format!("{} takes only addresses in ASCII", self.place())));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.step("MAIL", connection.command(Mail::new(envelope.from().cloned(), options))).await?;
        for receiver in envelope.to() {
            self.step("RCPT", connection.command(Rcpt::new(receiver.clone(), vec![]))).await?;
        }
        self.step("DATA", connection.command(Data)).await?;
        let answer = self.step("the mail's text", connection.message(&mail.formatted())).await?;
        Ok(one_line(&answer.message().collect::<Vec<_>>().join(" "), 300))
    }

    fn tls_parameters(&self) -> Result<TlsParameters, SendError> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(authority) = &self.authority {
            builder = builder.add_root_certificate(authority.clone());
        }
        builder.build_rustls().map_err(|error| SendError::temporary(format!("{}: {error}", self.place())))
    }

    fn place(&self) -> String {
        format!("the mail server {}:{}", self.host, self.port)
    }

    async fn step<T>(&self, what: &str, answer: impl Future<Output = Result<T, SmtpError>>) -> Result<T, SendError> {
        match timeout(self.timeout, answer).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                let detail = format!("{} at {what}: {}", self.place(), one_line(&error.to_string(), 300));
                Err(if error.is_permanent() { SendError::permanent(detail) } else { SendError::temporary(detail) })
            }
            Err(_) => {
                let limit = self.timeout.as_millis();
                Err(SendError::temporary(format!("{} gave no answer at {what} within {limit} ms", self.place())))
            }
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
