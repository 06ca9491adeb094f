//! The keys of a gate, of a job or of an environment.

use super::approval::Approver;
use super::approval::{CarryOver, DateRange, Exclusion, OnTimeout, Rejection, Supersede, Weekday};
use super::findings::Findings;
use super::model::ParamKind;
use super::quantity::parse_duration_ms;
use super::shape::{Definitions, List, Map, OneOrMany, Shape, choice, record, report_type};
use super::syntax::shorten;
use super::tree::Node;
use super::words::{AnyScalar, Condition, Duration, FieldName, Reference, Whole};
use serde_json::{Value, json};

record! {
    /// A gate.
    ApprovalFile as "an approval" {
        /// The environment to compare with; the default is the nearest one downstream.
        optional environment ("environment"): Reference,
        /// Rules that must all hold; the default is one operator.
        optional require ("require"): List<RequireFile>,
        /// Whose approval does not count: `initiator`, `authors`, `previous`.
        optional exclude ("exclude"): List<Exclusion>,
        /// Whether one rejection closes it (`any`, the default) or as many as a rule asks approvals for (`quorum`).
        optional rejection ("rejection"): Rejection,
        /// What approvers have to say; the answers become the gate's state.
        optional form ("form"): Map<FieldName, FormFieldFile>,
        /// How long it waits for people.
        optional timeout ("timeout"): Duration,
        /// What happens then; the default is `reject`.
        optional on_timeout ("on_timeout"): OnTimeout,
        /// Who may decide too once its time has run out, and is told.
        optional escalate_to ("escalate_to"): List<Approver>,
        /// How long they have until it is rejected.
        optional escalate_timeout ("escalate_timeout"): Duration,
        /// How often those who may decide are told again: `every 4h`.
        optional remind ("remind"): Reminder,
        /// When it may let something through; a window that denies wins.
        optional windows ("windows"): List<WindowFile>,
        /// What machines have to say; asked again when it lets something through.
        optional checks ("checks"): List<CheckFile>,
        /// What a newer set does to an open gate; the default is `newest`.
        optional supersede ("supersede"): Supersede,
        /// Whether an approval of the very same thing counts again; the default is `never`.
        optional carry_over ("carry_over"): CarryOver,
        /// Who may open it alone, with a reason that is reviewed later.
        optional break_glass ("break_glass"): List<Approver>,
    }
    refused []
    hint "write `approval: {}` for one operator"
}

record! {
    /// How many of whom must approve.
    RequireFile as "a requirement" {
        /// `user:NAME`, `group:NAME` or `role:NAME`.
        required from ("from"): List<Approver>,
        /// How many of them; the default is 1.
        optional count ("count"): Whole<1, 100>,
    }
    refused []
    hint "write `{ from: [\"group:release\"], count: 2 }`"
}

choice! {
    OnTimeout {
        "reject" => OnTimeout::Reject, "skip" => OnTimeout::Skip, "approve" => OnTimeout::Approve, "escalate" => OnTimeout::Escalate,
    }
    refused []
}

choice! {
    Exclusion { "initiator" => Exclusion::Initiator, "authors" => Exclusion::Authors, "previous" => Exclusion::Previous }
    refused []
}

choice! {
    Rejection { "any" => Rejection::Any, "quorum" => Rejection::Quorum }
    refused []
}

choice! {
    Supersede { "newest" => Supersede::Newest, "queue" => Supersede::Queue, "coexist" => Supersede::Coexist }
    refused []
}

choice! {
    CarryOver { "same-digest" => CarryOver::SameDigest, "never" => CarryOver::Never }
    refused []
}

record! {
    /// One field of a gate's form.
    FormFieldFile as "a form field" {
        /// The kind of its values; the default is `string`.
        optional kind ("type"): ParamKind,
        /// What to enter, for people.
        optional description ("description"): String,
        /// Whether an approval needs it; the default is false.
        optional required ("required"): bool,
        /// A regular expression for text.
        optional pattern ("pattern"): String,
        /// The only values allowed.
        optional options ("options"): List<AnyScalar>,
        /// The least value, or the least number of characters of text.
        optional min ("min"): AnyScalar,
        /// The largest value, or the largest number of characters of text.
        optional max ("max"): AnyScalar,
    }
    refused []
    hint "write `{ type: string, required: true }`"
}

record! {
    /// A time at which the gate may let something through (`allow`), or may not (`deny`).
    WindowFile as "a window" {
        /// Something may go through in these times.
        optional allow ("allow"): WindowTimes,
        /// Nothing may go through in these times.
        optional deny ("deny"): WindowTimes,
    }
    refused []
    hint "write `- allow: { days: [mon-fri], from: \"09:00\", to: \"17:00\", timezone: Europe/Berlin }`"
}

