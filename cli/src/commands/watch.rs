//! Following a run.

use super::runs::{open_gates, took, why};
use crate::client::{Client, Followed, follow, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::RunName;
use crate::terminal::{Progress, ProgressLine, Terminal, clean, now_ms, paint, show_duration, status_mark, status_style};
use andon_server::http::runs::RunDetail;
use andon_server::http::view::{JobRunView, RunView};
use clap::Args;

#[derive(Args, Debug)]
pub struct WatchArgs {
    /// A run's ID, or PIPELINE#NUMBER
    run: RunName,
    #[command(flatten)]
    format: Format,
}

pub async fn watch(context: &Context, args: &WatchArgs) -> Outcome {
    watch_run(context, &context.client()?, args.run.as_str(), args.format.json).await
}

/// Follows a run to its end. With `json`, only the end is shown, as JSON.
pub async fn watch_run(context: &Context, client: &Client, run: &str, json: bool) -> Outcome {
    let progress = (!json).then(|| Progress::new(context.terminal));
    let mut watched = Watched { terminal: context.terminal, name: run.to_owned(), progress, seen: None };
    let detail = follow(client, &mut watched).await?;
    if json {
        context.terminal.json(&detail)?;
    } else {
        context.terminal.line(end_line(&detail.run, context.terminal.colours))?;
    }
    if detail.run.status == "completed" { Ok(()) } else { Err(Failure::Shown) }
}

struct Watched {
    terminal: Terminal,
    name: String,
    /// Absent where nothing is shown before the end.
    progress: Option<Progress>,
    seen: Option<RunDetail>,
}

impl Followed for Watched {
    type End = RunDetail;

    async fn look(&mut self, client: &Client) -> Outcome<Option<RunDetail>> {
        let detail: RunDetail = typed(client.get(client.place(&["runs", &self.name])).await?)?;
        // From now on by its identifier: the events have it, and a name costs a search.
        self.name = detail.run.id.to_string();
        let ended = detail.run.ended_at.is_some();
        self.seen = Some(detail);
        self.show()?;
        Ok(if ended { self.seen.take() } else { None })
    }

    fn concerns(&self, data: &str) -> bool {
        let known = self.seen.iter().flat_map(|seen| &seen.job_runs);
        data.contains(&self.name) || known.into_iter().any(|job_run| data.contains(&job_run.id.to_string()))
    }

    fn tick(&mut self) -> Outcome {
        // Only the time moves, and only a terminal shows it.
        if self.terminal.live { self.show() } else { Ok(()) }
    }
}

impl Watched {
    fn show(&mut self) -> Outcome {
        let (Some(progress), Some(seen)) = (&mut self.progress, &self.seen) else { return Ok(()) };
        progress.update(progress_lines(seen, now_ms(), self.terminal.colours))
    }
}

fn progress_lines(detail: &RunDetail, now: i64, colours: bool) -> Vec<ProgressLine> {
    let run = &detail.run;
    let title = clean(&format!("{}#{}", run.pipeline, run.number));
    let mut lines = vec![ProgressLine {
        text: format!("{title}  {}  {}", clean(&run.status), show_duration(run.ended_at.unwrap_or(now) - run.created_at)),
        news: format!("{title}, revision {}, {}", run.revision, clean(&run.cause)),
    }];
    let width = detail.job_runs.iter().map(|job_run| label(job_run).chars().count()).max().unwrap_or(0);
    lines.extend(detail.job_runs.iter().map(|job_run| job_run_line(job_run, (now, width, colours))));
    lines.extend(open_gates(&detail.job_runs).into_iter().map(|text| ProgressLine { news: text.clone(), text: format!("  {text}") }));
    lines
}

fn label(job_run: &JobRunView) -> String {
    clean(&format!("{} #{}", job_run.job, job_run.number))
}

fn job_run_line(job_run: &JobRunView, (now, width, colours): (i64, usize, bool)) -> ProgressLine {
    let status = job_run.status.name();
    let detail = why(job_run).map(|why| clean(&format!("  {why}"))).unwrap_or_default();
    let elapsed = job_run.started_at.map(|started| show_duration(job_run.ended_at.unwrap_or(now) - started)).unwrap_or_default();
    let painted = paint(&format!("{} {status:<9}", status_mark(status)), status_style(status), colours);
    let label = label(job_run);
    let took = took(job_run).map(|took| format!(" after {took}")).unwrap_or_default();
    ProgressLine { text: format!("  {label:<width$}  {painted}  {elapsed:>6}{detail}"), news: format!("{label} {status}{took}{detail}") }
}

fn end_line(run: &RunView, colours: bool) -> String {
    let took = run.ended_at.map(|ended| format!(" after {}", show_duration(ended - run.created_at))).unwrap_or_default();
    let text = clean(&format!("{}#{} {}{took}", run.pipeline, run.number, run.status));
    paint(&text, status_style(&run.status), colours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const RUN: &str = "019aa3c1-0000-7000-8000-000000000001";
    const GATE: &str = "019aa3c1-0000-7000-8000-000000000009";

    fn job_run(number: u32, job: &str, status: &str) -> Value {
        json!({"id": format!("019aa3c1-0000-7000-8000-0000000000{number:02}"), "run": RUN, "pipeline": "shop", "job": job, "number": number.to_string(),
            "revision": 1, "status": status, "reason": (status == "failed").then_some("exit-code"), "detail": (status == "failed").then_some("make test ended with 2"),
            "superseded": 0, "actor": "andon", "created_at": 0, "started_at": 1000, "ended_at": (status == "failed").then_some(13_000),
            "inputs": [], "outputs": [], "gate": null, "executions": [], "state": {}, "follows": []})
    }

    fn detail(job_runs: Vec<Value>) -> RunDetail {
        let mut run = json!({"id": RUN, "number": 12, "name": null, "pipeline": "shop", "pipeline_id": RUN, "revision": 3, "status": "running",
            "cause": "push", "cause_detail": null, "author": null, "actor": "push:ada", "note": null, "created_at": 0, "ended_at": null,
            "job_runs": {"total": 2}});
        run["job_run_list"] = Value::Array(job_runs);
        serde_json::from_value(run).expect("a run")
    }

    #[test]
    fn progress_tells_state_time_and_reason() {
        let mut sign_off = job_run(23, "sign-off", "awaiting");
        sign_off["gate"] = json!({"id": GATE, "status": "open", "pipeline": "shop", "job": "sign-off", "number": "23", "run": RUN, "run_number": 12,
            "job_run": RUN, "digest": "d", "opened_at": 0, "closed_at": null, "deadline_at": null, "requirements": [], "decisions": [],
            "may_decide": true, "why_not": null, "inputs": []});
        let lines = progress_lines(&detail(vec![job_run(22, "test", "failed"), sign_off]), 61_000, false);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "shop#12  running  1m01s",
                "  test #22      ✘ failed        12s  exit-code: make test ended with 2",
                "  sign-off #23  ✋ awaiting    1m00s",
                "  sign-off #23 awaits people: `andon approve 019aa3c1-0000-7000-8000-000000000009 -m …` or `andon reject 019aa3c1-0000-7000-8000-000000000009 -m …`",
            ]
        );
        assert_eq!(lines[1].news, "test #22 failed after 12s  exit-code: make test ended with 2");
    }

    #[test]
    fn time_alone_is_no_news() {
        let news = |now| {
            progress_lines(&detail(vec![job_run(22, "test", "running")]), now, false).into_iter().map(|line| line.news).collect::<Vec<_>>()
        };
        assert_eq!(news(10_000), news(20_000));
    }

    #[test]
    fn only_events_of_the_run_concern_it() {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        let watched = Watched { terminal, name: RUN.to_owned(), progress: None, seen: Some(detail(vec![job_run(22, "test", "running")])) };
        assert!(watched.concerns(&format!("{{\"run\":\"{RUN}\"}}")));
        assert!(watched.concerns("{\"job_run\":\"019aa3c1-0000-7000-8000-000000000022\"}"));
        assert!(!watched.concerns("{\"job_run\":\"019aa3c1-0000-7000-8000-000000000077\"}"));
    }
}
