//! Maps keyed by identifiers and numbers. Identifiers are drawn by the server, so they are spread already and nobody outside chooses
//! them: a multiplication is enough, and a resolution asks such maps many thousand times.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

pub(super) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;
pub(super) type IdSet<K> = HashSet<K, BuildHasherDefault<IdHasher>>;

/// A map with room for so many.
pub(super) fn map_for<K, V>(count: usize) -> IdMap<K, V> {
    IdMap::with_capacity_and_hasher(count, BuildHasherDefault::default())
}

/// The hash of one identifier.
pub(super) fn hash_of(id: &impl Hash) -> u64 {
    let mut hasher = IdHasher::default();
    id.hash(&mut hasher);
    hasher.finish()
}

/// Folds the bytes of identifiers, eight at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl IdHasher {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0.rotate_left(23) ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.fold(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.fold(number as u64);
    }
}
