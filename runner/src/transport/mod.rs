//! How a runner reaches its server.

mod blobs;
mod contract;
mod error;
mod http;

pub(crate) use blobs::{BlobStore, Blobs};
pub use contract::{BlobReader, Transport};
pub use error::TransportError;
pub use http::HttpTransport;
