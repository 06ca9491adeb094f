//! One job after the other on the same runner: folders and shells serve again, and nobody notices.

use crate::harness::{Runner, Server, job, new_folder};
use andon_pipelines::wire::{AssignedAction, Assignment, Outcome};
use std::sync::Arc;

/// Prints whatever a job finds when it begins.
const LOOK: &str = "env | grep -v '^_=\\|SHLVL' | sed \"s,${HOME%/home},WORKSPACE,; s,$ANDON_EXECUTION,EXECUTION,\" | sort; umask; \
    cd ..; find . | sort; stat -c '%n %a %s %h' state summary; ls -l /proc/self/fd | sed 's/.* //; s/[0-9]*//g' | sort | uniq";

fn start(slots: u32) -> Runner {
    Runner::start_with(Server::default(), Arc::new(new_folder()), |config| config.slots = slots)
}

fn in_environment(mut assignment: Assignment, name: &str, value: &str) -> Assignment {
    if let AssignedAction::Run { environment, .. } = &mut assignment.steps[0].action {
        environment.insert(name.to_owned(), value.to_owned());
    }
    assignment
}

#[tokio::test]
async fn a_job_finds_nothing_of_the_one_before() {
    let runner = start(1);
    let first = runner.run(job(&[LOOK])).await;
    first.succeeds();
    let leave = "echo left=1 | tee file $HOME/.profile $TMPDIR/x $ANDON_STATE $ANDON_SUMMARY >/dev/null; mkdir $ANDON_OUTPUTS/more; umask 077; \
        chmod 755 ..; exec 7>&1";
    for round in 0..3 {
        let before = runner.run(in_environment(job(&[leave]), "LEFT", "it's here")).await;
        before.succeeds();
        let after = runner.run(job(&[LOOK])).await;
        after.succeeds();
        assert_eq!(after.log, first.log, "round {round}");
    }
    runner.leave().await;
}

#[tokio::test]
async fn what_a_job_does_to_its_neighbours_in_its_group_harms_no_other() {
    let runner = start(1);
    // A shell of this runner's is between the runner and the job only where there are control groups.
    let end_parent = "if [ \"$(cat /proc/$PPID/comm)\" = sh ]; then kill -9 $PPID; sleep 1000; else kill -9 $$; fi";
    let cases = [
        ("kill 0; sleep 1000", 143),
        ("kill -9 0; sleep 1000", 137),
        (end_parent, 137),
        ("kill -SEGV $$", 139),
        ("setsid sleep 1000 &", 0),
    ];
    for (script, code) in cases {
        let ended = runner.run(job(&[script])).await;
        let (outcome, reason) = if code == 0 { (Outcome::Succeeded, None) } else { (Outcome::Failed, Some("exit-code")) };
        ended.ends(outcome, reason);
        assert_eq!(ended.steps()[0].exit_code, Some(code), "{script}");
        let next = runner.run(job(&["echo next"])).await;
        next.succeeds();
        assert_eq!((ended.log.as_str(), next.log.as_str()), ("", "next\n"), "{script}");
    }
    runner.leave().await;
}

#[tokio::test]
async fn jobs_side_by_side_have_shells_of_their_own() {
    let runner = start(4);
    let here = new_folder();
    for _ in 0..2 {
        // Each waits for the other three.
        let script = |number| {
            let here = here.path().display();
            format!("echo {number}; touch {here}/{number}; until [ $(ls {here} | wc -l) = 4 ]; do sleep 0.01; done; echo {number}")
        };
        let given: Vec<_> = (0..4).map(|number| runner.server.give(job(&[&script(number)]))).collect();
        for (number, execution) in given.into_iter().enumerate() {
            let ended = runner.server.finish(execution).await;
            ended.succeeds();
            assert_eq!(ended.log, format!("{number}\n{number}\n"));
        }
    }
    runner.leave().await;
}
