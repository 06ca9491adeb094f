//! The language, read from files: good ones give their meaning, bad ones their diagnostics.

use andon_pipelines::document::{read, render};
use std::fs;
use std::path::PathBuf;

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