record! {
    /// Times of a window.
    WindowTimes as "the times of a window" {
        /// Days of the week on which it begins: `mon`, or a range such as `mon-fri`; the default is every day.
        optional days ("days"): List<Days>,
        /// When it begins, `HH:MM`; the default is midnight.
        optional from ("from"): TimeOfDay,
        /// When it ends, `HH:MM`; the default is midnight at the end of the day.
        optional to ("to"): TimeOfDay,
        /// Days on which it begins: `2026-12-24`, or a range such as `2026-12-24..2027-01-02`.
        optional dates ("dates"): OneOrMany<DateRange>,
        /// An IANA name such as Europe/Berlin; the default is UTC.
        optional timezone ("timezone"): String,
    }
    refused []
    hint "write `{ days: [mon-fri], from: \"09:00\", to: \"17:00\", timezone: Europe/Berlin }`"
}

record! {
    /// A member of the gate that is a machine: exactly one of `expression`, `http`, `job` and `soak`.
    CheckFile as "a check" {
        /// What it is called; the default says what it asks.
        optional name ("name"): String,
        /// CEL over `inputs`, `params`, `state`, `run` and `lineage`.
        optional expression ("expression"): Condition,
        /// A GET request to something that knows.
        optional http ("http"): ProbeFile,
        /// The newest run of this job on the same versions has to have succeeded.
        optional job ("job"): Reference,
        /// How long what is proposed has to have run in `environment`.
        optional soak ("soak"): Duration,
        /// Where it has to have run.
        optional environment ("environment"): Reference,
        /// How often it is asked again while it holds the gate up; the default is a minute for `http`.
        optional every ("every"): Duration,
    }
    refused []
    hint "write `- { expression: \"state.test.coverage >= 80\" }`"
}

record! {
    /// A GET request whose answer counts.
    ProbeFile as "a probe" {
        /// Where to ask: http or https.
        required url ("url"): String,
        /// The status that it has to answer; the default is 200.
        optional status ("status"): Whole<100, 599>,
        /// CEL over `status` and `body`, the answer read as JSON.
        optional expect ("expect"): Condition,
        /// How long it may take; the default is 5s, the limit 30s.
        optional timeout ("timeout"): Duration,
    }
    refused []
    hint "write `{ url: \"https://status.example.org/health\", expect: \"body.ok == true\" }`"
}

/// `every 4h`, or `4h`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reminder(pub u64);

impl Shape for Reminder {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "an interval such as \"every 4h\"", findings);
            return None;
        };
        let bare = text.strip_prefix("every ").unwrap_or(text).trim();
        // Reminding more often than this would only be noise.
        let parsed = parse_duration_ms(bare).filter(|interval| *interval >= 60_000);
        if parsed.is_none() {
            let help = "write \"every 4h\"; the shortest interval is 1m".to_owned();
            findings.error_with("wrong-duration", node.span, format!("\"{}\" is not a usable interval", shorten(text)), Some(help));
        }
        parsed.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(every )?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2 })
    }
}

/// `mon`, or `mon-fri`.
#[derive(Clone, Debug)]
pub(crate) struct Days(pub Vec<Weekday>);

impl Shape for Days {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a day of the week", findings);
            return None;
        };
        let place = |name: &str| Weekday::ALL.iter().position(|day| day.name() == name.to_ascii_lowercase());
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let days = place(first.trim()).zip(place(last.trim())).map(|(first, last)| {
            let count = (last + 7 - first) % 7 + 1;
            (0..count).map(|offset| Weekday::ALL[(first + offset) % 7]).collect()
        });
        if days.is_none() {
            let help = "write mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri".to_owned();
            findings.error_with("bad-window", node.span, format!("\"{}\" is not a day of the week", shorten(text)), Some(help));
        }
        days.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$" })
    }
}

/// `HH:MM` in minutes since midnight, up to `24:00`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeOfDay(pub u32);

impl Shape for TimeOfDay {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a time such as \"09:00\"", findings);
            return None;
        };
        let part = |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok()).flatten();
        let read = text.split_once(':').and_then(|(hours, minutes)| Some((part(hours)?, part(minutes)?)));
        let minutes = read.filter(|(hours, minutes)| *minutes < 60 && hours * 60 + minutes <= 1440);
        if minutes.is_none() {
            let help = "write \"09:00\", in quotes; the day ends at \"24:00\"".to_owned();
            findings.error_with("bad-window", node.span, format!("\"{}\" is not a time of day", shorten(text)), Some(help));
        }
        minutes.map(|(hours, minutes)| Self(hours * 60 + minutes))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$" })
    }
}

impl Shape for DateRange {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a date such as 2026-12-24", findings);
            return None;
        };
        let date = |text: &str| chrono::NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let range = date(first).zip(date(last)).filter(|(first, last)| first <= last).map(|(first, last)| Self { first, last });
        if range.is_none() {
            let help = "write 2026-12-24, or 2026-12-24..2027-01-02 with the earlier day first".to_owned();
            findings.error_with("bad-window", node.span, format!("\"{}\" is not a date or a range of dates", shorten(text)), Some(help));
        }
        range
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(\\.\\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$" })
    }
}
