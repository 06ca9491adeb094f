//! Lines that update in place in a terminal, and lines that say what changed elsewhere.

use super::Terminal;
use crate::failure::Outcome;

/// A line of progress. `text` is how it looks now; `news` is what is worth a line of its own where lines cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgressLine {
    pub text: String,
    pub news: String,
}

/// Shows a few lines and keeps them up to date.
#[derive(Debug)]
pub struct Progress {
    terminal: Terminal,
    shown: Vec<ProgressLine>,
}

impl Progress {
    pub const fn new(terminal: Terminal) -> Self {
        Self { terminal, shown: Vec::new() }
    }

    /// Replaces the lines.
    pub fn update(&mut self, lines: Vec<ProgressLine>) -> Outcome {
        if self.terminal.live {
            if lines != self.shown {
                self.terminal.write(redraw(self.shown.len(), &lines).as_bytes())?;
            }
        } else {
            for news in find_news(&self.shown, &lines) {
                self.terminal.line(news)?;
            }
        }
        self.shown = lines;
        Ok(())
    }
}

/// Up to the first line, then each anew. Lines that are too long are cut by the terminal instead of wrapped, so that the count stays right.
fn redraw(before: usize, lines: &[ProgressLine]) -> String {
    let up = if before == 0 { String::new() } else { format!("\x1b[{before}A") };
    let body: String = lines.iter().map(|line| format!("\x1b[2K{}\n", line.text)).collect();
    format!("\x1b[?7l{up}{body}\x1b[J\x1b[?7h")
}

fn find_news<'a>(before: &[ProgressLine], now: &'a [ProgressLine]) -> Vec<&'a str> {
    let is_new = |line: &&ProgressLine| !before.iter().any(|old| old.news == line.news);
    now.iter().filter(is_new).map(|line| line.news.as_str()).filter(|news| !news.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, news: &str) -> ProgressLine {
        ProgressLine { text: text.to_owned(), news: news.to_owned() }
    }

    #[test]
    fn elsewhere_only_news_make_lines() {
        let first = [line("build 1s", "build #1 running")];
        assert_eq!(find_news(&[], &first), ["build #1 running"]);
        let second = [line("build 2s", "build #1 running"), line("test", "test #1 queued")];
        assert_eq!(find_news(&first, &second), ["test #1 queued"]);
        assert_eq!(find_news(&second, &second), Vec::<&str>::new());
    }

    #[test]
    fn a_terminal_goes_up_as_many_lines_as_it_went_down() {
        let lines = [line("a", "a"), line("b", "b")];
        assert_eq!(redraw(0, &lines), "\x1b[?7l\x1b[2Ka\n\x1b[2Kb\n\x1b[J\x1b[?7h");
        assert!(redraw(2, &lines).contains("\x1b[2A"));
    }
}
