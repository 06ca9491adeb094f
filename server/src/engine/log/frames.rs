//! The form of a sealed log: Zstandard frames of one MiB of text each, and behind them a table of where each begins, so that a piece from the
//! middle costs one frame and not everything before it. It is the "Zstandard Seekable Format" of the zstd project (version 0.1.0, without
//! checksums); any zstd program reads the whole. Between the two stands a frame that such programs skip: when the text was written.

use super::times::LogTimes;
use std::io;
use std::ops::Range;

/// Bytes of the log in one frame.
const FRAME_BYTES: usize = 1 << 20;
/// Fast, because a log is sealed while its reader waits for the end.
const LEVEL: i32 = 1;
const SKIPPABLE_MAGIC: u32 = 0x184D_2A5E;
const TIMES_MAGIC: u32 = 0x184D_2A5D;
const TABLE_MAGIC: u32 = 0x8F92_EAB1;
/// Of a frame that is skipped: what it is, and how long.
const HEADER_BYTES: usize = 8;
const FOOTER_BYTES: usize = 9;
const ENTRY_BYTES: usize = 8;

/// The end of a blob that holds its table, for any log that a runner may write.
pub(super) const TAIL_BYTES: u64 = 128 << 10;

/// Packs a log.
#[derive(Debug, Default)]
pub(super) struct Packer {
    packed: Vec<u8>,
    pending: Vec<u8>,
    /// Of each frame, its packed size and its size.
    entries: Vec<(u32, u32)>,
    times: LogTimes,
}

impl Packer {
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(FRAME_BYTES - self.pending.len()));
            self.pending.extend_from_slice(now);
            bytes = later;
            if self.pending.len() == FRAME_BYTES {
                self.close_frame()?;
            }
        }
        Ok(())
    }

    /// What is written next was reported at this moment.
    pub(super) fn note_time(&mut self, offset: i64, at: i64) {
        self.times.note(offset, at);
    }

    /// The packed log with its times and its table.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        if !self.pending.is_empty() {
            self.close_frame()?;
        }
        let times = self.times.pack()?;
        if !times.is_empty() {
            self.packed.extend_from_slice(&TIMES_MAGIC.to_le_bytes());
            self.packed.extend_from_slice(&small(times.len())?.to_le_bytes());
            self.packed.extend_from_slice(&times);
        }
        let body = self.entries.len() * ENTRY_BYTES + FOOTER_BYTES;
        let mut write = |number: u32| self.packed.extend_from_slice(&number.to_le_bytes());
        write(SKIPPABLE_MAGIC);
        write(small(body)?);
        for (packed, size) in &self.entries {
            write(*packed);
            write(*size);
        }
        write(small(self.entries.len())?);
        self.packed.push(0);
        self.packed.extend_from_slice(&TABLE_MAGIC.to_le_bytes());
        Ok(self.packed)
    }

    fn close_frame(&mut self) -> io::Result<()> {
        let frame = zstd::bulk::compress(&self.pending, LEVEL)?;
        self.entries.push((small(frame.len())?, small(self.pending.len())?));
        self.packed.extend_from_slice(&frame);
        self.pending.clear();
        Ok(())
    }
}

fn small(number: usize) -> io::Result<u32> {
    u32::try_from(number).map_err(io::Error::other)
}

/// Where a frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Of the log.
    pub offset: u64,
    pub size: usize,
    /// In the blob.
    pub packed_at: u64,
    pub packed_size: u64,
}

impl Frame {
    /// The text of the frame.
    pub(super) fn unpack(&self, packed: &[u8]) -> io::Result<Vec<u8>> {
        zstd::bulk::decompress(packed, self.size)
    }
}

