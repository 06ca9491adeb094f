//! What a notification says, before it takes the form of a service.

use super::text::{log_line, one_line};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::ids::{GateId, RunId};
use serde::{Deserialize, Serialize};

const LONGEST_LINE: usize = 500;
/// As git abbreviates a commit in a large repository.
const SHORT_ID: usize = 10;
const MOST_COMMITS: usize = 10;
const MOST_FACTS: usize = 12;
const MOST_LINES: usize = 20;
const MOST_NEEDS: usize = 10;

/// A name and a value, such as an input and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub id: String,
    pub author: String,
    pub subject: String,
}

/// What a person needs in order to act. Stored with its delivery and rendered when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub event: NotifyEvent,
    pub workspace: String,
    pub pipeline: String,
    /// Absent where the event is about the whole pipeline.
    pub job: Option<String>,
    /// The job run's number: `12`, or `12.1` for a rerun.
    pub number: Option<String>,
    /// Messages about one run form one thread.
    pub run: Option<RunId>,
    pub run_number: Option<i64>,
    /// The run's title, often the subject of the commit that caused it.
    pub title: Option<String>,
    /// On which versions: input and version.
    pub what: Vec<Fact>,
    /// The cause or the reason: `push to main`, `step "make test" ended with exit code 2`.
    pub why: Option<String>,
    /// Who started, decided or paused it.
    pub who: Option<String>,
    pub commits: Vec<Commit>,
    /// The first lines of the log that show the failure.
    pub failing_lines: Vec<String>,
    /// What a gate asks for, a line for each rule: `2 approvals from group release (1 so far)`.
    pub needs: Vec<String>,
    /// Where to see it and to act: an absolute URL.
    pub link: String,
    /// The gate that it is about, so that a mail to one person leads straight to the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateRef>,
}

/// A gate, and what it asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRef {
    pub id: GateId,
    pub digest: String,
}

/// How an event looks: its verb in the headline, what the button says, its colour.
pub(super) struct Tone {
    pub verb: &'static str,
    pub call: &'static str,
    /// Six hexadecimal digits.
    pub colour: &'static str,
    /// A sign that tells the state without colour.
    pub sign: &'static str,
    /// The colour's name in an Adaptive Card.
    pub card_colour: &'static str,
}

type Colour = (&'static str, &'static str);
const RED: Colour = ("b42318", "Attention");
const GREEN: Colour = ("067647", "Good");
const AMBER: Colour = ("93540a", "Warning");
const GREY: Colour = ("475467", "Default");
const BLUE: Colour = ("175cd3", "Accent");

pub(super) const fn tone(event: NotifyEvent) -> Tone {
    let (verb, call, colour, sign) = match event {
        NotifyEvent::Started => ("started", "Watch it", BLUE, "▶"),
        NotifyEvent::Succeeded => ("succeeded", "See the run", GREEN, "✓"),
        NotifyEvent::Failed => ("failed", "See what failed", RED, "✗"),
        NotifyEvent::Fixed => ("is fixed", "See the run", GREEN, "✓"),
        NotifyEvent::Broken => ("broke", "See what failed", RED, "✗"),
        NotifyEvent::Stopped => ("was stopped", "See the run", GREY, "■"),
        NotifyEvent::Errored => ("could not run", "See the error", RED, "✗"),
        NotifyEvent::AwaitingApproval => ("awaits approval", "Review and decide", AMBER, "◆"),
        NotifyEvent::Approved => ("was approved", "See the run", GREEN, "✓"),
        NotifyEvent::Rejected => ("was rejected", "See why", RED, "✗"),
        NotifyEvent::Expired => ("expired without a decision", "See the gate", GREY, "■"),
        NotifyEvent::Reminded => ("still awaits approval", "Review and decide", AMBER, "◆"),
        NotifyEvent::TaskAssigned => ("has a task for you", "See the task", AMBER, "◆"),
        NotifyEvent::TaskDue => ("has a task that is due soon", "See the task", AMBER, "◆"),
        NotifyEvent::TaskOverdue => ("has a task that is overdue", "See the task", RED, "◆"),
        NotifyEvent::VersionPublished => ("has a new version", "See it", BLUE, "▶"),
        NotifyEvent::Paused => ("is paused", "See why", AMBER, "‖"),
    };
    Tone { verb, call, colour: colour.0, sign, card_colour: colour.1 }
}

impl Message {
    /// One sentence: `shop/build #12 failed`.
    #[must_use]
    pub fn headline(&self) -> String {
        let subject = self.subject();
        format!("{subject} {}", tone(self.event).verb)
    }

    fn subject(&self) -> String {
        let mut text = one_line(&self.pipeline, 80);
        if let Some(job) = &self.job {
            text = format!("{text}/{}", one_line(job, 80));
        }
        match &self.number {
            Some(number) => format!("{text} #{}", one_line(number, 20)),
            None => text,
        }
    }

