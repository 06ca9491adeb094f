//! Reading JSON step by step, remembering the way: every complaint names its place.

use super::{HookCommit, HookError};
use serde_json::Value;

const TEXT_MAX_CHARS: usize = 2_000;
const REFERENCE_MAX_BYTES: usize = 1_024;
/// Lists longer than this are read up to here: GitHub lists at most 2,048 commits and 3,000 paths.
const ITEMS_MAX: usize = 10_000;

/// A value and the way to it: `$.repository.full_name`.
#[derive(Clone, Debug)]
pub(super) struct Field<'v> {
    value: &'v Value,
    place: String,
}

impl<'v> Field<'v> {
    pub fn root(value: &'v Value) -> Self {
        Self { value, place: "$".into() }
    }

    /// The field of that name, unless it is absent or null.
    pub fn find(&self, name: &str) -> Option<Field<'v>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Field { value, place: format!("{}.{name}", self.place) })
    }

    /// The field at the end of a way such as `project.name`.
    pub fn find_way(&self, way: &str) -> Option<Field<'v>> {
        way.split('.').try_fold(self.clone(), |field, name| field.find(name))
    }

    pub fn get(&self, way: &str) -> Result<Field<'v>, HookError> {
        way.split('.').try_fold(self.clone(), |field, name| {
            field.find(name).ok_or_else(|| HookError::Malformed { what: format!("\"{name}\" is missing"), place: field.place.clone() })
        })
    }

    pub fn wrong(&self, what: impl Into<String>) -> HookError {
        HookError::Malformed { what: what.into(), place: self.place.clone() }
    }

    /// A text, cut after 2,000 characters.
    pub fn text(&self) -> Result<String, HookError> {
        let text = self.value.as_str().ok_or_else(|| self.wrong("a text is expected"))?;
        Ok(text.chars().take(TEXT_MAX_CHARS).collect())
    }

    /// A text that is there and is one, else nothing.
    pub fn find_text(&self, way: &str) -> Option<String> {
        self.find_way(way).and_then(|field| field.text().ok()).filter(|text| !text.is_empty())
    }

    pub fn number(&self) -> Result<u64, HookError> {
        self.value.as_u64().ok_or_else(|| self.wrong("a whole number from 0 is expected"))
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.value.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn items(&self) -> Result<Vec<Field<'v>>, HookError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list is expected"))?;
        let numbered = items.iter().take(ITEMS_MAX).enumerate();
        Ok(numbered.map(|(index, value)| Field { value, place: format!("{}[{index}]", self.place) }).collect())
    }

    /// The items of a list that may be absent.
    pub fn find_items(&self, name: &str) -> Result<Vec<Field<'v>>, HookError> {
        self.find(name).map_or_else(|| Ok(Vec::new()), |field| field.items())
    }

    /// A full commit id in lower case; `None` for the one of only zeros, which stands for "none".
    pub fn commit(&self) -> Result<Option<String>, HookError> {
        let text = self.text()?.to_ascii_lowercase();
        if !matches!(text.len(), 40 | 64) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(self.wrong("a commit id of 40 or 64 hexadecimal digits is expected"));
        }
        Ok((!text.bytes().all(|b| b == b'0')).then_some(text))
    }

    /// A ref in full.
    pub fn reference(&self) -> Result<String, HookError> {
        let text = self.text()?;
        let proper = text.starts_with("refs/") && text.len() <= REFERENCE_MAX_BYTES && !text.chars().any(|c| c.is_control() || c == ' ');
        if proper { Ok(text) } else { Err(self.wrong("a ref such as refs/heads/main is expected")) }
    }

    /// A commit as GitHub, GitLab and Gitea write it.
    pub fn hook_commit(&self) -> Result<HookCommit, HookError> {
        let mut paths = Vec::new();
        for list in ["added", "modified", "removed"] {
            for path in self.find_items(list)? {
                paths.push(path.text()?);
            }
        }
        Ok(HookCommit {
            id: self.get("id")?.commit()?.ok_or_else(|| self.wrong("the commit's id is only zeros"))?,
            author_name: self.find_text("author.name").unwrap_or_default(),
            author_email: self.find_text("author.email"),
            message: self.find_text("message").unwrap_or_default(),
            paths,
        })
    }
}
