//! The cells of a matrix.

use super::model::Matrix;
use std::collections::BTreeMap;

impl Matrix {
    /// Most cells of a matrix, before `exclude` takes any away.
    pub const MOST_CELLS: usize = 256;

    /// How many cells the axes make together; `None` if the number is beyond counting. Without axes there are none.
    #[must_use]
    pub fn count_products(&self) -> Option<usize> {
        if self.axes.is_empty() {
            return Some(0);
        }
        self.axes.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()))
    }

    /// Every cell, in the order of the axes with the last one changing fastest, then the included ones. A cell that
    /// `include` repeats is there once. At most [`Self::MOST_CELLS`] cells are made of a matrix that was never checked.
    #[must_use]
    pub fn cells(&self) -> Vec<BTreeMap<String, String>> {
        let mut cells: Vec<BTreeMap<String, String>> = if self.axes.is_empty() { Vec::new() } else { vec![BTreeMap::new()] };
        for (name, values) in &self.axes {
            let widen = |cell: &BTreeMap<String, String>| {
                let cell = cell.clone();
                values.iter().map(move |value| {
                    let mut wider = cell.clone();
                    wider.insert(name.clone(), value.clone());
                    wider
                })
            };
            cells = cells.iter().flat_map(|cell| widen(cell).collect::<Vec<_>>()).take(Self::MOST_CELLS).collect();
        }
        let excluded = |cell: &BTreeMap<String, String>| {
            self.exclude.iter().any(|rule| !rule.is_empty() && rule.iter().all(|(key, value)| cell.get(key) == Some(value)))
        };
        cells.retain(|cell| !excluded(cell));
        for cell in self.include.iter().take(Self::MOST_CELLS) {
            if !cell.is_empty() && !cells.contains(cell) {
                cells.push(cell.clone());
            }
        }
        cells
    }
}
