//! What a job sees of the machine. Where bubblewrap does not work, the runner must say so.

use crate::harness::{Runner, Server, job, new_folder, secret};
use andon_pipelines::wire::Outcome;
use andon_runner::Isolation;
use std::sync::Arc;

/// A runner with isolation, or `None` where the machine offers none; that the runner says so is proven then.
async fn start_isolated() -> Option<Runner> {
    let runner = Runner::start_with(Server::default(), Arc::new(new_folder()), |config| config.isolation = Isolation::Auto);
    runner.server.wait("a registration", |state| !state.registrations.is_empty()).await;
    let registration = runner.server.state().registrations[0].clone();
    if registration.isolation == "bubblewrap" {
        assert_eq!(registration.notice, None);
        return Some(runner);
    }
    assert_eq!(registration.isolation, "none");
    assert!(registration.notice.is_some_and(|notice| notice.contains("jobs run without isolation")));
    runner.leave().await;
    None
}

#[tokio::test]
async fn a_job_sees_neither_other_workspaces_nor_the_servers_folder() {
    let Some(runner) = start_isolated().await else { return };
    let data = runner.folder.path().join("server-data");
    std::fs::write(&data, "key").expect("a file can be written");
    let neighbour = runner.server.give(job(&["echo here > mine; echo begun; until test -e go; do sleep 0.02; done"]));
    runner.server.wait("the neighbour", |state| state.received.get(&neighbour).is_some_and(|one| !one.log.is_empty())).await;
    let workspaces = runner.folder.path().join("runner/workspaces");
    assert!(workspaces.join(format!("{neighbour}/work/mine")).exists());
    let script = format!(
        "ls {} | wc -l; test ! -e {}; test ! -e {}/{neighbour}; test ! -e /root/.cargo; test ! -s /etc/shadow
        ! touch /usr/x 2>/dev/null; ! touch /x 2>/dev/null; ls /proc | grep -c '^[0-9]'; echo $HOME; touch $HOME/x /tmp/x /dev/null",
        workspaces.display(),
        data.display(),
        workspaces.display()
    );
    let ended = runner.run(job(&[&script])).await;
    ended.succeeds();
    let lines: Vec<&str> = ended.log.lines().collect();
    assert_eq!(lines[0], "1", "{}", ended.log);
    assert!(lines[1].parse::<u32>().is_ok_and(|processes| processes < 10), "{}", ended.log);
    assert!(lines[2].ends_with("/home"));
    std::fs::write(workspaces.join(format!("{neighbour}/work/go")), "").expect("the workspace is there");
    runner.server.finish(neighbour).await.succeeds();
    runner.leave().await;
}

#[tokio::test]
async fn an_isolated_job_works_like_any_other() {
    let Some(runner) = start_isolated().await else { return };
    let mut assignment = job(&["echo $TOKEN; echo a=b >> $ANDON_STATE", "setsid sleep 1000 & exit 5"]);
    assignment.secrets = vec![secret("TOKEN", "s3cret-value")];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("exit-code"));
    assert_eq!((ended.log.as_str(), ended.steps()[1].exit_code), ("***\n", Some(5)));
    let mut assignment = job(&["true"]);
    assignment.limits.timeout_ms = 60_000;
    runner.run(assignment).await.succeeds();
    runner.leave().await;
}

#[tokio::test]
async fn an_isolated_job_is_asked_before_it_is_ended() {
    let Some(runner) = start_isolated().await else { return };
    let execution = runner.server.give(job(&["trap 'echo asked; exit 0' TERM; echo begun; sleep 60 & wait"]));
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| !one.log.is_empty())).await;
    runner.server.set(|state| {
        state.stop.insert(execution);
    });
    let ended = runner.server.finish(execution).await;
    ended.ends(Outcome::Stopped, Some("stopped"));
    assert_eq!(ended.log, "begun\nasked\n");
    let mut assignment = job(&["trap '' TERM; setsid bash -c 'trap \"\" TERM; sleep 77777' & sleep 60; sleep 60"]);
    assignment.limits.timeout_ms = 300;
    assignment.limits.grace_ms = 100;
    runner.run(assignment).await.ends(Outcome::Failed, Some("timed-out"));
    let survivors = std::fs::read_dir("/proc").expect("it is there").flatten().filter(|entry| {
        std::fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| line.windows(5).any(|window| window == b"77777") && line.starts_with(b"sleep"))
    });
    assert_eq!(survivors.count(), 0);
    runner.leave().await;
}

#[tokio::test]
async fn isolation_that_is_demanded_and_missing_is_an_error() {
    let runner = Runner::start_with(Server::default(), Arc::new(new_folder()), |config| {
        config.isolation = Isolation::Bubblewrap;
        config.path = "/nowhere".to_owned();
    });
    let error = runner.end().await.expect_err("there is no bubblewrap in that path");
    assert!(format!("{error:#}").contains("apt-get install bubblewrap"), "{error:#}");
    let runner = Runner::start_with(Server::default(), Arc::new(new_folder()), |config| {
        config.isolation = Isolation::Auto;
        config.path = "/nowhere".to_owned();
    });
    runner.server.wait("a registration", |state| !state.registrations.is_empty()).await;
    let registration = runner.server.state().registrations[0].clone();
    assert_eq!(registration.isolation, "none");
    assert!(registration.notice.is_some_and(|notice| notice.contains("bubblewrap is not installed")));
    runner.leave().await;
}
