//! Names of workspaces and repositories: checked before they become part of a path.

use super::GitError;

const NAME_MAX_BYTES: usize = 100;

/// Proves that `name` is `[a-z0-9][a-z0-9._-]*`, of at most 100 characters, and no trick with git's own endings.
///
/// # Errors
/// [`GitError::Name`]; `what` is the word for it there.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), GitError> {
    let letters = name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let reserved = name.contains("..") || name.ends_with(".git") || name.ends_with(".lock") || name.ends_with('.');
    if letters && begins && !reserved && name.len() <= NAME_MAX_BYTES {
        return Ok(());
    }
    Err(GitError::Name { what, name: name.chars().filter(|c| !c.is_control()).take(NAME_MAX_BYTES).collect() })
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_that_could_leave_the_folder_are_refused() {
        for good in ["shop", "a", "0", "a.b-c_d", &"x".repeat(100)] {
            check_name("repository", good).unwrap();
        }
        let long = "x".repeat(101);
        for bad in [
            "", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-rf", "A", "a..b", "a.git", "a.lock", "a.", "ä", "a\0b", "a b", "%2e%2e",
            &long,
        ] {
            check_name("repository", bad).unwrap_err();
        }
    }
}
