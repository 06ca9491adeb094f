//! Who may want to be told of something, kept in memory.

use super::super::notices::Interest;
use super::super::notify::People;
use super::super::statuses::{self, Forge};
use crate::app::App;
use crate::notify::Preferences;
use crate::store::line::pipelines::{self, Pipeline};
use crate::store::people::preferences;
use crate::store::{Connection, Result};
use andon_pipelines::document::NotifyRule;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{PipelineId, UserId, WorkspaceId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Who may want to be told, as of the event that was looked at last. What the line does all the time leaves it as it is; anything else
/// makes it be read again.
#[derive(Debug, Default)]
pub(super) struct Known {
    forges: Option<Vec<Forge>>,
    preferences: Option<BTreeMap<UserId, Preferences>>,
    /// The rules of workspaces.
    rules: HashMap<WorkspaceId, Vec<NotifyRule>>,
    pipelines: HashMap<PipelineId, Pipeline>,
}

impl Known {
    pub async fn read_forges(&mut self, app: &App, connection: &mut Connection<'_>) -> Result<&[Forge]> {
        let forges = match self.forges.take() {
            Some(forges) => forges,
            None => statuses::list_forges(app, connection).await?,
        };
        Ok(self.forges.insert(forges))
    }

    pub async fn read_pipeline(&mut self, connection: &mut Connection<'_>, id: PipelineId) -> Result<Pipeline> {
        if let Some(known) = self.pipelines.get(&id) {
            return Ok(known.clone());
        }
        let read = pipelines::get(connection, id).await?;
        self.pipelines.insert(id, read.clone());
        Ok(read)
    }

    pub async fn read_interest(&mut self, app: &App, connection: &mut Connection<'_>, pipeline: &Pipeline) -> Result<Interest> {
        let document = app.documents.get(connection, pipeline.id, pipeline.revision).await?;
        let preferences = match self.preferences.take() {
            Some(preferences) => preferences,
            None => People::read_preferences(connection).await?,
        };
        let preferences = self.preferences.insert(preferences).clone();
        let rules = match self.rules.entry(pipeline.workspace) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let read = preferences::find_rules(connection, pipeline.workspace).await?;
                place.insert(read.map(|found| found.rules).unwrap_or_default())
            }
        };
        Ok(Interest::of((&pipeline.name, &document), rules, preferences))
    }
}

/// Whether an event leaves it as it was who may want to be told.
pub(super) fn is_of_the_line(event: &Event) -> bool {
    matches!(
        event,
        Event::RunCreated { .. }
            | Event::RunEnded { .. }
            | Event::RunReopened { .. }
            | Event::JobRunCreated(_)
            | Event::JobRunSuperseded(_)
            | Event::JobRunMoved { .. }
            | Event::ExecutionQueued { .. }
            | Event::ExecutionStarted { .. }
            | Event::ExecutionEnded { .. }
            | Event::VersionCreated { .. }
            | Event::ResourceChecked { .. }
            | Event::RunnerChanged { .. }
            | Event::DeliveryMoved { .. }
    )
}
