//! What comes with Andon: modules for `uses: library/NAME`, and pipelines to begin from.

/// A ready module or pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    pub name: &'static str,
    /// YAML.
    pub text: &'static str,
}

/// Names the files of the library, so that their texts are a part of the program.
macro_rules! ready {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(Ready { name: $name, text: include_str!(concat!("../library/", $folder, "/", $name, ".yml")) }),+]
    };
}

/// The modules, by name.
pub const MODULES: &[Ready] = ready!("modules": "bump-release", "git-tag", "junit-tests", "package-files", "release-gate", "wait-for-http");

/// The pipelines, by name.
pub const PIPELINES: &[Ready] = ready!("pipelines": "build-test-deploy", "fan-in-release", "nightly", "promotion");

/// A module by its name without `library/`.
#[must_use]
pub fn find_module(name: &str) -> Option<&'static Ready> {
    MODULES.iter().find(|ready| ready.name == name)
}

/// A pipeline by its name.
#[must_use]
pub fn find_pipeline(name: &str) -> Option<&'static Ready> {
    PIPELINES.iter().find(|ready| ready.name == name)
}
