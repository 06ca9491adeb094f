//! What is kept of requests and answers: cut, and without secrets.

/// What stands where a secret stood.
const HIDDEN: &str = "***";
/// Shorter texts are no secrets, and would tear holes into everything.
const SHORTEST_SECRET: usize = 6;

/// The text without any of the secrets, at most `limit` bytes of it.
#[must_use]
pub fn redact(text: &str, secrets: &[String], limit: usize) -> String {
    let mut clean = text.to_owned();
    let mut sorted: Vec<&String> = secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET).collect();
    // A long one may hold a short one.
    sorted.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in sorted {
        clean = clean.replace(secret.as_str(), HIDDEN);
    }
    if clean.len() <= limit {
        return clean;
    }
    let end = (0..=limit).rev().find(|at| clean.is_char_boundary(*at)).unwrap_or_default();
    format!("{}… ({} bytes in all)", &clean[..end], clean.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_before_anything_is_cut() {
        let secrets = ["hunter22".to_owned(), "hunter22-and-more".to_owned(), "a".to_owned()];
        assert_eq!(redact("a hunter22-and-more hunter22", &secrets, 99), "a *** ***");
        let long = format!("{}hunter22", "ä".repeat(10));
        assert_eq!(redact(&long, &secrets, 5), "ää… (23 bytes in all)");
    }
}
