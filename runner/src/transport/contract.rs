//! What a runner asks of a server.

use super::TransportError;
use andon_pipelines::{
    ids::ExecutionId,
    wire::{Blob, Claim, Claimed, Registered, Registration, ReportAnswer, ReportBatch},
};
use std::{future::Future, path::Path, pin::Pin};
use tokio::io::AsyncRead;

/// A blob's bytes as they arrive. The runner checks their digest.
pub type BlobReader = Pin<Box<dyn AsyncRead + Send>>;

/// The five things a runner asks of a server. Every method may be repeated after a failure.
pub trait Transport: Send + Sync + 'static {
    /// Makes the runner known, or known again.
    fn register(&self, registration: &Registration) -> impl Future<Output = Result<Registered, TransportError>> + Send;

    /// Takes work; answers with none after `claim.wait_ms`. The runner may drop the future when it leaves.
    fn claim(&self, claim: &Claim) -> impl Future<Output = Result<Claimed, TransportError>> + Send;

    /// Hands over what happened; at most about 1 MiB a batch.
    fn report(&self, batch: &ReportBatch) -> impl Future<Output = Result<ReportAnswer, TransportError>> + Send;

    /// A blob that an input of the execution names.
    fn fetch_blob(&self, execution: ExecutionId, digest: &str) -> impl Future<Output = Result<BlobReader, TransportError>> + Send;

    /// Stores the file at `path`, whose digest and size are `blob`. The server verifies the digest; storing the same blob
    /// again changes nothing.
    fn store_blob(&self, execution: ExecutionId, blob: &Blob, path: &Path) -> impl Future<Output = Result<(), TransportError>> + Send;
}