/// The frames that a blob ends with the table of; `None` where the tail holds no (whole) table.
pub(super) fn read_table(tail: &[u8]) -> Option<Vec<Frame>> {
    let number = |at: usize| Some(u32::from_le_bytes(tail.get(at..at + 4)?.try_into().ok()?));
    let footer = tail.len().checked_sub(FOOTER_BYTES)?;
    if number(footer + 5)? != TABLE_MAGIC {
        return None;
    }
    let count = number(footer)? as usize;
    let begin = footer.checked_sub(count.checked_mul(ENTRY_BYTES)?)?;
    let mut frames = Vec::with_capacity(count);
    let (mut offset, mut packed_at) = (0, 0);
    for entry in 0..count {
        let (packed_size, size) = (u64::from(number(begin + entry * ENTRY_BYTES)?), number(begin + entry * ENTRY_BYTES + 4)? as usize);
        frames.push(Frame { offset, size, packed_at, packed_size });
        offset += size as u64;
        packed_at += packed_size;
    }
    Some(frames)
}

/// Where the times stand in a blob of this size; empty where it has none.
pub(super) fn place_of_times(frames: &[Frame], blob_size: u64) -> Range<u64> {
    let begin = frames.last().map_or(0, |last| last.packed_at + last.packed_size);
    let table = (HEADER_BYTES + frames.len() * ENTRY_BYTES + FOOTER_BYTES) as u64;
    begin..blob_size.saturating_sub(table).max(begin)
}

/// The times in what stands at [`place_of_times`].
pub(super) fn read_times(frame: &[u8]) -> io::Result<LogTimes> {
    match frame.split_at_checked(HEADER_BYTES) {
        Some((header, packed)) if header.starts_with(&TIMES_MAGIC.to_le_bytes()) => LogTimes::unpack(packed),
        _ => Ok(LogTimes::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_of_a_log_is_found_in_its_frame_and_any_program_reads_the_whole() {
        let text: Vec<u8> = (0..300_000).flat_map(|line| format!("line {line}\n").into_bytes()).collect();
        let mut packer = Packer::default();
        text.chunks(70_001).for_each(|chunk| packer.write(chunk).unwrap());
        let blob = packer.finish().unwrap();
        assert!(blob.len() < text.len() / 3);
        assert_eq!(zstd::stream::decode_all(blob.as_slice()).unwrap(), text);
        let frames = read_table(&blob[blob.len().saturating_sub(4_096)..]).unwrap();
        assert_eq!(frames.len(), text.len().div_ceil(FRAME_BYTES));
        for frame in frames {
            let (at, size) = (usize::try_from(frame.packed_at).unwrap(), usize::try_from(frame.packed_size).unwrap());
            let begin = usize::try_from(frame.offset).unwrap();
            assert_eq!(frame.unpack(&blob[at..at + size]).unwrap(), text[begin..begin + frame.size]);
        }
    }

    #[test]
    fn a_blob_tells_when_its_text_was_written_and_one_without_times_tells_nothing() {
        for marks in [vec![], vec![(0, 1_700_000_000_000), (70, 1_700_000_005_000)]] {
            let mut packer = Packer::default();
            for (offset, at) in &marks {
                packer.note_time(*offset, *at);
            }
            packer.write(&[b'x'; 100]).unwrap();
            let blob = packer.finish().unwrap();
            assert_eq!(zstd::stream::decode_all(blob.as_slice()).unwrap(), [b'x'; 100]);
            let place = place_of_times(&read_table(&blob).unwrap(), blob.len() as u64);
            let frame = &blob[usize::try_from(place.start).unwrap()..usize::try_from(place.end).unwrap()];
            let read: Vec<_> = read_times(frame).unwrap().marks().iter().map(|mark| (mark.offset, mark.at)).collect();
            assert_eq!(read, marks);
        }
    }

    #[test]
    fn an_empty_log_has_an_empty_table_and_what_is_no_table_is_none() {
        let blob = Packer::default().finish().unwrap();
        assert_eq!(read_table(&blob), Some(Vec::new()));
        for tail in [&blob[..blob.len() - 1], b"", b"no table at all"] {
            assert_eq!(read_table(tail), None);
        }
        let mut lying = blob.clone();
        let count = lying.len() - FOOTER_BYTES;
        lying[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(read_table(&lying), None);
    }
}
