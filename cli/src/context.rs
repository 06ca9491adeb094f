//! What every command gets.

use crate::client::{Client, Reach};
use crate::failure::Outcome;
use crate::terminal::Terminal;
use clap::Args;

#[derive(Clone, Debug)]
pub struct Context {
    pub terminal: Terminal,
    pub reach: Reach,
    /// The workspace stands on the command line itself.
    pub names_workspace: bool,
}

impl Context {
    /// A client of the server that the flags, the environment or the last login name.
    pub fn client(&self) -> Outcome<Client> {
        self.reach.client()
    }
}

/// How an answer is shown.
#[derive(Args, Clone, Copy, Debug)]
pub struct Format {
    /// JSON instead of text, with times as ISO 8601
    #[arg(long)]
    pub json: bool,
}

/// How many items of a list are shown.
#[derive(Args, Clone, Copy, Debug)]
pub struct Limit {
    /// How many to show at most
    #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

impl Limit {
    pub const fn get(self) -> usize {
        self.limit as usize
    }
}
