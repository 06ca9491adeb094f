//! Colours and marks of states. A state always has its word, too: colour and mark only help the eye.

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Plain,
    Heading,
    Dim,
    Waiting,
    Running,
    /// For people.
    Awaiting,
    Good,
    Partial,
    Bad,
    /// The platform's fault.
    Errored,
}

impl Style {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Heading => Some("1"),
            Self::Dim | Self::Waiting => Some("2"),
            Self::Running => Some("34"),
            Self::Awaiting => Some("33"),
            Self::Good => Some("32"),
            Self::Partial => Some("93"),
            Self::Bad => Some("31"),
            Self::Errored => Some("35"),
        }
    }
}

/// The text in its style, where colours are wanted.
pub fn paint(text: &str, style: Style, colours: bool) -> String {
    match style.code() {
        Some(code) if colours && !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
        _ => text.to_owned(),
    }
}

/// How the word of a status looks, whatever has it: a run, a job run, an execution, a gate, a runner.
pub fn status_style(status: &str) -> Style {
    match status {
        "running" | "stopping" | "started" => Style::Running,
        "awaiting" | "open" | "paused" => Style::Awaiting,
        "succeeded" | "completed" | "approved" | "active" | "up-to-date" => Style::Good,
        "partial-success" => Style::Partial,
        "failed" | "rejected" | "blocked" | "lost" => Style::Bad,
        "errored" | "error" => Style::Errored,
        _ => Style::Waiting,
    }
}

/// The mark before a status.
pub fn status_mark(status: &str) -> &'static str {
    match status_style(status) {
        Style::Running => "▶",
        Style::Awaiting => "✋",
        Style::Good => "✔",
        Style::Partial => "◐",
        Style::Bad => "✘",
        Style::Errored => "⚡",
        _ if status == "skipped" => "–",
        _ if matches!(status, "stopped" | "expired" | "withdrawn" | "superseded") => "■",
        _ => "○",
    }
}
