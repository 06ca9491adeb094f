//! Modules of the workspace, and the library that comes with Andon.

use crate::client::{Client, Payload, typed};
use crate::commands::definition::{read_text, shown_name};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Cell, Table};
use andon_pipelines::document::{self, LARGEST_MODULE_BYTES, ModuleKind, Modules, Param, Reading, Surroundings, read_module};
use andon_server::http::modules::{LibraryModule, ModuleSet, ModuleView, describe_library};
use clap::Subcommand;
use reqwest::Method;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub enum ModuleCommand {
    /// Set a module's next revision; pipelines take it up when they are set again
    Set {
        /// A module file; - reads standard input
        file: PathBuf,
        /// Why, for the list of revisions
        #[arg(long, short, value_name = "TEXT")]
        message: Option<String>,
    },
    /// List the modules of the workspace
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Print a module's text
    Show { name: String },
    /// Take a module away; pipelines that use it stay as they are
    Remove { name: String },
}

#[derive(Subcommand, Debug)]
pub enum LibraryCommand {
    /// List the modules and pipelines that come with Andon
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Print the text of a module or pipeline
    Show { name: String },
}

pub async fn module(context: &Context, command: &ModuleCommand) -> Outcome {
    match command {
        ModuleCommand::Set { file, message } => set(context, file, message.as_deref()).await,
        ModuleCommand::Remove { name } => {
            let client = context.client()?;
            client.delete(client.place(&["modules", name])).await?;
            context.terminal.line(format!("Removed {name}"))
        }
        ModuleCommand::Show { name } => {
            let client = context.client()?;
            let view: ModuleView = typed(client.get(client.place(&["modules", name])).await?)?;
            context.terminal.write(view.text.as_bytes())
        }
        ModuleCommand::List { format } => {
            let client = context.client()?;
            let listing = client.list(client.place(&["modules"]), usize::MAX).await?;
            if format.json {
                return context.terminal.json(&listing.items);
            }
            let mut table = Table::new(&["USES", "REVISION", "FOR", "WITH", "SET", "WHAT"]);
            for view in listing.typed::<ModuleView>()? {
                let meaning = view.meaning.as_ref();
                table.row(vec![
                    Cell::text(&view.uses),
                    Cell::number(view.revision),
                    Cell::option(meaning.map(|meaning| show_kind(meaning.kind))),
                    Cell::text(meaning.map(|meaning| show_params(&meaning.params)).unwrap_or_default()),
                    context.terminal.time(view.created_at),
                    Cell::option(meaning.and_then(|meaning| meaning.description.as_deref())),
                ]);
            }
            context
                .terminal
                .table(&table, "There are no modules. Set one with `andon module set FILE`; `andon library list` shows ready ones")
        }
    }
}

async fn set(context: &Context, file: &Path, message: Option<&str>) -> Outcome {
    let text = read_text(file, LARGEST_MODULE_BYTES)?;
    let client = context.client()?;
    let known = fetch_modules(&client).await?;
    // Checked here first, so that the diagnostics carry the file's own name.
    let reading = read_module(&text, &shown_name(file), &known);
    if !reading.diagnostics.is_empty() {
        context.terminal.note(document::render(&reading.diagnostics).trim_end());
    }
    let Some(module) = reading.module else {
        return Err(Failure::failed(format!("{} cannot be used; nothing was changed", shown_name(file))));
    };
    let mut url = client.place(&["modules", &module.name]);
    if let Some(message) = message {
        url.query_pairs_mut().append_pair("message", message);
    }
    let done: ModuleSet = typed(client.send(Method::PUT, url, Payload::Yaml(text)).await?)?;
    context.terminal.line(match done.changed {
        true => format!("{} is at revision {}; use it as workspace/{}", done.name, done.revision, done.name),
        false => format!("{} was at this text already, revision {}", done.name, done.revision),
    })
}

