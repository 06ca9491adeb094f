//! The names of blobs.

use super::BlobError;
use object_store::path::Path;

/// Whether the text is a SHA-256 in 64 lower-case hexadecimal digits. Nothing else ever becomes part of a path.
///
/// # Errors
/// [`BlobError::BadDigest`].
pub fn check_digest(digest: &str) -> Result<(), BlobError> {
    let good = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if good { Ok(()) } else { Err(BlobError::BadDigest(digest.chars().take(80).collect())) }
}

/// Where a blob lies: `ab/cdef…`, so that no folder grows without bound.
pub(super) fn locate(digest: &str) -> Result<Path, BlobError> {
    check_digest(digest)?;
    Ok(Path::from_iter([&digest[..2], &digest[2..]]))
}
