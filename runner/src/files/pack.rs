//! Folders and files as blobs: the same files give the same bytes.

use super::beneath::open_beneath;
use andon_pipelines::wire::Blob;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Fast, and nearly as small as higher levels for what builds make.
const LEVEL: i32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("it is larger than {limit} bytes when packed")]
    TooLarge { limit: u64 },
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Packs what lies in `folder`, except the entries of its top named in `skip`, to the file `to`, of at most `limit` bytes:
/// a tar archive in order of name, without times and owners, compressed with zstd. `None` if there are no files. What is
/// neither file, folder nor link is left out.
///
/// # Errors
/// If it grows too large or a file cannot be read.
pub fn pack_folder(folder: &Path, skip: &[&str], to: &Path, limit: u64) -> Result<Option<Blob>, PackError> {
    let entries = list_entries(folder, skip)?;
    if entries.iter().all(|(_, kind)| *kind == EntryKind::Folder) {
        return Ok(None);
    }
    let writer = zstd::Encoder::new(BlobWriter::create(to, limit)?, LEVEL)?;
    let mut archive = tar::Builder::new(writer);
    for (path, kind) in entries {
        append(&mut archive, folder, &path, kind).map_err(|error| explain(error, limit, &path))?;
    }
    let finish = || archive.into_inner()?.finish()?.finish();
    finish().map(Some).map_err(|error| explain(error, limit, folder))
}

/// Compresses one file to the file `to`. Also tells its size as it was.
pub fn compress_file(root: &Path, path: &Path, to: &Path, limit: u64) -> Result<(Blob, u64), PackError> {
    let compress = || {
        let mut file = open_beneath(root, path)?;
        let mut writer = zstd::Encoder::new(BlobWriter::create(to, limit)?, LEVEL)?;
        let size = io::copy(&mut file, &mut writer)?;
        Ok((writer.finish()?.finish()?, size))
    };
    compress().map_err(|error| explain(error, limit, path))
}

fn explain(error: io::Error, limit: u64, path: &Path) -> PackError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => PackError::TooLarge { limit },
        _ => PackError::File { path: path.to_owned(), error },
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    Folder,
    File,
    Link,
}

fn list_entries(folder: &Path, skip: &[&str]) -> io::Result<Vec<(PathBuf, EntryKind)>> {
    let mut entries = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let list = match fs::read_dir(folder.join(&below)) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in list {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if below.as_os_str().is_empty() && skip.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(path.clone());
                entries.push((path, EntryKind::Folder));
            } else if kind.is_file() {
                entries.push((path, EntryKind::File));
            } else if kind.is_symlink() {
                entries.push((path, EntryKind::Link));
            }
        }
    }
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(entries)
}

fn append<W: Write>(archive: &mut tar::Builder<W>, folder: &Path, path: &Path, kind: EntryKind) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header.set_mode(0o755);
    match kind {
        EntryKind::Folder => {
            header.set_entry_type(tar::EntryType::Directory);
            archive.append_data(&mut header, path, io::empty())
        }
        EntryKind::Link => {
            header.set_entry_type(tar::EntryType::Symlink);
            archive.append_link(&mut header, path, fs::read_link(folder.join(path))?)
        }
        EntryKind::File => {
            let file = open_beneath(folder, path)?;
            let data = file.metadata()?;
            if data.permissions().mode() & 0o100 == 0 {
                header.set_mode(0o644);
            }
            header.set_size(data.len());
            let mut exact = Exact { file, left: data.len() };
            archive.append_data(&mut header, path, &mut exact)
        }
    }
}

/// A file that must be as long as its header says, even if somebody writes to it meanwhile.
struct Exact {
    file: File,
    left: u64,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let length = self.file.read(&mut buffer[..room])?;
        if length == 0 && room > 0 {
            return Err(io::Error::other("the file became shorter while it was packed"));
        }
        self.left -= length as u64;
        Ok(length)
    }
}

/// Counts, digests and bounds what is written.
struct BlobWriter {
    file: BufWriter<File>,
    digest: Sha256,
    size: u64,
    limit: u64,
}

impl BlobWriter {
    fn create(path: &Path, limit: u64) -> io::Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(128 * 1024, File::create(path)?), digest: Sha256::new(), size: 0, limit })
    }

    fn finish(mut self) -> io::Result<Blob> {
        self.file.flush()?;
        Ok(Blob { digest: hex::encode(self.digest.finalize()), size: self.size })
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size + bytes.len() as u64 > self.limit {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let length = self.file.write(bytes)?;
        self.digest.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
