use super::super::{WhyNot, describe_requirement, may_decide};
use super::*;
use crate::document::Requirement;
use proptest::prelude::*;

fn member(number: u64, name: &str, groups: &[&str], role: Role) -> Member {
    Member {
        user: UserId::from_number(number),
        name: name.to_owned(),
        email: None,
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
    Approval { require, ..Approval::by_operator() }
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
    let nobody = BTreeMap::new();
    let case = Case { approval: &gate, members: &people, decisions: &[], excluded: &nobody, escalated: false };
    let ask =
        |who: usize, decisions: &[Decision], status| may_decide(&Case { decisions, ..case }, &people[who], status, DecisionKind::Approve);
    assert_eq!(ask(0, &[], GateStatus::Open), Ok(()));
    insta::assert_snapshot!(ask(2, &[], GateStatus::Open).expect_err("eve"), @"eve is in none of this gate's rules: it needs a member of group release, user zoe or somebody with the role admin; eve has the role viewer and is in no group");
    insta::assert_snapshot!(ask(0, &[approve(1, 5)], GateStatus::Open).expect_err("twice"), @"ada has already decided: approve; revoke that decision first");
    insta::assert_snapshot!(ask(0, &[], GateStatus::Superseded).expect_err("closed"), @"the gate is closed: it is superseded");
    let mut former = people[0].clone();
    former.role = None;
    let why = may_decide(&case, &former, GateStatus::Open, DecisionKind::Approve).expect_err("ada has left");
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
    let closed = |job_run| TimeoutOutcome::Close { gate: GateStatus::Expired, job_run, reason: "expired" };
    assert_eq!(timeout_outcome(OnTimeout::Reject, false), closed(JobRunStatus::Failed));
    assert_eq!(timeout_outcome(OnTimeout::Skip, false), closed(JobRunStatus::Skipped));
    assert_eq!(timeout_outcome(OnTimeout::Approve, false), TimeoutOutcome::Approve);
    assert_eq!(timeout_outcome(OnTimeout::Escalate, false), TimeoutOutcome::Escalate);
    assert_eq!(timeout_outcome(OnTimeout::Escalate, true), closed(JobRunStatus::Failed));
}

#[test]
fn whoever_asks_for_changes_holds_the_gate_until_they_approve() {
    let gate = gate(vec![rule(&[group("release")], 1)]);
    let asks = Decision { kind: DecisionKind::RequestChanges, ..approve(1, 10) };
    let verdict = judge(&gate, &people(), &[approve(2, 5), asks]);
    assert_eq!((verdict.status, verdict.changes_requested), (VerdictStatus::Open, vec![UserId::from_number(1)]));
    assert_eq!(judge(&gate, &people(), &[approve(2, 5), asks, approve(1, 20)]).status, VerdictStatus::Approved);
    let stranger = Decision { user: UserId::from_number(3), ..asks };
    assert_eq!(judge(&gate, &people(), &[approve(2, 5), stranger]).status, VerdictStatus::Approved, "eve is in no rule");
}

#[test]
fn a_quorum_of_rejections_is_as_many_as_a_rule_asks_for() {
    let gate = Approval { rejection: Rejection::Quorum, ..gate(vec![rule(&[group("release")], 2)]) };
    assert_eq!(judge(&gate, &people(), &[reject(1, 1)]).status, VerdictStatus::Open);
    assert_eq!(judge(&gate, &people(), &[reject(1, 1), approve(2, 2), approve(4, 3)]).status, VerdictStatus::Approved);
    assert_eq!(judge(&gate, &people(), &[reject(1, 1), reject(2, 2)]).status, VerdictStatus::Rejected);
}

#[test]
fn the_approval_of_the_excluded_does_not_count_and_their_rejection_does() {
    let gate = gate(vec![rule(&[group("release")], 1)]);
    let excluded = BTreeMap::from([(UserId::from_number(1), Excluded::Initiator)]);
    let people = people();
    let judged = |decisions: &[Decision]| {
        Case { approval: &gate, members: &people, decisions, excluded: &excluded, escalated: false }.judge().status
    };
    assert_eq!(judged(&[approve(1, 1)]), VerdictStatus::Open);
    assert_eq!(judged(&[approve(1, 1), approve(2, 2)]), VerdictStatus::Approved);
    assert_eq!(judged(&[reject(1, 1)]), VerdictStatus::Rejected);
    let case = Case { approval: &gate, members: &people, decisions: &[], excluded: &excluded, escalated: false };
    let ask = |kind| may_decide(&case, &people[0], GateStatus::Open, kind);
    insta::assert_snapshot!(ask(DecisionKind::Approve).expect_err("excluded"), @"ada may not approve: they started this run");
    assert_eq!(ask(DecisionKind::Reject), Ok(()));
}

#[test]
fn after_an_escalation_more_people_count_for_every_rule() {
    let mut gate = gate(vec![rule(&[Approver::User("zoe".into())], 1), rule(&[Approver::User("yan".into())], 1)]);
    gate.escalation = Some(crate::document::Escalation { to: vec![group("release")], timeout: None });
    let (people, nobody) = (people(), BTreeMap::new());
    let decisions = [approve(1, 1), approve(2, 2)];
    let case = Case { approval: &gate, members: &people, decisions: &decisions, excluded: &nobody, escalated: false };
    assert_eq!(case.judge().status, VerdictStatus::Open);
    assert_eq!(Case { escalated: true, ..case }.judge().status, VerdictStatus::Approved);
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
            email: None,
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
