//! Modules: what a file that uses them means, and what is said about mistakes in either file.

use andon_pipelines::document::{Modules, Reading, module_schema, read, read_module, read_with, render};
use andon_pipelines::library;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents").join(name)
}

fn workspace() -> Modules {
    let files = fs::read_dir(folder("modules")).expect("the file is there").map(|entry| entry.expect("the file is there").path());
    let name = |path: &Path| path.file_stem().expect("the file is there").to_string_lossy().into_owned();
    Modules::of_workspace(files.map(|path| (name(&path), fs::read_to_string(&path).expect("the file is there"))))
}

fn read_file(name: &str) -> Reading {
    read_with(&fs::read_to_string(folder("using").join(name)).expect("the file is there"), name, &workspace())
}

#[test]
fn a_use_means_what_the_module_says_with_its_values() {
    let reading = read_file("good.yml");
    assert_eq!(render(&reading.diagnostics), "");
    insta::assert_json_snapshot!("using_good", reading.document.unwrap().jobs);
    let used: Vec<&str> = reading.modules.keys().map(String::as_str).collect();
    assert_eq!(used, ["library/wait-for-http", "workspace/ask", "workspace/compile", "workspace/guarded"]);
}

#[test]
fn mistakes_are_shown_in_the_module_and_where_it_is_used() {
    let reading = read_file("bad.yml");
    assert!(reading.document.is_none());
    insta::assert_snapshot!("using_bad", render(&reading.diagnostics));
}

#[test]
fn what_was_kept_reads_the_same_whatever_the_modules_say_today() {
    let text = fs::read_to_string(folder("using/good.yml")).unwrap();
    let first = read_file("good.yml");
    let again = read_with(&text, "good.yml", &Modules::kept(first.modules.clone()));
    assert_eq!(first, again);
}

#[test]
fn the_library_is_without_fault() {
    for ready in library::MODULES {
        let reading = read_module(ready.text, ready.name, &Modules::library());
        assert_eq!(render(&reading.diagnostics), "", "{}", ready.name);
        let module = reading.module.unwrap();
        assert_eq!(module.name, ready.name);
        assert!(module.description.is_some_and(|text| text.ends_with('.')));
        assert!(module.params.values().all(|param| param.description.is_some()), "{}", ready.name);
    }
    for ready in library::PIPELINES {
        let reading = read(ready.text, ready.name);
        assert_eq!(render(&reading.diagnostics), "", "{}", ready.name);
        assert_eq!(reading.document.unwrap().pipeline, ready.name);
    }
}

#[test]
fn a_module_is_checked_by_itself() {
    let modules = workspace();
    for name in ["compile", "guarded", "ask"] {
        let reading = read_module(modules.find(&format!("workspace/{name}")).unwrap(), name, &modules);
        assert_eq!(render(&reading.diagnostics), "", "{name}");
        assert_eq!(reading.module.unwrap().name, name);
    }
    let wrong = [
        ("flawed", modules.find("workspace/flawed").unwrap()),
        ("loops", modules.find("workspace/loops").unwrap()),
        ("empty", ""),
        ("nothing", "module: nothing"),
        ("both", "module: both\nsteps: [{run: ls}]\njob: {steps: [{run: ls}]}"),
        ("params", "module: params\nparams: {a: {type: integer, default: x}, b: {kind: text}}\nsteps: []"),
        ("job", "module: job\njob: {inputs: [a], stpes: [{run: ls}], timeout: 5}"),
        ("name", "module: Not A Name\nsteps: [{run: \"${{ with }}${{ with.a }}\"}]"),
    ];
    let found: Vec<String> = wrong
        .into_iter()
        .map(|(name, text)| {
            let reading = read_module(text, name, &modules);
            assert!(reading.module.is_none(), "{name}");
            render(&reading.diagnostics)
        })
        .collect();
    insta::assert_snapshot!("modules_alone", found.join("\n"));
    assert!(read_module(&"#".repeat(70_000), "long", &modules).module.is_none());
}

#[test]
fn what_modules_bring_in_is_bounded() {
    // Each of these uses the next one ten times: ten to the eighth steps, if nothing stopped it.
    let name = |depth: usize| format!("m{depth}");
    let body = |depth: usize| format!("module: m{depth}\nsteps:\n{}", format!("  - uses: workspace/m{}\n", depth + 1).repeat(10));
    let texts = (0..9).map(|depth| (name(depth), body(depth))).chain([(name(9), "module: m9\nsteps: [{run: ls}]".to_owned())]);
    let modules = Modules::of_workspace(texts);
    let reading = read_with("pipeline: p\njobs: {j: {steps: [{uses: workspace/m0}]}}", "p", &modules);
    assert!(reading.document.is_none());
    let codes: Vec<&str> = reading.diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert!(codes.contains(&"too-deep") || codes.contains(&"too-large"), "{codes:?}");
    // One job, by alias in very many places.
    let jobs: String = (0..900).map(|number| format!("  j{number}: *job\n")).collect();
    let text = format!("pipeline: p\njobs:\n  first: &job {{steps: [{{uses: library/junit-tests, with: {{command: ls}}}}]}}\n{jobs}");
    let reading = read(&text, "p");
    assert!(reading.diagnostics.iter().any(|found| found.code == "too-large"));
}

#[test]
fn the_schema_of_modules_is_known() {
    let schema = module_schema();
    assert_eq!(schema["title"], "Andon module");
    assert_eq!(schema["$defs"]["ModuleFile"]["properties"]["steps"]["items"]["$ref"], "#/$defs/StepFile");
}
