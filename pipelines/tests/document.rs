//! The language, read from files: good ones give their meaning, bad ones their diagnostics.

use andon_pipelines::document::{Severity, Surroundings, read, read_among, render};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

fn list_files(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/documents").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

#[test]
fn good_files_give_their_meaning() {
    for path in list_files("good") {
        let reading = read(&fs::read_to_string(&path).unwrap(), &name_of(&path));
        assert_eq!(render(&reading.diagnostics), "", "{}", path.display());
        let document = reading.document.expect("no diagnostics, so a document");
        insta::with_settings!({ snapshot_path => "snapshots/good", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!(name_of(&path), document);
        });
    }
}

#[test]
fn bad_files_give_their_diagnostics() {
    for path in list_files("bad") {
        let reading = read(&fs::read_to_string(&path).unwrap(), &name_of(&path));
        assert!(reading.document.is_none(), "{} reads", path.display());
        insta::with_settings!({ snapshot_path => "snapshots/bad", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name_of(&path), render(&reading.diagnostics));
        });
    }
}

/// A pipeline that uses another one, in every way that is right and many that are not.
#[test]
fn names_of_other_pipelines_are_checked_against_them() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/documents/among");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let platform = Arc::new(read(&text("platform.yml"), "platform.yml").document.expect("it reads alone"));
    let names = ["platform", "shop", "tools"].map(str::to_owned);
    let reading = read_among(&text("shop.yml"), "shop.yml", &Surroundings::all(names, [Arc::clone(&platform)]));
    assert!(reading.document.is_none());
    insta::with_settings!({ snapshot_path => "snapshots/among", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("shop.yml", render(&reading.diagnostics));
    });
}

#[test]
fn what_was_not_looked_at_is_noted_and_may_be_used() {
    let text = "pipeline: shop\njobs:\n  test: { after: [platform/build], inputs: [platform/base], steps: [{ run: x }] }\n";
    let reading = read(text, "shop.yml");
    assert!(reading.document.is_some());
    assert_eq!(reading.diagnostics.len(), 2);
    assert!(reading.diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Note && diagnostic.code == "unchecked"));
    let tools = read("pipeline: tools\njobs:\n  x: { steps: [{ run: x }] }\n", "tools.yml").document.map(Arc::new);
    assert_eq!(read_among(text, "shop.yml", &Surroundings::some(tools.clone())), reading, "files given together may not be all");
    let all = Surroundings::all(["tools".to_owned()], tools);
    assert_eq!(read_among(text, "shop.yml", &all).diagnostics[0].code, "unknown-pipeline");
}
