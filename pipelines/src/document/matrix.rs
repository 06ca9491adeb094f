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

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> BTreeMap<String, String> {
        text.split_whitespace().filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn matrix(axes: &[(&str, &[&str])], include: &[&str], exclude: &[&str]) -> Matrix {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Matrix {
            axes: axes.iter().map(|(name, of)| ((*name).to_owned(), values(of))).collect(),
            include: include.iter().map(|text| cell(text)).collect(),
            exclude: exclude.iter().map(|text| cell(text)).collect(),
        }
    }

    #[test]
    fn cells_keep_the_order_of_the_axes() {
        let cells = matrix(&[("b", &["1", "2"]), ("a", &["x", "y"])], &["b=3", "b=1 a=x"], &["b=2 a=x", ""]).cells();
        assert_eq!(cells, ["b=1 a=x", "b=1 a=y", "b=2 a=y", "b=3"].map(cell));
    }

    #[test]
    fn without_axes_only_included_cells_are_there() {
        assert_eq!(matrix(&[], &["a=1", "a=1"], &[]).cells(), [cell("a=1")]);
        assert_eq!(matrix(&[], &[], &[]).cells(), []);
        assert_eq!(matrix(&[("a", &[])], &[], &[]).cells(), []);
    }

    #[test]
    fn counts_do_not_overflow() {
        let axis: &[&str] = &["1"; 300];
        let axes = vec![("a", axis); 9];
        assert_eq!(matrix(&axes, &[], &[]).count_products(), None);
        assert_eq!(matrix(&axes[..2], &[], &[]).count_products(), Some(90_000));
        assert_eq!(matrix(&axes, &[], &[]).cells().len(), Matrix::MOST_CELLS);
    }
}
