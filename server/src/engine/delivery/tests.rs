//! Histories of one environment and what must come of them, worked out by hand.

use super::*;
use andon_pipelines::ids::{JobRunId, VersionId};

const SOURCE: u64 = 900;

/// The deployment number `n` put this commit there at this time; its version is `v<n>`.
fn deployed(n: u64, at: i64, commit: i64) -> Deployed {
    Deployed {
        environment: ResourceId::from_number(1),
        job_run: JobRunId::from_number(n),
        run: RunId::from_number(n),
        version: VersionId::from_number(n),
        at,
        commits: BTreeMap::from([(ResourceId::from_number(SOURCE), commit)]),
    }
}

fn attempt(n: u64, at: i64) -> Fault {
    Fault::Attempt { run: RunId::from_number(n), at }
}

fn behind(n: u64, at: i64) -> Fault {
    Fault::Behind { version: VersionId::from_number(n), at }
}

/// `at`, `!` where it failed, `<` where it went back, `+n` where it ended an incident of that length.
fn tell(judgement: &Judgement) -> Vec<String> {
    let mut list: Vec<_> = judgement.list.iter().collect();
    list.sort_by_key(|delivery| delivery.at);
    let tell = |delivery: &&Delivery| {
        let failed = delivery.failed_at.map(|at| format!(" !{at}")).unwrap_or_default();
        let back = if delivery.rollback { " <" } else { "" };
        let restored = delivery.restored_ms.map(|ms| format!(" +{ms}")).unwrap_or_default();
        format!("{}{failed}{back}{restored}", delivery.at)
    };
    list.iter().map(tell).collect()
}

fn stretches(judgement: &Judgement) -> Vec<(usize, i64, i64)> {
    judgement.stretches.iter().map(|(place, (_, after, until))| (*place, *after, *until)).collect()
}

#[test]
fn a_failed_attempt_is_a_failed_change_until_the_next_good_one() {
    let judged = judge(0, &[deployed(1, 10, 1), deployed(2, 50, 3)], &[attempt(7, 20), attempt(8, 30)]);
    assert_eq!(tell(&judged), ["10", "20 !20", "30 !30", "50 +30"], "two failed attempts, one incident from 20 to 50");
    assert_eq!((judged.open_since, stretches(&judged)), (None, vec![(0, 0, 1), (1, 1, 3)]));
    let judged = judge(0, &[deployed(1, 10, 1)], &[attempt(7, 20)]);
    assert_eq!((tell(&judged), judged.open_since), (vec!["10".to_owned(), "20 !20".to_owned()], Some(20)));
}

#[test]
fn a_rollback_fails_what_it_takes_away_and_delivers_nothing_new() {
    let judged = judge(0, &[deployed(1, 10, 1), deployed(2, 30, 2), deployed(3, 70, 1), deployed(4, 90, 2), deployed(5, 95, 3)], &[]);
    assert_eq!(tell(&judged), ["10", "30 !30", "70 < +40", "90", "95"]);
    assert_eq!(stretches(&judged), [(0, 0, 1), (1, 1, 2), (4, 2, 3)], "commit 2 came with the second one, and only once");
}

#[test]
fn a_failure_behind_a_deployment_counts_for_what_it_ran_on() {
    let history = [deployed(1, 10, 1), deployed(2, 30, 2), deployed(3, 60, 3)];
    let judged = judge(0, &history, &[behind(2, 40), behind(2, 45)]);
    assert_eq!(tell(&judged), ["10", "30 !40", "60 +20"]);
    let judged = judge(0, &history, &[behind(2, 65), behind(9, 50)]);
    assert_eq!((tell(&judged), judged.open_since), (vec!["10".to_owned(), "30 !65".to_owned(), "60".to_owned()], None), "replaced by then");
    let judged = judge(0, &history, &[behind(2, 40), behind(3, 61)]);
    assert_eq!((tell(&judged), judged.open_since), (vec!["10".to_owned(), "30 !40".to_owned(), "60 !61".to_owned()], Some(40)));
}

#[test]
fn what_was_there_before_is_the_ground_to_compare_with() {
    let judged = judge(20, &[deployed(1, 10, 4), deployed(2, 30, 6)], &[]);
    assert_eq!(stretches(&judged), [(1, 4, 6)]);
    let judged = judge(20, &[deployed(1, 10, 4), deployed(2, 30, 3)], &[]);
    assert_eq!(tell(&judged), ["10 !10", "30 < +20"]);
}

#[test]
fn going_back_is_older_in_something_and_newer_in_nothing() {
    let orders = |pairs: &[(u64, i64)]| pairs.iter().map(|(id, order)| (ResourceId::from_number(*id), *order)).collect::<BTreeMap<_, _>>();
    let now = orders(&[(1, 5), (2, 5)]);
    for (next, back) in
        [(&[(1, 4), (2, 5)][..], true), (&[(1, 4), (2, 6)], false), (&[(1, 5), (2, 5)], false), (&[(1, 4)], true), (&[(3, 1)], false)]
    {
        assert_eq!(goes_back(&now, &orders(next)), back, "{next:?}");
    }
}
