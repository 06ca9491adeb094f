//! Archives into a folder, and nowhere else.

use super::beneath::create_folder_beneath;
use anyhow::{Context, bail, ensure};
use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Component, Path, PathBuf},
};

const MOST_ENTRIES: usize = 1_000_000;

/// Unpacks a tar archive compressed with zstd into `folder`, which nobody else writes to meanwhile, up to `limit` bytes of
/// content. Only files, folders and links that stay inside are taken; owners and times are not. Returns the links that were
/// left out because they point elsewhere.
///
/// # Errors
/// If an entry would leave the folder, is of another kind, the limit is passed or the archive is damaged. What was unpacked
/// by then remains.
pub fn unpack_archive(archive: &Path, folder: &Path, limit: u64) -> anyhow::Result<Vec<PathBuf>> {
    let file = File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    let mut archive = tar::Archive::new(zstd::Decoder::new(file)?);
    let mut unpacked = Unpacked { folder, links: HashSet::new(), left_out: Vec::new(), left: limit, limit };
    for (number, entry) in archive.entries().context("the archive is damaged")?.enumerate() {
        ensure!(number < MOST_ENTRIES, "the archive has more than {MOST_ENTRIES} entries");
        let mut entry = entry.context("the archive is damaged")?;
        let name = entry.path().context("the archive has an entry without a usable name")?.into_owned();
        unpacked.add(&mut entry, &name).with_context(|| format!("the archive's entry {:?}", name.display().to_string()))?;
    }
    Ok(unpacked.left_out)
}

struct Unpacked<'a> {
    folder: &'a Path,
    /// Links made so far, relative to the folder: nothing may be written through them.
    links: HashSet<PathBuf>,
    left_out: Vec<PathBuf>,
    left: u64,
    limit: u64,
}

impl Unpacked<'_> {
    fn add<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, name: &Path) -> anyhow::Result<()> {
        let path = descend(name)?;
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        let parent = path.parent().unwrap_or(Path::new(""));
        ensure!(!path.ancestors().skip(1).any(|above| self.links.contains(above)), "lies behind a link");
        match entry.header().entry_type() {
            tar::EntryType::Directory => {
                create_folder_beneath(self.folder, &path)?;
            }
            tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                create_folder_beneath(self.folder, parent)?;
                self.write_file(entry, &path)?;
            }
            tar::EntryType::Symlink => {
                let target = entry.link_name()?.context("is a link to nowhere")?.into_owned();
                if !stays_inside(parent, &target) {
                    self.left_out.push(path);
                    return Ok(());
                }
                create_folder_beneath(self.folder, parent)?;
                std::os::unix::fs::symlink(&target, self.folder.join(&path))?;
                self.links.insert(path);
            }
            tar::EntryType::XGlobalHeader | tar::EntryType::XHeader => {}
            other => bail!("is neither file, folder nor symbolic link ({other:?})"),
        }
        Ok(())
    }

    fn write_file<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, path: &Path) -> anyhow::Result<()> {
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(if executable { 0o755 } else { 0o644 }).open(self.folder.join(path))?;
        let written = io::copy(&mut entry.take(self.left.saturating_add(1)), &mut file)?;
        ensure!(written <= self.left, "makes the content larger than {} bytes", self.limit);
        self.left -= written;
        // The process's own mask may have taken bits away.
        file.set_permissions(std::fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))?;
        Ok(())
    }
}

fn descend(name: &Path) -> anyhow::Result<PathBuf> {
    let mut path = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => bail!("leaves the folder"),
        }
    }
    Ok(path)
}

/// Does a link that stands in the folder `from` point to what lies inside? Only steps up at its beginning can be judged:
/// later ones might start from another link's end.
fn stays_inside(from: &Path, target: &Path) -> bool {
    let up = target.components().take_while(|component| *component == Component::ParentDir).count();
    let down = target.components().skip(up);
    up <= from.components().count() && down.into_iter().all(|component| matches!(component, Component::Normal(_) | Component::CurDir))
}
