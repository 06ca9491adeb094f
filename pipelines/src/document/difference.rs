//! What differs between two texts of a pipeline, line by line.

use similar::TextDiff;

/// Beyond so many differing lines, the two are shown one after the other: finding the shortest way from one to the other takes time that grows
/// with the product.
const COMPARED_LINES: usize = 10_000;

/// The difference of two texts in the unified form, with three lines around each change; empty where they are the same. Each text comes with its
/// name.
#[must_use]
pub fn unified_diff((old_name, old): (&str, &str), (new_name, new): (&str, &str)) -> String {
    if old == new {
        return String::new();
    }
    if old.lines().count() + new.lines().count() > COMPARED_LINES {
        return replace_all((old_name, old), (new_name, new));
    }
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}

fn replace_all((old_name, old): (&str, &str), (new_name, new): (&str, &str)) -> String {
    let (old_count, new_count) = (old.lines().count(), new.lines().count());
    let mut text = format!("--- {old_name}\n+++ {new_name}\n@@ -1,{old_count} +1,{new_count} @@\n");
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines.lines() {
            text.push(sign);
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_stand_among_those_around_them() {
        let old: String = (1..=9).map(|line| format!("{line}\n")).collect();
        let new = old.replace("5\n", "five\n");
        assert_eq!(unified_diff(("a", &old), ("b", &old)), "");
        let shown = unified_diff(("a", &old), ("b", &new));
        assert_eq!(shown, "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
        assert!(unified_diff(("a", "x"), ("b", "y")).contains("-x"), "without a line break at the end");
    }

    #[test]
    fn very_long_texts_are_not_compared() {
        let old = "a\n".repeat(COMPARED_LINES);
        let shown = unified_diff(("a", &old), ("b", "b\n"));
        assert!(shown.starts_with("--- a\n+++ b\n@@ -1,10000 +1,1 @@\n-a\n") && shown.ends_with("-a\n+b\n"));
    }
}
