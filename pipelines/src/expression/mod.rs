//! Expressions: CEL, in `when`, `if` and inside `${{ }}`.
//!
//! An expression sees five names: `inputs`, `params`, `state`, `matrix`, `run`. Its length, nesting and the work that its
//! loops can do are bounded before it runs, because its author need not be a friend of the server.

mod bounds;
mod error;
mod evaluation;
mod program;
mod reference;
mod template;

pub use error::{EvaluationError, ExpressionError};
pub use evaluation::{number_if_exact, show};
pub use program::Expression;
pub use reference::{GATE_ROOTS, PROBE_ROOTS, ROOTS, RUN_KEYS, Reference};
pub use template::{TemplatePart, interpolate, split_template};
