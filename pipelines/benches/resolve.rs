//! How the resolver's costs grow with the line and with its history. `cargo bench -p andon-pipelines` prints the table; with
//! `-- fan` behind it only what is named so.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use andon_pipelines::document::AfterOutcome;
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{
    AfterQuestion, Choice, History, InputQuestion, PassedQuestion, Question, Resolution, Run, RunInput, RunStatus, STEP_LIMIT, Version,
    resolve_within,
};
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const SOURCE: ResourceId = ResourceId::from_number(0);
/// The largest history: 50,000 runs and 120,000 versions.
const RUNS: usize = 50_000;
const VERSIONS: usize = 120_000;
/// One job in so many makes a version of its own.
const MAKERS: usize = 10;

/// Whom each job follows, by its place; a job stands behind those that it follows.
struct Shape {
    name: &'static str,
    upstream: Vec<Vec<usize>>,
}

fn draw(name: &'static str, jobs: usize) -> Shape {
    let before = |place: usize, width: usize| place.saturating_sub(width)..place;
    let upstream = (0..jobs).map(|place| match name {
        _ if place == 0 => Vec::new(),
        "chain" => vec![place - 1],
        "fan" if place == jobs - 1 => (1..place).collect(),
        "fan" => vec![0],
        // A join, then two beside each other, then the next join.
        "diamonds" if place.is_multiple_of(3) => before(place, 2).collect(),
        "diamonds" => vec![place - place % 3],
        // Two rails; each job follows both jobs of the rung before.
        "ladder" if place <= 2 => vec![0],
        _ => {
            let rung = place - 1 - (place - 1) % 2;
            vec![rung - 1, rung]
        }
    });
    Shape { name, upstream: upstream.collect() }
}

fn job(place: usize) -> JobId {
    JobId::from_number(place as u64 + 1)
}

/// What has come so far; identifiers are spread as the server's are.
#[derive(Default)]
struct Facts {
    versions: Vec<Version>,
    runs: Vec<Run>,
}

impl Facts {
    fn make_version(&mut self, resource: ResourceId) -> VersionId {
        let number = self.versions.len() as u64 + 1;
        let id = VersionId::from_number(number);
        self.versions.push(Version { id, resource, order: number as i64, disabled: false });
        id
    }

    fn wave(&mut self, shape: &Shape, upto: usize) {
        let source = self.make_version(SOURCE);
        let first = self.runs.len();
        let mut outputs: Vec<Option<VersionId>> = Vec::new();
        for (place, upstream) in shape.upstream.iter().enumerate().take(upto) {
            let made = place.is_multiple_of(MAKERS).then(|| self.make_version(ResourceId::from_number(place as u64 + 1)));
            let mut inputs = vec![RunInput { name: "source".to_owned(), version: source }];
            let taken = upstream.first().and_then(|upstream| outputs[*upstream]);
            inputs.extend(taken.map(|version| RunInput { name: "made".to_owned(), version }));
            let number = self.runs.len() as u64 + 1;
            let consumed_runs = upstream.iter().map(|upstream| JobRunId::from_number((first + upstream) as u64 + 1)).collect();
            let (id, sequence, status) = (JobRunId::from_number(number), number as i64, RunStatus::Succeeded);
            let outputs_of_run = made.into_iter().collect();
            self.runs.push(Run { id, job: job(place), sequence, rerun_of: None, status, inputs, outputs: outputs_of_run, consumed_runs });
            outputs.push(made);
        }
    }
}

/// A history of whole waves; the last job has not had the newest one.
fn make_history(shape: &Shape, runs: usize) -> Facts {
    let jobs = shape.upstream.len();
    let mut facts = Facts::default();
    while facts.runs.len() + 2 * jobs <= runs {
        facts.wave(shape, jobs);
    }
    facts.wave(shape, jobs - 1);
    while facts.versions.len() < runs * VERSIONS / RUNS {
        facts.make_version(ResourceId::from_number(1_000_000));
    }
    facts
}

/// What the last job asks: `after` all its upstream jobs, on the source that they passed.
fn ask(shape: &Shape, version: Choice) -> Question {
    let upstream: Vec<JobId> = shape.upstream[shape.upstream.len() - 1].iter().map(|place| job(*place)).collect();
    let source = InputQuestion {
        name: "source".to_owned(),
        former: Vec::new(),
        resource: SOURCE,
        passed: PassedQuestion::All(upstream.clone()),
        version,
        resource_pin: None,
        trigger: true,
        state: false,
    };
    let after = upstream.into_iter().map(|job| AfterQuestion { job, on: AfterOutcome::Passed }).collect();
    Question { job: job(shape.upstream.len() - 1), inputs: vec![source], after }
}

