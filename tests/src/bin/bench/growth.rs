//! What becomes slower as an installation grows: the same figures with more pipelines, with a longer history and with more followers, each
//! beside a small one that was measured before and after it in the same run, because a machine drifts.

use crate::clock::Stopwatch;
use crate::followers::Followers;
use crate::latency::{settle, time_lines, time_triggers};
use crate::line::{CHAIN, time_chain};
use crate::pushes::Pushes;
use crate::standing::{read_idle_percent, read_pss_mib, time_pages, time_starts};
use crate::table::{Point, Table};
use crate::{history, start_server};
use andon_tests::Server;
use anyhow::ensure;
use futures::{StreamExt, TryStreamExt};
use serde_json::json;

/// The real runs that a long history is made of: mostly one job each, and one walk down a chain.
const STARTS: usize = 100;
const PRESSES: usize = 60;
const SEED_PUSHES: usize = 20;
const CHAINS: usize = 5;
const RESTARTS: usize = 3;
/// How many requests are under way at once.
const CALLERS: usize = 8;

/// A server, and what is measured on it again and again.
struct Probe {
    server: Server,
    pushes: Pushes,
}

impl Probe {
    async fn new() -> anyhow::Result<Self> {
        let server = start_server("2").await?;
        let pushes = Pushes::new(&server).await?;
        server.api.set_pipeline("pipeline: first\njobs:\n  nothing: { steps: [ { run: ':' } ] }\n").await?;
        Ok(Self { server, pushes })
    }

    /// Runs of every kind that is measured later, so that each meets a history of its own.
    async fn run_seed(&mut self) -> anyhow::Result<()> {
        let api = &self.server.api;
        let pressed =
            "pipeline: pressed\nresources: { button: { type: trigger } }\njobs:\n  once: { inputs: [button], steps: [ { run: ':' } ] }\n";
        api.set_pipeline("pipeline: bell\njobs:\n  ring: { steps: [ { run: ':' } ] }\n").await?;
        api.set_pipeline(pressed).await?;
        let starting = futures::stream::iter(0..STARTS).map(|_| api.trigger("bell", "ring"));
        starting.buffer_unordered(CALLERS).try_collect::<Vec<_>>().await?;
        for _ in 0..PRESSES {
            settle(&self.server).await?;
            api.post("resources/pressed/button/versions", &json!({ "version": {} })).await?;
        }
        for _ in 0..SEED_PUSHES {
            self.pushes.push(&self.server).await?;
        }
        time_chain(&self.server, 1).await?;
        settle(&self.server).await
    }

    /// Makes the history so long, then starts the server on it. Answers how many runs and job runs there are.
    async fn multiply(&mut self, runs: i64) -> anyhow::Result<(i64, i64)> {
        self.server.stop().await?;
        let made = history::multiply(&self.server.data().join("andon.sqlite"), runs).await?;
        self.server.restart().await?;
        Ok(made)
    }

    async fn measure(&mut self) -> anyhow::Result<Point> {
        let mut point = Point::default();
        let server = &self.server;
        settle(server).await?;
        point.note("trigger to the script's first line", time_triggers(server).await?.0);
        let chain = time_chain(server, CHAINS).await?;
        point.note("a chain of 20 jobs, a hop", chain.iter().map(|ms| ms / CHAIN as f64).collect());
        point.note("git push to the script's first line", self.pushes.time(server).await?.0);
        settle(server).await?;
        point.note("a page of 50 runs", time_pages(server).await?.0);
        point.note("a live line reaches a follower", time_lines(server, 0).await?);
        Ok(point)
    }

    /// With what shows once: how soon the server is there, and what it needs then.
    async fn measure_all(&mut self) -> anyhow::Result<Point> {
        let starts = time_starts(&mut self.server, RESTARTS).await?.0;
        let first = self.time_first_job().await?;
        let mut point = self.measure().await?;
        point.note("start to the first answered list", starts);
        point.note("start to the end of a first job", vec![first]);
        point.note("an idle server, % of a core", vec![read_idle_percent(&self.server).await?]);
        point.note("memory (PSS), MiB", vec![read_pss_mib(&self.server)?]);
        Ok(point)
    }

    /// From the start of the process until a job that was asked for at once has ended: the scheduler has read its history by then.
    async fn time_first_job(&mut self) -> anyhow::Result<f64> {
        self.server.stop().await?;
        let watch = Stopwatch::start();
        self.server.restart().await?;
        let (_, job_run) = self.server.api.trigger("first", "nothing").await?;
        self.server.api.job_run_ended(&job_run).await?;
        Ok(watch.ms())
    }
}

/// As many pipelines, each a chain of three jobs behind a button, and the few of the measurements.
async fn grow_pipelines(server: &Server, from: u32, to: u32) -> anyhow::Result<()> {
    let setting = futures::stream::iter(from..to).map(|number| async move {
        let yaml = format!(
            "pipeline: further-{number}\nresources: {{ button: {{ type: trigger }} }}\njobs:\n  build: {{ inputs: [button], steps: [ {{ run: ':' }} ] }}\n  \
             check: {{ after: [build], inputs: [button], steps: [ {{ run: ':' }} ] }}\n  ship: {{ after: [check], inputs: [button], steps: [ {{ run: ':' }} ] }}\n"
        );
        server.api.set_pipeline(&yaml).await
    });
    setting.buffer_unordered(CALLERS).try_collect::<Vec<_>>().await?;
    settle(server).await
}

/// A hundredth of so many pipelines, a tenth, and all of them.
pub async fn measure_pipelines(most: u32) -> anyhow::Result<Table> {
    let steps = [most / 100, most / 10, most];
    let mut table = Table::new("pipelines");
    let (mut growing, mut there) = (Probe::new().await?, 0);
    for step in steps {
        grow_pipelines(&growing.server, there, step).await?;
        there = step;
        table.add(format!("{step}"), growing.measure_all().await?);
    }
    drop(growing);
    let mut again = Probe::new().await?;
    grow_pipelines(&again.server, 0, steps[0]).await?;
    table.add(format!("{} again", steps[0]), again.measure_all().await?);
    Ok(table)
}

/// A hundredth of so many runs, and all of them.
pub async fn measure_history(most: i64) -> anyhow::Result<Table> {
    let mut table = Table::new("runs in the history");
    let (mut short, mut long) = (Probe::new().await?, Probe::new().await?);
    short.run_seed().await?;
    let (few, _) = short.multiply(most / 100).await?;
    long.run_seed().await?;
    let (many, job_runs) = long.multiply(most).await?;
    ensure!(many >= most, "{many} runs are fewer than {most}");
    long.server.stop().await?;
    table.add(few.to_string(), short.measure_all().await?);
    short.server.stop().await?;
    long.server.restart().await?;
    table.add(format!("{many} ({job_runs} job runs)"), long.measure_all().await?);
    drop(long);
    short.server.restart().await?;
    table.add(format!("{few} again"), short.measure_all().await?);
    Ok(table)
}

/// Followers of the event stream; and one line of a log that as many follow.
pub async fn measure_followers(most: u32) -> anyhow::Result<Table> {
    let mut table = Table::new("followers");
    let mut probe = Probe::new().await?;
    for (name, count) in [("1".to_owned(), 1), (most.to_string(), most), ("1 again".to_owned(), 1)] {
        let followers = Followers::of_events(&probe.server, count).await?;
        let mut point = probe.measure().await?;
        followers.leave()?;
        point.note("a live line reaches one of as many followers of the log", time_lines(&probe.server, count - 1).await?);
        table.add(name, point);
    }
    Ok(table)
}
