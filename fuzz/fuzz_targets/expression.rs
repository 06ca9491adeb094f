//! The expression parser: any text gives an expression or an error ; what was parsed can be
//! evaluated, and templates can be split.
#![no_main]

use andon_pipelines::expression::{Expression, split_template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(expression) = Expression::parse(text) {
        assert_eq!(expression.text(), text);
        let _ = expression.references();
        let context = serde_json::json!({
            "inputs": { "source": { "commit": "abc", "branch": "main" } },
            "params": { "level": "high", "count": 3 },
            "state": {}, "matrix": {}, "run": { "number": 7 },
        });
        let _ = expression.evaluate(&context);
    }
    let _ = split_template(text);
});
