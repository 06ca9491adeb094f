//! The commands, by what they are about.

pub mod audit;
pub mod channels;
pub mod control;
pub mod definition;
pub mod environments;
pub mod explanation;
mod gate;
pub mod login;
pub mod logs;
pub mod modules;
pub mod notifications;
pub mod people;
pub mod resources;
pub mod runs;
pub mod secrets;
pub mod server;
pub mod start;
pub mod tasks;
pub mod tokens;
pub mod trace;
pub mod users;
pub mod watch;