/// The processor time of this thread, so that whatever else the machine does is not measured; where the system does not tell, the time.
#[expect(clippy::disallowed_methods, reason = "measuring is the only thing here that reads a clock")]
fn spent() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    // The system counts up to the last time it looked at the thread, and looks at one that yields.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = spent();
    let value = work();
    (spent().saturating_sub(before), value)
}

/// The middle of several measurements, each long enough to be one.
fn median(mut work: impl FnMut()) -> Duration {
    let (first, ()) = time(&mut work);
    let repeats = (Duration::from_micros(500).as_nanos() / first.as_nanos().max(1)).clamp(1, 1_000) as u32;
    let mut times: Vec<Duration> = (0..21).map(|_| time(|| (0..repeats).for_each(|_| work())).0 / repeats).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// One row of the table.
struct Row {
    build: Duration,
    newest: Duration,
    steps: usize,
    behind: Duration,
    every: Duration,
    arrival: Duration,
}

fn measure(shape: &Shape, runs: usize) -> Row {
    let mut facts = make_history(shape, runs);
    let (versions, all) = (facts.versions.clone(), facts.runs.clone());
    let (build, mut history) = time(|| {
        let mut history = History::default();
        history.add_versions(versions);
        history.add_runs(all);
        history
    });
    let (latest, every) = (ask(shape, Choice::Latest), ask(shape, Choice::Every));
    let (resolution, steps) = resolve_within(&history, &latest, STEP_LIMIT);
    assert!(matches!(&resolution, Resolution::Resolved(set) if set.triggers()), "{resolution:?}");
    let newest = median(|| drop(black_box(resolve_within(&history, &latest, STEP_LIMIT))));
    let every = median(|| drop(black_box(resolve_within(&history, &every, STEP_LIMIT))));
    // A version arrives, and the first job ends on it; only then is it taken up by the others.
    let before = facts.runs.len();
    facts.wave(shape, 1);
    let (version, run) = (facts.versions[facts.versions.len() - 2].clone(), facts.runs[before].clone());
    let made = facts.versions[facts.versions.len() - 1].clone();
    let (arrival, ()) = time(|| {
        history.add_version(version);
        history.add_version(made);
        history.add_run(run);
        black_box(resolve_within(&history, &latest, STEP_LIMIT));
    });
    // Ten waves of which the last upstream job has ended nothing.
    let last = shape.upstream[shape.upstream.len() - 1].last().copied().unwrap_or(0);
    for _ in 0..10 {
        let before = facts.runs.len();
        let versions = facts.versions.len();
        facts.wave(shape, last);
        history.add_versions(facts.versions[versions..].to_vec());
        history.add_runs(facts.runs[before..].to_vec());
    }
    let behind = median(|| drop(black_box(resolve_within(&history, &latest, STEP_LIMIT))));
    Row { build, newest, steps, behind, every, arrival }
}

fn ratio(now: Duration, before: Option<Duration>) -> String {
    before.map_or_else(String::new, |before| format!("×{:.1}", now.as_secs_f64() / before.as_secs_f64().max(1e-9)))
}

fn show(label: &str, row: &Row, before: Option<&Row>) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let (build, arrival) = (row.build.as_secs_f64() * 1e3, micros(row.arrival));
    println!(
        "{label:<24} {build:>9.0} {:>6} {:>9.1} {:>6} {:>7} {:>9.1} {:>6} {:>9.1} {:>6} {arrival:>9.1}",
        ratio(row.build, before.map(|row| row.build)),
        micros(row.newest),
        ratio(row.newest, before.map(|row| row.newest)),
        row.steps,
        micros(row.behind),
        ratio(row.behind, before.map(|row| row.behind)),
        micros(row.every),
        ratio(row.every, before.map(|row| row.every)),
    );
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!(
        "{:<24} {:>9} {:>6} {:>9} {:>6} {:>7} {:>9} {:>6} {:>9} {:>6} {:>9}",
        "", "build ms", "", "newest µs", "", "steps", "behind µs", "", "every µs", "", "arrive µs"
    );
    for name in ["chain", "fan", "diamonds", "ladder"] {
        if wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let mut before = None;
        for jobs in [10, 100, 1_000] {
            let shape = draw(name, jobs);
            let row = measure(&shape, RUNS);
            show(&format!("{} of {jobs}, {RUNS} runs", shape.name), &row, before.as_ref());
            before = Some(row);
        }
    }
    if wanted.is_some() {
        return;
    }
    let mut before = None;
    for runs in [500, 5_000, RUNS] {
        let row = measure(&draw("diamonds", 100), runs);
        show(&format!("diamonds of 100, {runs} runs"), &row, before.as_ref());
        before = Some(row);
    }
}
