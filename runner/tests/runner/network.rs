//! A server that goes away, forgets, repeats itself, and takes its time; a runner that leaves, or dies.

use crate::harness::{Received, Runner, Server, State, job, new_folder, run_step};
use andon_pipelines::wire::{Outcome, ReportBody};
use std::{sync::Arc, time::Duration};

fn count(lines: u32) -> String {
    (1..=lines).map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_job_does_not_notice_that_the_server_is_away() {
    let runner = Runner::start();
    let execution = runner.server.give(job(&["echo begun; until test -e go; do sleep 0.02; done; seq 20000"]));
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| one.log == b"begun\n")).await;
    runner.server.set(|state| state.away = true);
    let work = runner.folder.path().join(format!("runner/workspaces/{execution}/work/go"));
    std::fs::write(work, "").expect("the workspace is there");
    runner.server.wait("vain attempts", |state| state.failed_requests > 3).await;
    let spool = runner.folder.path().join(format!("runner/spool/{execution}.jsonl"));
    while !std::fs::read_to_string(&spool).is_ok_and(|text| text.contains("\"finished\"")) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    runner.server.set(|state| state.away = false);
    let ended = runner.server.finish(execution).await;
    ended.succeeds();
    assert_eq!(ended.log, format!("begun\n{}", count(20000)));
    runner.leave().await;
}

#[tokio::test]
async fn lost_and_late_answers_lose_and_double_nothing() {
    let runner = Runner::start();
    runner.server.set(|state| {
        state.lose_answers = 3;
        state.late = 6;
    });
    let ended = runner.run(job(&["for i in $(seq 300); do echo $i; done; sleep 0.2; echo end"])).await;
    ended.succeeds();
    assert_eq!(ended.log, format!("{}end\n", count(300)));
    runner.leave().await;
}

#[tokio::test]
async fn more_than_memory_holds_goes_through_the_disk() {
    let runner = Runner::start_with(Server::default(), Arc::new(new_folder()), |config| config.memory_bytes = 20_000);
    runner.server.set(|state| state.late = 20);
    let ended = runner.run(job(&["seq 100000"])).await;
    ended.succeeds();
    assert_eq!(ended.log, count(100_000));
    runner.leave().await;
}

#[tokio::test]
async fn a_forgotten_runner_registers_again() {
    let runner = Runner::start();
    runner.run(job(&["echo one"])).await.succeeds();
    runner.server.set(|state| state.forgotten = true);
    runner.server.wait("a second registration", |state| state.registrations.len() > 1).await;
    runner.run(job(&["echo two"])).await.succeeds();
    runner.leave().await;
}

#[tokio::test]
async fn a_runner_waits_for_its_server() {
    let server = Server::default();
    server.set(|state| state.away = true);
    let runner = Runner::start_with(server, Arc::new(new_folder()), |_| {});
    runner.server.wait("vain attempts", |state| state.failed_requests > 2).await;
    runner.server.set(|state| state.away = false);
    runner.run(job(&["echo one"])).await.succeeds();
    let registration = runner.server.state().registrations[0].clone();
    assert_eq!((registration.executor.as_str(), registration.isolation.as_str(), registration.slots), ("host", "none", 2));
    runner.leave().await;
}

#[tokio::test]
async fn a_refused_runner_says_so_and_stops() {
    let server = Server::default();
    server.set(|state| state.refuse = true);
    let runner = Runner::start_with(server, Arc::new(new_folder()), |_| {});
    let error = runner.end().await.expect_err("it is refused");
    assert!(format!("{error:#}").contains("the token has expired"), "{error:#}");
    let runner = Runner::start();
    let execution = runner.server.give(job(&["echo begun; sleep 60"]));
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| !one.log.is_empty())).await;
    runner.server.set(|state| state.refuse = true);
    assert!(runner.end().await.is_err());
}

