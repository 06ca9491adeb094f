//! The runner inside the server's process: the runner protocol without a network.

use crate::app::App;
use crate::blobs::Intake;
use crate::engine::{self, Assigner};
use crate::store::StoreError;
use andon_pipelines::ids::ExecutionId;
use andon_pipelines::wire::{Blob, Claim, Claimed, Registered, Registration, ReportAnswer, ReportBatch};
use andon_runner::{BlobReader, Transport, TransportError};
use futures::TryStreamExt;
use std::path::Path;
use tokio_util::io::StreamReader;

/// The server, as its own runner sees it.
#[derive(Clone, Debug)]
pub struct EmbeddedTransport(pub App);

fn failed(error: StoreError) -> TransportError {
    match error {
        StoreError::NotFound { .. } => TransportError::UnknownRunner(error.to_string()),
        // A fault of the store may pass; the runner keeps what it has until it does.
        other => TransportError::Unreachable(other.to_string()),
    }
}

impl Transport for EmbeddedTransport {
    async fn register(&self, registration: &Registration) -> Result<Registered, TransportError> {
        engine::register(&self.0, registration, None).await.map_err(failed)
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, TransportError> {
        engine::claim(&self.0, &Assigner::Embedded, claim).await.map_err(failed)
    }

    async fn report(&self, batch: &ReportBatch) -> Result<ReportAnswer, TransportError> {
        engine::take_reports(&self.0, &Assigner::Embedded, batch).await.map_err(failed)
    }

    async fn fetch_blob(&self, _: ExecutionId, digest: &str) -> Result<BlobReader, TransportError> {
        let content = self.0.blobs.get(digest).await.map_err(|error| TransportError::Unreachable(error.to_string()))?;
        let content = content.ok_or_else(|| TransportError::Invalid(format!("the blob {digest} does not exist")))?;
        Ok(Box::pin(StreamReader::new(content.stream.map_err(std::io::Error::other))))
    }

    async fn store_blob(&self, _: ExecutionId, blob: &Blob, path: &Path) -> Result<(), TransportError> {
        let limit = u64::try_from(self.0.settings.output_limit_bytes).unwrap_or(u64::MAX);
        let intake = Intake { limit, expected: Some(&blob.digest) };
        self.0.blobs.put_file(path, intake).await.map(drop).map_err(|error| TransportError::Invalid(error.to_string()))
    }
}
