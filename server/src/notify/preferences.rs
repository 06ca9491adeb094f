//! What a person wants to be told, and when.

use andon_pipelines::document::{NotifyEvent, parse_duration_ms};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Five minutes to a week: what lies between two digests.
const DIGEST_MS: std::ops::RangeInclusive<i64> = 300_000..=604_800_000;

/// A person's preferences. They hold for everything that goes to the person: what they ask for here, and what rules send to them by
/// `user:`, `group:`, `approvers`, `initiator` and `authors`. What a rule sends to an address is not theirs to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// Told of these by mail without any rule, in every workspace of theirs.
    #[serde(default)]
    pub events: BTreeSet<NotifyEvent>,
    /// … but only where they started the run or wrote what it carries. True by default.
    #[serde(default = "only_mine")]
    pub only_mine: bool,
    /// Never told of these, whatever a rule says.
    #[serde(default)]
    pub muted: BTreeSet<NotifyEvent>,
    /// When nothing is sent.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// `quiet-hours`: what falls in them comes as one mail at their end. A duration such as `4h`: everything comes so, that often.
    #[serde(default)]
    pub digest: Option<String>,
}

const fn only_mine() -> bool {
    true
}

impl Default for Preferences {
    fn default() -> Self {
        Self { events: BTreeSet::new(), only_mine: true, muted: BTreeSet::new(), quiet_hours: None, digest: None }
    }
}

/// From one time of day to another, which may lie on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// `22:00`
    pub from: String,
    /// `07:00`
    pub to: String,
    /// An IANA name such as `Europe/Berlin`.
    pub timezone: String,
}

/// When a message to a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    pub at: i64,
    /// In one mail with the others that leave then.
    pub collected: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digest {
    QuietHours,
    Every(i64),
}