#[tokio::test]
async fn a_leaving_runner_finishes_what_runs() {
    let runner = Runner::start();
    let execution = runner.server.give(job(&["echo begun; until test -e go; do sleep 0.02; done; echo end"]));
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| one.log == b"begun\n")).await;
    runner.shutdown.cancel();
    runner.server.wait("the word that it drains", |state| state.draining_seen).await;
    let late = runner.server.give(job(&["echo never"]));
    let heard = runner.server.state().batches;
    runner.server.wait("a sign of life after that", |state| state.batches > heard).await;
    std::fs::write(runner.folder.path().join(format!("runner/workspaces/{execution}/work/go")), "").expect("the workspace is there");
    runner.server.finish(execution).await.succeeds();
    let server = runner.server.clone();
    runner.leave().await;
    let untouched = server.state().queue.iter().any(|assignment| assignment.execution == late);
    let taken = server.state().received.contains_key(&late);
    assert!(untouched != taken, "work is either left to others or done");
}

#[tokio::test]
async fn the_answer_to_an_end_fills_the_slot_that_it_frees_and_no_other() {
    let runner = Runner::start();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let script = format!("cd {}; touch $$; ls | wc -l; sleep 0.01; rm $$", folder.path().display());
    let all: Vec<_> = (0..40).map(|_| job(&[&script])).collect();
    let executions: Vec<_> = all.iter().map(|assignment| assignment.execution).collect();
    runner.server.set(|state| state.queue.extend(all));
    for execution in executions {
        let ended = runner.server.finish(execution).await;
        ended.succeeds();
        assert!(["1\n", "2\n"].contains(&ended.log.as_str()), "more run at once than there are slots: {}", ended.log);
    }
    assert!(runner.server.state().given_with_answers > 0);
    runner.leave().await;
}

#[tokio::test]
async fn brief_jobs_are_taken_ahead_and_given_back_where_no_slot_comes_free() {
    let runner = Runner::start_with(Server::default(), Arc::new(new_folder()), |config| config.brief = Duration::from_secs(3_600));
    let folder = tempfile::tempdir().expect("a folder can be made");
    let begun = |name: &str| format!("cd {}; touch $$; ls | wc -l; {name}; rm $$", folder.path().display());
    let brief: Vec<_> = (0..30).map(|_| job(&[&begun("true")])).collect();
    let gate = new_folder();
    let long: Vec<_> =
        (0..2).map(|_| job(&[&begun(&format!("until test -e {}/go; do sleep 0.02; done", gate.path().display()))])).collect();
    let last: Vec<_> = (0..8).map(|_| job(&[&begun("true")])).collect();
    let all: Vec<_> = brief.into_iter().chain(long).chain(last).collect();
    let executions: Vec<_> = all.iter().map(|assignment| assignment.execution).collect();
    runner.server.set(|state| state.queue.extend(all));
    let count = |state: &State| state.received.values().filter(|one| one.is_returned()).count();
    // Those that wait behind the long ones; all further ones are still the server's.
    runner.server.wait("what was taken ahead", |state| count(state) >= 2).await;
    std::fs::write(gate.path().join("go"), "").expect("the folder is there");
    for execution in executions {
        runner.server.wait("its end", |state| state.received.get(&execution).is_some_and(Received::is_finished)).await;
        if runner.server.state().received[&execution].is_returned() {
            continue;
        }
        let ended = runner.server.finish(execution).await;
        ended.succeeds();
        assert!(["1\n", "2\n"].contains(&ended.log.as_str()), "more run at once than there are slots: {}", ended.log);
    }
    assert!((3..=6).contains(&runner.server.state().most_held), "a few are taken ahead");
    runner.leave().await;
}

#[tokio::test]
async fn what_is_given_again_after_its_end_does_not_run_again() {
    let runner = Runner::start();
    let once = job(&["echo once"]);
    runner.run(once.clone()).await.succeeds();
    // A second end would make the server's part in `Received::take` panic.
    runner.server.give(once.clone());
    runner.run(job(&["echo other"])).await.succeeds();
    runner.server.wait("it is taken", |state| state.queue.is_empty()).await;
    assert_eq!(runner.server.state().received[&once.execution].log, b"once\n");
    runner.leave().await;
}

