//! The runner against a server in the test's own process, which can go away, forget, and repeat itself.

mod harness;
mod http;
mod inputs;
mod isolation;
mod library;
mod limits;
mod masking;
mod neighbours;
mod network;
mod results;
mod steps;
