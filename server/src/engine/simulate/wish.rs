//! Versions that do not exist yet.

use super::view::PretendedVersion;
use crate::engine::names;
use crate::engine::publish::check_size;
use crate::http;
use crate::store::Connection;
use crate::store::line::versions;
use andon_pipelines::decide::{Line, Pretended};
use andon_pipelines::document::ResourceKind;
use andon_pipelines::ids::PipelineId;
use std::collections::BTreeMap;

/// A version that does not exist yet, as somebody asks for it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub resource: String,
    pub map: BTreeMap<String, String>,
    /// In place of a map: the main value.
    pub value: Option<String>,
}

/// The versions that are wished for, those that exist already apart.
pub(super) async fn read_wishes(
    connection: &mut Connection<'_>,
    line: &Line,
    pipeline: PipelineId,
    wishes: &[Wish],
) -> http::Result<(Vec<Pretended>, Vec<PretendedVersion>)> {
    let (mut pretended, mut published) = (Vec::new(), Vec::new());
    let facts = line.pipeline(pipeline);
    for wish in wishes {
        let known = facts.and_then(|facts| facts.resources.get(&wish.resource).copied());
        let declared = facts.and_then(|facts| facts.document.resources.iter().find(|resource| resource.name == wish.resource));
        let (Some(resource), Some(declared)) = (known, declared) else {
            return Err(http::Error::not_found(format!("the pipeline has no resource {}", wish.resource)));
        };
        let map = map_of(wish, &declared.kind)?;
        let exists = versions::find_by_map(connection, resource, &map).await?.is_some();
        published.push(PretendedVersion { resource: wish.resource.clone(), version: names::short(&map), new: !exists });
        if !exists {
            pretended.push(Pretended { resource, map });
        }
    }
    Ok((pretended, published))
}

/// The map of a wished version: as given, or made of its main value.
fn map_of(wish: &Wish, kind: &ResourceKind) -> http::Result<BTreeMap<String, String>> {
    let (name, kind_name) = (&wish.resource, kind.name());
    let map = match (&wish.value, kind) {
        (None, _) if wish.map.is_empty() => {
            return Err(http::Error::invalid(format!("A version of {name} needs its main value, or at least one key=value.")));
        }
        (None, _) => wish.map.clone(),
        (Some(value), _) => {
            let key = match kind {
                ResourceKind::Git(_) => "commit",
                ResourceKind::File => "digest",
                ResourceKind::Cron(_) => "at",
                ResourceKind::Trigger { .. } => "n",
                ResourceKind::State => "revision",
                ResourceKind::Semver { .. } => "number",
                _ => {
                    let text = format!("{name} is of type {kind_name}, whose versions have no main value: give key=value.");
                    return Err(http::Error::invalid(text));
                }
            };
            BTreeMap::from([(key.to_owned(), value.clone())])
        }
    };
    check_size(&map)?;
    Ok(map)
}
