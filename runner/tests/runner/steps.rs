//! Steps, in order and otherwise.

use crate::harness::{Runner, action_step, job, run_step};
use andon_pipelines::wire::{AssignedAction, Outcome, ReportBody, StepStatus};

fn named(pairs: &[(&str, StepStatus)]) -> Vec<(String, StepStatus)> {
    pairs.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect()
}

#[tokio::test]
async fn a_job_runs_from_its_start_to_its_end() {
    let runner = Runner::start();
    let ended = runner.run(job(&["echo one", "echo two >&2; pwd"])).await;
    ended.succeeds();
    let lines: Vec<&str> = ended.log.lines().collect();
    assert_eq!(lines[..2], ["one", "two"]);
    assert!(lines[2].ends_with("/work"), "{}", ended.log);
    assert_eq!(ended.bodies[0], ReportBody::Started);
    assert_eq!(ended.bodies[1], ReportBody::StepsBegun);
    let steps = ended.steps();
    assert_eq!(steps.iter().map(|step| step.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((steps[0].log_start, steps[0].log_end, steps[0].exit_code), (Some(0), Some(4), Some(0)));
    assert_eq!(steps[1].log_start, Some(4));
    runner.leave().await;
}

#[tokio::test]
async fn the_environment_is_the_jobs_and_nothing_else() {
    let runner = Runner::start();
    let mut assignment = job(&["env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo $CI $OWN $HOME $TMPDIR; touch $HOME/x $TMPDIR/x"]);
    if let AssignedAction::Run { environment, .. } = &mut assignment.steps[0].action {
        environment.insert("OWN".to_owned(), "mine".to_owned());
    }
    let ended = runner.run(assignment).await;
    ended.succeeds();
    let expected = "ANDON_EXECUTION ANDON_OUTPUTS ANDON_STATE ANDON_SUMMARY CI HOME LANG OWN PATH PWD SHLVL TMPDIR _ ";
    assert_eq!(ended.log.lines().next(), Some(expected));
    assert!(ended.log.contains("true mine /"));
    runner.leave().await;
}

#[tokio::test]
async fn the_first_failure_ends_the_steps() {
    let runner = Runner::start();
    let mut assignment = job(&["echo one", "exit 7", "echo never"]);
    assignment.on_success = vec![run_step("echo success")];
    assignment.on_failure = vec![run_step("echo failure")];
    assignment.always = vec![run_step("echo always")];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("exit-code"));
    assert_eq!(ended.log, "one\nfailure\nalways\n");
    let expected = [
        ("echo one", StepStatus::Succeeded),
        ("exit 7", StepStatus::Failed),
        ("echo never", StepStatus::Skipped),
        ("echo failure", StepStatus::Succeeded),
        ("echo always", StepStatus::Succeeded),
    ];
    assert_eq!(ended.statuses(), named(&expected));
    assert_eq!(ended.steps()[1].exit_code, Some(7));
    assert_eq!(ended.detail.as_deref(), Some("The step \"exit 7\" ended with exit code 7."));
    runner.leave().await;
}

#[tokio::test]
async fn pipes_and_unset_variables_fail_by_default_and_shells_can_be_chosen() {
    let runner = Runner::start();
    runner.run(job(&["false | true"])).await.ends(Outcome::Failed, Some("exit-code"));
    runner.run(job(&["echo $NOT_SET_AT_ALL"])).await.ends(Outcome::Failed, Some("exit-code"));
    let mut assignment = job(&["print 'a' . 'b', \"\\n\";"]);
    if let AssignedAction::Run { shell, .. } = &mut assignment.steps[0].action {
        *shell = Some("perl -w".to_owned());
    }
    let ended = runner.run(assignment).await;
    ended.succeeds();
    assert_eq!(ended.log, "ab\n");
    let mut assignment = job(&["x"]);
    if let AssignedAction::Run { shell, .. } = &mut assignment.steps[0].action {
        *shell = Some("no-such-shell".to_owned());
    }
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("cannot-start"));
    assert!(ended.log.contains("no-such-shell"), "{}", ended.log);
    runner.leave().await;
}

#[tokio::test]
async fn a_step_is_tried_again() {
    let runner = Runner::start();
    let mut assignment = job(&["echo x >> tries; test $(wc -l < tries) = 3"]);
    assignment.steps[0].retry_times = 2;
    let ended = runner.run(assignment).await;
    ended.succeeds();
    assert_eq!(ended.steps()[0].attempt, 3);
    let mut assignment = job(&["echo x >> tries; test $(wc -l < tries) = 3"]);
    assignment.steps[0].retry_times = 1;
    runner.run(assignment).await.ends(Outcome::Failed, Some("exit-code"));
    runner.leave().await;
}

