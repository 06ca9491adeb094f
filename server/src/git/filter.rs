//! Which paths and which tags a resource follows.

use super::GitError;
use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

const GLOBS_MAX: usize = 1_000;

/// Globs over paths: a path is in if any glob without `!` matches it (or there is none such), and none with `!` does.
/// `*` stays within a folder, `**` crosses them; a glob that names a folder takes all that is in it.
#[derive(Clone, Debug)]
pub struct PathFilter {
    included: Option<GlobSet>,
    excluded: GlobSet,
}

impl PathFilter {
    /// # Errors
    /// [`GitError::Pattern`] names the glob that cannot be read.
    pub fn new(globs: &[String]) -> Result<Self, GitError> {
        if globs.len() > GLOBS_MAX {
            return Err(GitError::Pattern { glob: format!("{} globs", globs.len()), why: format!("at most {GLOBS_MAX} can be given") });
        }
        let (negative, positive): (Vec<&String>, Vec<&String>) = globs.iter().partition(|glob| glob.starts_with('!'));
        let included = if positive.is_empty() { None } else { Some(build_set(positive.into_iter().map(String::as_str))?) };
        Ok(Self { included, excluded: build_set(negative.into_iter().map(|glob| &glob[1..]))? })
    }

    /// `path` is relative to the repository's root.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.included.as_ref().is_none_or(|set| set.is_match(path)) && !self.excluded.is_match(path)
    }
}

/// Whether any of the paths passes the globs, as [`PathFilter`] says.
///
/// # Errors
/// [`GitError::Pattern`].
pub fn paths_match<P: AsRef<str>>(globs: &[String], paths: &[P]) -> Result<bool, GitError> {
    let filter = PathFilter::new(globs)?;
    Ok(paths.iter().any(|path| filter.matches(path.as_ref())))
}

/// Whether a tag's name (`v1.2`, or in full `refs/tags/v1.2`) matches a pattern such as `v*`; here `*` crosses `/`.
///
/// # Errors
/// [`GitError::Pattern`].
pub fn tag_matches(pattern: &str, name: &str) -> Result<bool, GitError> {
    Ok(build_name_glob(pattern)?.is_match(name.strip_prefix("refs/tags/").unwrap_or(name)))
}

/// A glob over names of refs, in which `*` crosses `/`.
pub(super) fn build_name_glob(pattern: &str) -> Result<GlobMatcher, GitError> {
    Ok(Glob::new(pattern).map_err(|error| wrong(pattern, &error))?.compile_matcher())
}

fn build_set<'g>(globs: impl Iterator<Item = &'g str>) -> Result<GlobSet, GitError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let trimmed = glob.strip_prefix("./").unwrap_or(glob).trim_matches('/');
        // `docs` and `docs/` mean the folder as much as a file of that name.
        for text in [trimmed.to_owned(), format!("{trimmed}/**")] {
            set.add(GlobBuilder::new(&text).literal_separator(true).build().map_err(|error| wrong(glob, &error))?);
        }
    }
    set.build().map_err(|error| wrong("all globs together", &error))
}

fn wrong(glob: &str, error: &globset::Error) -> GitError {
    GitError::Pattern { glob: glob.to_owned(), why: error.kind().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(globs: &[&str], path: &str) -> bool {
        PathFilter::new(&globs.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>()).unwrap().matches(path)
    }

    #[test]
    fn globs_include_and_exclude() {
        assert!(passes(&[], "anything"));
        assert!(passes(&["src/**"], "src/a/b.rs"));
        assert!(!passes(&["src/**"], "docs/a.md"));
        assert!(!passes(&["src/*.rs"], "src/a/b.rs"));
        assert!(!passes(&["src/**", "!**/*.md"], "src/README.md"));
        assert!(!passes(&["!**/*.md"], "README.md"));
        assert!(passes(&["!**/*.md"], "src/main.rs"));
        assert!(!passes(&["!docs", "src"], "docs/x"), "the order of the globs does not matter");
        assert!(passes(&["docs/"], "docs/deep/x"));
        assert!(passes(&["docs"], "docs/x") && passes(&["docs"], "docs") && !passes(&["docs"], "docs2/x"));
        assert!(passes(&["*.{js,ts}"], "a.ts") && passes(&["./src"], "src/x"));
    }

    #[test]
    fn a_push_matches_if_any_path_does() {
        let globs = vec!["src/**".to_owned(), "!**/*.md".to_owned()];
        assert!(paths_match(&globs, &["README.md", "src/x.rs"]).unwrap());
        assert!(!paths_match(&globs, &["README.md", "src/x.md"]).unwrap());
        assert!(!paths_match::<&str>(&[], &[]).unwrap());
    }

    #[test]
    fn a_glob_that_is_none_is_named() {
        let error = PathFilter::new(&["src/[".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("src/["), "{error}");
        assert!(PathFilter::new(&vec!["x".to_owned(); 1_001]).is_err());
    }

    #[test]
    fn tags_match_by_name() {
        assert!(tag_matches("v*", "v1.2").unwrap() && tag_matches("v*", "refs/tags/v1").unwrap());
        assert!(tag_matches("release/*", "release/1/2").unwrap());
        assert!(!tag_matches("v*", "x1").unwrap());
        tag_matches("v[", "v1").unwrap_err();
    }
}
