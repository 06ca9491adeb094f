//! When schedules tick: crontab(5) fields in a time zone.
//!
//! The fields are read here, day of week as in crontab (0 and 7 are Sunday), and handed to the `cron` crate as plain lists.
//! It walks local time as if it had no gaps; the clock changes are settled here: a local time that does not exist ticks at
//! the first instant after the gap, a local time that occurs twice ticks the first time only.

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::str::FromStr;
use thiserror::Error;

/// Why a schedule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CronError {
    #[error("a schedule has five fields (minute, hour, day of month, month, day of week), but this one has {0}")]
    FieldCount(usize),
    #[error("\"{text}\" is not a {field}: {reason}")]
    Field { field: &'static str, text: String, reason: String },
    #[error("unknown time zone \"{0}\"; use an IANA name such as Europe/Berlin")]
    TimeZone(String),
    #[error("the schedule never comes due: no month has that day")]
    Never,
    #[error("the time {0} lies outside the years 1970 to 2099")]
    Time(i64),
}

/// A field's name, bounds and words.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, words: &[] },
    Field { name: "hour", least: 0, most: 23, words: &[] },
    Field { name: "day of month", least: 1, most: 31, words: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of week", least: 0, most: 7, words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// The last moment that schedules are followed to: the end of 2099.
const END_MS: i64 = 4_102_444_800_000;

/// A schedule in a time zone, ready to be asked many times.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// crontab(5): where both day fields are restricted, either may match; then there are two.
    rules: Vec<cron::Schedule>,
    zone: Tz,
}

impl Schedule {
    /// Reads five fields (or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`) and an IANA time zone. Fails also on a
    /// schedule that never comes due, such as 30 February.
    pub fn parse(schedule: &str, timezone: &str) -> Result<Self, CronError> {
        let zone = Tz::from_str(timezone).map_err(|_| CronError::TimeZone(timezone.chars().take(80).collect()))?;
        let read = Self { rules: read_rules(schedule)?, zone };
        // Leap days are at most eight years apart, so a century without a tick means never.
        if read.rules.iter().all(|rule| rule.after(&DateTime::UNIX_EPOCH).next().is_none()) {
            return Err(CronError::Never);
        }
        Ok(read)
    }

    /// The first tick later than `after_ms` (milliseconds since 1970 UTC); `None` if there is none until the end of 2099.
    pub fn next_after(&self, after_ms: i64) -> Result<Option<i64>, CronError> {
        let after = DateTime::from_timestamp_millis(after_ms).filter(|_| (0..END_MS).contains(&after_ms));
        let after = after.ok_or(CronError::Time(after_ms))?;
        let local = after.with_timezone(&self.zone).naive_local().and_utc();
        Ok(self.rules.iter().filter_map(|rule| self.first_instant(rule, &local, after)).min().filter(|tick| *tick < END_MS))
    }

    /// Local times grow, and with them the instants that they stand for; the first instant past `after` is the tick.
    fn first_instant(&self, rule: &cron::Schedule, local: &DateTime<Utc>, after: DateTime<Utc>) -> Option<i64> {
        let instants = rule.after(local).map(|time| instant_of(self.zone, time.naive_utc()));
        instants.take_while(Option::is_some).flatten().find(|instant| *instant > after).map(|instant| instant.timestamp_millis())
    }
}

/// The first tick of a schedule later than `after_ms`, milliseconds since 1970 UTC.
pub fn next_after(schedule: &str, timezone: &str, after_ms: i64) -> Result<Option<i64>, CronError> {
    Schedule::parse(schedule, timezone)?.next_after(after_ms)
}

/// The ticks later than `from_ms` and not later than `to_ms`, oldest first, at most `limit`.
pub fn ticks_between(schedule: &str, timezone: &str, from_ms: i64, to_ms: i64, limit: usize) -> Result<Vec<i64>, CronError> {
    let schedule = Schedule::parse(schedule, timezone)?;
    let mut ticks = Vec::new();
    let mut last = from_ms;
    while ticks.len() < limit {
        match schedule.next_after(last)? {
            Some(tick) if tick <= to_ms => {
                ticks.push(tick);
                last = tick;
            }
            _ => break,
        }
    }
    Ok(ticks)
}