#[tokio::test]
async fn timeouts_end_steps_and_jobs() {
    let runner = Runner::start();
    let mut assignment = job(&["trap 'echo asked; exit 1' TERM; sleep 60 & wait"]);
    assignment.steps[0].timeout_ms = Some(400);
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("timed-out"));
    assert!(ended.log.contains("asked"), "{}", ended.log);
    assert_eq!(ended.steps()[0].reason.as_deref(), Some("timed-out"));

    let mut assignment = job(&["sleep 60", "echo never"]);
    assignment.limits.timeout_ms = 200;
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("timed-out"));
    assert_eq!(ended.detail.as_deref(), Some("The job took longer than its timeout."));

    let mut assignment = job(&["trap '' TERM; while true; do sleep 1; done"]);
    assignment.limits.timeout_ms = 200;
    assignment.limits.grace_ms = 200;
    runner.run(assignment).await.ends(Outcome::Failed, Some("timed-out"));
    runner.leave().await;
}

#[tokio::test]
async fn a_failure_can_be_borne_and_a_step_left_out() {
    let runner = Runner::start();
    let mut assignment = job(&["exit 1", "echo left out", "echo on"]);
    assignment.steps[0].continue_on_error = true;
    assignment.steps[1].skip = Some("its if was false".to_owned());
    let ended = runner.run(assignment).await;
    ended.succeeds();
    let expected = [("exit 1", StepStatus::Failed), ("echo left out", StepStatus::Skipped), ("echo on", StepStatus::Succeeded)];
    assert_eq!(ended.statuses(), named(&expected));
    assert_eq!(ended.steps()[1].reason.as_deref(), Some("its if was false"));
    runner.leave().await;
}

#[tokio::test]
async fn steps_run_side_by_side() {
    let runner = Runner::start();
    // Each waits for the other, so that only side by side both end.
    let one = run_step("touch one; until test -e two; do sleep 0.02; done; echo one");
    let two = run_step("touch two; until test -e one; do sleep 0.02; done; echo two; exit 3");
    let mut assignment = job(&[]);
    assignment.steps = vec![action_step(AssignedAction::Parallel { steps: vec![one, two] }), run_step("echo never")];
    assignment.always = vec![run_step("echo always")];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("exit-code"));
    let statuses: Vec<StepStatus> = ended.steps().iter().map(|step| step.status).collect();
    assert_eq!(statuses, [StepStatus::Succeeded, StepStatus::Failed, StepStatus::Skipped, StepStatus::Succeeded]);
    let mut lines: Vec<&str> = ended.log.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["always", "one", "two"]);
    runner.leave().await;
}

#[tokio::test]
async fn a_failing_hook_fails_a_success_and_changes_nothing_else() {
    let runner = Runner::start();
    let mut assignment = job(&["true"]);
    assignment.on_success = vec![run_step("exit 4")];
    assignment.always = vec![run_step("echo always")];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("hook-failed"));
    assert_eq!(ended.log, "always\n");
    let mut assignment = job(&["exit 9"]);
    assignment.on_failure = vec![run_step("exit 4")];
    runner.run(assignment).await.ends(Outcome::Failed, Some("exit-code"));
    let mut assignment = job(&["true"]);
    assignment.always = vec![run_step("sleep 60")];
    assignment.limits.hooks_ms = 200;
    runner.run(assignment).await.ends(Outcome::Failed, Some("hook-failed"));
    runner.leave().await;
}

#[tokio::test]
async fn people_can_stop_a_job() {
    let runner = Runner::start();
    let mut assignment = job(&["trap 'echo asked; exit 0' TERM; echo begun; sleep 60 & wait", "echo never"]);
    assignment.on_stop = vec![run_step("echo stopped")];
    assignment.always = vec![run_step("echo always")];
    let execution = runner.server.give(assignment);
    runner.server.wait("its first line", |state| state.received.get(&execution).is_some_and(|one| !one.log.is_empty())).await;
    runner.server.set(|state| {
        state.stop.insert(execution);
    });
    let ended = runner.server.finish(execution).await;
    ended.ends(Outcome::Stopped, Some("stopped"));
    assert_eq!(ended.log, "begun\nasked\nstopped\nalways\n");
    assert_eq!(ended.steps()[0].status, StepStatus::Stopped);
    runner.leave().await;
}