impl Preferences {
    /// Whether these make sense.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn check(&self) -> Result<(), String> {
        if let Some(hours) = &self.quiet_hours {
            hours.read()?;
        }
        match self.read_digest()? {
            Some(Digest::QuietHours) if self.quiet_hours.is_none() => {
                Err("digest is quiet-hours, but there are no quiet_hours: set both, or a duration such as 4h".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn read_digest(&self) -> Result<Option<Digest>, String> {
        let Some(text) = &self.digest else { return Ok(None) };
        if text == "quiet-hours" {
            return Ok(Some(Digest::QuietHours));
        }
        let every = parse_duration_ms(text).and_then(|ms| i64::try_from(ms).ok()).filter(|ms| DIGEST_MS.contains(ms));
        every.map(|ms| Some(Digest::Every(ms))).ok_or_else(|| "digest is quiet-hours or a duration from 5m to 7d".to_owned())
    }

    /// When a message of `now_ms` leaves. `collection` is when a mail leaves that others wait for already.
    #[must_use]
    pub fn depart(&self, now_ms: i64, collection: Option<i64>) -> Departure {
        let quiet_until = |at| self.quiet_hours.as_ref().and_then(|hours| hours.read().ok()).and_then(|hours| hours.end_if_within(at));
        match self.read_digest().unwrap_or_default() {
            Some(Digest::Every(every)) => {
                let at = collection.filter(|at| *at > now_ms).unwrap_or(now_ms + every);
                Departure { at: quiet_until(at).unwrap_or(at), collected: true }
            }
            digest => match quiet_until(now_ms) {
                Some(at) => Departure { at, collected: digest == Some(Digest::QuietHours) },
                None => Departure { at: now_ms, collected: false },
            },
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Hours {
    from: NaiveTime,
    to: NaiveTime,
    timezone: Tz,
}

impl QuietHours {
    fn read(&self) -> Result<Hours, String> {
        let time = |key: &str, text: &str| {
            NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("quiet_hours.{key} is a time of day such as 22:00, not {text:?}"))
        };
        let (from, to) = (time("from", &self.from)?, time("to", &self.to)?);
        if from == to {
            return Err("quiet_hours.from and quiet_hours.to are the same time; nothing would ever be sent".to_owned());
        }
        let timezone =
            self.timezone.parse().map_err(|_| format!("quiet_hours.timezone is a name such as Europe/Berlin, not {:?}", self.timezone))?;
        Ok(Hours { from, to, timezone })
    }
}

impl Hours {
    /// When they end, if the moment lies within them.
    fn end_if_within(&self, at_ms: i64) -> Option<i64> {
        let local = DateTime::from_timestamp_millis(at_ms)?.with_timezone(&self.timezone);
        let time = local.time().with_nanosecond(0)?;
        let within = if self.from < self.to { (self.from..self.to).contains(&time) } else { time >= self.from || time < self.to };
        if !within {
            return None;
        }
        let today = local.date_naive();
        let day = if time < self.to { today } else { today.checked_add_days(Days::new(1))? };
        self.moment(day).filter(|end| *end > at_ms)
    }

    /// The end on this day. Where the clocks are put forward over it, the first moment after; where they show it twice, the second time.
    fn moment(&self, day: NaiveDate) -> Option<i64> {
        let mut wall = day.and_time(self.to);
        for _ in 0..24 {
            if let Some(found) = self.timezone.from_local_datetime(&wall).latest() {
                return Some(found.timestamp_millis());
            }
            wall += chrono::TimeDelta::minutes(15);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).expect(text).timestamp_millis()
    }

    fn nights(digest: Option<&str>) -> Preferences {
        let hours = QuietHours { from: "22:00".into(), to: "07:00".into(), timezone: "Europe/Berlin".into() };
        Preferences { quiet_hours: Some(hours), digest: digest.map(str::to_owned), ..Preferences::default() }
    }

    #[test]
    fn a_message_of_the_night_comes_in_the_morning() {
        let cases = [
            ("2026-01-10T12:00:00+01:00", "2026-01-10T12:00:00+01:00"),
            ("2026-01-10T21:59:59+01:00", "2026-01-10T21:59:59+01:00"),
            ("2026-01-10T22:00:00+01:00", "2026-01-11T07:00:00+01:00"),
            ("2026-01-11T06:59:59+01:00", "2026-01-11T07:00:00+01:00"),
            ("2026-01-11T07:00:00+01:00", "2026-01-11T07:00:00+01:00"),
            // The clocks are put forward, and back.
            ("2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00"),
            ("2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"),
        ];
        for (now, expected) in cases {
            let departure = nights(None).depart(at(now), None);
            assert_eq!(departure, Departure { at: at(expected), collected: false }, "{now}");
        }
        assert!(nights(Some("quiet-hours")).depart(at("2026-01-10T23:00:00+01:00"), None).collected);
        assert!(!nights(Some("quiet-hours")).depart(at("2026-01-10T13:00:00+01:00"), None).collected);
    }

    #[test]
    fn an_end_that_the_clocks_jump_over_comes_right_after() {
        let hours = QuietHours { from: "00:00".into(), to: "02:30".into(), timezone: "Europe/Berlin".into() };
        let preferences = Preferences { quiet_hours: Some(hours), ..Preferences::default() };
        let departure = preferences.depart(at("2026-03-29T01:00:00+01:00"), None);
        assert_eq!(departure.at, at("2026-03-29T03:00:00+02:00"));
    }

    #[test]
    fn a_digest_collects_until_it_leaves() {
        let every = Preferences { digest: Some("4h".into()), ..Preferences::default() };
        assert_eq!(every.depart(1_000, None), Departure { at: 14_401_000, collected: true });
        assert_eq!(every.depart(2_000, Some(14_401_000)), Departure { at: 14_401_000, collected: true });
        let both = nights(Some("4h"));
        let departure = both.depart(at("2026-01-10T20:00:00+01:00"), None);
        assert_eq!(departure, Departure { at: at("2026-01-11T07:00:00+01:00"), collected: true });
    }

    #[test]
    fn nonsense_is_refused_with_what_would_be_right() {
        let with = |from: &str, to: &str, timezone: &str| Preferences {
            quiet_hours: Some(QuietHours { from: from.into(), to: to.into(), timezone: timezone.into() }),
            ..Preferences::default()
        };
        for (preferences, part) in [
            (with("10pm", "07:00", "UTC"), "quiet_hours.from is a time of day"),
            (with("22:00", "25:00", "UTC"), "quiet_hours.to is a time of day"),
            (with("22:00", "22:00", "UTC"), "the same time"),
            (with("22:00", "07:00", "Berlin"), "Europe/Berlin"),
            (Preferences { digest: Some("1s".into()), ..Preferences::default() }, "5m to 7d"),
            (Preferences { digest: Some("quiet-hours".into()), ..Preferences::default() }, "there are no quiet_hours"),
        ] {
            assert!(preferences.check().expect_err(part).contains(part));
        }
        nights(Some("1d")).check().expect("fine");
    }
}
