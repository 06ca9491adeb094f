//! The one table of settings. Flags, environment, file, help and `--print-config` are all made from it.

use super::kind::{read_count, read_duration, read_size, read_switch, read_words, show_duration, show_size};
use super::{Kind, Settings};
use crate::notify::MailTransport;
use crate::store::Target;
use std::path::PathBuf;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// With dashes, as in its flag: `runner-slots`.
    pub name: &'static str,
    pub kind: Kind,
    /// One line for the help.
    pub doc: &'static str,
    /// A flag that switches it off, for what is on by default.
    pub off_flag: Option<&'static str>,
    /// Sets the value from its text; the error says what would be right.
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
    /// The value as [`Field::set`] reads it; empty for none.
    pub show: fn(&Settings) -> String,
}

impl Field {
    /// The key in `andon.toml`: `runner_slots`.
    #[must_use]
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The variable in the environment: `ANDON_RUNNER_SLOTS`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("ANDON_{}", self.key().to_uppercase())
    }
}

/// The setting of this name, written with dashes.
#[must_use]
pub fn find_field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// A field whose value reads by one function, goes into one member of [`Settings`], and shows by another function.
macro_rules! field {
    ($name:literal, $kind:expr, $member:ident, $read:expr, $show:expr, $doc:literal) => {
        field!($name, $kind, $member, $read, $show, $doc, None)
    };
    ($name:literal, $kind:expr, $member:ident, $read:expr, $show:expr, $doc:literal, $off:expr) => {
        Field {
            name: $name,
            kind: $kind,
            doc: $doc,
            off_flag: $off,
            set: |settings, text| {
                settings.$member = $read(text).ok_or_else(|| $kind.wanted())?;
                Ok(())
            },
            show: |settings| $show(&settings.$member),
        }
    };
}

const ISOLATIONS: Kind = Kind::Choice(&["auto", "bubblewrap", "none"]);

/// Every setting, in the order of the help. `data` comes first: others depend on it.
pub const FIELDS: &[Field] = &[
    field!("data", Kind::Folder, data, read_folder, |path: &PathBuf| path.display().to_string(), "Folder for everything that is kept"),
    Field {
        name: "database",
        kind: Kind::SecretUrl,
        doc: "Where the state is kept: sqlite:FILE or postgres://USER@HOST/NAME",
        off_flag: None,
        set: |settings, text| {
            settings.database = text.parse::<Target>().map_err(|_| "it is sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME".to_owned())?;
            Ok(())
        },
        show: |settings| match &settings.database {
            Target::Sqlite(path) => format!("sqlite:{}", path.display()),
            Target::Postgres(url) => url.clone(),
        },
    },
    field!(
        "listen",
        Kind::Address,
        listen,
        |text: &str| text.parse().ok(),
        ToString::to_string,
        "Address to serve at; port 0 picks a free one"
    ),
    Field {
        name: "public-url",
        kind: Kind::Text,
        doc: "What people and runners reach the server by, where it is not the address it listens on",
        off_flag: None,
        set: |settings, text| {
            settings.url = read_public_url(text)?;
            Ok(())
        },
        show: |settings| settings.url.clone().unwrap_or_default(),
    },
    Field {
        name: "smtp",
        kind: Kind::SecretUrl,
        doc: "How mails are sent: smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS, smtps://… or file:FOLDER",
        off_flag: None,
        set: |settings, text| {
            if !text.is_empty() {
                MailTransport::parse(text).map_err(|error| error.to_string())?;
            }
            settings.smtp = Some(text.to_owned()).filter(|text| !text.is_empty());
            Ok(())
        },
        show: |settings| settings.smtp.clone().unwrap_or_default(),
    },
    field!(
        "allow-private-addresses",
        Kind::Switch,
        allow_private_addresses,
        read_switch,
        ToString::to_string,
        "Let webhooks reach private and loopback addresses"
    ),
    field!("runner", Kind::Switch, runner, read_switch, ToString::to_string, "Run jobs inside the server, too", Some("no-runner")),
    field!("runner-slots", Kind::Count, runner_slots, read_count, ToString::to_string, "Job runs at once in the runner inside the server"),
    field!(
        "runner-labels",
        Kind::Words,
        runner_labels,
        read_words,
        |words: &Vec<String>| words.join(","),
        "What the runner inside the server offers"
    ),
    field!(
        "isolation",
        ISOLATIONS,
        isolation,
        |text: &str| ["auto", "bubblewrap", "none"].contains(&text).then(|| text.to_owned()),
        ToString::to_string,
        "What separates a job from the machine: auto, bubblewrap or none"
    ),
    field!(
        "hook-secret",
        Kind::Text,
        hook_secret,
        read_name,
        ToString::to_string,
        "Name of the secret that webhooks of forges are signed with"
    ),
    field!("lease", Kind::Duration, lease_ms, read_duration, show_milliseconds, "Without a report for this long a runner counts as lost"),
    field!("heartbeat", Kind::Duration, heartbeat_ms, read_duration, show_milliseconds, "How often runners report at least"),
    field!("tick", Kind::Duration, tick_ms, read_duration, show_milliseconds, "How often every loop looks for what a lost wake-up missed"),
    field!(
        "check-every",
        Kind::Duration,
        check_every_ms,
        read_duration,
        show_milliseconds,
        "How often a repository elsewhere is polled where the file does not say"
    ),
    field!(
        "keep-deliveries",
        Kind::Duration,
        keep_deliveries_ms,
        read_duration,
        show_milliseconds,
        "How long notifications are kept after they were sent"
    ),
    field!("job-timeout", Kind::Duration, job_timeout_ms, read_duration, show_milliseconds, "A job's time where the file does not say"),
    field!("log-limit", Kind::Size, log_limit_bytes, read_size, show_bytes, "The longest log of one execution"),
    field!("output-limit", Kind::Size, output_limit_bytes, read_size, show_bytes, "The largest output or artifact, packed"),
    field!("workspace-limit", Kind::Size, workspace_limit_bytes, read_size, show_bytes, "The largest working folder of a job on disk"),
    field!("demo", Kind::Switch, demo, read_switch, ToString::to_string, "Set up the demonstration line at the first start"),
    field!(
        "clock-file",
        Kind::Text,
        clock_file,
        |text: &str| Some(Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty())),
        |file: &Option<PathBuf>| file.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
        "File that says how far the clock goes ahead of the machine's, as in 15m: for tours and tests"
    ),
];

fn show_milliseconds(ms: &i64) -> String {
    show_duration(*ms)
}

fn show_bytes(bytes: &i64) -> String {
    show_size(*bytes)
}

/// Absolute, because the server may be asked for it from elsewhere.
fn read_folder(text: &str) -> Option<PathBuf> {
    if text.is_empty() || text.contains('\0') { None } else { std::path::absolute(text).ok() }
}

fn read_name(text: &str) -> Option<String> {
    let right = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    right.then(|| text.to_owned())
}

/// `http(s)://HOST[:PORT][/PATH]`, kept without the slash at the end.
fn read_public_url(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wanted = || "it is an address such as https://andon.example.org, without a query and without credentials".to_owned();
    let url = reqwest::Url::parse(text).map_err(|_| wanted())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !plain || !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wanted());
    }
    Ok(Some(text.trim_end_matches('/').to_owned()))
}
