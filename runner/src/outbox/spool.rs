//! The file in which an execution's reports wait while the server is away: one JSON text a line, in order of sequence.

use andon_pipelines::{ids::ExecutionId, wire::Report};
use anyhow::Context;
use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

const EXTENSION: &str = "jsonl";

#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    file: File,
    /// Where the next report that is not in memory begins.
    pub read_at: u64,
    pub end: u64,
}

/// What a spool of an earlier life holds.
pub struct Found {
    pub execution: ExecutionId,
    pub spool: Spool,
    /// The last whole report; `None` if there is none.
    pub last: Option<Report>,
}

impl Spool {
    pub fn create(dir: &Path, execution: ExecutionId) -> std::io::Result<Self> {
        let path = dir.join(format!("{execution}.{EXTENSION}"));
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path)?;
        Ok(Self { path, file, read_at: 0, end: 0 })
    }

    /// Appends one report. After an error nothing counts as appended.
    pub fn append(&mut self, report: &Report) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(report)?;
        line.push(b'\n');
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&line)?;
        self.end += line.len() as u64;
        Ok(())
    }

    /// The next reports after `read_at`, at least one if there are any, about `bytes` at most. Moves `read_at`.
    pub fn read(&mut self, bytes: usize) -> anyhow::Result<Vec<Report>> {
        self.file.seek(SeekFrom::Start(self.read_at))?;
        let mut reader = BufReader::with_capacity(256 * 1024, &self.file);
        let mut reports = Vec::new();
        let mut taken = 0;
        let mut line = Vec::new();
        while self.read_at < self.end && (reports.is_empty() || taken < bytes) {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            anyhow::ensure!(length > 0, "{} is shorter than what was written to it", self.path.display());
            self.read_at += length as u64;
            taken += length;
            reports.push(serde_json::from_slice(&line).with_context(|| format!("{} is damaged", self.path.display()))?);
        }
        Ok(reports)
    }

    /// Removes the file: everything in it is acknowledged, or nobody wants it.
    pub fn remove(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove a spool");
        }
    }

    /// The spools that an earlier life left. A last line that a crash cut short is dropped.
    pub fn list_left(dir: &Path) -> anyhow::Result<Vec<Found>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let (Ok(execution), Some(EXTENSION)) = (name.parse(), path.extension().and_then(|extension| extension.to_str())) else {
                continue;
            };
            match Self::reopen(&path) {
                Ok((spool, last)) => found.push(Found { execution, spool, last }),
                Err(error) => {
                    tracing::error!(path = %path.display(), error = %format!("{error:#}"), "cannot read a spool; it is left as it is")
                }
            }
        }
        Ok(found)
    }

    fn reopen(path: &Path) -> anyhow::Result<(Self, Option<Report>)> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut reader = BufReader::new(&file);
        let (mut end, mut last, mut line) = (0, None, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 || !line.ends_with(b"\n") {
                break;
            }
            let Ok(report) = serde_json::from_slice(&line) else { break };
            last = Some(report);
            end += length as u64;
        }
        file.set_len(end)?;
        Ok((Self { path: path.to_owned(), file, read_at: 0, end }, last))
    }
}
