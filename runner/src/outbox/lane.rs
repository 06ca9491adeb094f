//! The reports of one execution.

use super::spool::Spool;
use andon_pipelines::{
    ids::ExecutionId,
    wire::{Report, ReportBody},
};
use std::{collections::VecDeque, path::Path};

/// Pieces of the log that wait are joined up to this size.
const JOINED_LOG_BYTES: usize = 64 * 1024;

/// The window holds the oldest unacknowledged reports. Once there is a spool, it holds every unacknowledged report, and
/// those after the window are there only.
#[derive(Debug)]
pub struct Lane {
    execution: ExecutionId,
    window: VecDeque<Held>,
    window_bytes: usize,
    next_sequence: u64,
    /// The highest sequence that ever went into a batch: the server may have it, so it must not change any more.
    sent: u64,
    acknowledged: u64,
    spool: Option<Spool>,
    finished: bool,
    /// The execution ran in an earlier life: it takes no slot in this one.
    of_earlier_life: bool,
}

/// Where reports may be kept.
pub struct Room<'a> {
    pub memory_bytes: usize,
    pub to_disk: bool,
    /// Who reports would rather wait for room in memory than have the disk used.
    pub is_patient: bool,
    pub dir: &'a Path,
}

/// Memory has no room for a report, and the disk does not take it or should not yet: it must wait.
#[derive(Debug)]
pub struct NotKept {
    /// The disk's.
    pub error: Option<std::io::Error>,
    pub body: ReportBody,
}

#[derive(Debug)]
struct Held {
    report: Report,
    bytes: usize,
}

impl Lane {
    pub fn new(execution: ExecutionId) -> Self {
        Self {
            execution,
            window: VecDeque::new(),
            window_bytes: 0,
            next_sequence: 1,
            sent: 0,
            acknowledged: 0,
            spool: None,
            finished: false,
            of_earlier_life: false,
        }
    }

    /// A lane of an earlier life, whose last report in the spool is `last`.
    pub fn resume(execution: ExecutionId, spool: Spool, last: &Report) -> Self {
        let finished = last.body.is_last();
        Self {
            next_sequence: last.sequence + 1,
            sent: last.sequence,
            spool: Some(spool),
            finished,
            of_earlier_life: true,
            ..Self::new(execution)
        }
    }

    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Has an execution of this life ended, and the server has not taken that yet?
    pub fn is_ending(&self) -> bool {
        self.finished && !self.of_earlier_life
    }

    /// Is every report acknowledged, the last one among them?
    pub fn is_done(&self) -> bool {
        self.finished && !self.has_reports()
    }

    pub fn has_reports(&self) -> bool {
        self.acknowledged + 1 < self.next_sequence
    }

    /// Numbers the report and keeps it: in memory, and on disk once `to_disk` says so or `memory_bytes` are passed.
    ///
    /// # Errors
    /// If the disk does not take it, or should not for somebody patient, the body comes back unless it could be kept in memory all the same.
    pub fn push(&mut self, at: i64, body: ReportBody, room: &Room<'_>) -> Result<(), Box<NotKept>> {
        let finishes = body.is_last();
        let Some(body) = self.join_log(body) else { return Ok(()) };
        let report = Report { execution: self.execution, sequence: self.next_sequence, at, body };
        let bytes = measure(&report.body);
        let over = self.window_bytes + bytes > room.memory_bytes;
        if over && room.is_patient && !room.to_disk && self.spool.is_none() && !self.window.is_empty() {
            return Err(Box::new(NotKept { error: None, body: report.body }));
        }
        if self.spool.is_none()
            && (room.to_disk || over)
            && let Err(error) = self.write_spool(room.dir)
            && over
        {
            return Err(Box::new(NotKept { error: Some(error), body: report.body }));
        }
        if let Some(spool) = &mut self.spool {
            let all_in_memory = spool.read_at == spool.end;
            match spool.append(&report) {
                Ok(()) if all_in_memory && !over => spool.read_at = spool.end,
                Ok(()) => {
                    self.next_sequence += 1;
                    self.finished |= finishes;
                    return Ok(());
                }
                Err(error) => return Err(Box::new(NotKept { error: Some(error), body: report.body })),
            }
        }
        self.next_sequence += 1;
        self.finished |= finishes;
        self.window_bytes += bytes;
        self.window.push_back(Held { report, bytes });
        Ok(())
    }

