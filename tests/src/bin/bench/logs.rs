//! A long log: written, sealed and read back.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::floors;
use crate::standing::read_pss_mib;
use andon_tests::{Server, text};
use anyhow::ensure;
use std::io::Write;
use std::time::Duration;

const SIZE: usize = 20_000_000;
const REPEATS: usize = 5;

pub async fn measure_log(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let script = format!("yes 'a line of a long log, as a compiler writes it: warning, unused import' | head -c {SIZE} || true");
    server.api.set_pipeline(&format!("pipeline: log\njobs:\n  write:\n    steps:\n      - run: \"{script}\"\n")).await?;
    let file = server.folder().join("floor.log");
    let bare_script = format!("{script} >{}", file.display()).replace("|| true >", ">");
    // First, while the server has no memory of earlier ones to use again.
    let growth = watch_memory(server).await?;
    let (mut written, mut read, mut bare_written, mut bare_read) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let watch = Stopwatch::start();
        let id = write(server).await?;
        written.push(watch.ms());
        let watch = Stopwatch::start();
        let log = server.api.log(&id).await?;
        read.push(watch.ms());
        ensure!(log.len() >= SIZE, "{} bytes", log.len());

        let watch = Stopwatch::start();
        // `yes` ends with its pipe, which pipefail counts.
        floors::run_bash(&format!("set +o pipefail; {bare_script}")).await?;
        let mut handle = std::fs::File::options().append(true).open(&file)?;
        handle.flush()?;
        handle.sync_all()?;
        bare_written.push(watch.ms());
        let watch = Stopwatch::start();
        ensure!(std::fs::read(&file)?.len() == SIZE);
        bare_read.push(watch.ms());
    }
    figures.note_ms(
        "a 20 MB log, from the trigger to the sealed end",
        &written,
        Floor { what: "the same into a file, flushed to disk", value: median(&bare_written) },
    );
    figures.note("the server's memory grows meanwhile by (PSS)", "MiB", growth);
    figures.note_ms("the 20 MB log, read back", &read, Floor { what: "reading that file", value: median(&bare_read) });
    Ok(())
}

/// Runs the job to its end, and answers it.
async fn write(server: &Server) -> anyhow::Result<String> {
    let (_, id) = server.api.trigger("log", "write").await?;
    let ended = server.api.job_run_ended(&id).await?;
    ensure!(text(&ended, "/status")? == "succeeded", "{ended}");
    Ok(id)
}

/// The most that the server's memory grows by during one run. To look costs the server some milliseconds each time, so this one is not timed.
async fn watch_memory(server: &Server) -> anyhow::Result<f64> {
    let resting = read_pss_mib(server)?;
    let mut growth = 0.0f64;
    let watching = async {
        loop {
            growth = growth.max(read_pss_mib(server).unwrap_or(resting) - resting);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! { written = write(server) => written?, () = watching => unreachable!("it watches for ever") };
    Ok(growth)
}
