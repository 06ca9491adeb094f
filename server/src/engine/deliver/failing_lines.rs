//! The first lines that show a failure, looked up when a message is sent, so that nothing is read from logs while the line moves.

use crate::app::App;
use crate::engine::log::read_log;
use crate::store::line::{executions, reports};
use andon_pipelines::ids::JobRunId;
use andon_pipelines::wire::{AnnotationLevel, Outcome};

/// Lines shown at most.
const MOST: usize = 10;
/// How much of a log's end is looked at, in bytes.
const WINDOW: i64 = 64 * 1024;
/// Words that a failing line mostly has, in lower case.
const SIGNS: [&str; 8] = ["error", "failed", "failure", "panicked", "exception", "traceback", "fatal", "assert"];

/// What a job run says about its failure: its error annotations, else the lines of its log from the first one that looks like an error.
/// Empty where there is nothing, or it cannot be read: a message without them is better than none.
pub(super) async fn find(app: &App, job_run: JobRunId) -> Vec<String> {
    look(app, job_run).await.unwrap_or_else(|error| {
        tracing::debug!(error = format!("{error:#}"), %job_run, "the failing lines cannot be read");
        Vec::new()
    })
}

async fn look(app: &App, job_run: JobRunId) -> anyhow::Result<Vec<String>> {
    let annotations = reports::list_annotations(&mut app.db.read().await?.connection(), job_run).await?;
    let errors = annotations.into_iter().filter(|annotation| annotation.level == AnnotationLevel::Error);
    let lines: Vec<String> = errors
        .take(MOST)
        .map(|annotation| match (annotation.file, annotation.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: {}", annotation.message),
            (Some(file), None) => format!("{file}: {}", annotation.message),
            _ => annotation.message,
        })
        .collect();
    if !lines.is_empty() {
        return Ok(lines);
    }
    let all = executions::list_of_job_run(&mut app.db.read().await?.connection(), job_run).await?;
    let Some(failed) = all.iter().find(|execution| matches!(execution.outcome, Some(Outcome::Failed | Outcome::Errored))) else {
        return Ok(Vec::new());
    };
    let offset = (failed.log_size - WINDOW).max(0);
    let bytes = read_log(app, failed, offset, usize::try_from(WINDOW)?).await?;
    Ok(choose(&String::from_utf8_lossy(&bytes), offset > 0))
}

/// From the first line that looks like an error, else the last ones. The first line of a part of a log may be half a line.
fn choose(text: &str, is_part: bool) -> Vec<String> {
    let lines: Vec<&str> = text.lines().skip(usize::from(is_part)).filter(|line| !line.trim().is_empty()).collect();
    let looks_bad = |line: &&str| {
        let line = line.to_lowercase();
        SIGNS.iter().any(|sign| line.contains(sign))
    };
    let start = lines.iter().position(looks_bad).unwrap_or(lines.len().saturating_sub(MOST));
    lines.into_iter().skip(start).take(MOST).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failing_line_comes_first() {
        let log = "compiling\n\nrunning 3 tests\nthread 'main' panicked at till.rs:7\nassertion failed\ndone";
        assert_eq!(choose(log, false), ["thread 'main' panicked at till.rs:7", "assertion failed", "done"]);
        assert_eq!(choose("a\nb\nc", true), ["b", "c"]);
        let long: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        assert_eq!(choose(&long.join("\n"), false), &long[40..]);
        assert!(choose("", false).is_empty());
    }
}
