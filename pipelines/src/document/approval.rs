//! What a gate asks of people, of the time and of machines: the model of `approval`.

use super::model::{Document, Job, JobBody, Millis, ParamKind, Role};
use super::resource::{Resource, ResourceKind};
use serde::{Deserialize, Serialize};

/// A gate: of a job of its own, or of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What to compare with; absent means the nearest environment downstream.
    pub environment: Option<String>,
    /// All must hold. Never empty: the reader supplies `role:operator`, count 1, where the file names none.
    pub require: Vec<Requirement>,
    /// Whose approval does not count.
    pub exclude: Vec<Exclusion>,
    pub rejection: Rejection,
    /// What approvers have to say, in the order of the file.
    pub form: Vec<FormField>,
    /// How long people have.
    pub timeout: Option<Millis>,
    pub on_timeout: OnTimeout,
    /// Present exactly where `on_timeout` is `escalate`.
    pub escalation: Option<Escalation>,
    /// How often those who may decide are told again.
    pub remind: Option<Millis>,
    /// When it may let something through; empty means always.
    pub windows: Vec<Window>,
    /// Members of the gate that are machines.
    pub checks: Vec<Check>,
    pub supersede: Supersede,
    pub carry_over: CarryOver,
    /// Who may open it alone, with a reason; empty means nobody.
    pub break_glass: Vec<Approver>,
}

impl Approval {
    /// A gate that one operator opens.
    #[must_use]
    pub fn by_operator() -> Self {
        Self {
            environment: None,
            require: vec![Requirement { from: vec![Approver::Role(Role::Operator)], count: 1 }],
            exclude: Vec::new(),
            rejection: Rejection::default(),
            form: Vec::new(),
            timeout: None,
            on_timeout: OnTimeout::default(),
            escalation: None,
            remind: None,
            windows: Vec::new(),
            checks: Vec::new(),
            supersede: Supersede::default(),
            carry_over: CarryOver::default(),
            break_glass: Vec::new(),
        }
    }

    /// Whether some check asks something outside of the server.
    #[must_use]
    pub fn has_probes(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.body, CheckBody::Http(_)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    pub from: Vec<Approver>,
    /// At least 1.
    pub count: u32,
}

/// `user:NAME`, `group:NAME`, `role:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approver {
    User(String),
    Group(String),
    Role(Role),
}

/// Whose approval does not count, however many rules name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exclusion {
    /// Who started the run.
    Initiator,
    /// Whoever wrote a commit, or made a version, between what the environment runs now and what is proposed.
    Authors,
    /// Who approved another gate of the run.
    Previous,
}

/// What a rejection does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// One is enough.
    #[default]
    Any,
    /// As many as some rule asks approvals for, by people whom that rule names.
    Quorum,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnTimeout {
    #[default]
    Reject,
    Skip,
    Approve,
    /// More people may decide, and are told.
    Escalate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// They count for every rule from then on.
    pub to: Vec<Approver>,
    /// How long they have until the gate is rejected; absent means as long as it takes.
    pub timeout: Option<Millis>,
}

/// What happens to an open gate when a newer set of versions comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supersede {
    /// The newer set takes its place.
    #[default]
    Newest,
    /// The newer set waits until it is closed.
    Queue,
    /// Both are open.
    Coexist,
}

/// Whether an approval of the very same thing counts again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarryOver {
    SameDigest,
    #[default]
    Never,
}

/// One field of a gate's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    pub name: String,
    pub kind: ParamKind,
    pub description: Option<String>,
    pub required: bool,
    /// For text: a regular expression that the whole field matches where it says so with `^` and `$`.
    pub pattern: Option<String>,
    /// Allowed values, of the field's kind; empty allows all.
    pub options: Vec<serde_json::Value>,
    /// For numbers the least value, for text the least characters.
    pub min: Option<serde_json::Number>,
    pub max: Option<serde_json::Number>,
}

/// A time at which the gate may let something through, or may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub allow: bool,
    /// Days of the week on which it begins; empty means every day.
    pub days: Vec<Weekday>,
    /// Minutes since local midnight.
    pub from: u32,
    /// Minutes since local midnight, at most 1440; not past `from` means on the next day.
    pub to: u32,
    /// Days on which it begins; empty means every day.
    pub dates: Vec<DateRange>,
    /// An IANA name.
    pub timezone: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The word in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }
}

/// Days of a calendar, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRange {
    pub first: chrono::NaiveDate,
    pub last: chrono::NaiveDate,
}

/// A member of the gate that is a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    /// How often it is asked again while it holds the gate up; absent means every minute, for what is outside of the server.
    pub every: Option<Millis>,
    pub body: CheckBody,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckBody {
    /// CEL over `inputs`, `params`, `state`, `run` and `lineage`.
    Expression(String),
    Http(HttpProbe),
    /// The newest run of this job on the same versions succeeded.
    Job(String),
    /// What is proposed has been running in the environment for so long.
    Soak {
        environment: String,
        duration: Millis,
    },
}

/// A GET request to something that knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpProbe {
    pub url: String,
    /// The status that it has to answer.
    pub status: u16,
    /// CEL over `status` and `body`, the answer as JSON.
    pub expect: Option<String>,
    pub timeout: Millis,
}

/// What has to be approved before the job's work begins, if anything: its own body, or the approval of the environment that it
/// deploys to. A job deploys to at most one environment that has one.
#[must_use]
pub fn approval_of<'a>(document: &'a Document, job: &'a Job) -> Option<&'a Approval> {
    match &job.body {
        JobBody::Approval(approval) => Some(approval),
        // What people do deploys nothing.
        JobBody::Tasks(_) => None,
        JobBody::Steps(_) => {
            let deploys = |resource: &&Resource| job.outputs.iter().any(|output| output.resource == resource.name);
            let environments = document.resources.iter().filter(|resource| matches!(resource.kind, ResourceKind::Environment));
            environments.filter(deploys).find_map(|resource| resource.approval.as_ref())
        }
    }
}
