//! When a gate may let something through. A window is a piece of local time; where clocks are changed, a local time that does
//! not exist is in no window, and one that occurs twice is in its window both times. A window that denies wins.

use crate::document::{Weekday, Window};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// How far ahead an opening is looked for.
const HORIZON_DAYS: u64 = 400;
/// The first look goes as far; most windows open within days.
const NEAR_DAYS: u64 = 8;

/// Whether something may go through at this moment. Without windows always; where all windows deny, whenever none of them holds.
#[must_use]
pub fn is_open(windows: &[Window], at_ms: i64) -> bool {
    let Some(at) = DateTime::from_timestamp_millis(at_ms) else { return false };
    let holds = |window: &&Window| covers(window, at);
    if windows.iter().filter(|window| !window.allow).any(|window| holds(&window)) {
        return false;
    }
    let mut allowing = windows.iter().filter(|window| window.allow).peekable();
    allowing.peek().is_none() || allowing.any(|window| holds(&window))
}

/// The first moment not before `from_ms` at which something may go through; `None` if there is none within 400 days.
#[must_use]
pub fn next_opening(windows: &[Window], from_ms: i64) -> Option<i64> {
    if is_open(windows, from_ms) {
        return Some(from_ms);
    }
    [NEAR_DAYS, HORIZON_DAYS].into_iter().find_map(|days| {
        let mut turns: Vec<i64> = windows.iter().flat_map(|window| list_turns(window, from_ms, days)).collect();
        turns.sort_unstable();
        turns.into_iter().find(|turn| *turn > from_ms && is_open(windows, *turn))
    })
}

/// The reader refuses unknown zones; should one appear all the same, UTC stands in.
fn zone_of(window: &Window) -> Tz {
    window.timezone.parse().unwrap_or(Tz::UTC)
}

fn covers(window: &Window, at: DateTime<Utc>) -> bool {
    let local = at.with_timezone(&zone_of(window)).naive_local();
    let minute = local.hour() * 60 + local.minute();
    let today = local.date();
    if window.from < window.to {
        return begins_on(window, today) && (window.from..window.to).contains(&minute);
    }
    // Over midnight: the window belongs to the day on which it begins.
    let since_yesterday = minute < window.to && today.pred_opt().is_some_and(|yesterday| begins_on(window, yesterday));
    since_yesterday || (minute >= window.from && begins_on(window, today))
}

fn begins_on(window: &Window, date: NaiveDate) -> bool {
    let day = Weekday::ALL[date.weekday().num_days_from_monday() as usize];
    (window.days.is_empty() || window.days.contains(&day))
        && (window.dates.is_empty() || window.dates.iter().any(|range| (range.first..=range.last).contains(&date)))
}

/// The instants at which the window may begin or end: its local times on each day, and the changes of the clock.
fn list_turns(window: &Window, from_ms: i64, days: u64) -> Vec<i64> {
    let zone = zone_of(window);
    let Some(from) = DateTime::from_timestamp_millis(from_ms) else { return Vec::new() };
    let first = from.with_timezone(&zone).date_naive();
    let mut turns = Vec::new();
    for offset in 0..=days {
        let Some(date) = first.checked_add_days(Days::new(offset)) else { break };
        for minute in [window.from, window.to, 0] {
            let Some(local) = at_minute(date, minute) else { continue };
            let found = zone.from_local_datetime(&local);
            turns.extend([found.earliest(), found.latest()].into_iter().flatten().map(|instant| instant.timestamp_millis()));
        }
        turns.extend(find_clock_change(zone, date));
    }
    turns
}

fn at_minute(date: NaiveDate, minute: u32) -> Option<NaiveDateTime> {
    let date = if minute == 1440 { date.succ_opt()? } else { date };
    Some(date.and_time(NaiveTime::from_hms_opt(minute % 1440 / 60, minute % 60, 0)?))
}

