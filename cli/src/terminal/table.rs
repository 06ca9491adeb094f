//! Aligned tables.

use super::escape::clean;
use super::style::{Style, paint, status_mark, status_style};
use super::time::{show_iso, show_relative};

/// A longer text is cut in the middle.
const LONGEST_CELL: usize = 60;

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    /// Any text, made harmless and cut where it is long.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self { text: shorten(&clean(text.as_ref())), ..Self::default() }
    }

    /// An identifier or anything else that is to be copied: never cut.
    pub fn whole(text: impl AsRef<str>) -> Self {
        Self { text: clean(text.as_ref()), ..Self::default() }
    }

    /// Text that may be absent.
    pub fn option(text: Option<&str>) -> Self {
        text.map_or_else(|| Self { text: "–".to_owned(), style: Style::Dim, right: false }, Self::text)
    }

    /// A status, with its mark where colours are shown.
    pub fn status(status: &str, marks: bool) -> Self {
        let word = clean(status);
        let text = if marks { format!("{} {word}", status_mark(status)) } else { word };
        Self { text, style: status_style(status), right: false }
    }

    /// A time: how long ago in a terminal, else exact.
    pub fn time(at: Option<i64>, now: Option<i64>) -> Self {
        match (at, now) {
            (None, _) => Self::option(None),
            (Some(at), Some(now)) => Self::text(show_relative(at, now)),
            // Whole seconds are exact enough for eyes; JSON has the milliseconds.
            (Some(at), None) => Self::text(show_iso(at - at.rem_euclid(1000))),
        }
    }

    pub fn number(number: impl ToString) -> Self {
        Self { text: number.to_string(), style: Style::Plain, right: true }
    }

    pub fn styled(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

fn shorten(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST_CELL {
        return text.to_owned();
    }
    let half = (LONGEST_CELL - 1) / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head}…{tail}")
}

/// Rows under headings.
#[derive(Debug)]
pub struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub const fn new(headings: &'static [&'static str]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Columns as wide as their widest cell, two spaces between them, no spaces at the ends of lines.
    pub fn render(&self, colours: bool) -> String {
        let headings = self.headings.iter().map(|heading| Cell::whole(heading).styled(Style::Heading)).collect();
        let all: Vec<&Vec<Cell>> = std::iter::once(&headings).chain(&self.rows).collect();
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| all.iter().filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0))
            .collect();
        let rights: Vec<bool> = (0..self.headings.len())
            .map(|column| self.rows.first().and_then(|row| row.get(column)).is_some_and(|cell| cell.right))
            .collect();
        let mut text = String::new();
        for row in all {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate().take(widths.len()) {
                let gap = " ".repeat(widths[column].saturating_sub(cell.width()));
                let painted = paint(&cell.text, cell.style, colours);
                line.push_str(&if rights[column] { format!("{gap}{painted}  ") } else { format!("{painted}{gap}  ") });
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["RUN", "STATUS", "STARTED", "ON"]);
        table.row(vec![Cell::number(7), Cell::status("partial-success", false), Cell::time(Some(0), Some(90_000)), Cell::option(None)]);
        table.row(vec![Cell::number(12), Cell::status("failed", false), Cell::time(Some(0), None), Cell::text("evil\x1b[2J\nname")]);
        table
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(
            table().render(false),
            "RUN  STATUS           STARTED               ON\n\
             \u{20} 7  partial-success  1 min ago             –\n\
             \u{20}12  failed           1970-01-01T00:00:00Z  evil\u{fffd}[2J name\n"
        );
    }

    #[test]
    fn colours_do_not_move_columns() {
        let plain = table().render(false);
        let mut coloured = table().render(true);
        assert!(coloured.contains("\x1b[31mfailed\x1b[0m"));
        while let Some(start) = coloured.find('\x1b') {
            let end = coloured[start..].find('m').expect("a colour ends") + start;
            coloured.replace_range(start..=end, "");
        }
        assert_eq!(coloured.lines().map(str::trim_end).collect::<Vec<_>>(), plain.lines().collect::<Vec<_>>());
    }

    #[test]
    fn long_text_is_cut_in_the_middle() {
        let cell = Cell::text("x".repeat(100) + "end");
        assert_eq!(cell.width(), 59);
        assert!(cell.text.ends_with("end") && cell.text.contains('…'));
        assert_eq!(Cell::whole("y".repeat(100)).width(), 100);
    }
}
