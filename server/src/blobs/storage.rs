//! Putting, getting and deleting blobs.

use super::digest::{check_digest, locate};
use super::intake::{Draft, Intake};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload, buffered::BufWriter, local::LocalFileSystem, path::Path as ObjectPath,
};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};
use tempfile::NamedTempFile;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

const READ_CHUNK_BYTES: usize = 128 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("{0:?} is not the digest of a blob; it must be 64 lower-case hexadecimal digits")]
    BadDigest(String),
    #[error("the content is larger than the limit of {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the content is not what was announced: expected the digest {expected}, found {found}")]
    OtherContent { expected: String, found: String },
    #[error("the blob store failed: {0}")]
    Store(#[from] object_store::Error),
    #[error("the blob store failed: {0}")]
    Io(#[from] io::Error),
}

/// What is stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Blob {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// A blob, or a part of it, to be read.
pub struct BlobContent {
    /// Bytes of the whole blob.
    pub size: u64,
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

impl std::fmt::Debug for BlobContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobContent").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The store of blobs. Clones share it.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The folder, where the store is one on this machine.
    folder: Option<PathBuf>,
    /// For blobs on their way in; on the same file system as the folder, so that a rename puts them in place.
    incoming: PathBuf,
}

impl Blobs {
    /// Blobs in a folder, which is created where there is none. A blob is on the disk before a put returns.
    ///
    /// # Errors
    /// [`BlobError::Io`] and [`BlobError::Store`] where the folder cannot be used.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        let incoming = folder.join("incoming");
        fs::create_dir_all(&incoming)?;
        let folder = folder.canonicalize()?;
        let store = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), incoming: folder.join("incoming"), folder: Some(folder) })
    }

    /// Blobs in any other store; `incoming` is a local folder for uploads whose digest is not known yet.
    #[must_use]
    pub fn in_store(store: Arc<dyn ObjectStore>, incoming: PathBuf) -> Self {
        Self { store, folder: None, incoming }
    }

    /// Stores bytes that are in memory.
    ///
    /// # Errors
    /// [`BlobError::Store`].
    pub async fn put_bytes(&self, bytes: impl Into<Bytes>) -> Result<Blob, BlobError> {
        let bytes = bytes.into();
        let blob = Blob { digest: hex::encode(Sha256::digest(&bytes)), size: bytes.len() as u64 };
        let place = locate(&blob.digest)?;
        if !self.is_there(&place).await? {
            self.store.put(&place, PutPayload::from_bytes(bytes)).await?;
        }
        Ok(blob)
    }

    /// Stores a stream. Nothing is kept when the stream fails, is too long, or is not what was expected.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], [`BlobError::OtherContent`], the stream's own error as [`BlobError::Io`], and
    /// [`BlobError::Store`].
    pub async fn put_stream<S>(&self, stream: S, intake: Intake<'_>) -> Result<Blob, BlobError>
    where
        S: futures::Stream<Item = io::Result<Bytes>>,
    {
        intake.expected.map_or(Ok(()), check_digest)?;
        let mut draft = Draft::create(&self.incoming, intake.limit).await?;
        let mut stream = pin!(stream);
        while let Some(bytes) = stream.try_next().await? {
            draft.write(&bytes).await?;
        }
        let (blob, file) = draft.finish(intake.expected).await?;
        self.settle(&blob, file).await?;
        Ok(blob)
    }

    /// Stores a copy of a file.
    ///
    /// # Errors
    /// As [`Self::put_stream`].
    pub async fn put_file(&self, path: &Path, intake: Intake<'_>) -> Result<Blob, BlobError> {
        self.put_reader(tokio::fs::File::open(path).await?, intake).await
    }

    /// Stores what a reader gives.
    ///
    /// # Errors
    /// As [`Self::put_stream`].
    pub async fn put_reader(&self, reader: impl AsyncRead, intake: Intake<'_>) -> Result<Blob, BlobError> {
        self.put_stream(tokio_util::io::ReaderStream::with_capacity(reader, READ_CHUNK_BYTES), intake).await
    }

    /// Moves a finished draft to its place: by a rename in a folder, by an upload elsewhere.
    async fn settle(&self, blob: &Blob, file: NamedTempFile) -> Result<(), BlobError> {
        let place = locate(&blob.digest)?;
        if self.is_there(&place).await? {
            return Ok(());
        }
        let Some(target) = self.local_path(&blob.digest)? else { return self.upload(&place, file.path()).await };
        let moved = tokio::task::spawn_blocking(move || -> io::Result<()> {
            let shard = target.parent().ok_or_else(|| io::Error::other("a blob always lies in a folder"))?;
            fs::create_dir_all(shard)?;
            file.persist(&target)?;
            fs::File::open(shard)?.sync_all()
        });
        moved.await.map_err(io::Error::other)??;
        Ok(())
    }

    async fn upload(&self, place: &ObjectPath, path: &Path) -> Result<(), BlobError> {
        let mut file = tokio::fs::File::open(path).await?;
        let mut writer = BufWriter::new(Arc::clone(&self.store), place.clone());
        match tokio::io::copy(&mut file, &mut writer).await {
            Ok(_) => Ok(writer.shutdown().await?),
            Err(error) => {
                writer.abort().await?;
                Err(error.into())
            }
        }
    }

    async fn is_there(&self, place: &ObjectPath) -> Result<bool, BlobError> {
        match self.store.head(place).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the blob is stored.
    ///
    /// # Errors
    /// [`BlobError::BadDigest`] and [`BlobError::Store`].
    pub async fn exists(&self, digest: &str) -> Result<bool, BlobError> {
        self.is_there(&locate(digest)?).await
    }

    /// A blob to read; `None` where it is not stored.
    ///
    /// # Errors
    /// [`BlobError::BadDigest`] and [`BlobError::Store`].
    pub async fn get(&self, digest: &str) -> Result<Option<BlobContent>, BlobError> {
        self.get_with(digest, GetOptions::default()).await
    }

    /// A part of a blob; it ends with the blob where the range reaches beyond.
    ///
    /// # Errors
    /// [`BlobError::BadDigest`] and [`BlobError::Store`]; an empty range, or one that begins beyond the end, is of the latter.
    pub async fn get_range(&self, digest: &str, bytes: Range<u64>) -> Result<Option<BlobContent>, BlobError> {
        self.get_with(digest, GetOptions { range: Some(GetRange::Bounded(bytes)), ..GetOptions::default() }).await
    }

    async fn get_with(&self, digest: &str, options: GetOptions) -> Result<Option<BlobContent>, BlobError> {
        match self.store.get_opts(&locate(digest)?, options).await {
            Ok(found) => {
                let size = found.meta.size;
                Ok(Some(BlobContent { size, stream: found.into_stream().map_err(io::Error::from).boxed() }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The whole blob in memory; `None` where it is not stored.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] before anything is read, [`BlobError::BadDigest`] and [`BlobError::Store`].
    pub async fn get_bytes(&self, digest: &str, limit: u64) -> Result<Option<Bytes>, BlobError> {
        let Some(content) = self.get(digest).await? else { return Ok(None) };
        if content.size > limit {
            return Err(BlobError::TooLarge { limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(content.size).unwrap_or_default());
        let reader = tokio_util::io::StreamReader::new(content.stream);
        pin!(reader.take(limit)).read_to_end(&mut bytes).await?;
        Ok(Some(bytes.into()))
    }

    /// Deletes a blob; it is no error where there is none.
    ///
    /// # Errors
    /// [`BlobError::BadDigest`] and [`BlobError::Store`].
    pub async fn delete(&self, digest: &str) -> Result<(), BlobError> {
        match self.store.delete(&locate(digest)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the blob lies, or would lie, on this machine; `None` for stores elsewhere.
    ///
    /// # Errors
    /// [`BlobError::BadDigest`].
    pub fn local_path(&self, digest: &str) -> Result<Option<PathBuf>, BlobError> {
        check_digest(digest)?;
        Ok(self.folder.as_ref().map(|folder| folder.join(&digest[..2]).join(&digest[2..])))
    }

    /// Removes what uploads left behind that were cut off by a kill, where it was last written before `before_ms`
    /// (milliseconds since 1970 UTC). Returns how many files went.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    pub async fn remove_stale_uploads(&self, before_ms: i64) -> Result<usize, BlobError> {
        let incoming = self.incoming.clone();
        let before = std::time::UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(before_ms).unwrap_or_default());
        let removed = tokio::task::spawn_blocking(move || -> io::Result<usize> {
            let mut removed = 0;
            for entry in fs::read_dir(incoming)? {
                let entry = entry?;
                let ours = entry.file_name().to_string_lossy().starts_with("blob-");
                if ours && entry.metadata()?.modified()? < before {
                    fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
            Ok(removed)
        });
        Ok(removed.await.map_err(io::Error::other)??)
    }
}

#[cfg(test)]
mod tests;
