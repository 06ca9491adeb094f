//! What the history costs in memory and how long it takes to build: bytes and nanoseconds for each job run, on lines of several shapes.
//! `cargo bench -p andon-pipelines --bench index`; `-- shop 1000000` takes one shape and another number of job runs.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{History, Run, RunInput, RunStatus, Version};
use std::time::Duration;

const RUNS: usize = 300_000;
/// So many job runs are taken in at once, so that what is measured is the history and not what it was made from.
const BATCH: usize = 2_000;
/// The page of /proc/self/statm.
const PAGE_BYTES: usize = 4_096;
const PIPELINES: usize = 10;

/// A job of a pipeline: whom it follows, by place, whether it takes the source and the settings, and whether it makes a version.
struct Job {
    follows: &'static [usize],
    takes_source: bool,
    makes: bool,
}

const fn job(follows: &'static [usize], takes_source: bool, makes: bool) -> Job {
    Job { follows, takes_source, makes }
}

/// One job behind a button.
const BUTTON: &[Job] = &[job(&[], true, false)];
/// Build, two tests beside each other, signing and deploying.
const SHOP: &[Job] =
    &[job(&[], true, true), job(&[0], false, false), job(&[0], false, false), job(&[1, 2], false, false), job(&[3], false, true)];
/// Ten jobs behind each other, on the source.
const CHAIN: &[Job] = &[
    job(&[], true, false),
    job(&[0], true, false),
    job(&[1], true, false),
    job(&[2], true, false),
    job(&[3], true, false),
    job(&[4], true, false),
    job(&[5], true, false),
    job(&[6], true, false),
    job(&[7], true, false),
    job(&[8], true, false),
];

/// Spread like the identifiers that the server draws: a time, then what is random.
fn spread(kind: u64, number: u64) -> uuid::Uuid {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ kind.wrapping_mul(0xd6e8_feb8_6659_fd93);
    uuid::Uuid::from_u128(u128::from(0x0190_0000_0000 + number / 50) << 80 | u128::from(mixed) | u128::from(kind) << 72)
}

#[derive(Default)]
struct Facts {
    version_count: u64,
    run_count: u64,
    versions: Vec<Version>,
    runs: Vec<Run>,
}

impl Facts {
    fn make_version(&mut self, resource: u64) -> VersionId {
        self.version_count += 1;
        let id = VersionId::new(spread(1, self.version_count));
        let resource = ResourceId::new(spread(2, resource));
        self.versions.push(Version { id, resource, order: self.version_count as i64, disabled: false });
        id
    }

    fn play_wave(&mut self, line: &[Job], pipeline: u64, settings: VersionId) {
        let source = self.make_version(pipeline * 100);
        let first = self.run_count;
        let mut made: Option<VersionId> = None;
        for (place, job) in line.iter().enumerate() {
            let mut taken = Vec::new();
            if job.takes_source {
                taken.extend([("source", source), ("settings", settings)]);
            }
            taken.extend(made.filter(|_| !job.takes_source).map(|version| ("app", version)));
            let own = job.makes.then(|| self.make_version(pipeline * 100 + place as u64 + 10));
            made = made.or(own);
            self.run_count += 1;
            self.runs.push(Run {
                id: JobRunId::new(spread(3, self.run_count)),
                job: JobId::new(spread(4, pipeline * 100 + place as u64)),
                sequence: self.run_count as i64,
                rerun_of: None,
                status: RunStatus::Succeeded,
                inputs: taken.into_iter().map(|(name, version)| RunInput { name: name.to_owned(), version }).collect(),
                outputs: own.into_iter().collect(),
                consumed_runs: job.follows.iter().map(|place| JobRunId::new(spread(3, first + *place as u64 + 1))).collect(),
            });
        }
    }
}

/// The resident memory of this process.
fn read_resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).map_or(0, |pages| pages * PAGE_BYTES)
}

/// The processor time of this thread, so that whatever else the machine does is not measured.
fn spent() -> Duration {
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

fn measure(name: &str, line: &[Job], runs: usize) {
    let mut history = History::default();
    let mut facts = Facts::default();
    let settings: Vec<VersionId> = (0..PIPELINES as u64).map(|pipeline| facts.make_version(pipeline * 100 + 1)).collect();
    let (before, mut taken) = (read_resident_bytes(), 0);
    while taken < runs {
        while facts.runs.len() < BATCH {
            for (pipeline, settings) in settings.iter().enumerate() {
                facts.play_wave(line, pipeline as u64, *settings);
            }
        }
        let (versions, batch) = (std::mem::take(&mut facts.versions), std::mem::take(&mut facts.runs));
        taken += batch.len();
        history.add_versions(versions);
        history.add_runs(batch);
    }
    let bytes = read_resident_bytes().saturating_sub(before);
    drop(history);
    let versions = facts.version_count as f64 / taken as f64;
    let (bytes, nanos) = (bytes as f64 / taken as f64, time_start(line, taken).as_nanos() as f64 / taken as f64);
    println!("{name:<8} {taken:>9} {versions:>9.2} {bytes:>9.0} {nanos:>9.0}");
}

/// All at once, as a server does it that starts.
fn time_start(line: &[Job], runs: usize) -> Duration {
    let mut facts = Facts::default();
    let settings: Vec<VersionId> = (0..PIPELINES as u64).map(|pipeline| facts.make_version(pipeline * 100 + 1)).collect();
    while facts.runs.len() < runs {
        for (pipeline, settings) in settings.iter().enumerate() {
            facts.play_wave(line, pipeline as u64, *settings);
        }
    }
    let start = spent();
    let mut history = History::default();
    history.add_versions(facts.versions);
    history.add_runs(facts.runs);
    spent().saturating_sub(start)
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = wanted.iter().find_map(|word| word.parse().ok()).unwrap_or(RUNS);
    let shapes: [(&str, &[Job]); 3] = [("button", BUTTON), ("shop", SHOP), ("chain", CHAIN)];
    let Some((name, line)) = shapes.iter().find(|(name, _)| wanted.iter().any(|word| word == name)) else {
        println!("{:<8} {:>9} {:>9} {:>9} {:>9}", "", "job runs", "versions", "bytes", "ns");
        // Each in a process of its own: what one has freed would hide what the next takes.
        for (name, _) in shapes {
            let again = std::env::current_exe().and_then(|program| {
                let mut command = std::process::Command::new(program);
                command.args([name, &runs.to_string()]).status()
            });
            assert!(again.is_ok_and(|status| status.success()), "{name} was not measured");
        }
        return;
    };
    measure(name, line, runs);
}
