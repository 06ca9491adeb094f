//! Release numbers: initial ones, bumps by jobs and people, two at once.

use super::world::{Line, finished, map, pipeline};
use crate::engine::{self, ManualStart, Publication};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::ids::VersionId;
use andon_pipelines::wire::{Assignment, Fetch, Outcome, OutputKind, ReportBody};
use serde_json::json;

const RELEASE: &str = "  release: { type: semver, initial: 1.0.0 }\n";

impl Line {
    async fn numbers(&self) -> Vec<String> {
        let versions = self.versions("release").await;
        versions.into_iter().map(|version| version.map["number"].clone()).collect()
    }

    async fn refuses(&self, pairs: &[(&str, &str)]) -> String {
        let resource = self.resource("release").await;
        let publication = Publication { map: map(pairs), archive: None };
        let refused = engine::publish(self.app(), "user:ada", (self.workspace, &resource), publication).await;
        format!("{:?}", refused.expect_err("it is refused"))
    }

    /// The runner ends it well, having written these lines for the release.
    async fn end_writing(&self, assignment: &Assignment, pairs: &[(&str, &str)]) {
        let output = ReportBody::Output { resource: "release".to_owned(), values: map(pairs), archive: None };
        self.report(assignment, vec![ReportBody::Started, ReportBody::StepsBegun, output, finished(Outcome::Succeeded)]).await;
    }
}

