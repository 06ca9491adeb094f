//! The two requests that an execution makes, without the transport's type.

use super::{BlobReader, Transport, TransportError};
use andon_pipelines::{ids::ExecutionId, wire::Blob};
use futures::future::BoxFuture;
use std::{path::Path, sync::Arc};

/// Object-safe: an execution need not know how its server is reached.
pub(crate) trait BlobStore: Send + Sync + 'static {
    fn fetch<'a>(&'a self, execution: ExecutionId, digest: &'a str) -> BoxFuture<'a, Result<BlobReader, TransportError>>;
    fn store<'a>(&'a self, execution: ExecutionId, blob: &'a Blob, path: &'a Path) -> BoxFuture<'a, Result<(), TransportError>>;
}

/// Any transport as a blob store.
pub(crate) struct Blobs<T>(pub Arc<T>);

impl<T: Transport> BlobStore for Blobs<T> {
    fn fetch<'a>(&'a self, execution: ExecutionId, digest: &'a str) -> BoxFuture<'a, Result<BlobReader, TransportError>> {
        Box::pin(self.0.fetch_blob(execution, digest))
    }

    fn store<'a>(&'a self, execution: ExecutionId, blob: &'a Blob, path: &'a Path) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(self.0.store_blob(execution, blob, path))
    }
}
