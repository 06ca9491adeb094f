//! Masking a stream, byte by byte, without holding back more than what might be the beginning of a secret.

use super::{
    automaton::{Automaton, START},
    forms::list_forms,
};
use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, RwLock},
};

const STARS: &[u8] = b"***";
/// All forms together, bytes; past it further masks are refused so that the table stays within memory.
const MOST_FORM_BYTES: usize = 256 * 1024;
/// Each added mask builds the table anew.
const MOST_ADDITIONS: u64 = 500;

/// The secrets of one execution. A mask added later holds for everything that is written after it.
pub struct Masks {
    known: RwLock<Known>,
}

struct Known {
    forms: BTreeSet<Vec<u8>>,
    form_bytes: usize,
    automaton: Option<Arc<Automaton>>,
    version: u64,
}

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masks(…)")
    }
}

impl Masks {
    /// Masks every form of these secrets; those under 3 bytes are left alone.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let masks = Self { known: RwLock::new(Known { forms: BTreeSet::new(), form_bytes: 0, automaton: None, version: 0 }) };
        masks.add_all(secrets);
        masks
    }

    /// Adds one secret. False if there is no room for it.
    pub fn add(&self, secret: &[u8]) -> bool {
        self.add_all([secret])
    }

    fn add_all<'a>(&self, secrets: impl IntoIterator<Item = &'a [u8]>) -> bool {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut all = true;
        for secret in secrets {
            let forms = list_forms(secret);
            let bytes: usize = forms.iter().map(Vec::len).sum();
            // What the server sends as a secret is masked whatever it takes; what a job adds has a bound.
            if known.version > 0 && (known.form_bytes + bytes > MOST_FORM_BYTES || known.version > MOST_ADDITIONS) {
                all = false;
                continue;
            }
            known.form_bytes += bytes;
            known.forms.extend(forms);
        }
        let patterns: Vec<Vec<u8>> = known.forms.iter().cloned().collect();
        known.automaton = (!patterns.is_empty()).then(|| Arc::new(Automaton::build(&patterns)));
        known.version += 1;
        all
    }

    fn current(&self) -> (Option<Arc<Automaton>>, u64) {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        (known.automaton.clone(), known.version)
    }

    fn version(&self) -> u64 {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner).version
    }

    /// The text with every secret in it replaced.
    #[must_use]
    pub fn mask_text(self: &Arc<Self>, text: &str) -> String {
        let mut out = Vec::with_capacity(text.len());
        let mut masker = Masker::new(Arc::clone(self));
        masker.feed(text.as_bytes(), &mut out);
        masker.flush(&mut out);
        String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// One stream's masker. A secret cut by the borders of [`Masker::feed`] is found all the same.
#[derive(Debug)]
pub struct Masker {
    masks: Arc<Masks>,
    version: u64,
    automaton: Option<Arc<Automaton>>,
    state: u32,
    /// What might be the beginning of a secret.
    held: Vec<u8>,
    /// Parts of `held` that are secret already, in order, apart from each other.
    covered: Vec<(usize, usize)>,
    /// The first of them has its stars written.
    starred: bool,
}

impl fmt::Debug for Automaton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Automaton")
    }
}

impl Masker {
    /// A masker at the beginning of a stream.
    #[must_use]
    pub fn new(masks: Arc<Masks>) -> Self {
        let (automaton, version) = masks.current();
        Self { masks, version, automaton, state: START, held: Vec::new(), covered: Vec::new(), starred: false }
    }

    /// Appends to `out` what is certain by now. Since no form of a secret spans a line break, the end of a line leaves
    /// nothing behind.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.held.is_empty() && self.version != self.masks.version() {
            (self.automaton, self.version) = self.masks.current();
            self.state = START;
        }
        let Some(automaton) = self.automaton.clone() else {
            out.extend_from_slice(bytes);
            return;
        };
        if self.held.is_empty() {
            self.scan(&automaton, bytes, 0, out);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            let from = joined.len();
            joined.extend_from_slice(bytes);
            self.scan(&automaton, &joined, from, out);
        }
    }

    /// The end of the stream: appends what was held back.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        self.emit(&held, held.len(), out);
        self.state = START;
    }

    /// Reads `buffer` from `from` on (what is before was read already) and emits all but a possible beginning.
    fn scan(&mut self, automaton: &Automaton, buffer: &[u8], from: usize, out: &mut Vec<u8>) {
        let mut state = self.state;
        let mut at = from;
        while at < buffer.len() {
            if state == START {
                at += buffer[at..].iter().position(|byte| !automaton.is_idle(*byte)).unwrap_or(buffer.len() - at);
                if at == buffer.len() {
                    break;
                }
            }
            state = automaton.step(state, buffer[at]);
            at += 1;
            let length = automaton.matched(state);
            if length > 0 {
                self.cover(at - length, at);
            }
        }
        self.state = state;
        let certain = buffer.len() - automaton.depth(state);
        self.emit(buffer, certain, out);
        self.held = buffer[certain..].to_vec();
    }

    /// Ends only grow, so a new part can only swallow the last ones.
    fn cover(&mut self, start: usize, end: usize) {
        let mut start = start;
        while let Some((last_start, last_end)) = self.covered.last().copied() {
            if last_end <= start {
                break;
            }
            start = start.min(last_start);
            self.covered.pop();
        }
        self.covered.push((start, end));
    }

    /// Writes `buffer[..certain]` with stars for what is covered, and keeps the rest of `covered`, counted from `certain`.
    fn emit(&mut self, buffer: &[u8], certain: usize, out: &mut Vec<u8>) {
        let mut at = 0;
        let mut rest = Vec::new();
        for (start, end) in std::mem::take(&mut self.covered) {
            if start >= certain && !(start == 0 && self.starred) {
                rest.push((start - certain, end - certain));
                continue;
            }
            out.extend_from_slice(&buffer[at..start.max(at).min(certain)]);
            if !self.starred {
                out.extend_from_slice(STARS);
            }
            self.starred = end > certain;
            at = end.min(certain);
            if self.starred {
                rest.push((0, end - certain));
            }
        }
        out.extend_from_slice(&buffer[at..certain]);
        self.covered = rest;
    }
}
