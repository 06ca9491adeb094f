//! Accounts, members and groups.

use crate::client::{Client, Payload, typed};
use crate::context::{Context, Format};
use crate::failure::Outcome;
use crate::terminal::{Cell, Table};
use andon_server::http::groups::GroupView;
use andon_server::http::members::MemberView;
use andon_server::http::users::UserView;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// A role in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    Viewer,
    Operator,
    Editor,
    Admin,
}

impl RoleName {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Make an account; prints the link with which its owner sets a password
    Create(UserCreateArgs),
    /// List the accounts of the installation
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Make a link for a new password
    Link { name: String },
    /// Close an account
    Disable { name: String },
    /// Open a closed account
    Enable { name: String },
}

#[derive(Args, Debug)]
pub struct UserCreateArgs {
    name: String,
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The account's role in the workspace
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// Admin of every workspace
    #[arg(long)]
    administrator: bool,
}

#[derive(Subcommand, Debug)]
pub enum MemberCommand {
    /// Give somebody who has an account a role in the workspace
    Set { name: String, role: RoleName },
    /// List the members of the workspace
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Take somebody out of the workspace
    Remove { name: String },
}

#[derive(Subcommand, Debug)]
pub enum GroupCommand {
    /// Make a group, or replace its members
    Set {
        name: String,
        /// Who is in it; nobody else is
        #[arg(value_name = "USER")]
        members: Vec<String>,
    },
    /// List the groups
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Delete a group
    Delete { name: String },
}

pub async fn user(context: &Context, command: &UserCommand) -> Outcome {
    let client = context.client()?;
    match command {
        UserCommand::Create(args) => create(context, &client, args).await,
        UserCommand::List { format } => list(context, &client, *format).await,
        UserCommand::Link { name } => change(context, &client, name, json!({ "new_link": true })).await,
        UserCommand::Disable { name } => change(context, &client, name, json!({ "disabled": true })).await,
        UserCommand::Enable { name } => change(context, &client, name, json!({ "disabled": false })).await,
    }
}

async fn create(context: &Context, client: &Client, args: &UserCreateArgs) -> Outcome {
    let body = json!({ "name": args.name, "email": args.email, "administrator": args.administrator });
    let user: UserView = typed(client.post(client.api(&["users"]), body).await?)?;
    context.terminal.line(format!("Created {}", user.name))?;
    // The link first: it is shown this once, whatever comes of the role.
    show_link(context, &user)?;
    match args.role {
        Some(role) => set_member(context, client, &args.name, role).await,
        None => Ok(()),
    }
}

fn show_link(context: &Context, user: &UserView) -> Outcome {
    match &user.link {
        Some(link) => {
            context.terminal.line(format!("The link to set a password, good once and for a day: {}", link.to_secret().expose_secret()))
        }
        None => Ok(()),
    }
}

async fn list(context: &Context, client: &Client, format: Format) -> Outcome {
    let listing = client.list(client.api(&["users"]), usize::MAX).await?;
    if format.json {
        return context.terminal.json(&listing.items);
    }
    let mut table = Table::new(&["USER", "E-MAIL", "ADMINISTRATOR", "STATE", "SINCE"]);
    for user in listing.typed::<UserView>()? {
        table.row(vec![
            Cell::text(&user.name),
            Cell::option(user.email.as_deref()),
            Cell::text(if user.administrator { "yes" } else { "" }),
            Cell::text(if user.disabled { "disabled" } else { "active" }),
            context.terminal.time(user.created_at),
        ]);
    }
    context.terminal.table(&table, "There are no accounts. The server's one-time link makes the first")
}

async fn change(context: &Context, client: &Client, name: &str, body: Value) -> Outcome {
    let user: UserView = typed(client.send(Method::PATCH, client.api(&["users", name]), Payload::Json(body)).await?)?;
    context.terminal.line(format!("{} is {}", user.name, if user.disabled { "disabled" } else { "active" }))?;
    show_link(context, &user)
}

pub async fn member(context: &Context, command: &MemberCommand) -> Outcome {
    let client = context.client()?;
    match command {
        MemberCommand::Set { name, role } => set_member(context, &client, name, *role).await,
        MemberCommand::Remove { name } => {
            client.delete(client.place(&["members", name])).await?;
            context.terminal.line(format!("{name} is no member of {} any more", client.workspace))
        }
        MemberCommand::List { format } => {
            let listing = client.list(client.place(&["members"]), usize::MAX).await?;
            if format.json {
                return context.terminal.json(&listing.items);
            }
            let mut table = Table::new(&["MEMBER", "ROLE", "GROUPS"]);
            for member in listing.typed::<MemberView>()? {
                let groups: Vec<&str> = member.groups.iter().map(String::as_str).collect();
                let role = andon_server::accounts::role_name(member.role);
                table.row(vec![Cell::text(&member.name), Cell::text(role), Cell::text(groups.join(", "))]);
            }
            context.terminal.table(&table, "The workspace has no members. Add one with `andon member set NAME ROLE`")
        }
    }
}

async fn set_member(context: &Context, client: &Client, name: &str, role: RoleName) -> Outcome {
    client.put(client.place(&["members", name]), json!({ "role": role.name() })).await?;
    context.terminal.line(format!("{name} is {} in {}", role.name(), client.workspace))
}

pub async fn group(context: &Context, command: &GroupCommand) -> Outcome {
    let client = context.client()?;
    match command {
        GroupCommand::Set { name, members } => {
            client.put(client.place(&["groups", name]), json!({ "members": members })).await?;
            context.terminal.line(match members.as_slice() {
                [] => format!("Nobody is in {name}"),
                members => format!("In {name}: {}", members.join(", ")),
            })
        }
        GroupCommand::Delete { name } => {
            client.delete(client.place(&["groups", name])).await?;
            context.terminal.line(format!("Deleted {name}"))
        }
        GroupCommand::List { format } => {
            let listing = client.list(client.place(&["groups"]), usize::MAX).await?;
            if format.json {
                return context.terminal.json(&listing.items);
            }
            let mut table = Table::new(&["GROUP", "MEMBERS"]);
            for group in listing.typed::<GroupView>()? {
                let members: Vec<String> = group.members.into_iter().collect();
                table.row(vec![Cell::text(&group.name), Cell::whole(members.join(", "))]);
            }
            context.terminal.table(&table, "There are no groups. Make one with `andon group set NAME USER…`")
        }
    }
}
