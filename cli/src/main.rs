//! The `andon` command.

mod arguments;
mod client;
mod commands;
mod context;
mod failure;
mod help;
mod names;
mod terminal;

use arguments::Cli;
use clap::FromArgMatches;
use clap::parser::ValueSource;
use failure::{Failure, Outcome};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match begin() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text() {
                // There is nobody left to tell where standard error is gone.
                let _ = writeln!(std::io::stderr().lock(), "andon: {text}");
            }
            failure.exit_code()
        }
    }
}

fn begin() -> Outcome {
    // Every TLS connection of this process uses this one provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Prints help, versions and errors of use itself, and exits with 0 or 2.
    let matches = help::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).map_err(|error| Failure::usage(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("the process cannot begin its work: {error}")))?;
    // To hold a whole workspace it has to be typed; that the environment names one is not enough.
    let source = matches.subcommand().and_then(|(_, inner)| inner.value_source("workspace"));
    runtime.block_on(arguments::execute(cli, source == Some(ValueSource::CommandLine)))
}
