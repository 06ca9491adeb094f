//! Blobs: bytes under the name of their own SHA-256. What is stored once is never written again, never changed, and can be
//! checked by whoever reads it. A folder by default; any other object store by the same calls.

mod digest;
mod intake;
mod storage;

pub use digest::check_digest;
pub use intake::Intake;
pub use storage::{Blob, BlobContent, BlobError, Blobs};
