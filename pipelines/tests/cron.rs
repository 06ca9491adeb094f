//! Schedules, above all where clocks change.

use andon_pipelines::cron::{CronError, Schedule, next_after, ticks_between};
use chrono::{DateTime, SecondsFormat};
use proptest::prelude::*;

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).expect("a time of this file").timestamp_millis()
}

fn shown(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).expect("a tick lies in this century").to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn ticks(schedule: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    ticks_between(schedule, zone, ms(from), i64::MAX, count).expect("a schedule of this file").into_iter().map(shown).collect()
}

#[test]
fn fields_mean_what_crontab_says() {
    for (schedule, expected) in [
        ("0 2 * * *", ["2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z"]),
        ("*/15 * * * *", ["2026-03-02T12:15:00Z", "2026-03-02T12:30:00Z"]),
        ("5-10/5,50 13 * * *", ["2026-03-02T13:05:00Z", "2026-03-02T13:10:00Z"]),
        ("0 0 * * 0", ["2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z"]),
        ("0 0 * * 7", ["2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z"]),
        ("0 0 * * 1-5/4", ["2026-03-06T00:00:00Z", "2026-03-09T00:00:00Z"]),
        ("0 0 * * sat-sun", ["", ""]),
        ("0 0 * * MON", ["2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"]),
        ("0 0 29 feb *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        ("0 0 31 * *", ["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"]),
        // Both day fields restricted: either may match.
        ("0 0 13 * 5", ["2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"]),
        ("0 0 4 * 5", ["2026-03-04T00:00:00Z", "2026-03-06T00:00:00Z"]),
        // A field that begins with * does not restrict.
        ("0 0 */2 * 1", ["2026-03-09T00:00:00Z", "2026-03-23T00:00:00Z"]),
        ("@weekly", ["2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z"]),
    ] {
        if expected[0].is_empty() {
            assert!(matches!(Schedule::parse(schedule, "UTC"), Err(CronError::Field { field: "day of week", .. })));
        } else {
            assert_eq!(ticks(schedule, "UTC", "2026-03-02T12:00:00Z", 2), expected, "{schedule}");
        }
    }
}

#[test]
fn a_tick_is_later_than_the_moment_asked_for() {
    assert_eq!(ticks("0 2 * * *", "UTC", "2026-03-02T02:00:00Z", 1), ["2026-03-03T02:00:00Z"]);
    assert_eq!(ticks("0 2 * * *", "UTC", "2026-03-02T01:59:59.999Z", 1), ["2026-03-02T02:00:00Z"]);
}

#[test]
fn a_time_in_the_gap_ticks_once_behind_it() {
    // On 2026-03-29 Berlin goes from 02:00 to 03:00, which is 01:00 UTC.
    let days = ticks("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3);
    assert_eq!(days, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    let quarters = ticks("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15:00Z", 4);
    assert_eq!(quarters, ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]);
}

#[test]
fn a_time_that_occurs_twice_ticks_once() {
    // On 2026-10-25 Berlin goes from 03:00 back to 02:00, which is 01:00 UTC.
    let days = ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
    assert_eq!(days, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    let between = next_after("30 2 * * *", "Europe/Berlin", ms("2026-10-25T01:10:00Z")).unwrap();
    assert_eq!(between.map(shown).as_deref(), Some("2026-10-26T01:30:00Z"));
}

#[test]
fn a_skipped_day_ticks_behind_it() {
    // Samoa left out 2011-12-30; it resumed at 2011-12-31 00:00, which is 2011-12-30 10:00 UTC.
    let days = ticks("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3);
    assert_eq!(days, ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]);
}

#[test]
fn ticks_have_both_bounds() {
    let (from, to) = (ms("2026-03-02T00:00:00Z"), ms("2026-03-05T00:00:00Z"));
    assert_eq!(ticks_between("0 0 * * *", "UTC", from, to, 10).unwrap().len(), 3);
    assert_eq!(ticks_between("0 0 * * *", "UTC", from, to, 2).unwrap().len(), 2);
    assert_eq!(ticks_between("0 0 * * *", "UTC", to, from, 10).unwrap().len(), 0);
    assert_eq!(ticks_between("* * * * *", "Europe/Berlin", from, to, 100_000).unwrap().len(), 3 * 24 * 60);
}

#[test]
fn wrong_schedules_are_explained() {
    for (schedule, expected) in [
        ("* * * *", "a schedule has five fields (minute, hour, day of month, month, day of week), but this one has 4"),
        ("60 * * * *", "\"60\" is not a minute: \"60\" is no number from 0 to 59"),
        ("* 5-2 * * *", "\"5-2\" is not a hour: the range 5-2 runs backwards"),
        ("*/0 * * * *", "\"*/0\" is not a minute: a step is a number from 1 to 59"),
        ("* * * * 5/2", "\"5/2\" is not a day of week: a step follows * or a range"),
        ("* * * * +1", "\"+1\" is not a day of week: \"+1\" is no number from 0 to 7"),
        ("* * ? * *", "\"?\" is not a day of month: \"?\" is no number from 1 to 31"),
        ("0 0 31 2,4 *", "the schedule never comes due: no month has that day"),
    ] {
        assert_eq!(Schedule::parse(schedule, "UTC").unwrap_err().to_string(), expected);
    }
    assert_eq!(Schedule::parse("* * * * *", "Mars/Olympus").unwrap_err(), CronError::TimeZone("Mars/Olympus".to_owned()));
    for time in [-1, i64::MIN, i64::MAX, 4_102_444_800_000] {
        assert_eq!(next_after("* * * * *", "UTC", time), Err(CronError::Time(time)));
    }
    assert_eq!(next_after("0 0 1 1 *", "UTC", ms("2099-06-01T00:00:00Z")), Ok(None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ticks_rise(
        fields in "(\\*|[0-9]{1,2}|\\*/7) (\\*|[0-9]|1?[0-9]-23) (\\*|1[0-9]|31) (\\*|[1-9]) (\\*|[0-7]|mon-fri)",
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        from in 0..4_000_000_000_000_i64,
    ) {
        if let Ok(schedule) = Schedule::parse(&fields, chrono_tz::TZ_VARIANTS[zone].name()) {
            let mut last = from;
            for _ in 0..20 {
                let Ok(Some(tick)) = schedule.next_after(last) else { break };
                prop_assert!(tick > last, "{tick} after {last}");
                prop_assert_eq!(schedule.next_after(tick - 1), Ok(Some(tick)));
                last = tick;
            }
        }
    }

    #[test]
    fn no_schedule_panics(text in "[ -~]{0,30}", fields in "[0-9*,/ -]{5,30}", zone in "[ -~]{0,12}") {
        prop_assert!(Schedule::parse(&text, &zone).is_err());
        let _ = next_after(&fields, "America/St_Johns", 1_800_000_000_000);
    }
}
