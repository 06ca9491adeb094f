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

    /// Notes a value that has no floor.
    pub fn note(&mut self, name: impl Into<String>, unit: &'static str, value: f64) {
        self.0.push(Figure { name: name.into(), unit, value, repeats: 1, floor: None });
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
