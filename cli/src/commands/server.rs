//! `andon server` and `andon runner`.

use super::login::host_name;
use crate::client::DEFAULT_URL;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use andon_runner::{HttpTransport, RunnerConfig};
use andon_server::config::{FIELDS, Field, Kind, Loaded, Settings, load};
use andon_server::serve::Ready;
use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The flags of `andon server`: one for each field of the settings, and a few of its own.
#[derive(Clone, Debug)]
pub struct ServerArgs {
    /// By the field's name.
    flags: BTreeMap<String, String>,
    own: ServerOwnArgs,
}

#[derive(Args, Clone, Debug)]
pub struct ServerOwnArgs {
    /// The file with settings [default: andon.toml in the working directory, if it is there]
    #[arg(long, value_name = "FILE", env = "ANDON_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// Show every setting and where it came from, and stop
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// What is logged, as in info,andon_server=debug
    #[arg(long = "log", value_name = "FILTER", env = "ANDON_LOG", hide_env_values = true, default_value = "info")]
    filter: String,
    /// How log lines look
    #[arg(long, value_enum, env = "ANDON_LOG_FORMAT", hide_env_values = true, default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args, Clone, Debug)]
pub struct RunnerArgs {
    /// The server to work for [default: as for every command]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Unique among the server's runners [default: this machine's name]
    #[arg(long)]
    name: Option<String>,
    /// What it offers
    #[arg(long, value_delimiter = ',', default_value = "linux", value_name = "A,B")]
    labels: Vec<String>,
    /// How many executions it takes at once
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    slots: u32,
    /// What separates an execution from the machine
    #[arg(long, default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "bubblewrap", "none"]))]
    isolation: String,
    /// What carries executions out
    #[arg(long, default_value = "host", value_parser = PossibleValuesParser::new(["host"]))]
    executor: String,
    /// Its own folder, for workspaces and for reports while the server is away [default: andon-runner in the user's folder for data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    log: LogArgs,
}

impl Args for ServerArgs {
    fn augment_args(command: Command) -> Command {
        let command = ServerOwnArgs::augment_args(command).next_help_heading("Settings");
        let command = FIELDS.iter().fold(command, |command, field| command.arg(flag(field)));
        let off = FIELDS.iter().filter_map(|field| Some((field, field.off_flag?)));
        off.fold(command, |command, (field, off)| {
            let help = format!("The same as --{}=false", field.name);
            command.arg(Arg::new(off).long(off).action(ArgAction::SetTrue).conflicts_with(field.name).help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(field: &'static Field) -> Arg {
    let defaults = Settings::with_data(PathBuf::from("DATA"));
    let default = match field.name {
        "data" => "andon in the user's folder for data".to_owned(),
        _ => (field.show)(&defaults),
    };
    let default = if default.is_empty() { String::new() } else { format!("default: {default}, ") };
    let arg = Arg::new(field.name).long(field.name).value_name(field.kind.placeholder()).help(format!(
        "{} [{default}env: {}]",
        field.doc,
        field.variable()
    ));
    match field.kind {
        // `--demo` is enough; `--demo=false` also works.
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => arg,
    }
}

impl FromArgMatches for ServerArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = BTreeMap::new();
        for field in FIELDS {
            if let Some(value) = matches.get_one::<String>(field.name) {
                flags.insert(field.name.to_owned(), value.clone());
            }
            if field.off_flag.is_some_and(|off| matches.get_flag(off)) {
                flags.insert(field.name.to_owned(), "false".to_owned());
            }
        }
        Ok(Self { flags, own: ServerOwnArgs::from_arg_matches(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings of a server on this machine.
pub fn load_settings(flags: &BTreeMap<String, String>, file: Option<&Path>) -> Outcome<Loaded> {
    let usual = Path::new("andon.toml");
    let file = file.or_else(|| usual.exists().then_some(usual));
    load(flags, &|variable| std::env::var(variable).ok(), file).map_err(|error| Failure::usage(error.to_string()))
}

pub async fn server(context: &Context, args: &ServerArgs) -> Outcome {
    let loaded = load_settings(&args.flags, args.own.config.as_deref())?;
    if args.own.print_config {
        return context.terminal.write(loaded.describe().as_bytes());
    }
    begin_log(&args.own.log)?;
    let (shutdown, stop_now) = on_signals()?;
    let terminal = context.terminal;
    let ready = async move |ready: Ready| {
        let mut text = format!("listening on http://{}\n", ready.address);
        if let Some(link) = &ready.sign_in {
            text.push_str(&format!("sign in: {link}\n"));
        }
        if let Some(demo) = &ready.demo {
            text.push_str(&format!("\nTry the demonstration, in a shell:\n  export ANDON_URL={} ANDON_TOKEN={}\n", ready.url, demo.token));
            text.extend(demo.commands.iter().map(|line| format!("  {line}\n")));
        }
        terminal.write(text.as_bytes()).or_else(forgive_closed)
    };
    andon_server::serve::run(loaded.settings, (shutdown, stop_now), ready).await.map_err(Failure::from)
}

/// A server goes on where nobody reads what it prints.
fn forgive_closed(failure: Failure) -> anyhow::Result<()> {
    match failure {
        Failure::Closed => Ok(()),
        other => Err(anyhow::anyhow!("{}", other.text().unwrap_or("the address cannot be printed"))),
    }
}

pub async fn runner(context: &Context, args: &RunnerArgs) -> Outcome {
    begin_log(&args.log)?;
    let token = std::env::var("ANDON_RUNNER_TOKEN").ok().filter(|token| !token.is_empty()).ok_or_else(|| {
        Failure::usage("a runner needs a token in ANDON_RUNNER_TOKEN; `andon token create NAME --role operator --scopes run` makes one")
    })?;
    let server = args.server.clone().or_else(|| context.reach.url.clone()).unwrap_or_else(|| DEFAULT_URL.to_owned());
    let transport = HttpTransport::new(crate::client::parse_url(&server)?.as_str(), SecretString::from(token))?;
    let (shutdown, stop_now) = on_signals()?;
    let name = args.name.clone().unwrap_or_else(host_name);
    let data = match &args.data {
        Some(data) => data.clone(),
        None => default_runner_data()?,
    };
    let mut config = RunnerConfig::new(name, std::path::absolute(data).context("the runner's folder")?);
    config.labels.clone_from(&args.labels);
    config.slots = args.slots;
    config.isolation = args.isolation.parse().map_err(Failure::Usage)?;
    config.stop_now = stop_now;
    tracing::info!(%server, name = config.name, slots = config.slots, executor = args.executor, "the runner starts");
    andon_runner::run(config, transport, shutdown).await.map_err(Failure::from)
}

fn default_runner_data() -> Outcome<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("andon-runner"))
        .ok_or_else(|| Failure::usage("there is no place for the runner's folder; name one with --data"))
}

fn begin_log(args: &LogArgs) -> Outcome {
    let filter = tracing_subscriber::EnvFilter::try_new(&args.filter)
        .map_err(|error| Failure::usage(format!("the filter of the log {:?} is not understood: {error}", args.filter)))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match args.log_format {
        LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()) && no_colour_unset()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    begun.map_err(|error| Failure::failed(format!("the log cannot begin: {error}")))
}

fn no_colour_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The first TERM or INT cancels the first token, the second the other one. Listening begins before this returns, so that no signal is lost.
fn on_signals() -> Outcome<(CancellationToken, CancellationToken)> {
    let cannot = |error: std::io::Error| Failure::failed(format!("signals cannot be received: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let tokens = (CancellationToken::new(), CancellationToken::new());
    let (shutdown, stop_now) = tokens.clone();
    tokio::spawn(async move {
        for (token, text) in
            [(shutdown, "stopping when what runs has ended; a second signal stops at once"), (stop_now, "stopping at once")]
        {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            let _ = writeln!(std::io::stderr().lock(), "andon: {text}");
            token.cancel();
        }
    });
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(args: &[&str]) -> BTreeMap<String, String> {
        let command = ServerArgs::augment_args(Command::new("server"));
        let matches = command.try_get_matches_from([&["server"], args].concat()).expect("good flags");
        ServerArgs::from_arg_matches(&matches).expect("arguments").flags
    }

    #[test]
    fn every_field_has_a_flag() {
        for field in FIELDS {
            let value = if field.kind == Kind::Switch { "true" } else { "x" };
            assert_eq!(flags(&[&format!("--{}={value}", field.name)]), BTreeMap::from([(field.name.to_owned(), value.to_owned())]));
        }
        assert!(flags(&[]).is_empty());
    }

    #[test]
    fn switches_need_no_value() {
        let on = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(flags(&["--demo"]), on("demo", "true"));
        assert_eq!(flags(&["--no-runner"]), on("runner", "false"));
        assert_eq!(flags(&["--runner=false"]), on("runner", "false"));
    }
}
