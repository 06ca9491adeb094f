//! A blob on its way in: written to a temporary file while it is hashed and counted.

use super::{Blob, BlobError};
use sha2::{Digest, Sha256};
use std::{io, path::Path};
use tempfile::NamedTempFile;
use tokio::{fs::File, io::AsyncWriteExt};

/// What is asked of the bytes that come in.
#[derive(Clone, Copy, Debug)]
pub struct Intake<'a> {
    /// The most bytes taken.
    pub limit: u64,
    /// The digest that the bytes must have; `None` takes any.
    pub expected: Option<&'a str>,
}

impl Intake<'_> {
    /// Any bytes up to a limit.
    #[must_use]
    pub const fn up_to(limit: u64) -> Self {
        Self { limit, expected: None }
    }
}

/// The temporary file vanishes when this is dropped before it found its place.
pub(super) struct Draft {
    file: File,
    path: NamedTempFile,
    hash: Sha256,
    size: u64,
    limit: u64,
}

impl Draft {
    pub(super) async fn create(folder: &Path, limit: u64) -> Result<Self, BlobError> {
        let folder = folder.to_owned();
        let made = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder)?;
            tempfile::Builder::new().prefix("blob-").tempfile_in(folder)
        });
        let path = made.await.map_err(io::Error::other)??;
        let file = File::from_std(path.reopen()?);
        Ok(Self { file, path, hash: Sha256::new(), size: 0, limit })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await?;
        Ok(())
    }

    /// Flushes to the disk, compares with the expected digest, and hands over the finished file.
    pub(super) async fn finish(mut self, expected: Option<&str>) -> Result<(Blob, NamedTempFile), BlobError> {
        let digest = hex::encode(self.hash.finalize());
        if let Some(expected) = expected.filter(|expected| *expected != digest) {
            return Err(BlobError::OtherContent { expected: expected.to_owned(), found: digest });
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok((Blob { digest, size: self.size }, self.path))
    }
}
