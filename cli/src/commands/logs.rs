//! Logs: as they stand, or followed.

use crate::client::{Client, EventReader, Followed, follow, typed};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::names::JobRunName;
use crate::terminal::{LogFilter, Terminal, clean};
use andon_server::http::logs::LogPiece;
use andon_server::http::view::{ExecutionView, JobRunView};
use clap::Args;
use std::time::Duration;

/// How often a log's stream that broke is opened again before giving up, without a byte in between.
const MOST_ATTEMPTS: u32 = 12;

#[derive(Args, Debug)]
pub struct LogsArgs {
    /// A job run's ID, or PIPELINE/JOB#NUMBER
    #[arg(value_name = "JOB-RUN")]
    job_run: JobRunName,
    /// Follow the log to the job run's end; exit code 1 if it fails
    #[arg(long, short)]
    follow: bool,
    /// Only this cell of the job's matrix, as in suite=unit
    #[arg(long)]
    cell: Option<String>,
}

pub async fn logs(context: &Context, args: &LogsArgs) -> Outcome {
    let client = context.client()?;
    let mut log = Log {
        terminal: context.terminal,
        filter: LogFilter::default(),
        name: args.job_run.as_str().to_owned(),
        cell: args.cell.clone(),
        shown: Vec::new(),
    };
    if args.follow {
        return log.follow(&client).await;
    }
    let job_run = log.find(&client).await?;
    let wanted = log.choose(&job_run)?;
    if wanted.is_empty() {
        return Err(Failure::failed(format!(
            "{} #{} is {} and has no log; `andon logs -f` waits for it",
            clean(&job_run.job),
            clean(&job_run.number),
            job_run.status
        )));
    }
    for execution in &wanted {
        log.head(execution, wanted.len())?;
        log.copy(&client, execution).await?;
    }
    Ok(())
}

struct Log {
    terminal: Terminal,
    filter: LogFilter,
    name: String,
    cell: Option<String>,
    /// Executions whose log has been shown.
    shown: Vec<String>,
}

impl Log {
    async fn find(&mut self, client: &Client) -> Outcome<JobRunView> {
        let job_run: JobRunView = typed(client.get(client.place(&["job-runs", &self.name])).await?)?;
        self.name = job_run.id.to_string();
        Ok(job_run)
    }

    /// The executions that count, of the wanted cell.
    fn choose(&self, job_run: &JobRunView) -> Outcome<Vec<ExecutionView>> {
        let counting = job_run.executions.iter().filter(|execution| execution.status != "replaced");
        let Some(cell) = &self.cell else { return Ok(counting.cloned().collect()) };
        let chosen: Vec<_> = counting.clone().filter(|execution| execution.cell.as_ref() == Some(cell)).cloned().collect();
        if chosen.is_empty() && !job_run.executions.is_empty() {
            let cells: Vec<String> = counting.filter_map(|execution| execution.cell.as_deref().map(clean)).collect();
            let known = if cells.is_empty() { "it has no matrix".to_owned() } else { format!("there are {}", cells.join("; ")) };
            return Err(Failure::usage(format!("the job run has no cell {cell}: {known}")));
        }
        Ok(chosen)
    }