pub fn library(context: &Context, command: &LibraryCommand) -> Outcome {
    let library = describe_library();
    match command {
        LibraryCommand::Show { name } => {
            let bare = name.strip_prefix("library/").unwrap_or(name);
            let module = library.modules.iter().find(|module| module.name == bare).map(|module| &module.text);
            let pipeline = library.pipelines.iter().find(|pipeline| pipeline.name == bare).map(|pipeline| &pipeline.text);
            match module.or(pipeline) {
                Some(text) => context.terminal.write(text.as_bytes()),
                None => {
                    let modules = library.modules.iter().map(|module| module.name.as_str());
                    let known = modules.chain(library.pipelines.iter().map(|pipeline| pipeline.name.as_str()));
                    let help = document::suggest(bare, known).map(|help| format!("; {help}")).unwrap_or_default();
                    Err(Failure::failed(format!("the library has no {bare}{help}")))
                }
            }
        }
        LibraryCommand::List { format } if format.json => context.terminal.json(&library),
        LibraryCommand::List { .. } => {
            let mut table = Table::new(&["NAME", "FOR", "WITH", "WHAT"]);
            for LibraryModule { uses, meaning, .. } in &library.modules {
                let (kind, with) = (show_kind(meaning.kind), show_params(&meaning.params));
                table.row(vec![Cell::text(uses), Cell::text(kind), Cell::text(with), Cell::option(meaning.description.as_deref())]);
            }
            for pipeline in &library.pipelines {
                let what = Cell::option(pipeline.description.as_deref());
                table.row(vec![Cell::text(&pipeline.name), Cell::text("a pipeline"), Cell::text(""), what]);
            }
            context.terminal.table(&table, "The library is empty")
        }
    }
}

const fn show_kind(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Steps => "a step",
        ModuleKind::Job => "a job",
    }
}

/// `tag, dir?`: those with a default need not be given.
fn show_params(params: &BTreeMap<String, Param>) -> String {
    let shown = |(name, param): (&String, &Param)| if param.default.is_some() { format!("{name}?") } else { name.clone() };
    params.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// The modules in these files, by the names that they give themselves.
pub fn read_modules(files: &[PathBuf]) -> Outcome<Vec<(String, String)>> {
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for file in files {
        texts.push((file.clone(), read_text(file, LARGEST_MODULE_BYTES)?));
    }
    let name_of = |(file, text): (PathBuf, String)| {
        let line = text.lines().find_map(|line| line.strip_prefix("module:"));
        let name = line.map(|name| name.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned());
        let name = name.filter(|name| !name.is_empty());
        name.map(|name| (name, text))
            .ok_or_else(|| Failure::failed(format!("{} names no module: begin with `module: NAME`", shown_name(&file))))
    };
    texts.into_iter().map(name_of).collect()
}

/// What the workspace's pipelines may use.
pub async fn fetch_modules(client: &Client) -> Outcome<Modules> {
    let listing = client.list(client.place(&["modules"]), usize::MAX).await?;
    Ok(Modules::of_workspace(listing.typed::<ModuleView>()?.into_iter().map(|view| (view.name, view.text))))
}

/// Reads a pipeline file with the library and these modules; where that leaves one of the workspace's unknown, asks the server for them.
pub async fn read_with_modules(
    context: &Context,
    (text, file): (&str, &str),
    (own, surroundings): (&[(String, String)], &Surroundings),
) -> Reading {
    let reading = document::read_in(text, file, (&Modules::of_workspace(own.iter().cloned()), surroundings));
    let unknown = |found: &document::Diagnostic| found.code == "unknown-module" && found.message.contains("\"workspace/");
    if !reading.diagnostics.iter().any(unknown) {
        return reading;
    }
    let fetched = match context.client() {
        Ok(client) => fetch_modules(&client).await,
        Err(failure) => Err(failure),
    };
    match fetched {
        Ok(mut modules) => {
            for (name, text) in own {
                modules.insert(name, text.clone());
            }
            document::read_in(text, file, (&modules, surroundings))
        }
        Err(_) => {
            context.terminal.note("The workspace's modules could not be asked for; name their files with --module, or sign in");
            reading
        }
    }
}
