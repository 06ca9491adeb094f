//! A state machine over all the forms of all secrets (after Aho and Corasick). It is written here because the masker needs,
//! at each byte, how many of the last bytes might be the beginning of a secret, which no library tells.

use std::collections::VecDeque;

pub const START: u32 = 0;
const ABSENT: u32 = u32::MAX;
/// States this near to the start have a whole row of the table, as almost every byte of a log is read there. The others
/// know their children only, so that long secrets cost little memory.
const DENSE_DEPTH: u32 = 2;

/// Reads one byte at a time.
pub struct Automaton {
    /// Byte → column; bytes that occur in no pattern share column 0.
    columns: [u8; 256],
    shift: u32,
    /// `row << shift | column` → state.
    table: Vec<u32>,
    nodes: Vec<Node>,
}

/// The beginning of at least one pattern.
struct Node {
    /// The byte that led here.
    byte: u8,
    /// How many bytes long this beginning is.
    depth: u32,
    /// The length of the longest pattern that ends here, 0 if none does.
    matched: u32,
    /// The longest proper suffix that is itself a beginning.
    suffix: u32,
    first_child: u32,
    next_sibling: u32,
    row: u32,
}

impl Automaton {
    /// The machine of these patterns; none may be empty.
    pub fn build(patterns: &[Vec<u8>]) -> Self {
        let (columns, shift) = assign_columns(patterns);
        let mut automaton = Self { columns, shift, table: Vec::new(), nodes: Vec::new() };
        automaton.add_node(0, 0);
        for pattern in patterns {
            automaton.add_pattern(pattern);
        }
        automaton.close();
        automaton
    }

    /// The state after one more byte.
    #[inline]
    pub fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            let node = &self.nodes[state as usize];
            if node.row != ABSENT {
                return self.table[((node.row as usize) << self.shift) | usize::from(self.columns[usize::from(byte)])];
            }
            match self.find_child(state, byte) {
                Some(child) => return child,
                None => state = node.suffix,
            }
        }
    }

    /// Does this byte begin no pattern?
    #[inline]
    pub fn is_idle(&self, byte: u8) -> bool {
        // The start has row 0.
        self.table[usize::from(self.columns[usize::from(byte)])] == START
    }

    /// The length of the longest pattern that ends with the byte just read, 0 if none does.
    #[inline]
    pub fn matched(&self, state: u32) -> usize {
        self.nodes[state as usize].matched as usize
    }

    /// How many of the last bytes might be the beginning of a pattern.
    pub fn depth(&self, state: u32) -> usize {
        self.nodes[state as usize].depth as usize
    }

    fn find_child(&self, state: u32, byte: u8) -> Option<u32> {
        let mut child = self.nodes[state as usize].first_child;
        while child != ABSENT {
            let node = &self.nodes[child as usize];
            if node.byte == byte {
                return Some(child);
            }
            child = node.next_sibling;
        }
        None
    }

    fn add_node(&mut self, byte: u8, depth: u32) -> u32 {
        let state = u32::try_from(self.nodes.len()).expect("patterns are bounded far below 2^32 bytes");
        self.nodes.push(Node { byte, depth, matched: 0, suffix: START, first_child: ABSENT, next_sibling: ABSENT, row: ABSENT });
        state
    }

    fn add_pattern(&mut self, pattern: &[u8]) {
        let mut state = START;
        for (depth, byte) in (1u32..).zip(pattern) {
            state = match self.find_child(state, *byte) {
                Some(child) => child,
                None => {
                    let child = self.add_node(*byte, depth);
                    self.nodes[child as usize].next_sibling = self.nodes[state as usize].first_child;
                    self.nodes[state as usize].first_child = child;
                    child
                }
            };
        }
        let node = &mut self.nodes[state as usize];
        node.matched = node.depth;
    }

    /// Finds each node's suffix, breadth first, and writes the rows of those near the start.
    fn close(&mut self) {
        let mut queue = VecDeque::from([START]);
        while let Some(state) = queue.pop_front() {
            let suffix = self.nodes[state as usize].suffix;
            let inherited = self.nodes[suffix as usize].matched;
            let node = &mut self.nodes[state as usize];
            node.matched = node.matched.max(inherited);
            if node.depth <= DENSE_DEPTH {
                self.write_row(state, suffix);
            }
            let mut child = self.nodes[state as usize].first_child;
            while child != ABSENT {
                let byte = self.nodes[child as usize].byte;
                self.nodes[child as usize].suffix = if state == START { START } else { self.step(suffix, byte) };
                queue.push_back(child);
                child = self.nodes[child as usize].next_sibling;
            }
        }
    }

    /// A row is the suffix's row with the node's own children laid over it; the start has none to inherit.
    fn write_row(&mut self, state: u32, suffix: u32) {
        let width = 1usize << self.shift;
        let row = self.table.len();
        if state == START {
            self.table.resize(width, START);
        } else {
            let from = (self.nodes[suffix as usize].row as usize) << self.shift;
            self.table.extend_from_within(from..from + width);
        }
        let mut child = self.nodes[state as usize].first_child;
        while child != ABSENT {
            let node = &self.nodes[child as usize];
            self.table[row | usize::from(self.columns[usize::from(node.byte)])] = child;
            child = node.next_sibling;
        }
        self.nodes[state as usize].row = u32::try_from(row >> self.shift).expect("fewer rows than nodes");
    }
}

fn assign_columns(patterns: &[Vec<u8>]) -> ([u8; 256], u32) {
    let mut columns = [0u8; 256];
    // Patterns hold no line break, so at most 255 different bytes occur and each has its own column.
    let mut next: u16 = 1;
    for byte in patterns.iter().flatten() {
        let column = &mut columns[usize::from(*byte)];
        if *column == 0 {
            *column = u8::try_from(next).expect("at most 255 different bytes occur");
            next += 1;
        }
    }
    (columns, next.next_power_of_two().trailing_zeros())
}
