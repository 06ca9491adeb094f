use super::super::{WhyNot, describe_requirement, may_decide};
use super::*;
use crate::document::Requirement;
use proptest::prelude::*;

fn member(number: u64, name: &str, groups: &[&str], role: Role) -> Member {
    Member {
        user: UserId::from_number(number),
        name: name.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        role: Some(role),
    }
}

fn rule(from: &[Approver], count: u32) -> Requirement {
    Requirement { from: from.to_vec(), count }
}

fn group(name: &str) -> Approver {
    Approver::Group(name.to_owned())
}

fn gate(require: Vec<Requirement>) -> Approval {
    Approval { environment: None, require, timeout: None, on_timeout: OnTimeout::Reject }
}

fn approve(number: u64, at: i64) -> Decision {
    Decision { user: UserId::from_number(number), kind: DecisionKind::Approve, at }
}

fn reject(number: u64, at: i64) -> Decision {
    Decision { kind: DecisionKind::Reject, ..approve(number, at) }
}

/// Ada is in the release group, Bob too and an administrator, Eve is a viewer in no group.
fn people() -> Vec<Member> {
    vec![
        member(1, "ada", &["release"], Role::Operator),
        member(2, "bob", &["release"], Role::Admin),
        member(3, "eve", &[], Role::Viewer),
        member(4, "cy", &["release", "support"], Role::Editor),
    ]
}

#[test]
fn every_rule_must_hold() {
    let gate = gate(vec![rule(&[group("release")], 1), rule(&[group("support")], 1)]);
    assert_eq!(judge(&gate, &people(), &[]).status, VerdictStatus::Open);
    assert_eq!(judge(&gate, &people(), &[approve(1, 10)]).status, VerdictStatus::Open);
    let verdict = judge(&gate, &people(), &[approve(1, 10), approve(4, 20)]);
    assert_eq!(verdict.status, VerdictStatus::Approved);
    assert_eq!(verdict.requirements[1].have, [UserId::from_number(4)]);
}

#[test]
fn one_person_counts_once_even_where_two_rules_name_them() {
    let gate = gate(vec![rule(&[group("release")], 1), rule(&[Approver::Role(Role::Admin)], 1)]);
    let verdict = judge(&gate, &people(), &[approve(2, 10)]);
    assert_eq!(verdict.status, VerdictStatus::Open);
    // Bob came first and stands for the group; when Ada comes he moves to the rule that only he can fill.
    let verdict = judge(&gate, &people(), &[approve(2, 10), approve(1, 20)]);
    assert_eq!(verdict.status, VerdictStatus::Approved);
    assert_eq!(verdict.requirements[0].have, [UserId::from_number(1)]);
    assert_eq!(verdict.requirements[1].have, [UserId::from_number(2)]);
}

#[test]
fn the_same_person_cannot_approve_twice() {
    let gate = gate(vec![rule(&[group("release")], 2)]);
    let verdict = judge(&gate, &people(), &[approve(1, 10), approve(1, 20)]);
    assert_eq!((verdict.status, verdict.requirements[0].missing()), (VerdictStatus::Open, 1));
}

#[test]
fn a_rejection_closes_the_gate_even_when_the_rules_hold() {
    let gate = gate(vec![rule(&[group("release")], 1)]);
    assert_eq!(judge(&gate, &people(), &[approve(1, 10), reject(2, 20)]).status, VerdictStatus::Rejected);
}

#[test]
fn strangers_and_former_members_do_not_count() {
    let gate = gate(vec![rule(&[group("release")], 1)]);
    assert_eq!(judge(&gate, &people(), &[reject(3, 10)]).status, VerdictStatus::Open, "eve is in no rule");
    assert_eq!(judge(&gate, &people(), &[approve(99, 10)]).status, VerdictStatus::Open, "nobody knows 99");
    let mut former = people();
    former[0].role = None;
    assert_eq!(judge(&gate, &former, &[approve(1, 10)]).status, VerdictStatus::Open, "ada has left");
}

#[test]
fn the_latest_decision_of_a_person_counts() {
    let gate = gate(vec![rule(&[group("release")], 1)]);
    assert_eq!(judge(&gate, &people(), &[reject(1, 10), approve(1, 20)]).status, VerdictStatus::Approved);
    assert_eq!(judge(&gate, &people(), &[approve(1, 20), reject(1, 10)]).status, VerdictStatus::Approved);
}

#[test]
fn a_gate_without_rules_stays_shut() {
    assert_eq!(judge(&gate(vec![]), &people(), &[approve(1, 10)]).status, VerdictStatus::Open);
}

