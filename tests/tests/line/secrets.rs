//! A secret's value stays where it belongs.

use andon_tests::{Server, ServerOptions, Valve, run_program};
use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;

const VALUE: &str = "k9/Tür+Schlüssel=&42 zum-Laden";
/// What RFC 3986 leaves of it.
const ENCODED: &str = "k9%2FT%C3%BCr%2BSchl%C3%BCssel%3D%2642%20zum-Laden";

fn write_script(valve: &Valve) -> String {
    let wait = valve.wait_line("half");
    let pieces = |name: &str| format!("printf %s \"${{{name}:0:9}}\"; {wait}; printf '%s\\n' \"${{{name}:9}}\"");
    let lines = [
        "encode() { local LC_ALL=C s=$1 i c; for ((i = 0; i < ${#s}; i++)); do c=${s:i:1}; case $c in [a-zA-Z0-9.~_-]) printf %s \"$c\" ;; *) printf '%%%02X' \"'$c\" ;; esac; done; }".to_owned(),
        "B64=$(printf %s \"$DOOR\" | base64 -w0)".to_owned(),
        "URL=$(encode \"$DOOR\")".to_owned(),
        "[ \"$URL\" = \"$(printf %s \"$EXPECTED\")\" ] && echo encoded as expected".to_owned(),
        "echo \"whole: $DOOR\"".to_owned(),
        format!("echo -n 'plain in pieces: '; {}", pieces("DOOR")),
        format!("echo -n 'base64 in pieces: '; {}", pieces("B64")),
        format!("echo -n 'url in pieces: '; {}", pieces("URL")),
        "echo \"door=$DOOR\" >> \"$ANDON_STATE\"".to_owned(),
        "echo the end".to_owned(),
    ];
    lines.iter().map(|line| format!("          {line}\n")).collect()
}

/// Every file below, with what it holds of the value.
fn find_leaks(folder: &Path, leaks: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_leaks(&path, leaks)?;
        } else {
            let bytes = std::fs::read(&path)?;
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            if holds(VALUE) || holds(&STANDARD.encode(VALUE)) {
                leaks.push(path.display().to_string());
            }
        }
    }
    Ok(())
}

fn ensure_silent(what: &str, text: &str) -> anyhow::Result<()> {
    for form in [VALUE, &STANDARD.encode(VALUE), ENCODED] {
        ensure!(!text.contains(form), "{what} shows the secret as {form}:\n{text}");
    }
    Ok(())
}

async fn set_secret(server: &Server) -> anyhow::Result<()> {
    let set = run_program(server.client_command(&server.api.token, &["secret", "set", "door"]), VALUE).await?;
    ensure!(set.code == 0, "{set:?}");
    ensure_silent("the command", &format!("{}{}", set.stdout, set.stderr))
}

#[tokio::test]
async fn a_secret_shows_nowhere_in_no_form() -> anyhow::Result<()> {
    // On SQLite: its file is what is searched at the end.
    let mut server = ServerOptions::new().on_sqlite().start().await?;
    set_secret(&server).await?;
    let valve = Valve::new().await?;
    let yaml = format!(
        "pipeline: door\njobs:\n  open:\n    secrets: {{ DOOR: door }}\n    env: {{ EXPECTED: '{ENCODED}' }}\n    steps:\n      - run: |\n{}",
        write_script(&valve)
    );
    // The expected form must not itself stand in the store: it is there in the file of the pipeline, so only the others are searched for.
    server.api.set_pipeline(&yaml).await?;
    let (run, id) = server.api.trigger("door", "open").await?;
    for _ in 0..3 {
        valve.reached().await?.release().await?;
    }
    let ended = server.api.job_run_ended(&id).await?;
    let log = String::from_utf8(server.api.log(&id).await?)?;
    ensure!(ended["status"] == "succeeded", "{ended}\n{log}");
    ensure!(log.contains("encoded as expected") && log.contains("the end"), "{log}");
    for begin in ["whole: ***", "plain in pieces: ***", "base64 in pieces: ***", "url in pieces: ***"] {
        ensure!(log.lines().any(|line| line.contains(begin)), "{begin:?} is missing:\n{log}");
    }
    ensure_silent("the log", &log)?;
    for arguments in [vec!["run", &run, "--json"], vec!["secret", "list", "--json"], vec!["logs", &id], vec!["runs", "--json"]] {
        ensure_silent(&arguments.join(" "), &server.andon(&arguments).await?.success()?)?;
    }
    ensure_silent("the server's log", &server.program.tail())?;
    ensure!(server.stop().await?.success());
    let mut leaks = Vec::new();
    find_leaks(&server.data(), &mut leaks)?;
    ensure!(leaks.is_empty(), "the value lies in {leaks:?}");
    Ok(())
}
