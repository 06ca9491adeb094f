//! The format of `andon resolve`: any text gives an answer or an error, and the answer says whether it is one.
#![no_main]

use andon_pipelines::resolve::replay;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match replay(text) {
    Ok(answer) => assert!(answer["resolved"].is_boolean(), "{answer}"),
    Err(error) => assert!(!error.to_string().is_empty()),
});