#[tokio::test]
async fn the_first_number_comes_with_the_file_and_people_move_it_on() {
    on_engine(async |store| {
        let jobs = "jobs:\n  ship: { inputs: [release], steps: [{ run: ship }] }\n";
        let line = Line::new(store, &pipeline(&format!("{RELEASE}{jobs}"))).await;
        assert_eq!(line.numbers().await, ["1.0.0"]);
        assert_eq!(line.versions("release").await[0].origin, "edit");
        let claimed = line.claim().await;
        assert_eq!(claimed[0].inputs[0].fetch, Fetch::Text { file: "number".to_owned(), text: "1.0.0\n".to_owned() });
        assert_eq!(claimed[0].environment["ANDON_INPUT_RELEASE_NUMBER"], "1.0.0");
        line.end_with(&claimed[0], Outcome::Succeeded).await;
        line.publish("release", &[("bump", "minor")]).await;
        let (first, new) = line.publish("release", &[("number", "3.0.0-beta.1+linux")]).await;
        assert!(new);
        assert_eq!(
            line.publish("release", &[("number", "3.0.0-beta.1+linux")]).await,
            (first, false),
            "the same number is the same version"
        );
        line.publish("release", &[("bump", "pre")]).await;
        line.publish("release", &[("bump", "major"), ("pre", "rc")]).await;
        assert_eq!(line.numbers().await, ["4.0.0-rc.1", "3.0.0-beta.2", "3.0.0-beta.1+linux", "1.1.0", "1.0.0"]);
        for (wrong, said) in [
            (&[("number", "1.2")][..], "semantic version"),
            (&[("number", "01.2.3")], "semantic version"),
            (&[("bump", "huge")], "major, minor, patch or pre"),
            (&[("bump", "minor"), ("number", "9.0.0")], "exclude"),
            (&[("version", "9.0.0")], "number=1.2.3"),
            (&[], "neither"),
        ] {
            let refused = line.refuses(wrong).await;
            assert!(refused.contains(said), "{refused}");
        }
        // Another initial number changes no history.
        line.set(&pipeline(&format!("{RELEASE}{jobs}")).replace("1.0.0", "7.0.0")).await;
        assert_eq!(line.numbers().await.len(), 5);
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_job_says_what_the_number_is_or_the_file_says_what_grows() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [source], outputs: [{ resource: release, bump: patch }], steps: [{ run: make }] }\n  ship: { \
                    inputs: [{ resource: release, passed: [build] }], steps: [{ run: ship }] }\n";
        let line = Line::new(store, &pipeline(&format!("{RELEASE}{jobs}"))).await;
        line.commit('a').await;
        let build = line.claim().await.remove(0);
        assert_eq!(build.outputs[0].kind, OutputKind::Number);
        line.end_with(&build, Outcome::Succeeded).await;
        assert_eq!(line.numbers().await, ["1.0.1", "1.0.0"]);
        line.play(&[]).await;
        line.commit('b').await;
        line.end_writing(&line.claim().await[0], &[("bump", "pre"), ("pre", "rc")]).await;
        line.play(&[]).await;
        line.commit('c').await;
        line.end_writing(&line.claim().await[0], &[("number", "2.0.0")]).await;
        line.play(&[]).await;
        assert_eq!(line.numbers().await, ["2.0.0", "1.0.2-rc.1", "1.0.1", "1.0.0"]);
        // A failure publishes nothing; what makes no sense is a failure.
        line.commit('d').await;
        line.play(&[("build", Outcome::Failed)]).await;
        line.commit('e').await;
        line.end_writing(&line.claim().await[0], &[("number", "two")]).await;
        let last = line.last("build").await;
        assert_eq!(last.reason.as_deref(), Some("output-invalid"));
        assert!(last.detail.unwrap().contains("\"two\" is not a semantic version"));
        line.shows(&[
            "build #1 succeeded source=a",
            "build #2 succeeded source=b",
            "build #3 succeeded source=c",
            "build #4 failed (exit-code) source=d",
            "build #5 failed (output-invalid) source=e",
            "ship #1 succeeded release=build#1",
            "ship #2 succeeded release=build#2",
            "ship #3 succeeded release=build#3",
        ])
        .await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_bump_goes_from_what_the_job_took_and_two_never_make_one_number() {
    on_engine(async |store| {
        let jobs = "jobs:\n  number:\n    inputs: [{ resource: release, trigger: false }]\n    outputs: [{ resource: release, bump: minor }]\n    \
                    steps: [{ run: ship }]\n";
        let line = Line::new(store, &pipeline(&format!("{RELEASE}{jobs}"))).await;
        // Both take 1.0.0, and both end before the other one's number is known to them.
        line.start("number", ManualStart::default()).await.unwrap();
        line.start("number", ManualStart::default()).await.unwrap();
        let both = line.claim().await;
        assert_eq!(both.len(), 2);
        let (one, two) = (finished_reports(), finished_reports());
        let app = line.app();
        let batch = |assignment: &Assignment, bodies| andon_pipelines::wire::ReportBatch {
            runner: line.runner,
            running: vec![assignment.execution],
            reports: line.number(assignment.execution, bodies),
            draining: false,
            takes: 0,
        };
        let (one, two) = (batch(&both[0], one), batch(&both[1], two));
        let (one, two) = tokio::join!(engine::take_reports(app, &engine::Assigner::Embedded, &one), engine::take_reports(app, &engine::Assigner::Embedded, &two));
        one.unwrap();
        two.unwrap();
        line.tick().await;
        assert_eq!(line.numbers().await, ["1.2.0", "1.1.0", "1.0.0"]);
        // By hand and at once, too.
        let resource = line.resource("release").await;
        let press = || {
            let publication = Publication { map: map(&[("bump", "patch")]), archive: None };
            engine::publish(app, "user:ada", (line.workspace, &resource), publication)
        };
        let (one, two, three) = tokio::join!(press(), press(), press());
        assert!([one, two, three].into_iter().all(|made| made.unwrap().1));
        assert_eq!(line.numbers().await[..3], ["1.2.3", "1.2.2", "1.2.1"]);
        // A maintenance release goes from the number that it was given.
        let old: VersionId = line.versions("release").await.pop().unwrap().id;
        let asked = ManualStart { inputs: map(&[("release", &old.to_string())]), ..ManualStart::default() };
        line.set(&pipeline(&format!("{RELEASE}{}", jobs.replace("minor", "patch")))).await;
        line.start("number", asked).await.unwrap();
        line.play(&[]).await;
        assert_eq!(line.numbers().await[0], "1.0.1");
        // A disabled number is no base, and stays taken.
        let token = line.world.administrator().await;
        let disable = async |number: &str| {
            let version = line.versions("release").await.into_iter().find(|version| version.map["number"] == number).unwrap();
            let path = format!("resources/p/release/versions/{}", version.id);
            line.world.expect(204, call("PATCH", &path).token(&token).json(json!({"enabled": false, "reason": "bad"}))).await;
        };
        disable("1.0.1").await;
        line.publish("release", &[("bump", "patch")]).await;
        assert_eq!(line.numbers().await[0], "1.2.4");
        disable("1.2.4").await;
        line.publish("release", &[("bump", "patch")]).await;
        assert_eq!(line.numbers().await[0], "1.2.5");
        line.end().await;
    })
    .await;
}

fn finished_reports() -> Vec<ReportBody> {
    vec![ReportBody::Started, ReportBody::StepsBegun, finished(Outcome::Succeeded)]
}
