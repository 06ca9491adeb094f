//! One process's output on its way into the log.

use super::{
    command::{Command, find_command},
    sink::ExecutionLog,
};
use crate::mask::Masker;
use std::sync::Arc;

/// A longer line that begins like a command is text.
const LONGEST_COMMAND: usize = 64 * 1024;
/// Of several streams side by side each writes whole lines; a longer one is written in parts.
const LONGEST_WHOLE_LINE: usize = 16 * 1024;

/// Takes commands out, masks the rest, and writes it as soon as it is certain.
pub struct LogStream {
    log: Arc<ExecutionLog>,
    masker: Masker,
    /// A line that begins like a command, until its end is here.
    command: Vec<u8>,
    at_line_start: bool,
    /// Masked bytes that wait for the end of their line; always empty where lines need not stay whole.
    unfinished: Vec<u8>,
    whole_lines: bool,
}

impl LogStream {
    /// `whole_lines` keeps lines together where several streams write at once.
    pub fn new(log: Arc<ExecutionLog>, whole_lines: bool) -> Self {
        let masker = Masker::new(Arc::clone(&log.masks));
        Self { log, masker, command: Vec::new(), at_line_start: true, unfinished: Vec::new(), whole_lines }
    }

    /// Takes the next bytes, cut anywhere.
    pub async fn feed(&mut self, bytes: &[u8]) {
        let mut out = Vec::with_capacity(bytes.len() + 64);
        // Text from here on has not gone to the masker yet.
        let mut text = 0;
        let mut at = 0;
        while at < bytes.len() {
            if self.command.is_empty() && !(self.at_line_start && bytes[at] == b':') {
                at = self.skip_line(bytes, at);
                continue;
            }
            self.masker.feed(&bytes[text..at], &mut out);
            at = self.collect_command(bytes, at, &mut out).await;
            text = at;
        }
        self.masker.feed(&bytes[text..], &mut out);
        self.write(out).await;
    }

    /// The end of the output.
    pub async fn finish(&mut self) {
        let mut out = Vec::new();
        self.end_command(&mut out).await;
        self.masker.flush(&mut out);
        self.write(out).await;
        self.write_unfinished().await;
    }

    /// Does the beginning of a line wait for its end?
    pub fn has_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// Writes the beginning of a line whose end has not come for a while.
    pub async fn write_unfinished(&mut self) {
        let unfinished = std::mem::take(&mut self.unfinished);
        self.log.write(&unfinished).await;
    }

    fn skip_line(&mut self, bytes: &[u8], at: usize) -> usize {
        match bytes[at..].iter().position(|byte| *byte == b'\n') {
            Some(length) => {
                self.at_line_start = true;
                at + length + 1
            }
            None => {
                self.at_line_start = false;
                bytes.len()
            }
        }
    }

    /// Moves bytes to the command's line, up to its end or to where it turns out to be text. Returns where to go on.
    async fn collect_command(&mut self, bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
        let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length + 1);
        self.command.extend_from_slice(&bytes[at..end]);
        self.at_line_start = false;
        let complete = self.command.ends_with(b"\n");
        let is_text = self.command.len() > 1 && !self.command.starts_with(b"::");
        if complete || is_text || self.command.len() > LONGEST_COMMAND {
            self.end_command(out).await;
            self.at_line_start = complete;
        }
        end
    }

    async fn end_command(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.command);
        match find_command(line.trim_ascii_end()) {
            Some(Command::AddMask(value)) => {
                if !self.log.masks.add(value.as_bytes()) {
                    out.extend_from_slice(b"[a value could not be masked: there are too many masks]\n");
                }
            }
            Some(Command::Annotate(annotation)) => {
                self.masker.feed(&line, out);
                self.log.annotate(annotation).await;
            }
            None => self.masker.feed(&line, out),
        }
    }

    async fn write(&mut self, out: Vec<u8>) {
        if !self.whole_lines {
            return self.log.write(&out).await;
        }
        self.unfinished.extend_from_slice(&out);
        let whole = match self.unfinished.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None if self.unfinished.len() > LONGEST_WHOLE_LINE => self.unfinished.len(),
            None => return,
        };
        let lines: Vec<u8> = self.unfinished.drain(..whole).collect();
        self.log.write(&lines).await;
    }
}
