//! API tokens, through a server or, on its own machine, through its database.

use super::server::load_settings;
use super::users::RoleName;
use crate::client::{Client, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::read_life;
use crate::terminal::{Cell, Table};
use andon_pipelines::document::Role;
use andon_pipelines::ids::{TokenId, WorkspaceId};
use andon_server::accounts::{Scope, role_from_name, role_name};
use andon_server::audit::Origin;
use andon_server::clock::{Clock, Random, SystemClock};
use andon_server::http::tokens::{NewTokenView, TokenDraft, TokenView, create_token};
use andon_server::store::line::workspaces;
use andon_server::store::people::tokens;
use andon_server::store::{Db, StoreError};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Who makes and ends tokens by opening the database.
const ACTOR: &str = "andon";

#[derive(Subcommand, Debug)]
pub enum TokenCommand {
    /// Make a token; it is shown this once
    Create(TokenCreateArgs),
    /// List the tokens of the workspace
    List {
        #[command(flatten)]
        direct: Direct,
        #[command(flatten)]
        format: Format,
    },
    /// End a token
    Revoke {
        /// The token's name or ID
        token: String,
        #[command(flatten)]
        direct: Direct,
    },
}

#[derive(Args, Debug)]
pub struct TokenCreateArgs {
    name: String,
    /// The highest role that it uses
    #[arg(long, value_enum)]
    role: RoleName,
    /// Narrow it to these: view, decide, operate, edit, admin; run alone makes a runner's token
    #[arg(long, value_delimiter = ',', value_name = "SCOPE", value_parser = |text: &str| text.parse::<Scope>())]
    scopes: Option<Vec<Scope>>,
    /// When it ends, as in 90d [default: never]
    #[arg(long, value_name = "DURATION", value_parser = read_life)]
    expires: Option<i64>,
    #[command(flatten)]
    direct: Direct,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct Direct {
    /// Open the database of the server with this data folder, instead of asking a server; needs no sign-in
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub async fn token(context: &Context, command: &TokenCommand) -> Outcome {
    match command {
        TokenCommand::Create(args) => create(context, args).await,
        TokenCommand::List { direct, format } => list(context, direct, *format).await,
        TokenCommand::Revoke { token, direct } => revoke(context, token, direct).await,
    }
}

async fn create(context: &Context, args: &TokenCreateArgs) -> Outcome {
    let (name, secret) = match &args.direct.data {
        Some(data) => create_directly(context, args, data).await?,
        None => create_by_server(&context.client()?, args).await?,
    };
    let secret = secret.expose_secret();
    if args.format.json {
        return context.terminal.json(&json!({ "name": name, "token": secret }));
    }
    // The token alone on standard output, so that a script can take it.
    context.terminal.note(&format!("The token {name}, shown this once:"));
    context.terminal.line(secret)
}

async fn create_by_server(client: &Client, args: &TokenCreateArgs) -> Outcome<(String, SecretString)> {
    let body = json!({ "name": args.name, "role": args.role.name(), "scopes": args.scopes, "expires_in_ms": args.expires });
    let made: NewTokenView = typed(client.post(client.place(&["tokens"]), body).await?)?;
    Ok((made.token.name, made.secret.to_secret()))
}

/// A token of every workspace, or of the one that was named.
async fn create_directly(context: &Context, args: &TokenCreateArgs, data: &std::path::Path) -> Outcome<(String, SecretString)> {
    let opened = Opened::open(data).await?;
    let workspace = match &context.reach.workspace {
        Some(name) => Some(opened.find_workspace(name).await?),
        None => None,
    };
    let draft = TokenDraft {
        name: args.name.clone(),
        role: read_role(args.role)?,
        scopes: args.scopes.clone().map(BTreeSet::from_iter),
        workspace,
        user: None,
        expires_in_ms: args.expires,
    };
    let made = create_token(&opened.db, &opened.random, ACTOR, draft);
    let made = Origin::of_console("andon token create").cover(made).await.map_err(|error| Failure::failed(error.detail()));
    opened.close().await?;
    made.map(|(token, secret)| (token.name, secret))
}

fn read_role(role: RoleName) -> Outcome<Role> {
    role_from_name(role.name()).ok_or_else(|| Failure::usage(format!("there is no role {}", role.name())))
}

async fn list(context: &Context, direct: &Direct, format: Format) -> Outcome {
    let views: Vec<TokenView> = match &direct.data {
        Some(data) => list_directly(context, data).await?,
        None => {
            let client = context.client()?;
            client.list(client.place(&["tokens"]), usize::MAX).await?.typed()?
        }
    };
    if format.json {
        return context.terminal.json(&views);
    }
    let mut table = Table::new(&["TOKEN", "ENDS IN", "ROLE", "SCOPES", "MADE BY", "MADE", "EXPIRES", "USED", "ID"]);
    for token in views {
        let scopes = token.scopes.map(|scopes| scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(","));
        table.row(vec![
            Cell::text(&token.name),
            Cell::text(format!("…{}", token.hint)),
            Cell::text(role_name(token.role)),
            Cell::text(scopes.unwrap_or_else(|| "all".to_owned())),
            Cell::text(&token.created_by),
            context.terminal.time(token.created_at),
            context.terminal.time(token.expires_at),
            context.terminal.time(token.used_at),
            Cell::whole(token.id.to_string()),
        ]);
    }
    context.terminal.table(&table, "There are no tokens. Make one with `andon token create NAME --role ROLE`")
}

async fn list_directly(context: &Context, data: &std::path::Path) -> Outcome<Vec<TokenView>> {
    let opened = Opened::open(data).await?;
    let found = opened.list_tokens(context.reach.workspace()).await;
    opened.close().await?;
    Ok(found?.1.into_iter().map(TokenView::from).collect())
}

async fn revoke(context: &Context, token: &str, direct: &Direct) -> Outcome {
    match &direct.data {
        Some(data) => {
            let opened = Opened::open(data).await?;
            let done = Origin::of_console("andon token revoke").cover(opened.revoke(context.reach.workspace(), token)).await;
            opened.close().await?;
            done?;
        }
        None => {
            let client = context.client()?;
            let known: Vec<TokenView> = client.list(client.place(&["tokens"]), usize::MAX).await?.typed()?;
            let id = choose(token, known.iter().map(|token| (token.name.as_str(), token.id)))?;
            client.delete(client.place(&["tokens", &id.to_string()])).await?;
        }
    }
    context.terminal.line(format!("Ended the token {token}"))
}

/// The token of this name or identifier.
fn choose<'a>(wanted: &str, mut known: impl Iterator<Item = (&'a str, TokenId)>) -> Outcome<TokenId> {
    let found = known.find(|(name, id)| *name == wanted || id.to_string() == wanted);
    found
        .map(|(_, id)| id)
        .ok_or_else(|| Failure::failed(format!("there is no token {wanted:?}; `andon token list` shows those there are")))
}

/// A server's database, opened beside it.
pub(super) struct Opened {
    pub(super) db: Db,
    random: Random,
}

impl Opened {
    pub(super) async fn open(data: &std::path::Path) -> Outcome<Self> {
        let flags = BTreeMap::from([("data".to_owned(), data.display().to_string())]);
        let settings = load_settings(&flags, None)?.settings;
        std::fs::create_dir_all(&settings.data).with_context(|| format!("the data folder {} cannot be made", settings.data.display()))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random = Random::system(Arc::clone(&clock));
        let db = Db::open(&settings.database, clock, random.clone()).await.context("the database cannot be opened")?;
        let opened = Self { db, random };
        // A token may be made before the server's first start.
        opened.prepare().await.context("the database cannot be prepared")?;
        Ok(opened)
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        if workspaces::find_by_name(&mut self.db.read().await?.connection(), "main").await?.is_some() {
            return Ok(());
        }
        let mut tx = self.db.begin(ACTOR).await?;
        workspaces::ensure(&mut tx, "main").await?;
        tx.commit().await
    }

    pub(super) async fn close(&self) -> Outcome {
        self.db.close().await.context("the database cannot be closed").map_err(Failure::from)
    }

    async fn find_workspace(&self, name: &str) -> Outcome<WorkspaceId> {
        let mut reader = self.db.read().await.map_err(failed)?;
        let found = workspaces::find_by_name(&mut reader.connection(), name).await.map_err(failed)?;
        found.map(|workspace| workspace.id).ok_or_else(|| Failure::failed(format!("there is no workspace {name}")))
    }

    async fn list_tokens(&self, workspace: &str) -> Outcome<(WorkspaceId, Vec<tokens::Token>)> {
        let workspace = self.find_workspace(workspace).await?;
        let mut reader = self.db.read().await.map_err(failed)?;
        Ok((workspace, tokens::list(&mut reader.connection(), workspace).await.map_err(failed)?))
    }

    async fn revoke(&self, workspace: &str, token: &str) -> Outcome {
        let (workspace, known) = self.list_tokens(workspace).await?;
        let id = choose(token, known.iter().map(|token| (token.name.as_str(), token.id)))?;
        let mut tx = self.db.begin(ACTOR).await.map_err(failed)?;
        tokens::revoke(&mut tx, tokens::Owner::Workspace(workspace), id).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}

fn failed(error: StoreError) -> Failure {
    Failure::failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Reach;
    use crate::terminal::Terminal;

    fn context(workspace: Option<&str>) -> Context {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        Context { terminal, reach: Reach { url: None, workspace: workspace.map(str::to_owned) }, names_workspace: false }
    }

    fn args(name: &str, data: &std::path::Path) -> TokenCreateArgs {
        let direct = Direct { data: Some(data.to_owned()) };
        TokenCreateArgs {
            name: name.to_owned(),
            role: RoleName::Admin,
            scopes: None,
            expires: Some(1000),
            direct,
            format: Format { json: false },
        }
    }

    #[tokio::test]
    async fn the_data_folder_is_enough_to_make_list_and_end_tokens() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (name, secret) = create_directly(&context(Some("main")), &args("ci", &data), &data).await.expect("a token");
        assert_eq!(name, "ci");
        assert!(secret.expose_secret().len() > 20);
        let known = list_directly(&context(None), &data).await.expect("a list");
        assert_eq!(known.iter().map(|token| (token.name.as_str(), token.created_by.as_str())).collect::<Vec<_>>(), [("ci", "andon")]);
        let again = create_directly(&context(Some("main")), &args("ci", &data), &data).await.expect_err("the name is taken");
        assert_eq!(again.code(), 1);
        let direct = Direct { data: Some(data.clone()) };
        revoke(&context(None), "ci", &direct).await.expect("it ends");
        assert!(list_directly(&context(None), &data).await.expect("a list").is_empty());
        assert!(
            revoke(&context(None), "ci", &direct).await.expect_err("it has ended").text().expect("a text").contains("andon token list")
        );
    }
}