    fn head(&self, execution: &ExecutionView, of: usize) -> Outcome {
        match &execution.cell {
            Some(cell) if of > 1 => self.terminal.line(format!("── {} ──", clean(cell))),
            _ => Ok(()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Outcome {
        if self.terminal.live { self.terminal.write(&self.filter.push(bytes)) } else { self.terminal.write(bytes) }
    }

    /// Everything that the log has now.
    async fn copy(&mut self, client: &Client, execution: &ExecutionView) -> Outcome {
        let mut response = client.open(self.address(client, &execution.id.to_string(), 0), "text/plain").await?;
        loop {
            let piece = response.chunk().await.map_err(|error| crate::client::explain(&error, &client.base))?;
            let Some(bytes) = piece else { return Ok(()) };
            self.write(&bytes)?;
        }
    }

    fn address(&self, client: &Client, execution: &str, offset: i64) -> reqwest::Url {
        let mut url = client.place(&["job-runs", &self.name, "log"]);
        url.query_pairs_mut().append_pair("execution", execution).append_pair("offset", &offset.to_string());
        url
    }

    /// One execution after the other, each to its end, until the job run has ended.
    async fn follow(&mut self, client: &Client) -> Outcome {
        loop {
            match follow(client, &mut Next { log: self }).await? {
                Step::Execution(execution, of) => {
                    self.head(&execution, of)?;
                    self.stream(client, &execution.id.to_string()).await?;
                    self.shown.push(execution.id.to_string());
                }
                Step::Ended(job_run) => {
                    let passed = job_run.status.passes();
                    self.terminal.note(&format!("{} #{} {}", clean(&job_run.job), clean(&job_run.number), job_run.status));
                    return if passed { Ok(()) } else { Err(Failure::Shown) };
                }
            }
        }
    }

    /// Follows one execution's log from its first byte; goes on where it was after a broken connection.
    async fn stream(&mut self, client: &Client, execution: &str) -> Outcome {
        let (mut offset, mut attempt) = (0, 0);
        loop {
            match client.open(self.address(client, execution, offset), "text/event-stream").await {
                Ok(response) => {
                    let (next, ended) = self.read(EventReader::new(response), offset).await?;
                    if ended {
                        return Ok(());
                    }
                    attempt = if next > offset { 0 } else { attempt + 1 };
                    offset = next;
                }
                Err(Failure::Connection(_)) if attempt + 1 < MOST_ATTEMPTS => attempt += 1,
                Err(failure) => return Err(failure),
            }
            if attempt >= MOST_ATTEMPTS {
                return Err(Failure::Connection(
                    "the log's stream breaks off again and again; `andon logs` shows what is stored".to_owned(),
                ));
            }
            tokio::time::sleep(Duration::from_secs(1 << attempt.min(4))).await;
        }
    }

    /// One connection. Answers where the log goes on, and whether it has ended.
    async fn read(&mut self, mut events: EventReader, mut offset: i64) -> Outcome<(i64, bool)> {
        while let Some(event) = events.next().await {
            match event.kind.as_str() {
                "log" => {
                    let piece = serde_json::from_str(&event.data).map_err(|_| Failure::failed("the server's log is not understood"))?;
                    let LogPiece { text, next } = piece;
                    if next > offset {
                        offset = next;
                        self.write(text.as_bytes())?;
                    }
                }
                "end" => return Ok((offset, true)),
                _ => {}
            }
        }
        Ok((offset, false))
    }
}

/// What there is to do next: an execution whose log was not shown yet, or the end.
enum Step {
    /// With how many there are.
    Execution(Box<ExecutionView>, usize),
    Ended(Box<JobRunView>),
}

struct Next<'a> {
    log: &'a mut Log,
}

impl Followed for Next<'_> {
    type End = Step;

    async fn look(&mut self, client: &Client) -> Outcome<Option<Step>> {
        let job_run = self.log.find(client).await?;
        let wanted = self.log.choose(&job_run)?;
        let of = wanted.len();
        // A queued execution has nothing to show yet, while another one may.
        let next = wanted.into_iter().find(|execution| execution.status != "queued" && !self.log.shown.contains(&execution.id.to_string()));
        Ok(match next {
            Some(execution) => Some(Step::Execution(Box::new(execution), of)),
            None if job_run.status.is_terminal() => Some(Step::Ended(Box::new(job_run))),
            None => None,
        })
    }

    fn concerns(&self, data: &str) -> bool {
        data.contains(&self.log.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "019aa3c1-0000-7000-8000-000000000001";

    fn job_run() -> JobRunView {
        let execution = |number: u32, cell: &str, status: &str| {
            json!({"id": format!("019aa3c1-0000-7000-8000-00000000000{number}"), "cell": cell, "attempt": 1, "status": status, "reason": null,
                "detail": null, "runner": null, "log_size": 0, "summary": null, "queued_at": 0, "started_at": null, "ended_at": null})
        };
        serde_json::from_value(json!({"id": ID, "run": ID, "pipeline": "shop", "job": "test", "number": "1", "revision": 1, "status": "running",
            "reason": null, "detail": null, "superseded": 0, "actor": "andon", "created_at": 0, "started_at": 0, "ended_at": null, "inputs": [],
            "outputs": [], "gate": null, "state": {}, "follows": [],
            "executions": [execution(2, "suite=unit", "replaced"), execution(3, "suite=unit", "running"), execution(4, "suite=load", "queued")]}))
        .expect("a job run")
    }

    fn log(cell: Option<&str>) -> Log {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        Log { terminal, filter: LogFilter::default(), name: ID.to_owned(), cell: cell.map(str::to_owned), shown: Vec::new() }
    }

    #[test]
    fn replaced_executions_do_not_count() {
        let attempts =
            |cell| log(cell).choose(&job_run()).expect("executions").iter().map(|execution| execution.id.to_string()).collect::<Vec<_>>();
        assert_eq!(attempts(None).len(), 2);
        assert_eq!(attempts(Some("suite=unit")), ["019aa3c1-0000-7000-8000-000000000003"]);
    }

    #[test]
    fn an_unknown_cell_is_answered_with_the_known_ones() {
        let failure = log(Some("suite=x")).choose(&job_run()).expect_err("no such cell");
        assert_eq!(failure.text(), Some("the job run has no cell suite=x: there are suite=unit; suite=load"));
    }
}
