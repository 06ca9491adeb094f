//! The line, from end to end, against the real binary; on SQLite, or on PostgreSQL where `ANDON_TEST_POSTGRES` names a server.

mod commands;
mod crash;
mod demo;
mod horrors;
mod lost_runner;
mod refusals;
mod remote;
mod secrets;
mod servers;
mod starting;
mod torture;
