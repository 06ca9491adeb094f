//! The exit codes of the contract, from the binary itself: 0 done, 1 the thing failed, 2 wrong use, 3 no connection.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const GOOD: &str = "pipeline: shop\nresources:\n  go: { type: trigger }\njobs:\n  build: { inputs: [go], steps: [{ run: make }] }\n";
const BAD: &str = "pipeline: shop\nresources:\n  source: { type: trigger }\njobs:\n  build: { inputs: [soruce], steps: [{ run: make }] }\n";

fn andon(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_andon"));
    command.args(args).current_dir(home).env_clear().env("HOME", home);
    command.output().expect("the binary runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

fn text_of(output: &Output) -> String {
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_check_ends_with_0_or_1() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("good.yml"), GOOD).expect("a file");
    std::fs::write(home.path().join("bad.yml"), BAD).expect("a file");
    let good = andon(home.path(), &["check", "good.yml"]);
    assert_eq!((code(&good), text(&good.stdout)), (0, String::new()));
    let bad = andon(home.path(), &["check", "good.yml", "bad.yml"]);
    assert_eq!(code(&bad), 1);
    assert!(text(&bad.stdout).contains("bad.yml:5:21") && text(&bad.stdout).contains("did you mean \"source\"?"), "{}", text(&bad.stdout));
    let json = andon(home.path(), &["check", "bad.yml", "--json"]);
    assert_eq!(code(&json), 1);
    let found: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(found[0]["line"], 5);
}

#[test]
fn a_check_knows_the_library_and_the_modules_that_it_is_given() {
    let home = tempfile::tempdir().expect("a folder");
    let module = "module: greet\nparams: { name: {} }\nsteps: [{ run: \"echo ${{ with.nmae }}\" }]\n";
    let uses = "pipeline: shop\njobs:\n  a: { steps: [{ uses: workspace/greet, with: { name: x } }] }\n  b: { steps: [{ uses: \
                library/junit-tests, with: { command: make } }] }\n";
    std::fs::write(home.path().join("greet.yml"), module.replace("nmae", "name")).expect("a file");
    std::fs::write(home.path().join("wrong.yml"), module).expect("a file");
    std::fs::write(home.path().join("shop.yml"), uses).expect("a file");
    let good = andon(home.path(), &["check", "shop.yml", "--module", "greet.yml"]);
    assert_eq!((code(&good), text_of(&good)), (0, String::new()));
    let bad = text_of(&andon(home.path(), &["check", "shop.yml", "--module", "wrong.yml"]));
    assert!(bad.contains("workspace/greet:3:") && bad.contains("used here: shop.yml:3:"), "{bad}");
    let unknown = andon(home.path(), &["--url", "http://127.0.0.1:1", "check", "shop.yml"]);
    assert_eq!(code(&unknown), 1);
    assert!(text_of(&unknown).contains("unknown module \"workspace/greet\""), "{}", text_of(&unknown));
    assert!(text(&unknown.stderr).contains("--module"), "{}", text(&unknown.stderr));
    for ready in ["git-tag", "library/junit-tests", "promotion"] {
        let shown = andon(home.path(), &["library", "show", ready]);
        assert_eq!(code(&shown), 0);
        assert!(!shown.stdout.is_empty());
    }
    assert_eq!(code(&andon(home.path(), &["library", "show", "git-tga"])), 1);
}

#[test]
fn wrong_use_ends_with_2() {
    let home = tempfile::tempdir().expect("a folder");
    let uses: [&[&str]; 6] =
        [&[], &["runn"], &["run", "nope"], &["--url", "nowhere", "runs"], &["server", "--listen", "here"], &["check", "missing.yml"]];
    for args in uses {
        let output = andon(home.path(), args);
        assert_eq!(code(&output), 2, "{args:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty(), "{args:?} says what is wrong");
    }
}

#[test]
fn no_connection_ends_with_3() {
    let home = tempfile::tempdir().expect("a folder");
    // A port that was free a moment ago, and that nobody listens on.
    let address = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for args in [&["runs"][..], &["watch", "shop#1"], &["logs", "-f", "shop/build#1"], &["login", "--name", "ada", "--link", "LINK"]] {
        let url = format!("http://{address}");
        let link = format!("{url}/signin/x");
        let args: Vec<&str> = args.iter().map(|arg| if *arg == "LINK" { link.as_str() } else { *arg }).collect();
        let output = andon(home.path(), &[&["--url", url.as_str()], args.as_slice()].concat());
        let expected = if args.contains(&"login") { 2 } else { 3 };
        assert_eq!(code(&output), expected, "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn help_version_and_settings_end_with_0() {
    let home = tempfile::tempdir().expect("a folder");
    let uses: [&[&str]; 5] = [&["--help"], &["--version"], &["schema"], &["completions", "bash"], &["server", "--print-config"]];
    for args in uses {
        let output = andon(home.path(), args);
        assert_eq!((code(&output), output.stdout.is_empty()), (0, false), "{args:?}: {}", text(&output.stderr));
    }
    let settings = text(&andon(home.path(), &["server", "--print-config", "--runner-slots", "5"]).stdout);
    assert!(settings.contains("runner_slots = 5") && settings.contains("# flag --runner-slots"), "{settings}");
}

#[test]
fn whoever_stops_reading_breaks_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_andon"));
    let mut child = command.arg("schema").current_dir(home.path()).stdout(std::process::Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
