//! Trees, drawn with lines.

/// A line and what hangs below it. Its text may have several lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    pub text: String,
    pub below: Vec<Self>,
}

impl Branch {
    pub fn new(text: impl Into<String>, below: Vec<Self>) -> Self {
        Self { text: text.into(), below }
    }
}

/// The branches, each on lines of its own.
pub fn draw(branches: &[Branch]) -> String {
    let mut text = String::new();
    draw_below(branches, "", &mut text);
    text
}

fn draw_below(branches: &[Branch], margin: &str, text: &mut String) {
    for (place, branch) in branches.iter().enumerate() {
        let is_last = place + 1 == branches.len();
        let (first, rest) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let bar = if branch.below.is_empty() { "" } else { "│ " };
        for (number, line) in branch.text.lines().enumerate() {
            match number {
                0 => text.push_str(&format!("{margin}{first}{line}\n")),
                _ => text.push_str(&format!("{margin}{rest}{bar}{line}\n")),
            }
        }
        draw_below(&branch.below, &format!("{margin}{rest}"), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lead_from_each_branch_to_those_below() {
        let leaf = |text: &str| Branch::new(text, Vec::new());
        let tree = [Branch::new("one", vec![leaf("two\nand more"), leaf("three")]), Branch::new("four", vec![leaf("five")])];
        assert_eq!(draw(&tree), "├─ one\n│  ├─ two\n│  │  and more\n│  └─ three\n└─ four\n   └─ five\n");
    }
}
