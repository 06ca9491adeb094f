//! Finding files by globs.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::path::{Path, PathBuf};

/// More entries than this are not looked at.
const MOST_ENTRIES: usize = 1_000_000;

/// Regular files below `root` that some pattern matches and no pattern with a leading `!` does, in order of name, as paths
/// relative to `root`. Links are not followed. `*` stays within one folder, `**` does not.
///
/// # Errors
/// If a pattern is malformed, or more than `limit` files match.
pub fn find_files(root: &Path, patterns: &[String], limit: usize) -> anyhow::Result<Vec<PathBuf>> {
    let (mut wanted, mut unwanted) = (GlobSetBuilder::new(), GlobSetBuilder::new());
    for pattern in patterns {
        let (set, text) = match pattern.strip_prefix('!') {
            Some(text) => (&mut unwanted, text),
            None => (&mut wanted, pattern.as_str()),
        };
        let text = text.strip_prefix("./").unwrap_or(text);
        // A folder's name stands for what is in it.
        let text = text.strip_suffix('/').map_or_else(|| text.to_owned(), |folder| format!("{folder}/**"));
        set.add(GlobBuilder::new(&text).literal_separator(true).build()?);
    }
    let mut found = walk(root, &wanted.build()?, &unwanted.build()?, limit)?;
    found.sort();
    Ok(found)
}

fn walk(root: &Path, wanted: &GlobSet, unwanted: &GlobSet, limit: usize) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        // A folder that vanishes or is closed to the runner holds nothing that it could keep.
        for entry in std::fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            seen += 1;
            anyhow::ensure!(seen <= MOST_ENTRIES, "there are more than {MOST_ENTRIES} files and folders to look through");
            let path = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(kind) if kind.is_file() && wanted.is_match(&path) && !unwanted.is_match(&path) => {
                    anyhow::ensure!(found.len() < limit, "more than {limit} files match");
                    found.push(path);
                }
                _ => {}
            }
        }
    }
    Ok(found)
}
