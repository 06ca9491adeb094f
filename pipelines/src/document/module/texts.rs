//! Where the texts of modules come from.

use crate::library;
use std::collections::BTreeMap;

/// The largest module, in bytes.
pub const LARGEST_MODULE_BYTES: usize = 64 << 10;

/// The modules that a file may use, by full name: `library/git-tag`, `workspace/deploy`. The library is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modules(BTreeMap<String, String>);

impl Modules {
    /// The library alone.
    #[must_use]
    pub fn library() -> Self {
        Self::default()
    }

    /// The library and the modules of a workspace, given by their own names.
    #[must_use]
    pub fn of_workspace(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(texts.into_iter().map(|(name, text)| (format!("workspace/{name}"), text)).collect())
    }

    /// Modules that were kept with a revision, by full name. They stand before what the library says today.
    #[must_use]
    pub fn kept(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(texts.into_iter().collect())
    }

    /// Adds a module of the workspace, or replaces it.
    pub fn insert(&mut self, name: &str, text: String) {
        self.0.insert(format!("workspace/{name}"), text);
    }

    /// The text of a module by its full name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        let own = self.0.get(name).map(String::as_str);
        own.or_else(|| library::find_module(name.strip_prefix("library/")?).map(|module| module.text))
    }

    /// Every full name, sorted.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        let library = library::MODULES.iter().map(|module| format!("library/{}", module.name));
        let mut names: Vec<String> = self.0.keys().cloned().chain(library).collect();
        names.sort();
        names.dedup();
        names
    }
}
