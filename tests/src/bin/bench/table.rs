//! Figures of several states of one installation, side by side, and how much the large ones exceed the small.

use crate::figures::median;
use serde_json::{Value, json};
use std::fmt::Write;

/// What was measured in one state, in the order of its measurement: milliseconds, but where the name says something else.
#[derive(Clone, Debug, Default)]
pub struct Point(Vec<(&'static str, Vec<f64>)>);

impl Point {
    pub fn note(&mut self, name: &'static str, values: Vec<f64>) {
        self.0.push((name, values));
    }

    fn find(&self, name: &str) -> Option<&[f64]> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, values)| values.as_slice())
    }
}

/// States: the small one, larger ones, and the small one again.
#[derive(Clone, Debug)]
pub struct Table {
    of: &'static str,
    states: Vec<(String, Point)>,
}

/// What may grow, and to how many times its small figure; everything else to [`BOUND`]. Generous, so that only what has changed its nature
/// fails. The scheduler reads its history at the start, and keeps an index of it; a thousand followers are told one group after the other.
const BOUNDS: &[(&str, f64)] = &[
    ("start to the end of a first job", 200.0),
    ("an idle server, % of a core", 10.0),
    ("memory (PSS), MiB", 50.0),
    ("a live line reaches a follower", 50.0),
    ("a live line reaches one of as many followers of the log", 50.0),
];
const BOUND: f64 = 2.0;
/// The least that a small figure counts as.
const LEAST: f64 = 0.1;

struct Row {
    name: &'static str,
    medians: Vec<f64>,
    /// The largest state's median, divided by that of all samples of the small one, before and after.
    ratio: f64,
}

impl Table {
    pub fn new(of: &'static str) -> Self {
        Self { of, states: Vec::new() }
    }

    pub fn add(&mut self, state: String, point: Point) {
        self.states.push((state, point));
    }

    fn rows(&self) -> Vec<Row> {
        let [(_, first), .., (_, large), (_, last)] = self.states.as_slice() else { return Vec::new() };
        // An idle server may take less than the kernel counts.
        let row = |(name, values): &(&'static str, Vec<f64>)| {
            let small = [values.as_slice(), last.find(name)?].concat();
            let medians: Vec<f64> = self.states.iter().filter_map(|(_, point)| point.find(name).map(median)).collect();
            Some(Row { name, medians, ratio: median(large.find(name)?) / median(&small).max(LEAST) })
        };
        first.0.iter().filter_map(row).collect()
    }

    pub fn show(&self) -> String {
        let rows = self.rows();
        let width = rows.iter().map(|row| row.name.chars().count()).chain([self.of.len()]).max().unwrap_or(0);
        let widths: Vec<usize> = self.states.iter().map(|(state, _)| state.chars().count().max(8)).collect();
        let mut text = format!("{:width$}", self.of);
        for ((state, _), width) in self.states.iter().zip(&widths) {
            let _ = write!(text, "  {state:>width$}");
        }
        text.push_str("   ratio\n");
        for row in rows {
            let _ = write!(text, "{:width$}", row.name);
            for (median, width) in row.medians.iter().zip(&widths) {
                let _ = write!(text, "  {median:>width$.2}");
            }
            let _ = writeln!(text, "  {:>6.2}", row.ratio);
        }
        text
    }

    /// What grows more than it may.
    pub fn list_growing(&self) -> Vec<String> {
        let growing = |row: Row| {
            let bound = BOUNDS.iter().find(|(name, _)| *name == row.name).map_or(BOUND, |(_, bound)| *bound);
            (row.ratio > bound).then(|| format!("{} with more {}: {:.1} times, {bound} at most", row.name, self.of, row.ratio))
        };
        self.rows().into_iter().filter_map(growing).collect()
    }

    pub fn to_json(&self) -> Value {
        let states: Vec<&str> = self.states.iter().map(|(state, _)| state.as_str()).collect();
        let rows = self.rows();
        let figures = rows.iter().map(|row| json!({ "name": row.name, "medians": row.medians, "ratio": row.ratio }));
        json!({ "grows": self.of, "states": states, "figures": figures.collect::<Vec<_>>() })
    }
}
