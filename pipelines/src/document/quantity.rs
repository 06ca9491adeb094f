//! Durations (`90s`, `20m`, `4h`, `3d`) and sizes (`20MiB`) as people write them.

/// The longest duration that a file may name: ten years.
const LONGEST_MS: u64 = 3650 * 86_400_000;

/// Milliseconds of a duration such as `500ms`, `90s`, `20m`, `4h`, `3d` or `1h30m`; `None` if it is none, or longer than
/// ten years.
#[must_use]
pub fn parse_duration_ms(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        // `30m1h` and `1m1m` are more likely slips than meant.
        if unit >= last_unit {
            return None;
        }
        last_unit = unit;
        rest = &rest[letters..];
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    (last_unit != u64::MAX && total <= LONGEST_MS).then_some(total)
}

/// Bytes of a size such as `512B`, `64KiB`, `20MiB`, `2GiB`, `1TiB`; `None` if it is none or does not fit.
#[must_use]
pub fn parse_size_bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit: u64 = match &text[digits..] {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("90s", Some(90_000)),
            ("20m", Some(1_200_000)),
            ("4h", Some(14_400_000)),
            ("3d", Some(259_200_000)),
            ("500ms", Some(500)),
            ("1h30m", Some(5_400_000)),
            ("0s", Some(0)),
            ("", None),
            ("10", None),
            ("m", None),
            ("1 m", None),
            ("-1s", None),
            ("30m1h", None),
            ("1m1m", None),
            ("1w", None),
            ("99999999999999999999s", None),
            ("3651d", None),
            ("1٣s", None),
        ] {
            assert_eq!(parse_duration_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, expected) in
            [("20MiB", Some(20 << 20)), ("512B", Some(512)), ("1TiB", Some(1 << 40)), ("20MB", None), ("20", None), ("99999999TiB", None)]
        {
            assert_eq!(parse_size_bytes(text), expected, "{text}");
        }
    }
}
