//! What people and programs see: plain lines, tables, JSON, lines that update, and questions.

mod escape;
mod output;
mod progress;
mod prompt;
mod style;
mod table;
mod time;
mod tree;

pub use escape::{LogFilter, clean};
pub use output::Terminal;
pub use progress::{Progress, ProgressLine};
pub use prompt::{ask, ask_hidden, confirm, read_secret};
pub use style::{Style, paint, status_mark, status_style};
pub use table::{Cell, Table};
pub use time::{now_ms, show_duration, show_iso};
pub use tree::{Branch, draw};
