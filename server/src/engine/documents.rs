//! Documents of revisions, read once.

use crate::store::{Connection, Result, StoreError, line::modules, line::pipelines};
use andon_pipelines::document::{self, Document, Modules};
use andon_pipelines::ids::PipelineId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many documents are kept.
const KEPT: usize = 2_000;

/// The documents that were read lately, by pipeline and revision. A revision never changes.
#[derive(Debug, Default)]
pub struct Documents(Mutex<HashMap<(PipelineId, i64), Arc<Document>>>);

impl Documents {
    /// The document of a revision.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the stored text does not read any more.
    pub async fn get(&self, connection: &mut Connection<'_>, pipeline: PipelineId, revision: i64) -> Result<Arc<Document>> {
        if let Some(document) = self.lock().get(&(pipeline, revision)) {
            return Ok(Arc::clone(document));
        }
        let text = pipelines::get_text(connection, pipeline, revision).await?;
        let kept = Modules::kept(modules::list_kept(connection, pipeline, revision).await?);
        let reading = document::read_with(&text, "andon.yml", &kept);
        let document =
            reading.document.ok_or_else(|| StoreError::Corrupt(format!("revision {revision} of pipeline {pipeline} does not read")))?;
        let document = Arc::new(document);
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert((pipeline, revision), Arc::clone(&document));
        Ok(document)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(PipelineId, i64), Arc<Document>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
