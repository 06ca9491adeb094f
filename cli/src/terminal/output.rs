//! Standard output and standard error.

use super::table::{Cell, Table};
use super::time::{now_ms, with_iso_times};
use crate::failure::{Failure, Outcome};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// What the output is connected to.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Standard output is a terminal that can move its cursor.
    pub live: bool,
    pub colours: bool,
    /// Somebody can be asked.
    pub interactive: bool,
}

impl Terminal {
    /// Looks at the process's own streams and environment.
    pub fn detect() -> Self {
        let tty = std::io::stdout().is_terminal();
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self { live: tty && !dumb, colours: tty && !dumb && !no_colour, interactive }
    }

    /// The time that ages are counted from, where ages are shown instead of times.
    pub fn relative_now(self) -> Option<i64> {
        self.live.then(now_ms)
    }

    /// A time, as this terminal shows them.
    pub fn time(self, at: impl Into<Option<i64>>) -> Cell {
        Cell::time(at.into(), self.relative_now())
    }

    pub fn status(self, status: &str) -> Cell {
        Cell::status(status, self.colours)
    }

    /// A line on standard output.
    pub fn line(self, text: impl AsRef<str>) -> Outcome {
        self.write(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// Bytes on standard output, as they are, at once.
    pub fn write(self, bytes: &[u8]) -> Outcome {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::from_output(&error))
    }

    /// A table, or `nothing` on standard error where it has no rows.
    pub fn table(self, table: &Table, nothing: &str) -> Outcome {
        if table.is_empty() {
            self.note(nothing);
            return Ok(());
        }
        self.write(table.render(self.colours).as_bytes())
    }

    /// JSON on standard output, with times as ISO text.
    pub fn json<T: Serialize>(self, value: &T) -> Outcome {
        let value = serde_json::to_value(value).map_err(|error| Failure::failed(format!("cannot show this as JSON: {error}")))?;
        let text = serde_json::to_string_pretty(&with_iso_times(value)).map_err(|error| Failure::failed(error.to_string()))?;
        self.line(text)
    }

    /// A line on standard error: what is no result. Nobody is hurt where it cannot be written.
    pub fn note(self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