#[tokio::test]
async fn a_runner_that_must_leave_at_once_stops_what_runs() {
    let runner = Runner::start();
    let mut assignment = job(&["echo begun; sleep 60"]);
    assignment.on_stop = vec![run_step("echo stopped")];
    let execution = runner.server.give(assignment);
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| !one.log.is_empty())).await;
    runner.shutdown.cancel();
    runner.stop_now.cancel();
    let ended = runner.server.finish(execution).await;
    ended.ends(Outcome::Stopped, Some("runner-stopped"));
    assert_eq!(ended.log, "begun\nstopped\n");
    runner.leave().await;
}

#[tokio::test]
async fn an_abandoned_execution_ends_in_silence() {
    let runner = Runner::start();
    let mut assignment = job(&["echo begun; sleep 60"]);
    assignment.always = vec![run_step("echo hook")];
    let execution = runner.server.give(assignment);
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| !one.log.is_empty())).await;
    runner.server.set(|state| {
        state.abandon.insert(execution);
    });
    let folder = Arc::clone(&runner.folder);
    let server = runner.server.clone();
    runner.leave().await;
    assert_eq!(server.state().received[&execution].log, b"begun\n");
    assert!(!server.state().received[&execution].is_finished());
    drop(folder);
}

#[tokio::test]
async fn the_next_life_hands_over_what_the_last_one_left() {
    let runner = Runner::start();
    let done = runner.server.give(job(&["echo begun; until test -e go; do sleep 0.02; done; echo end"]));
    let cut = runner.server.give(job(&["echo begun; until test -e go; do sleep 0.02; done; echo more; sleep 60"]));
    for execution in [done, cut] {
        runner.server.wait("first lines", |state| state.received.get(&execution).is_some_and(|one| one.log == b"begun\n")).await;
    }
    runner.server.set(|state| state.away = true);
    runner.server.wait("vain attempts", |state| state.failed_requests > 1).await;
    let place = |execution: &_, end: &str| runner.folder.path().join(format!("runner/{end}").replace("ID", &format!("{execution}")));
    for (execution, sign) in [(done, "\"finished\""), (cut, "bW9yZQ")] {
        std::fs::write(place(&execution, "workspaces/ID/work/go"), "").expect("the workspace is there");
        while !std::fs::read_to_string(place(&execution, "spool/ID.jsonl")).is_ok_and(|text| text.contains(sign)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let (server, folder) = (runner.server.clone(), Arc::clone(&runner.folder));
    runner.die().await;
    server.set(|state| state.away = false);
    let runner = Runner::start_with(server, folder, |_| {});
    let ended = runner.server.finish(done).await;
    ended.succeeds();
    assert_eq!(ended.log, "begun\nend\n");
    let ended = runner.server.finish(cut).await;
    ended.ends(Outcome::Errored, Some("runner-lost"));
    assert_eq!(ended.log, "begun\nmore\n");
    runner.leave().await;
}

#[tokio::test]
async fn one_folder_has_one_runner() {
    let runner = Runner::start();
    runner.run(job(&["true"])).await.succeeds();
    let second = Runner::start_with(runner.server.clone(), Arc::clone(&runner.folder), |_| {});
    let error = second.end().await.expect_err("the folder is taken");
    assert!(error.to_string().contains("another runner uses"), "{error:#}");
    runner.leave().await;
}

#[tokio::test]
async fn an_execution_given_twice_runs_once() {
    let runner = Runner::start();
    let assignment = job(&["echo once; sleep 0.2"]);
    runner.server.give(assignment.clone());
    let ended = runner.run(assignment).await;
    ended.succeeds();
    assert_eq!(ended.log, "once\n");
    assert_eq!(ended.bodies.iter().filter(|body| **body == ReportBody::Started).count(), 1);
    runner.leave().await;
}

#[tokio::test]
async fn the_dummy_executor_executes_nothing() {
    let runner =
        Runner::start_with(Server::default(), Arc::new(new_folder()), |config| config.executor = andon_runner::ExecutorKind::Dummy);
    let ended = runner.run(job(&["exit 1"])).await;
    ended.succeeds();
    runner.shutdown.cancel();
    runner.end().await.expect("it leaves in peace");
}
