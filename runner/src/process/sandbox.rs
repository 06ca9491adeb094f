//! Bubblewrap: a job sees the system's folders, read-only, and its own folder, and nothing else of the machine.

use anyhow::Context;
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

/// Whatever of these the machine has is shown, read-only.
const SYSTEM: [&str; 10] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix"];
/// Resolvers keep what `/etc/resolv.conf` points to here.
const RESOLVERS: [&str; 3] = ["/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager"];
/// Shown empty although they lie in a system folder: passwords' hashes, and the settings of a server on this machine.
const HIDDEN_FILES: [&str; 4] = ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"];
const HIDDEN_FOLDERS: [&str; 2] = ["/etc/andon", "/etc/ssl/private"];
/// What an administrator needs inside to unpack archives and serve ports; nothing that reaches out.
const CAPABILITIES: [&str; 9] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
];

/// Bubblewrap, found and tried.
#[derive(Debug)]
pub struct Sandbox {
    program: PathBuf,
    /// Lets a shell between the runner and bubblewrap die with the runner.
    pub setpriv: Option<PathBuf>,
    /// Arguments that are the same for every process.
    fixed: Vec<OsString>,
}

impl Sandbox {
    /// Looks for bubblewrap in `path` and tries it on the folder `data`.
    ///
    /// # Errors
    /// If it is not there or does not work here; the text says which, and what to install.
    pub async fn find(path: &str, data: &Path, hidden: &[PathBuf]) -> anyhow::Result<Self> {
        let program = find_program("bwrap", path).context("bubblewrap is not installed (apt-get install bubblewrap)")?;
        let mut hidden = hidden.to_vec();
        hidden.push(data.to_owned());
        let sandbox = Self { program, setpriv: find_program("setpriv", path), fixed: list_fixed(&hidden) };
        let probe = tempfile::Builder::new().prefix("probe-").tempdir_in(data).context("cannot make a folder")?;
        fs::create_dir(probe.path().join("tmp"))?;
        let (program, arguments) = sandbox.wrap(probe.path(), probe.path(), Path::new("true"), &[]);
        let output = tokio::process::Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .stdin(Stdio::null())
            .output()
            .await
            .context("cannot start bubblewrap")?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        anyhow::ensure!(output.status.success(), "bubblewrap does not work on this machine: {said}");
        Ok(sandbox)
    }

    /// The command line that runs `program` inside, in the folder `dir`, with `root` as the only folder it may write to.
    /// `root/tmp` is its `/tmp`.
    pub fn wrap(&self, root: &Path, dir: &Path, program: &Path, arguments: &[OsString]) -> (PathBuf, Vec<OsString>) {
        let mut all = self.fixed.clone();
        let mut add = |words: &[&dyn AsRef<std::ffi::OsStr>]| all.extend(words.iter().map(|word| word.as_ref().to_owned()));
        // What hides other folders comes first: the execution's own may lie below one of them.
        add(&[&"--bind", &root.join("tmp"), &"/tmp"]);
        add(&[&"--bind", &root, &root]);
        add(&[&"--remount-ro", &"/", &"--chdir", &dir, &"--", &program]);
        all.extend_from_slice(arguments);
        (self.program.clone(), all)
    }
}

fn list_fixed(hidden: &[PathBuf]) -> Vec<OsString> {
    let mut all: Vec<OsString> = Vec::new();
    let mut add = |words: &[&str]| all.extend(words.iter().map(OsString::from));
    add(&["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session"]);
    if nix::unistd::geteuid().is_root() {
        add(&["--cap-drop", "ALL"]);
        for capability in CAPABILITIES {
            add(&["--cap-add", capability]);
        }
    }
    for folder in SYSTEM {
        match fs::read_link(folder) {
            Ok(target) => add(&["--symlink", &target.to_string_lossy(), folder]),
            Err(_) if Path::new(folder).is_dir() => add(&["--ro-bind", folder, folder]),
            Err(_) => {}
        }
    }
    for folder in RESOLVERS.into_iter().filter(|folder| Path::new(folder).is_dir()) {
        add(&["--ro-bind", folder, folder]);
    }
    add(&["--proc", "/proc", "--dev", "/dev", "--dir", "/var/tmp", "--dir", "/run", "--dir", "/tmp"]);
    for file in HIDDEN_FILES.into_iter().filter(|file| Path::new(file).is_file()) {
        add(&["--ro-bind", "/dev/null", file]);
    }
    let system = |folder: &&PathBuf| SYSTEM.iter().any(|system| folder.starts_with(system));
    let given = hidden.iter().filter(system).map(PathBuf::as_path);
    for folder in HIDDEN_FOLDERS.into_iter().map(Path::new).chain(given).filter(|folder| folder.is_dir()) {
        add(&["--tmpfs", &folder.to_string_lossy()]);
    }
    all
}

/// The program's file in the folders of `path`; a name with a slash stands for itself.
pub fn find_program(name: &str, path: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs = |file: &Path| fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    if name.contains('/') {
        return Some(PathBuf::from(name));
    }
    path.split(':').filter(|folder| folder.starts_with('/')).map(|folder| Path::new(folder).join(name)).find(|file| runs(file))
}
