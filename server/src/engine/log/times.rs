//! When a log was written: a mark wherever a second has passed since the last one, fewer in a log that took hours.

use serde::{Deserialize, Serialize};
use std::io;

/// Marks closer together than this say nothing to a reader.
const FINEST_MS: i64 = 1_000;
const MOST_MARKS: usize = 4_096;
const MARK_BYTES: usize = 16;

/// From this byte on, a log was written at this moment or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogMark {
    /// Bytes of the log before it.
    pub offset: i64,
    /// Milliseconds since 1970 UTC, by the runner's clock.
    pub at: i64,
}

/// The marks of one log, in order.
#[derive(Clone, Debug)]
pub(super) struct LogTimes {
    marks: Vec<LogMark>,
    step_ms: i64,
}

impl Default for LogTimes {
    fn default() -> Self {
        Self { marks: Vec::new(), step_ms: FINEST_MS }
    }
}

impl LogTimes {
    /// A piece of the log begins at `offset` and was written at `at`. Pieces come in order.
    pub(super) fn note(&mut self, offset: i64, at: i64) {
        if self.marks.last().is_some_and(|last| at.saturating_sub(last.at) < self.step_ms) {
            return;
        }
        self.marks.push(LogMark { offset, at });
        if self.marks.len() > MOST_MARKS {
            self.step_ms = self.step_ms.saturating_mul(2);
            let all = std::mem::take(&mut self.marks);
            for mark in all {
                self.note(mark.offset, mark.at);
            }
        }
    }

    pub(super) fn marks(&self) -> &[LogMark] {
        &self.marks
    }

    /// Compressed; nothing where there is no mark.
    pub(super) fn pack(&self) -> io::Result<Vec<u8>> {
        if self.marks.is_empty() {
            return Ok(Vec::new());
        }
        let plain: Vec<u8> = self.marks.iter().flat_map(|mark| [mark.offset.to_le_bytes(), mark.at.to_le_bytes()]).flatten().collect();
        zstd::bulk::compress(&plain, 3)
    }

    /// Reads what [`Self::pack`] wrote.
    pub(super) fn unpack(packed: &[u8]) -> io::Result<Self> {
        let plain = zstd::bulk::decompress(packed, (MOST_MARKS + 1) * MARK_BYTES)?;
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).map_err(io::Error::other);
        let mark = |bytes: &[u8]| Ok(LogMark { offset: number(&bytes[..8])?, at: number(&bytes[8..])? });
        let marks = plain.chunks_exact(MARK_BYTES).map(mark).collect::<io::Result<_>>()?;
        Ok(Self { marks, ..Self::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_apart_is_near_enough_and_a_long_log_has_no_more_marks_than_a_page_takes() {
        let mut times = LogTimes::default();
        for at in (0..10_000).step_by(250) {
            times.note(at, at);
        }
        assert_eq!(times.marks().iter().map(|mark| mark.at).collect::<Vec<_>>(), (0..10_000).step_by(1_000).collect::<Vec<_>>());
        for second in 10..100_000 {
            times.note(second * 1_000, second * 1_000);
        }
        let marks = times.marks();
        assert!(marks.len() > MOST_MARKS / 2 && marks.len() <= MOST_MARKS, "{}", marks.len());
        assert!(marks.windows(2).all(|pair| pair[1].at - pair[0].at == marks[1].at - marks[0].at), "they lie as far apart everywhere");
        assert_eq!(LogTimes::unpack(&times.pack().unwrap()).unwrap().marks(), marks);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_marks_until_it_has_caught_up() {
        let mut times = LogTimes::default();
        for (offset, at) in [(0, 5_000), (10, 1_000), (20, 5_500), (30, 6_000)] {
            times.note(offset, at);
        }
        assert_eq!(times.marks(), [LogMark { offset: 0, at: 5_000 }, LogMark { offset: 30, at: 6_000 }]);
    }
}