/// The instant near this day at which the zone's clocks are changed, if they are.
fn find_clock_change(zone: Tz, date: NaiveDate) -> Option<i64> {
    let offset = |instant: DateTime<Utc>| zone.offset_from_utc_datetime(&instant.naive_utc()).fix();
    let midnight = date.and_time(NaiveTime::MIN).and_utc();
    let (mut before, mut behind) = (midnight - TimeDelta::hours(15), midnight + TimeDelta::hours(39));
    let old = offset(before);
    if old == offset(behind) {
        return None;
    }
    while behind - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((behind - before).num_seconds() / 2);
        if offset(middle) == old {
            before = middle;
        } else {
            behind = middle;
        }
    }
    Some(behind.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DateRange;
    use proptest::prelude::*;

    fn window(allow: bool, days: &[Weekday], (from, to): (u32, u32), timezone: &str) -> Window {
        Window { allow, days: days.to_vec(), from: from * 60, to: to * 60, dates: Vec::new(), timezone: timezone.to_owned() }
    }

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn show(at_ms: Option<i64>) -> String {
        DateTime::from_timestamp_millis(at_ms.unwrap()).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    const WORK: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

    #[test]
    fn office_hours_follow_the_zone_through_the_year() {
        let office = [window(true, &WORK, (9, 17), "Europe/Berlin")];
        // Friday evening to Monday morning: over the change to summer time in between, nine o'clock is an hour earlier in UTC.
        assert_eq!(show(next_opening(&office, ms("2026-03-27T17:00:00Z"))), "2026-03-30T07:00:00Z");
        assert_eq!(show(next_opening(&office, ms("2026-10-23T17:00:00Z"))), "2026-10-26T08:00:00Z");
        assert!(is_open(&office, ms("2026-07-01T14:59:59Z")) && !is_open(&office, ms("2026-07-01T15:00:00Z")));
        assert!(is_open(&office, ms("2026-01-07T15:59:59Z")));
    }

    #[test]
    fn an_hour_that_does_not_exist_is_in_no_window_and_one_that_occurs_twice_is_in_it_twice() {
        let night = [window(true, &[], (2, 3), "Europe/Berlin")];
        // 29 March 2026: the clock goes from 02:00 to 03:00.
        assert_eq!(show(next_opening(&night, ms("2026-03-28T03:00:00Z"))), "2026-03-30T00:00:00Z");
        // 25 October 2026: from 03:00 back to 02:00.
        let (first, second) = (ms("2026-10-25T00:30:00Z"), ms("2026-10-25T01:30:00Z"));
        assert!(is_open(&night, first) && is_open(&night, second) && !is_open(&night, ms("2026-10-25T02:00:00Z")));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let friday = [window(true, &[Weekday::Fri], (22, 2), "UTC")];
        assert!(is_open(&friday, ms("2026-07-03T23:00:00Z")) && is_open(&friday, ms("2026-07-04T01:59:00Z")));
        assert!(!is_open(&friday, ms("2026-07-04T02:00:00Z")) && !is_open(&friday, ms("2026-07-04T23:00:00Z")));
        assert!(!is_open(&friday, ms("2026-07-03T01:00:00Z")), "Thursday night");
    }

    #[test]
    fn what_denies_wins() {
        let freeze = Window {
            dates: vec![DateRange {
                first: NaiveDate::from_ymd_opt(2026, 12, 24).unwrap(),
                last: NaiveDate::from_ymd_opt(2027, 1, 2).unwrap(),
            }],
            ..window(false, &[], (0, 24), "Europe/Berlin")
        };
        let both = [window(true, &WORK, (9, 17), "Europe/Berlin"), freeze.clone()];
        assert_eq!(show(next_opening(&both, ms("2026-12-23T17:00:00Z"))), "2027-01-04T08:00:00Z");
        assert_eq!(show(next_opening(&[freeze], ms("2026-12-24T12:00:00Z"))), "2027-01-02T23:00:00Z");
    }

    #[test]
    fn a_window_that_never_opens_is_none() {
        let past = Window {
            dates: vec![DateRange {
                first: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
                last: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
            }],
            ..window(true, &[], (0, 24), "UTC")
        };
        assert_eq!(next_opening(&[past], ms("2026-01-01T00:00:00Z")), None);
        assert!(is_open(&[], 0));
    }

    fn windows() -> impl Strategy<Value = Vec<Window>> {
        let zones = prop_oneof![Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("UTC")];
        let one = (any::<bool>(), prop::sample::subsequence(Weekday::ALL.to_vec(), 0..4), 0_u32..96, 1_u32..=96, zones);
        let one = one.prop_filter("not empty", |(_, _, from, to, _)| from != to).prop_map(|(allow, days, from, to, zone)| Window {
            allow,
            days,
            from: from * 15,
            to: to * 15,
            dates: Vec::new(),
            timezone: zone.to_owned(),
        });
        prop::collection::vec(one, 1..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        // All of these zones change their clocks within these weeks of spring and autumn.
        #[test]
        fn the_next_opening_is_the_first_open_minute(windows in windows(), spring in any::<bool>(), start in 0_i64..20_000) {
            let base = if spring { "2026-03-05T00:00:00Z" } else { "2026-10-01T00:00:00Z" };
            let from = ms(base) + start * 60_000;
            let slow = (0..11_000).map(|minute| from + minute * 60_000).find(|at| is_open(&windows, *at));
            let fast = next_opening(&windows, from);
            match slow {
                Some(slow) => prop_assert_eq!(fast, Some(slow)),
                None => prop_assert!(fast.is_none_or(|fast| fast >= from + 11_000 * 60_000)),
            }
        }
    }
}