    /// The call to action: what the button says.
    #[must_use]
    pub const fn call(&self) -> &'static str {
        tone(self.event).call
    }

    /// Every text on one line, without control characters, and of bounded length and number; renderers start from this.
    #[must_use]
    pub(super) fn tidy(&self) -> Self {
        let line = |text: &String| one_line(text, LONGEST_LINE);
        let fact = |fact: &Fact| Fact { name: one_line(&fact.name, 80), value: line(&fact.value) };
        let commit = |commit: &Commit| Commit {
            id: one_line(&commit.id, 80).chars().take(SHORT_ID).collect(),
            author: one_line(&commit.author, 80),
            subject: one_line(&commit.subject, 200),
        };
        Self {
            workspace: one_line(&self.workspace, 80),
            pipeline: one_line(&self.pipeline, 80),
            title: self.title.as_ref().map(line).filter(|title| !title.is_empty()),
            what: self.what.iter().take(MOST_FACTS).map(fact).collect(),
            why: self.why.as_ref().map(line),
            who: self.who.as_ref().map(line),
            commits: cap(&self.commits, MOST_COMMITS, commit),
            failing_lines: cap(&self.failing_lines, MOST_LINES, |text| log_line(text, 240)),
            needs: cap(&self.needs, MOST_NEEDS, line),
            ..self.clone()
        }
    }

    /// Name and value of everything that fits in a table of facts. The message is tidy.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let fact = |name: &str, value: &Option<String>| value.clone().map(|value| Fact { name: name.to_owned(), value });
        let mut facts: Vec<Fact> = [fact("Why", &self.why), fact("Who", &self.who)].into_iter().flatten().collect();
        facts.extend(self.what.iter().cloned());
        facts.extend(self.needs.iter().map(|need| Fact { name: "Needs".to_owned(), value: need.clone() }));
        let run = self.run_number.map(|number| format!("#{number} of {}", self.pipeline));
        facts.extend(fact("Run", &run));
        facts.push(Fact { name: "Workspace".to_owned(), value: self.workspace.clone() });
        facts
    }

    /// `4f2c1ab Fix the till (Ada)`
    pub(super) fn commit_lines(&self) -> Vec<String> {
        self.commits.iter().map(|commit| format!("{} {} ({})", commit.id, commit.subject, commit.author)).collect()
    }
}

fn cap<T>(items: &[T], most: usize, tidy: impl Fn(&T) -> T) -> Vec<T> {
    items.iter().take(most).map(tidy).collect()
}

/// Messages that the renderers' tests share: a failure with everything, a gate, and one full of traps.
#[cfg(test)]
pub(super) mod samples {
    use super::*;

    pub(in crate::notify) fn failed() -> Message {
        Message {
            event: NotifyEvent::Broken,
            workspace: "main".into(),
            pipeline: "shop".into(),
            job: Some("test".into()),
            number: Some("12".into()),
            run: Some(RunId::from_number(7)),
            run_number: Some(40),
            title: Some("Round prices half up".into()),
            what: vec![Fact { name: "source".into(), value: "4f2c1ab on main".into() }],
            why: Some("step \"unit tests\" ended with exit code 101".into()),
            who: Some("pushed by ada".into()),
            commits: vec![Commit { id: "4f2c1ab90d6e55".into(), author: "Ada".into(), subject: "Round prices half up".into() }],
            failing_lines: vec!["\u{1b}[31mthread 'main' panicked at src/till.rs:7\u{1b}[0m".into(), "assertion failed: 10 == 11".into()],
            needs: vec![],
            link: "https://ci.example.org/main/shop/job-runs/9".into(),
            gate: None,
        }
    }

    pub(in crate::notify) fn gate() -> Message {
        Message {
            event: NotifyEvent::AwaitingApproval,
            job: Some("sign-off".into()),
            number: Some("3".into()),
            why: Some("all of test passed".into()),
            failing_lines: vec![],
            needs: vec!["2 approvals from group release (1 so far)".into(), "1 approval from role admin".into()],
            link: "https://ci.example.org/main/gates/5".into(),
            ..failed()
        }
    }

    pub(in crate::notify) fn hostile() -> Message {
        Message {
            title: Some("<script>alert(1)</script>\r\nBcc: all@example.org @everyone <!channel> [x](http://evil.example) ```".into()),
            what: vec![Fact { name: "source\r\nX-Evil: 1".into(), value: "<img src=x onerror=\"a()\">".into() }; 40],
            who: Some("\u{202e}ada <@U123> ".repeat(400)),
            commits: vec![Commit { id: "f".repeat(40), author: "*A*".into(), subject: "``` <b>@here</b>\n".repeat(90) }; 60],
            failing_lines: vec!["``` & </pre><b> ".repeat(300); 400],
            needs: vec!["2 of `x`".into(); 50],
            link: "https://ci.example.org/?a=\"><script>&b='".into(),
            ..failed()
        }
    }
}
