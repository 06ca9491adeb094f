//! Scripts that nobody should write.

use andon_tests::{Server, ServerOptions, Valve};
use anyhow::{Context, ensure};
use serde_json::Value;

/// Runs one script. Answers the ended job run.
async fn run_script(server: &Server, script: &str) -> anyhow::Result<(Value, Vec<u8>)> {
    let indented: String = script.lines().map(|line| format!("          {line}\n")).collect();
    server.api.set_pipeline(&format!("pipeline: horror\njobs:\n  it:\n    steps:\n      - run: |\n{indented}")).await?;
    let (_, id) = server.api.trigger("horror", "it").await?;
    let ended = server.api.job_run_ended(&id).await?;
    Ok((ended, server.api.log(&id).await?))
}

/// The processes of this machine whose arguments contain the word.
fn find_processes(word: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path().join("cmdline");
        // Processes come and go while the folder is read.
        let Ok(arguments) = std::fs::read(&path) else { continue };
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        if arguments.contains(word) {
            found.push(arguments);
        }
    }
    Ok(found)
}

/// Children that ignore every polite signal, leave their session and their parent, and have children of their own.
fn write_brood(marker: &str) -> String {
    format!(
        "for i in $(seq 15); do\n  setsid bash -c 'trap \"\" TERM HUP INT; (trap \"\" TERM HUP INT; exec -a {marker} sleep 100000) & exec -a {marker} sleep 100000' </dev/null >/dev/null 2>&1 &\ndone\nuntil [ \"$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^{marker}$')\" -ge 30 ]; do :; done\necho brood is there"
    )
}

async fn leave_a_brood(isolation: &str) -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--isolation", isolation]).start().await?;
    let marker = format!("leftover-{}-{isolation}", std::process::id());
    let (ended, log) = run_script(&server, &write_brood(&marker)).await?;
    let log = String::from_utf8(log)?;
    ensure!(ended["status"] == "succeeded" && log.contains("brood is there"), "{ended}\n{log}");
    let left = find_processes(&marker)?;
    ensure!(left.is_empty(), "they outlived their job: {left:?}");
    Ok(())
}

#[tokio::test]
async fn background_processes_end_with_their_job_in_isolation() -> anyhow::Result<()> {
    leave_a_brood("bubblewrap").await
}

#[tokio::test]
async fn background_processes_end_with_their_job_without_isolation() -> anyhow::Result<()> {
    leave_a_brood("none").await
}

/// A line of `/proc/PID/status`, in KiB.
fn read_status_kib(server: &Server, name: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.program.id().context("it runs")?))?;
    let line = status.lines().find(|line| line.starts_with(name)).with_context(|| status.clone())?;
    line.split_whitespace().nth(1).context("a number")?.parse().context("a number")
}

#[tokio::test]
async fn a_gigabyte_of_output_is_cut_and_costs_no_memory() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--log-limit", "4MiB"]).start().await?;
    let (warm, _) = run_script(&server, "echo once, so that everything is loaded").await?;
    ensure!(warm["status"] == "succeeded", "{warm}");
    let before = read_status_kib(&server, "VmRSS:")?;
    let (ended, log) = run_script(&server, "yes 'a line that nobody wants to read' | head -c 1000000000").await?;
    let peak = read_status_kib(&server, "VmHWM:")?;
    ensure!(ended["status"] == "failed" && ended["reason"] == "log-limit", "{ended}");
    let end = String::from_utf8_lossy(&log[log.len().saturating_sub(200)..]).into_owned();
    ensure!(
        log.len() < (4 << 20) + 4096 && log.len() > 3 << 20 && end.contains("the log is cut here"),
        "{} bytes, ending {end}",
        log.len()
    );
    ensure!(peak.saturating_sub(before) < 64 << 10, "the server grew from {before} KiB to {peak} KiB");
    Ok(())
}

#[tokio::test]
async fn bytes_that_are_no_text_arrive_as_they_are() -> anyhow::Result<()> {
    let server = ServerOptions::new().start().await?;
    let (ended, log) =
        run_script(&server, "printf 'a\\xff\\xfe caf\\xe9 \\xf0\\x9f\\n'; printf '\\x00\\x1b[31mred\\x1b[0m\\nend\\n'").await?;
    ensure!(ended["status"] == "succeeded", "{ended}");
    let expected = b"a\xff\xfe caf\xe9 \xf0\x9f\n\x00\x1b[31mred\x1b[0m\nend\n";
    ensure!(log.windows(expected.len()).any(|window| window == expected), "{}", String::from_utf8_lossy(&log));
    // The followed form is text by its nature: it must come to its end all the same.
    let shown = server.andon(&["logs", "horror/it#1", "-f"]).await?;
    ensure!(shown.code == 0 && shown.stdout.contains("end"), "{shown:?}");
    Ok(())
}

#[tokio::test]
async fn a_job_that_fills_the_disk_is_ended() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--workspace-limit", "8MiB"]).start().await?;
    let valve = Valve::new().await?;
    // It would wait for ever: only the limit ends it.
    let (ended, _) = run_script(&server, &format!("head -c 30000000 /dev/urandom > big\n{}", valve.wait_line("full"))).await?;
    ensure!(ended["status"] == "failed" && ended["reason"] == "disk-limit", "{ended}");
    Ok(())
}
