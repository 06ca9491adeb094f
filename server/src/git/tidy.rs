//! Packing a repository's loose objects when many have gathered, apart from any push.

use super::process::{Unfinished, git_command, run_command};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Git's own measures: one of 256 folders with this many objects stands for some 6,700 in all.
const SAMPLED_FOLDER: &str = "objects/17";
const SAMPLED_OBJECTS_MAX: usize = 27;
const PACKS_MAX: usize = 50;
const TIDYING_MAX: Duration = Duration::from_secs(60 * 60);
const OUTPUT_MAX_BYTES: u64 = 64 * 1024;

/// Packs what has gathered, if it is much. Nothing is ever pruned: a version may name a commit that no ref leads to any more.
pub(super) async fn tidy_repository(path: PathBuf, mut settings: Vec<(String, String)>) {
    if !needs_tidying(&path) {
        return;
    }
    for (key, value) in
        [("gc.pruneExpire", "never"), ("gc.reflogExpire", "never"), ("gc.reflogExpireUnreachable", "never"), ("gc.autoDetach", "false")]
    {
        settings.push((key.to_owned(), value.to_owned()));
    }
    let mut command = git_command(&settings);
    command.arg("--git-dir").arg(&path).args(["gc", "--quiet"]);
    let problem = match run_command(command, TIDYING_MAX, OUTPUT_MAX_BYTES).await {
        Ok(finished) if finished.status.success() => return,
        Ok(finished) => finished.complaint,
        Err(Unfinished::Start(error) | Unfinished::Read(error)) => error.to_string(),
        Err(Unfinished::Timeout) => format!("it took longer than {} seconds", TIDYING_MAX.as_secs()),
        Err(Unfinished::TooLarge) => "it wrote too much".to_owned(),
    };
    tracing::warn!(path = %path.display(), problem, "a repository could not be packed; the next push tries again");
}

fn needs_tidying(path: &Path) -> bool {
    // A folder that is not there holds nothing.
    let count = |folder: &str| std::fs::read_dir(path.join(folder)).map_or(0, |entries| entries.count());
    // A pack is two files or three.
    count(SAMPLED_FOLDER) >= SAMPLED_OBJECTS_MAX || count("objects/pack") >= PACKS_MAX * 3
}
