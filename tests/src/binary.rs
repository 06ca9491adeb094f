//! Where the `andon` binary is.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

/// The file in `ANDON_BINARY`, else `target/PROFILE/andon` of this workspace.
///
/// # Errors
/// When there is no such file; the text says how to build it.
pub fn find_binary(profile: &str) -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("ANDON_BINARY") {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "ANDON_BINARY names {}, which is no file", named.display());
        return std::path::absolute(named).context("ANDON_BINARY");
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the crate lies in a workspace")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let binary = target.join(profile).join("andon");
    let flag = if profile == "release" { " --release" } else { "" };
    ensure!(binary.is_file(), "there is no {}; build it first: cargo build{flag} -p andon-cli", binary.display());
    Ok(binary)
}
