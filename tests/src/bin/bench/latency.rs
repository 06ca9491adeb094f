//! From somebody's act to the first line of the script.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median, p95};
use crate::floors;
use crate::followers::Followers;
use andon_tests::{Events, Server};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

const TRIGGERS: usize = 40;
/// Jobs that are there and have nothing to do.
const FURTHER_PIPELINES: usize = 10;
const FURTHER_JOBS: usize = 100;
/// Lines of a followed log, one every 20 ms.
const LINES: usize = 100;

/// Where scripts ring: their first line is a connection.
pub struct Bell {
    listener: TcpListener,
    pub line: String,
}

impl Bell {
    pub async fn new() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let line = format!("echo >/dev/tcp/127.0.0.1/{}", listener.local_addr()?.port());
        Ok(Self { listener, line })
    }

    pub async fn rung(&self) -> anyhow::Result<()> {
        self.listener.accept().await?;
        Ok(())
    }
}

/// Waits until nothing runs, so that measurements do not disturb each other.
pub async fn settle(server: &Server) -> anyhow::Result<()> {
    server
        .api
        .until("nothing runs", async |api| {
            Ok(api.get("runs?status=active").await?["items"].as_array().is_some_and(Vec::is_empty).then_some(()))
        })
        .await
}

/// From the request to the ring, so often, and the same for what is bare. Milliseconds.
pub async fn time_triggers(server: &Server) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let bell = Bell::new().await?;
    server.api.set_pipeline(&format!("pipeline: bell\njobs:\n  ring: {{ steps: [ {{ run: '{}' }} ] }}\n", bell.line)).await?;
    let mut database = floors::open_database(server.folder()).await?;
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..TRIGGERS {
        let watch = Stopwatch::start();
        let (started, rung) = tokio::join!(server.api.trigger("bell", "ring"), async { bell.rung().await.map(|()| watch.ms()) });
        started?;
        values.push(rung?);
        settle(server).await?;

        let watch = Stopwatch::start();
        floors::commit_rows(&mut database).await?;
        let (ran, rung) = tokio::join!(floors::run_bash(&bell.line), async { bell.rung().await.map(|()| watch.ms()) });
        ran?;
        bare.push(rung?);
    }
    Ok((values, bare))
}

pub async fn measure_trigger(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let (values, bare) = time_triggers(server).await?;
    let floor = Floor { what: "three committed rows and a bash script", value: median(&bare) };
    figures.note_ms("trigger to the script's first line", &values, floor);
    figures.note_ms("the same, 95 of 100", &[p95(&values)], Floor { what: "its median", value: median(&values) });
    for pipeline in 0..FURTHER_PIPELINES {
        let mut yaml = format!("pipeline: further-{pipeline}\nresources: {{ never: {{ type: trigger }} }}\njobs:\n");
        for job in 0..FURTHER_JOBS {
            writeln!(yaml, "  job-{job}: {{ inputs: [never], steps: [ {{ run: ':' }} ] }}")?;
        }
        server.api.set_pipeline(&yaml).await?;
    }
    let (further, _) = time_triggers(server).await?;
    figures.note_ms("the same, with 1,000 further jobs", &further, Floor { what: "without them", value: median(&values) });
    Ok(())
}

pub async fn measure_follower(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let values = time_lines(server, 0).await?;
    figures.note("a live line reaches a follower, 95 of 100", "ms", p95(&values));
    Ok(())
}

/// From a line's print to its arrival at a follower, while so many others follow the same log. Milliseconds.
pub async fn time_lines(server: &Server, others: u32) -> anyhow::Result<Vec<f64>> {
    let script = format!("for i in $(seq {LINES}); do date +%s%N; sleep 0.02; done");
    server.api.set_pipeline(&format!("pipeline: tick\njobs:\n  tock:\n    steps:\n      - run: \"{script}\"\n")).await?;
    let (_, job_run) = server.api.trigger("tick", "tock").await?;
    server.api.job_run_is(&job_run, &["running"]).await?;
    let others = Followers::of_log(server, &job_run, others).await?;
    let mut follower = Events::follow_log(&server.api, &job_run).await?;
    let mut values = Vec::new();
    loop {
        let (kind, piece) = follower.next().await?;
        let now = read_clock()?;
        if kind == "end" {
            break;
        }
        // Several lines in one piece: the last has just been printed.
        let printed = piece["text"].as_str().and_then(|text| text.lines().last()?.parse::<u128>().ok());
        values.extend(printed.map(|printed| now.saturating_sub(printed) as f64 / 1e6));
    }
    others.leave()?;
    Ok(values)
}

/// Nanoseconds since 1970, as `date` says them.
#[expect(clippy::disallowed_methods, reason = "a benchmark compares with what a script says the time is")]
fn read_clock() -> anyhow::Result<u128> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())
}
