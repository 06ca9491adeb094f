//! The one log of an execution, into which all its streams flow.

use crate::{
    execution::{Halt, HaltCause},
    mask::Masks,
    outbox::Reporter,
};
use andon_pipelines::wire::{Annotation, AnnotationLevel, ReportBody};
use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};
use tokio::sync::Mutex;

/// One report's piece of the log, bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// Further annotations are dropped; the log has their lines all the same.
const MOST_ANNOTATIONS: u32 = 500;

/// Counts what is written, cuts it at the limit, and halts the execution then.
pub struct ExecutionLog {
    reporter: Reporter,
    pub masks: Arc<Masks>,
    limit: u64,
    halt: Halt,
    offset: AtomicU64,
    annotations: AtomicU32,
    /// Held while a piece is numbered and queued, so that offsets and sequences agree. True once the log is cut.
    cut: Mutex<bool>,
}

impl ExecutionLog {
    pub fn new(reporter: Reporter, masks: Arc<Masks>, limit: u64, halt: Halt) -> Self {
        Self { reporter, masks, limit, halt, offset: AtomicU64::new(0), annotations: AtomicU32::new(0), cut: Mutex::new(false) }
    }

    /// Bytes written so far.
    pub fn offset(&self) -> u64 {
        self.offset.load(Ordering::Acquire)
    }

    /// Appends masked bytes.
    pub async fn write(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut cut = self.cut.lock().await;
        if *cut {
            return;
        }
        let room = usize::try_from(self.limit.saturating_sub(self.offset())).unwrap_or(usize::MAX);
        for piece in bytes[..bytes.len().min(room)].chunks(PIECE_BYTES) {
            self.append(piece).await;
        }
        if bytes.len() > room {
            *cut = true;
            self.halt.request(HaltCause::LogLimit);
            let line = format!("\n[the log is cut here: it has reached its limit of {} bytes]\n", self.limit);
            self.append(line.as_bytes()).await;
        }
    }

    /// Appends a line of the runner's own, masked.
    pub async fn write_line(&self, line: &str) {
        self.write(format!("{}\n", self.masks.mask_text(line)).as_bytes()).await;
    }

    pub async fn annotate(&self, annotation: Annotation) {
        if self.annotations.fetch_add(1, Ordering::Relaxed) >= MOST_ANNOTATIONS {
            return;
        }
        let message = self.masks.mask_text(&annotation.message);
        let file = annotation.file.as_deref().map(|file| self.masks.mask_text(file));
        self.reporter.send(ReportBody::Annotation(Annotation { message, file, ..annotation })).await;
    }

    /// A warning both in the log and on the job run's page.
    pub async fn warn(&self, message: String) {
        self.write_line(&message).await;
        self.annotate(Annotation { level: AnnotationLevel::Warning, message, file: None, line: None }).await;
    }

    async fn append(&self, piece: &[u8]) {
        let offset = self.offset();
        self.offset.store(offset + piece.len() as u64, Ordering::Release);
        self.reporter.send(ReportBody::Log { offset, bytes: piece.to_vec() }).await;
    }
}
