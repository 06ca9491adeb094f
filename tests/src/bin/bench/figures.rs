//! What was measured, as a table and as JSON.

use serde_json::json;
use std::fmt::Write;

/// The least that could do the same, measured in the same run.
#[derive(Clone, Debug)]
pub struct Floor {
    pub what: &'static str,
    pub value: f64,
}

#[derive(Clone, Debug)]
struct Figure {
    name: String,
    unit: &'static str,
    value: f64,
    repeats: usize,
    floor: Option<Floor>,
}

/// All figures, in the order of their measurement.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<Figure>);

/// Ratios above which something has become slower, whatever the machine: about twice what was measured when they were written.
const BOUNDS: &[(&str, f64)] = &[
    ("start to the first answered list", 30.0),
    ("trigger to the script's first line", 4.5),
    ("the same, 95 of 100", 4.0),
    ("the same, with 1,000 further jobs", 2.0),
    ("git push to the script's first line", 3.5),
    ("a chain of 20 jobs", 8.0),
    ("a fan of 1, 50 and 1 jobs", 10.0),
    ("a 20 MB log, from the trigger to the sealed end", 7.0),
    ("the 20 MB log, read back", 40.0),
    ("1,000 jobs queued at once, 2 slots", 5.0),
    ("1,000 jobs queued at once, 8 slots", 5.0),
    ("a page of 50 of 10,000 ended runs", 10.0),
];

/// The middle one; of an even number the upper.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What 95 of 100 stay below.
pub fn p95(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(f64::NAN)
}

impl Figures {
    /// Notes the median of `values`, in milliseconds.
    pub fn note_ms(&mut self, name: impl Into<String>, values: &[f64], floor: Floor) {
        let figure = Figure { name: name.into(), unit: "ms", value: median(values), repeats: values.len(), floor: Some(floor) };
        self.0.push(figure);
    }

    /// Notes the median of rates, in things a second: more is better.
    pub fn note_rate(&mut self, name: impl Into<String>, values: &[f64], floor: Floor) {
        let figure = Figure { name: name.into(), unit: "/s", value: median(values), repeats: values.len(), floor: Some(floor) };
        self.0.push(figure);
    }

    /// Notes a value that has no floor.
    pub fn note(&mut self, name: impl Into<String>, unit: &'static str, value: f64) {
        self.0.push(Figure { name: name.into(), unit, value, repeats: 1, floor: None });
    }

    /// Notes what another server took for the same, beside what stands here already.
    pub fn note_beside(&mut self, other: &Self, (prefix, what): (&str, &'static str)) {
        for figure in &other.0 {
            let here = self.0.iter().find(|known| known.name == figure.name).map(|known| Floor { what, value: known.value });
            self.0.push(Figure { name: format!("{prefix}{}", figure.name), floor: here, ..figure.clone() });
        }
    }

    /// What takes more of its floor than [`BOUNDS`] allow.
    pub fn list_slow(&self) -> Vec<String> {
        let too_slow = |figure: &Figure| {
            let ratio = figure.value / figure.floor.as_ref()?.value;
            let (_, bound) = BOUNDS.iter().find(|(name, _)| *name == figure.name)?;
            (ratio > *bound).then(|| format!("{}: {ratio:.1} times its floor, {bound} at most", figure.name))
        };
        self.0.iter().filter_map(too_slow).collect()
    }

    pub fn show(&self) -> String {
        let width = self.0.iter().map(|figure| figure.name.chars().count()).max().unwrap_or(0);
        let mut text = format!("{:width$}  {:>10}  {:>10}  {:>7}  {:>3}  floor\n", "measure", "median", "floor", "ratio", "n");
        for figure in &self.0 {
            let value = format!("{:.1} {}", figure.value, figure.unit);
            let (floor, ratio, what) = match &figure.floor {
                Some(floor) => (format!("{:.1} {}", floor.value, figure.unit), format!("{:.1}", figure.value / floor.value), floor.what),
                None => (String::new(), String::new(), ""),
            };
            let line = format!("{:width$}  {value:>10}  {floor:>10}  {ratio:>7}  {:>3}  {what}", figure.name, figure.repeats);
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    pub fn to_json(&self) -> String {
        let list = self.0.iter().map(|figure| {
            json!({ "name": figure.name, "unit": figure.unit, "median": figure.value, "repeats": figure.repeats,
                "floor": figure.floor.as_ref().map(|floor| json!({ "what": floor.what, "median": floor.value, "ratio": figure.value / floor.value })) })
        });
        format!("{:#}\n", json!(list.collect::<Vec<_>>()))
    }
}