    /// Joins a piece of the log to the one before it, if that has not been sent and is in memory only.
    fn join_log(&mut self, body: ReportBody) -> Option<ReportBody> {
        let ReportBody::Log { offset, bytes } = body else { return Some(body) };
        if self.spool.is_none()
            && let Some(held) = self.window.back_mut()
            && held.report.sequence > self.sent
            && let ReportBody::Log { offset: start, bytes: earlier } = &mut held.report.body
            && *start + earlier.len() as u64 == offset
            && earlier.len() + bytes.len() <= JOINED_LOG_BYTES
        {
            earlier.extend_from_slice(&bytes);
            let size = measure(&held.report.body);
            self.window_bytes += size - held.bytes;
            held.bytes = size;
            return None;
        }
        Some(ReportBody::Log { offset, bytes })
    }

    /// Writes what is in memory to disk, if it is not there yet.
    pub fn write_spool(&mut self, dir: &Path) -> std::io::Result<()> {
        if self.spool.is_some() {
            return Ok(());
        }
        let mut spool = Spool::create(dir, self.execution)?;
        for held in &self.window {
            if let Err(error) = spool.append(&held.report) {
                spool.remove();
                return Err(error);
            }
        }
        spool.read_at = spool.end;
        self.spool = Some(spool);
        Ok(())
    }

    /// The oldest unacknowledged reports, at least one if there are any, about `bytes` at most, and their size.
    pub fn take(&mut self, bytes: usize) -> anyhow::Result<(Vec<Report>, usize)> {
        while let Some(spool) = &mut self.spool
            && self.window_bytes < bytes
            && spool.read_at < spool.end
        {
            for report in spool.read(bytes)?.into_iter().filter(|report| report.sequence > self.acknowledged) {
                let bytes = measure(&report.body);
                self.window_bytes += bytes;
                self.window.push_back(Held { report, bytes });
            }
        }
        let (mut reports, mut taken) = (Vec::new(), 0);
        for held in &self.window {
            if !reports.is_empty() && taken + held.bytes > bytes {
                break;
            }
            taken += held.bytes;
            self.sent = self.sent.max(held.report.sequence);
            reports.push(held.report.clone());
        }
        Ok((reports, taken))
    }

    /// Forgets what the server has on disk. True if that was anything.
    pub fn acknowledge(&mut self, sequence: u64) -> bool {
        // A number that was never given cannot have been taken.
        let sequence = sequence.min(self.next_sequence - 1);
        let progress = sequence > self.acknowledged;
        self.acknowledged = self.acknowledged.max(sequence);
        while self.window.front().is_some_and(|held| held.report.sequence <= sequence) {
            if let Some(held) = self.window.pop_front() {
                self.window_bytes -= held.bytes;
            }
        }
        if !self.has_reports() {
            self.spool.take().into_iter().for_each(Spool::remove);
        }
        progress
    }

    /// Nobody wants the reports any more.
    pub fn discard(mut self) {
        self.spool.take().into_iter().for_each(Spool::remove);
    }
}

/// About how many bytes the report takes on its way.
fn measure(body: &ReportBody) -> usize {
    const ENVELOPE: usize = 160;
    match body {
        ReportBody::Log { bytes, .. } => ENVELOPE + bytes.len().div_ceil(3) * 4,
        other => ENVELOPE + serde_json::to_vec(other).map_or(0, |text| text.len()),
    }
}
