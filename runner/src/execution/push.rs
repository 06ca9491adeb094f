//! Commits that a job made, pushed to where its output says.
//!
//! The job's checkout is the job's: its configuration may name programs, its folders may be links. So the job itself, inside
//! its isolation and without credentials, packs what it committed; the runner takes the pack into a repository of its own
//! and pushes from there.

use super::{checkout::Git, context::Context, halt::Halt, verdict::Failure};
use crate::{files::read_beneath, log::LogStream, process::Ended};
use andon_pipelines::wire::{AssignedOutput, Fetch, OutputKind};
use std::{collections::BTreeMap, ffi::OsString, fs, path::Path, sync::Arc};

/// Where the job leaves the pack, in its own folder.
const BUNDLE: &str = "tmp/push.bundle";
const SCRIPT: &str = r#"test "$(git rev-parse HEAD)" = "$1" || git bundle create --quiet "$2" HEAD"#;

/// Pushes; the version is the new commit. `None` if the job committed nothing.
pub async fn push_commits(context: &Context, output: &AssignedOutput, halt: &Halt) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let OutputKind::Git { url, branch, credentials, path } = &output.kind else { return Ok(None) };
    let fail = |detail: String| Failure::new("push-failed", format!("The output {:?} cannot be pushed: {detail}.", output.resource));
    let well_formed =
        |name: &str| !name.is_empty() && !name.starts_with('-') && !name.contains([':', ' ', '\n', '^', '~', '?', '*', '[', '\\']);
    if !well_formed(branch) || url.starts_with('-') {
        return Err(fail(format!("{branch:?} is no branch")));
    }
    let folder = crate::files::check_relative(path).map_err(fail)?;
    let base = context.assignment.inputs.iter().find_map(|input| match &input.fetch {
        Fetch::Git { commit, .. } if crate::files::check_relative(&input.path).is_ok_and(|path| path == folder) => Some(commit.as_str()),
        _ => None,
    });
    let base = base.ok_or_else(|| fail(format!("no git input is checked out to {path:?}")))?;
    bundle(context, &folder, base, halt).await.map_err(fail)?;
    let Some(commit) = read_head(&context.root).map_err(fail)? else { return Ok(None) };
    let own = tempfile::tempdir_in(&context.private).map_err(|error| fail(error.to_string()))?;
    create_repository(own.path(), base, &context.work().join(&folder)).map_err(|error| fail(error.to_string()))?;
    // The pack is copied first, as git opens it by its name.
    let copy = own.path().join("bundle");
    copy_beneath(&context.root, &copy).map_err(|error| fail(error.to_string()))?;
    let source = copy.to_string_lossy().into_owned();
    let git = Git { context, url: &source, credentials: None, folder: own.path().to_owned(), allow_local: true };
    git.run(&["fetch", "--quiet", "--no-tags", "--", &source, "HEAD:refs/heads/andon"], halt).await.map_err(fail)?;
    let git = Git { url, credentials: credentials.as_deref(), ..git };
    let target = format!("refs/heads/andon:refs/heads/{branch}");
    git.run(&["push", "--quiet", "--", url, &target], halt).await.map_err(fail)?;
    Ok(Some(BTreeMap::from([("commit".to_owned(), commit), ("ref".to_owned(), format!("refs/heads/{branch}"))])))
}

async fn bundle(context: &Context, folder: &Path, base: &str, halt: &Halt) -> Result<(), String> {
    let to = context.root.join(BUNDLE);
    let arguments: Vec<OsString> = vec!["-c".into(), SCRIPT.into(), "sh".into(), base.into(), to.into_os_string()];
    let spec = context.spec(context.work().join(folder), "sh", arguments, context.environment([]));
    let mut stream = LogStream::new(Arc::clone(&context.log), false);
    match context.room.run(&spec, &mut stream, halt).await {
        Ok(Ended::Exit(0)) => Ok(()),
        Ok(Ended::Exit(code)) => Err(format!("git ended with exit code {code} in the job's checkout")),
        Ok(Ended::Halted(_)) => Err("it was stopped".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The commit that the bundle's head names; `None` if there is no bundle.
fn read_head(root: &Path) -> Result<Option<String>, String> {
    let Some((bytes, _)) = read_beneath(root, Path::new(BUNDLE), 64 * 1024).map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&bytes);
    let head = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_suffix(" HEAD"));
    match head.filter(|commit| matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(commit) => Ok(Some(commit.to_owned())),
        None => Err("the job's commits are not in the form of a git bundle".to_owned()),
    }
}

fn copy_beneath(root: &Path, to: &Path) -> std::io::Result<()> {
    let mut from = crate::files::open_beneath(root, Path::new(BUNDLE))?;
    std::io::copy(&mut from, &mut fs::File::create(to)?).map(drop)
}

/// A bare repository that knows the base as the border of its history, if the checkout's ends there too.
fn create_repository(own: &Path, base: &str, checkout: &Path) -> std::io::Result<()> {
    fs::create_dir_all(own.join("objects"))?;
    fs::create_dir_all(own.join("refs/heads"))?;
    fs::write(own.join("HEAD"), "ref: refs/heads/main\n")?;
    let (version, extension) = if base.len() == 64 { (1, "[extensions]\n\tobjectformat = sha256\n") } else { (0, "") };
    fs::write(own.join("config"), format!("[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}"))?;
    // What the job wrote there is only looked at for being text of the expected form.
    if let Ok(Some((bytes, false))) = read_beneath(checkout, Path::new(".git/shallow"), 1024 * 1024) {
        let text = String::from_utf8_lossy(&bytes);
        let borders: Vec<&str> = text.lines().filter(|line| line.bytes().all(|byte| byte.is_ascii_hexdigit())).collect();
        fs::write(own.join("shallow"), borders.join("\n") + "\n")?;
    }
    Ok(())
}
