//! Why a command did not succeed, and the exit code that says so.

use std::process::ExitCode;

/// The end of a command that did not succeed. Texts say what happened and what to do next.
#[derive(Debug)]
pub enum Failure {
    /// 1: the thing failed.
    Failed(String),
    /// 1, and everything about it has been shown already: a run that failed, a check that found errors.
    Shown,
    /// 2: wrong use.
    Usage(String),
    /// 3: no connection.
    Connection(String),
    /// 0: whoever read the output has gone away, as `head` does.
    Closed,
}

pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// What is left to say.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Failed(text) | Self::Usage(text) | Self::Connection(text) => Some(text),
            Self::Shown | Self::Closed => None,
        }
    }

    pub const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Shown => 1,
            Self::Usage(_) => 2,
            Self::Connection(_) => 3,
            Self::Closed => 0,
        }
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// An error of writing to standard output.
    pub fn from_output(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::Closed
        } else {
            Self::Failed(format!("cannot write the output: {error}"))
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        let codes = [Failure::failed("x"), Failure::Shown, Failure::usage("x"), Failure::Connection("x".into()), Failure::Closed];
        assert_eq!(codes.each_ref().map(Failure::code), [1, 1, 2, 3, 0]);
        assert!(codes[1].text().is_none() && codes[0].text() == Some("x"));
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(matches!(Failure::from_output(&closed), Failure::Closed));
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(Failure::from_output(&full).code(), 1);
    }
}
