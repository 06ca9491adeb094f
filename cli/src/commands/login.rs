//! Signing in: a name and a password become a token of one's own, kept for its owner only.

use crate::client::{Client, Credentials, Login, parse_url, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::read_life;
use crate::terminal::{ask, ask_hidden, clean, now_ms};
use andon_server::accounts::role_name;
use andon_server::http::csrf::{CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE};
use andon_server::http::me::Me;
use andon_server::http::tokens::NewTokenView;
use clap::Args;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

#[derive(Args, Debug)]
pub struct LoginArgs {
    /// Your account's name; asked for if absent
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A one-time link: makes the first administrator, or sets a password, and signs in
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// When the token ends
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = read_life)]
    expires: i64,
}

#[derive(Args, Debug)]
pub struct WhoamiArgs {
    #[command(flatten)]
    format: Format,
}

/// A session of the API: its cookies, which only live as long as this command.
struct Session {
    cookies: SecretString,
    csrf: String,
}

impl Session {
    /// From the answer that began it.
    fn read(response: &Response) -> Outcome<Self> {
        let find = |name: &str| {
            let values = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
            values
                .filter_map(|value| value.split(';').next()?.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let (Some(session), Some(csrf)) = (find(SESSION_COOKIE), find(CSRF_COOKIE)) else {
            return Err(Failure::failed("the server began no session; are it and this program of the same version?"));
        };
        Ok(Self { cookies: SecretString::from(format!("{SESSION_COOKIE}={session}; {CSRF_COOKIE}={csrf}")), csrf })
    }

    fn request(&self, client: &Client, method: Method, path: &[&str]) -> RequestBuilder {
        client.request(method, client.api(path)).header(COOKIE, self.cookies.expose_secret()).header(CSRF_HEADER, &self.csrf)
    }
}

/// A one-time link: the server's address, and the link's token.
fn read_link(link: &str) -> Outcome<(Url, String)> {
    let (base, token) = link
        .trim()
        .trim_end_matches('/')
        .rsplit_once("/signin/")
        .ok_or_else(|| Failure::usage("the link is not one of a server's: it looks like http://127.0.0.1:8080/signin/TOKEN"))?;
    Ok((parse_url(base)?, token.to_owned()))
}

pub async fn login(context: &Context, args: &LoginArgs) -> Outcome {
    let (url, link) = match &args.link {
        Some(link) => read_link(link).map(|(url, token)| (url, Some(token)))?,
        None => (context.reach.find()?.0, None),
    };
    // No token goes along: the password counts alone.
    let client = Client::new(url.clone(), None, context.reach.workspace().to_owned())?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => ask(context.terminal, "Name: ")?,
    };
    let password = ask_hidden(context.terminal, if link.is_some() { "New password: " } else { "Password: " })?;
    let path = link.as_ref().map_or_else(|| vec!["session"], |token| vec!["signin-links", token.as_str()]);
    let body = json!({ "name": name, "password": password.expose_secret() });
    let response = client.start(client.request(Method::POST, client.api(&path)).json(&body)).await?;
    let session = response.status().is_success().then(|| Session::read(&response));
    let me: Me = typed(client.read(response).await?)?;
    let session = session.ok_or_else(|| Failure::failed("the server began no session"))??;
    let stored = store(&client, &session, args.expires, me.user.map_or(name, |user| user.name)).await;
    // The session has done its work, whatever came of it.
    let ended = client.start(session.request(&client, Method::DELETE, &["session"])).await;
    let (user, path) = stored?;
    if ended.is_err() {
        context.terminal.note("The session that made the token could not be ended; it ends by itself");
    }
    context.terminal.line(format!(
        "Signed in to {} as {}; the token is kept in {}",
        url.as_str().trim_end_matches('/'),
        clean(&user),
        path.display()
    ))
}

/// Makes the token, keeps it, and ends the one that it replaces.
async fn store(client: &Client, session: &Session, expires: i64, user: String) -> Outcome<(String, std::path::PathBuf)> {
    let body = json!({ "name": token_name(&host_name(), now_ms()), "expires_in_ms": expires });
    let request = session.request(client, Method::POST, &["me", "tokens"]).json(&body);
    let made: NewTokenView = typed(client.read(client.start(request).await?).await?)?;
    let login =
        Login { user: user.clone(), token_id: made.token.id.to_string(), token: made.secret.to_secret().expose_secret().to_owned() };
    let mut credentials = Credentials::load()?;
    let old = credentials.put(&client.base, login);
    let path = credentials.save()?;
    if let Some(old) = old {
        // Gone already, or another person's: nothing to do.
        let _ = client.start(session.request(client, Method::DELETE, &["me", "tokens", &old.token_id])).await;
    }
    Ok((user, path))
}

/// A name that tells this machine and moment from others, in the form that names of tokens have.
fn token_name(host: &str, now: i64) -> String {
    let host: String =
        host.to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).take(40).collect();
    format!("cli-{host}-{now}")
}

/// This machine's name.
pub fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.map(|name| name.trim().to_owned()).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

pub async fn logout(context: &Context) -> Outcome {
    let (url, _) = context.reach.find()?;
    let mut credentials = Credentials::load()?;
    let Some(login) = credentials.take(&url) else {
        context.terminal.note(&format!("There is no login for {}", url.as_str().trim_end_matches('/')));
        return Ok(());
    };
    credentials.save()?;
    let client = Client::new(url, Some(SecretString::from(login.token)), context.reach.workspace().to_owned())?;
    if client.delete(client.api(&["session"])).await.is_err() {
        context.terminal.note("The token is gone from this machine; the server could not end it now, so it works until it expires");
    }
    context.terminal.line("Signed out")
}

pub async fn whoami(context: &Context, args: &WhoamiArgs) -> Outcome {
    let client = context.client()?;
    let me: Value = client.get(client.api(&["me"])).await?;
    if args.format.json {
        return context.terminal.json(&me);
    }
    let me: Me = typed(me)?;
    context.terminal.line(clean(&format!("{} at {}", me.actor, client.base.as_str().trim_end_matches('/'))))?;
    for workspace in me.workspaces {
        context.terminal.line(clean(&format!("  {}: {}", workspace.name, role_name(workspace.role))))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_server() {
        let (url, token) = read_link("http://127.0.0.1:8080/signin/abc-1\n").expect("a link");
        assert_eq!((url.as_str(), token.as_str()), ("http://127.0.0.1:8080/", "abc-1"));
        assert_eq!(read_link("http://127.0.0.1:8080").expect_err("no link").code(), 2);
    }

    #[test]
    fn names_of_tokens_fit_the_form_of_names() {
        let name = token_name("Büro PC/1.example.org", 1_700_000_000_000);
        assert_eq!(name, "cli-bropc1.example.org-1700000000000");
        assert!(token_name(&"x".repeat(300), i64::MAX).len() <= 64);
    }
}
