//! What expressions see: `inputs`, `params`, `state`, `matrix`, `run`.

use crate::store::line::job_runs::JobRun;
use crate::store::line::runs::Run;
use crate::store::line::{job_runs, versions};
use crate::store::{Connection, Result};
use andon_pipelines::document::Job;
use andon_pipelines::expression::number_if_exact;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The facts of a job run that expressions and the environment of its steps are made of.
#[derive(Clone, Debug)]
pub struct Context {
    pub run: Run,
    pub job_run: JobRun,
    pub inputs: Vec<(String, versions::Version)>,
    /// Job name, `pipeline/name` for one of another pipeline → its state: jobs directly upstream, and the job's own last good state.
    pub state: BTreeMap<String, BTreeMap<String, String>>,
}

impl Context {
    /// Reads the facts. What `job`, the job in the job run's revision, says it has none of, is not looked for.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn read(connection: &mut Connection<'_>, (job_run, run): (JobRun, Run), job: Option<&Job>) -> Result<Self> {
        let inputs = match job.is_none_or(|job| !job.inputs.is_empty()) {
            true => versions::list_inputs_of(connection, job_run.id).await?,
            false => Vec::new(),
        };
        let follows = match job.is_none_or(Job::names_upstream) {
            true => job_runs::list_follows_with_pipelines(connection, job_run.id).await?,
            false => Vec::new(),
        };
        // Under the names of now and of then: the revision that asks may be older or newer than a rename.
        let mut state = BTreeMap::from([
            (job_run.current_name.clone(), job_run.job_state.clone()),
            (job_run.job_name.clone(), job_run.job_state.clone()),
        ]);
        for (upstream, pipeline) in follows {
            for name in [&upstream.current_name, &upstream.job_name] {
                let name = match upstream.pipeline == job_run.pipeline {
                    true => name.clone(),
                    false => format!("{pipeline}/{name}"),
                };
                state.insert(name, upstream.state.clone());
            }
        }
        Ok(Self { run, job_run, inputs, state })
    }

    /// As JSON, for one cell of the matrix.
    #[must_use]
    pub fn to_json(&self, matrix: &BTreeMap<String, String>) -> Value {
        let inputs: Map<String, Value> = self.inputs.iter().map(|(name, version)| (name.clone(), json!(version.map))).collect();
        let state: Map<String, Value> = self
            .state
            .iter()
            .map(|(job, state)| (job.clone(), state.iter().map(|(key, value)| (key.clone(), number_if_exact(value))).collect()))
            .collect();
        json!({
            "inputs": inputs,
            "params": self.params(),
            "state": state,
            "matrix": matrix,
            "run": { "number": self.run.number, "cause": self.run.cause },
        })
    }

    /// The parameters of the run, with those of the job run on top.
    #[must_use]
    pub fn params(&self) -> Map<String, Value> {
        let mut params = self.run.params.clone();
        params.extend(self.job_run.params.clone());
        params
    }
}
