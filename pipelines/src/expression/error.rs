//! Why an expression cannot be used, or has no value.

use std::ops::Range;
use thiserror::Error;

/// An expression that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the expression that it is about.
    pub range: Range<usize>,
}

impl ExpressionError {
    pub(crate) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range }
    }
}

/// Why an expression has no value on a context.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvaluationError {
    /// The expression itself is unusable.
    #[error("{0}")]
    Unusable(#[from] ExpressionError),
    /// The context holds no such key: state that no run has written yet, for example.
    #[error("no such key: {0}")]
    NoSuchKey(String),
    /// A condition gave something else than true or false.
    #[error("the expression gives {found}, but true or false is wanted")]
    NotBoolean { found: &'static str },
    /// The value is larger than any use of it allows.
    #[error("the expression's value is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// Anything else: wrong types, division by zero, an overflow.
    #[error("{0}")]
    Failed(String),
}