/// The instant that a local time stands for.
fn instant_of(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    if let Some(found) = zone.from_local_datetime(&local).earliest() {
        return Some(found.with_timezone(&Utc));
    }
    // In a gap. The offset changes somewhere in the day and a half around it; halve until the second is found.
    let around = local.and_utc();
    let (mut before, mut behind) = (around.checked_sub_signed(TimeDelta::hours(38))?, around.checked_add_signed(TimeDelta::hours(38))?);
    let reached = |instant: DateTime<Utc>| {
        let offset = zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc();
        instant.naive_utc() + TimeDelta::seconds(i64::from(offset)) > local
    };
    while behind - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((behind - before).num_seconds() / 2);
        if reached(middle) {
            behind = middle;
        } else {
            before = middle;
        }
    }
    Some(behind)
}

fn read_rules(schedule: &str) -> Result<Vec<cron::Schedule>, CronError> {
    let written = match schedule.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other => other,
    };
    let texts: Vec<&str> = written.split_whitespace().collect();
    if texts.len() != FIELDS.len() || schedule.len() > 1000 {
        return Err(CronError::FieldCount(texts.len()));
    }
    let lists = FIELDS.iter().zip(&texts).map(|(field, text)| read_field(field, text)).collect::<Result<Vec<_>, _>>()?;
    let days: BTreeSet<u32> = lists[4].iter().map(|day| day % 7 + 1).collect();
    let free = |text: &str| text.starts_with('*');
    let rule = |days_of_month: &str, days_of_week: &str| {
        let line = format!("0 {} {} {days_of_month} {} {days_of_week} *", join(&lists[0]), join(&lists[1]), join(&lists[3]));
        cron::Schedule::from_str(&line).map_err(|error| CronError::Field {
            field: "schedule",
            text: schedule.chars().take(80).collect(),
            reason: error.to_string(),
        })
    };
    if free(texts[2]) || free(texts[4]) {
        return Ok(vec![rule(&join(&lists[2]), &join(&days))?]);
    }
    Ok(vec![rule(&join(&lists[2]), "*")?, rule("*", &join(&days))?])
}

fn join(numbers: &BTreeSet<u32>) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn read_field(field: &Field, text: &str) -> Result<BTreeSet<u32>, CronError> {
    let mut numbers = BTreeSet::new();
    for item in text.split(',') {
        read_item(field, item, &mut numbers).map_err(|reason| CronError::Field {
            field: field.name,
            text: text.chars().take(80).collect(),
            reason,
        })?;
    }
    Ok(numbers)
}

/// `*`, `5`, `1-5`, each with `/2`, or a word.
fn read_item(field: &Field, item: &str, numbers: &mut BTreeSet<u32>) -> Result<(), String> {
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    let step_size = match step.map(str::parse::<u32>) {
        None => 1,
        Some(Ok(step)) if (1..=field.most).contains(&step) => step,
        Some(_) => return Err(format!("a step is a number from 1 to {}", field.most)),
    };
    let (first, last) = match (range, range.split_once('-')) {
        ("*", _) => (field.least, if field.most == 7 { 6 } else { field.most }),
        (_, Some((first, last))) => (read_number(field, first)?, read_number(field, last)?),
        (_, None) if step.is_some() => return Err("a step follows * or a range".to_owned()),
        (_, None) => {
            let number = read_number(field, range)?;
            (number, number)
        }
    };
    if first > last {
        return Err(format!("the range {first}-{last} runs backwards"));
    }
    numbers.extend((first..=last).step_by(step_size as usize));
    Ok(())
}

fn read_number(field: &Field, text: &str) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    if let Some(index) = field.words.iter().position(|word| *word == lower) {
        return Ok(field.least + u32::try_from(index).unwrap_or(0));
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u32>().ok().filter(|number| digits && (field.least..=field.most).contains(number));
    number.ok_or_else(|| format!("\"{text}\" is no number from {} to {}", field.least, field.most))
}
