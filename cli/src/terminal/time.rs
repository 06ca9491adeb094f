//! Times for people and for programs.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> i64 {
    use andon_server::clock::{Clock, SystemClock};
    SystemClock.now_ms()
}

/// `2026-11-21T07:40:18Z`.
pub fn show_iso(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms).map_or_else(|| at_ms.to_string(), |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// `3 min ago`, `in 2 h`; the difference in its largest unit.
pub fn show_relative(at_ms: i64, now_ms: i64) -> String {
    let difference = now_ms.saturating_sub(at_ms);
    let size = match difference.unsigned_abs() / 1000 {
        0..=1 => return "now".to_owned(),
        seconds @ 2..=59 => format!("{seconds} s"),
        seconds @ 60..=3599 => format!("{} min", seconds / 60),
        seconds @ 3600..=86_399 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    };
    if difference >= 0 { format!("{size} ago") } else { format!("in {size}") }
}

/// `0.4s`, `12s`, `3m05s`, `1h02m`.
pub fn show_duration(ms: i64) -> String {
    let ms = ms.max(0);
    match ms / 1000 {
        0..=9 => format!("{}.{}s", ms / 1000, ms % 1000 / 100),
        seconds @ 10..=59 => format!("{seconds}s"),
        seconds @ 60..=3599 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// The value with every time as ISO text: the API has milliseconds under `at` and names that end in `_at`.
pub fn with_iso_times(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| match value.as_i64().filter(|_| key == "at" || key.ends_with("_at")) {
                    Some(at) => (key, Value::String(show_iso(at))),
                    None => (key, with_iso_times(value)),
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(with_iso_times).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_read_as_people_say_them() {
        for (difference, text) in
            [(0, "now"), (-1_999, "now"), (30_000, "30 s ago"), (3_600_000, "1 h ago"), (-180_000, "in 3 min"), (200_000_000, "2 d ago")]
        {
            assert_eq!(show_relative(1_700_000_000_000 - difference, 1_700_000_000_000), text);
        }
        for (ms, text) in [(-5, "0.0s"), (450, "0.4s"), (12_900, "12s"), (185_000, "3m05s"), (3_720_000, "1h02m")] {
            assert_eq!(show_duration(ms), text);
        }
    }

    #[test]
    fn only_times_become_text() {
        let value = json!({"at": 0, "created_at": 1_700_000_000_123_i64, "ended_at": null, "number": 3, "items": [{"seen_at": 1000}], "values": {"at": "x"}});
        let expected = json!({"at": "1970-01-01T00:00:00Z", "created_at": "2023-11-14T22:13:20.123Z", "ended_at": null, "number": 3,
            "items": [{"seen_at": "1970-01-01T00:00:01Z"}], "values": {"at": "x"}});
        assert_eq!(with_iso_times(value), expected);
    }
}