#[test]
fn an_absurd_count_is_only_out_of_reach() {
    let gate = gate(vec![rule(&[group("release")], u32::MAX), rule(&[group("release")], u32::MAX)]);
    assert_eq!(judge(&gate, &people(), &[approve(1, 10), approve(2, 20), approve(4, 30)]).status, VerdictStatus::Open);
}

#[test]
fn whoever_may_not_decide_hears_why() {
    let people = people();
    let gate = gate(vec![rule(&[group("release"), Approver::User("zoe".into())], 1), rule(&[Approver::Role(Role::Admin)], 1)]);
    let ask = |who: usize, decisions: &[Decision], status| may_decide(&gate, &people[who], decisions, status);
    assert_eq!(ask(0, &[], GateStatus::Open), Ok(()));
    insta::assert_snapshot!(ask(2, &[], GateStatus::Open).expect_err("eve"), @"eve is in none of this gate's rules: it needs a member of group release, user zoe or somebody with the role admin; eve has the role viewer and is in no group");
    insta::assert_snapshot!(ask(0, &[approve(1, 5)], GateStatus::Open).expect_err("twice"), @"ada has already decided: approve; revoke that decision first");
    insta::assert_snapshot!(ask(0, &[], GateStatus::Superseded).expect_err("closed"), @"the gate is closed: it is superseded");
    let mut former = people[0].clone();
    former.role = None;
    let why = may_decide(&gate, &former, &[], GateStatus::Open).expect_err("ada has left");
    assert_eq!(why, WhyNot::NotAMember { name: "ada".into() });
}

#[test]
fn a_rule_tells_how_far_it_has_come() {
    let gate = gate(vec![rule(&[group("release"), Approver::User("zoe".into())], 2), rule(&[Approver::Role(Role::Admin)], 1)]);
    let verdict = judge(&gate, &people(), &[approve(1, 10)]);
    let texts: Vec<String> = verdict.requirements.iter().map(describe_requirement).collect();
    assert_eq!(texts, ["2 approvals from group release or user zoe (1 so far)", "1 approval from role admin"]);
}

#[test]
fn each_timeout_has_its_outcome() {
    assert_eq!(timeout_outcome(OnTimeout::Reject).job_run, JobRunStatus::Failed);
    assert_eq!(timeout_outcome(OnTimeout::Skip).job_run, JobRunStatus::Skipped);
    assert_eq!(timeout_outcome(OnTimeout::Approve).gate, GateStatus::Approved);
}

fn arbitrary_gate() -> impl Strategy<Value = (Approval, Vec<Member>)> {
    let approver = prop_oneof![
        (0..4_u64).prop_map(|number| Approver::User(format!("u{number}"))),
        (0..3_u32).prop_map(|number| Approver::Group(format!("g{number}"))),
        prop_oneof![Just(Role::Operator), Just(Role::Admin)].prop_map(Approver::Role),
    ];
    let rules = prop::collection::vec((prop::collection::vec(approver, 1..3), 1..3_u32), 1..4);
    let roles = prop_oneof![Just(Role::Viewer), Just(Role::Operator), Just(Role::Admin)];
    let members = prop::collection::vec((prop::collection::btree_set("g[0-2]", 0..3), roles), 0..6);
    (rules, members).prop_map(|(rules, members)| {
        let require = rules.into_iter().map(|(from, count)| Requirement { from, count }).collect();
        let members = (0_u64..).zip(members);
        let member = |(number, (groups, role)): (u64, (BTreeSet<String>, Role))| Member {
            user: UserId::from_number(number),
            name: format!("u{number}"),
            groups,
            role: Some(role),
        };
        (gate(require), members.map(member).collect())
    })
}

/// Tries every way to let each person stand for one rule or none.
fn can_hold(approval: &Approval, members: &[Member], left: &mut Vec<u32>) -> bool {
    if left.iter().all(|count| *count == 0) {
        return true;
    }
    let Some((first, rest)) = members.split_first() else { return false };
    if can_hold(approval, rest, left) {
        return true;
    }
    for index in 0..left.len() {
        if left[index] > 0 && approval.require[index].from.iter().any(|approver| first.fits(approver)) {
            left[index] -= 1;
            let holds = can_hold(approval, rest, left);
            left[index] += 1;
            if holds {
                return true;
            }
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_gate_is_approved_exactly_when_some_assignment_fills_every_rule((approval, members) in arbitrary_gate()) {
        let decisions: Vec<Decision> = members.iter().map(|member| Decision { user: member.user, kind: DecisionKind::Approve, at: 1 }).collect();
        let verdict = judge(&approval, &members, &decisions);
        let mut needed: Vec<u32> = approval.require.iter().map(|rule| rule.count).collect();
        prop_assert_eq!(verdict.status == VerdictStatus::Approved, can_hold(&approval, &members, &mut needed));
    }
}
