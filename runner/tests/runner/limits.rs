//! Jobs that go too far.

use crate::harness::{Runner, job, run_step};
use andon_pipelines::wire::Outcome;
use std::path::Path;

/// Waits for a process to be gone (or a zombie, which only its new parent can bury).
async fn wait_for_end(pid: &str) {
    while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn is_running(pid: &str) -> bool {
    std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test]
async fn a_flood_is_cut_at_the_limit() {
    let runner = Runner::start();
    let mut assignment = job(&["head -c 1000000000 /dev/zero | tr '\\0' x", "echo never"]);
    assignment.limits.log_bytes = 3_000_000;
    assignment.always = vec![run_step("touch $ANDON_OUTPUTS/ran")];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("log-limit"));
    assert!(ended.log.ends_with("x\n[the log is cut here: it has reached its limit of 3000000 bytes]\n"));
    assert_eq!(ended.log.bytes().filter(|byte| *byte == b'x').count(), 3_000_000);
    assert!(runner.server.state().largest_batch < 1_600_000);
    runner.leave().await;
}

#[tokio::test]
async fn bytes_that_are_no_text_arrive_unharmed() {
    let runner = Runner::start();
    let ended = runner.run(job(&["printf 'a\\377\\376\\000b\\n\\303'"])).await;
    ended.succeeds();
    assert_eq!(ended.raw_log, b"a\xff\xfe\0b\n\xc3");
    runner.leave().await;
}

#[tokio::test]
async fn a_workspace_has_a_limit() {
    let runner = Runner::start();
    let mut assignment = job(&["head -c 20000000 /dev/zero > big; sleep 60"]);
    assignment.limits.workspace_bytes = 5_000_000;
    runner.run(assignment).await.ends(Outcome::Failed, Some("disk-limit"));
    runner.leave().await;
}

#[tokio::test]
async fn nothing_that_a_job_starts_outlives_it() {
    let runner = Runner::start();
    // In the group, out of the group and the session, and one that holds the output open.
    let script = "sleep 1000 & echo $!; setsid sleep 1001 >/dev/null 2>&1 & echo $!; setsid sleep 1002 & echo $!; trap '' TERM";
    let ended = runner.run(job(&[script])).await;
    ended.succeeds();
    let pids: Vec<&str> = ended.log.lines().collect();
    assert_eq!(pids.len(), 3, "{}", ended.log);
    for pid in pids {
        assert!(!is_running(pid), "{pid} still runs");
    }
    runner.leave().await;
}

#[tokio::test]
async fn a_fork_that_will_not_end_is_ended() {
    let runner = Runner::start();
    let script = "setsid bash -c 'trap \"\" TERM HUP INT; echo $$; while true; do sleep 1; done' & wait";
    let execution = runner.server.give({
        let mut assignment = job(&[script]);
        assignment.limits.grace_ms = 100;
        assignment
    });
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| one.log.ends_with(b"\n"))).await;
    runner.server.set(|state| {
        state.stop.insert(execution);
    });
    let ended = runner.server.finish(execution).await;
    ended.ends(Outcome::Stopped, Some("stopped"));
    assert!(!is_running(ended.log.trim()), "{}", ended.log);
    wait_for_end(ended.log.trim()).await;
    runner.leave().await;
}

#[tokio::test]
async fn a_protected_workspace_is_removed_all_the_same() {
    let runner = Runner::start();
    runner.run(job(&["mkdir -p a/b; touch a/b/c; chmod 500 a/b a"])).await.succeeds();
    runner.leave().await;
}
