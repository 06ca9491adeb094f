//! Requests that leave the server for addresses that somebody typed: only to public ones unless a setting says otherwise, without redirects,
//! without a proxy.

mod address;
mod client;

pub use client::{Outgoing, Refusal};
