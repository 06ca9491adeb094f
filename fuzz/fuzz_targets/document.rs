//! The reader of pipelines: any text gives a document or diagnostics, and the diagnostics can be shown.
#![no_main]

use andon_pipelines::document::{ends_of_line, implied_passed, plan, read, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let reading = read(text, "andon.yml");
    let shown = render(&reading.diagnostics);
    match reading.document {
        Some(document) => {
            let _ = implied_passed(&document);
            let _ = ends_of_line(&document);
            assert!(plan(Some(&document), &document).is_empty(), "a document differs from itself");
        }
        None => assert!(!shown.is_empty(), "neither a document nor a diagnostic"),
    }
});
