//! Real git clients against a real server on a loopback port.

mod fetch;
mod poll;
mod push;
mod read;
mod world;
