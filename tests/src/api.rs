//! The API, as a program uses it.

use crate::{Events, PATIENCE};
use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// A client of one server with one token, in the workspace `main`.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    /// The server's address, without a slash at its end.
    pub url: String,
    pub token: String,
}

/// An answer, whatever it says.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub text: String,
}

impl Answer {
    /// The body, where the server agreed.
    ///
    /// # Errors
    /// With the server's words where it did not.
    pub fn json(&self) -> anyhow::Result<Value> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, self.text);
        }
        if self.text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }
}

impl Api {
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { http: reqwest::Client::builder().build()?, url: url.to_owned(), token: token.to_owned() })
    }

    /// The same server, for somebody else.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A request; `path` begins with `/`, or lies below the workspace.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address =
            if path.starts_with('/') { format!("{}{path}", self.url) } else { format!("{}/api/v1/workspaces/main/{path}", self.url) };
        self.http.request(method, address).bearer_auth(&self.token)
    }

    /// Sends it.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        let response = request.timeout(PATIENCE).send().await?;
        Ok(Answer { status: response.status(), text: String::from_utf8_lossy(&response.bytes().await?).into_owned() })
    }

    /// # Errors
    /// When the server refuses or is away.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, path)).await?.json().with_context(|| format!("GET {path}"))
    }

    /// # Errors
    /// When the server refuses or is away.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(self.request(Method::POST, path).json(body)).await?.json().with_context(|| format!("POST {path}"))
    }

    /// Sets a pipeline, whose name its first line says.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn set_pipeline(&self, yaml: &str) -> anyhow::Result<Value> {
        let name = yaml.lines().find_map(|line| line.strip_prefix("pipeline: ")).context("a pipeline names itself")?;
        let request =
            self.request(Method::PUT, &format!("pipelines/{name}")).header("Content-Type", "application/yaml").body(yaml.to_owned());
        self.send(request).await?.json().with_context(|| format!("setting {name}"))
    }

    /// Starts a job by hand. Answers the run and the job run.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn trigger(&self, pipeline: &str, job: &str) -> anyhow::Result<(String, String)> {
        let started = self.post(&format!("pipelines/{pipeline}/jobs/{job}/runs"), &json!({})).await?;
        Ok((text(&started, "/run")?, text(&started, "/job_run")?))
    }

    /// # Errors
    /// When there is none.
    pub async fn job_run(&self, id: &str) -> anyhow::Result<Value> {
        self.get(&format!("job-runs/{id}")).await
    }

    /// A job run's log: its bytes as they are.
    ///
    /// # Errors
    /// When there is none.
    pub async fn log(&self, job_run: &str) -> anyhow::Result<Vec<u8>> {
        let response = self.request(Method::GET, &format!("job-runs/{job_run}/log")).timeout(PATIENCE).send().await?;
        anyhow::ensure!(response.status().is_success(), "the log: {}", response.text().await?);
        Ok(response.bytes().await?.to_vec())
    }

    /// Looks again after every event until `look` finds something.
    ///
    /// # Errors
    /// When looking fails, the stream breaks off, or nothing is found in [`PATIENCE`]; the text tells `what` was waited for.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn(&Self) -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
        let waiting = async {
            let mut events = Events::follow(self, None).await?;
            loop {
                if let Some(found) = look(self).await? {
                    return anyhow::Ok(found);
                }
                events.next().await?;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(found) => found.with_context(|| format!("waiting until {what}")),
            Err(_) => bail!("this did not happen: {what}"),
        }
    }

    /// Waits until the job run has one of these statuses.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn job_run_is(&self, id: &str, statuses: &[&str]) -> anyhow::Result<Value> {
        self.until(&format!("job run {id} is {statuses:?}"), async |api| {
            let found = api.job_run(id).await?;
            Ok(statuses.iter().any(|status| found["status"] == *status).then_some(found))
        })
        .await
    }

    /// Waits until the job run has ended, however.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn job_run_ended(&self, id: &str) -> anyhow::Result<Value> {
        self.job_run_is(id, &["succeeded", "failed", "errored", "stopped", "skipped"]).await
    }

    /// The run's newest job run of this job, once it exists.
    ///
    /// # Errors
    /// When the run cannot be read.
    pub async fn find_job_run(&self, run: &str, job: &str) -> anyhow::Result<Option<Value>> {
        let found = self.get(&format!("runs/{run}")).await?;
        let list = found["job_run_list"].as_array().cloned().unwrap_or_default();
        Ok(list.into_iter().rfind(|job_run| job_run["job"] == job))
    }

    /// Waits for the run's job run of this job to have this status.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn job_is(&self, run: &str, job: &str, status: &str) -> anyhow::Result<Value> {
        self.until(&format!("{job} is {status}"), async |api| {
            Ok(api.find_job_run(run, job).await?.filter(|found| found["status"] == status))
        })
        .await
    }

    /// Waits for the run that took this commit.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn run_of_commit(&self, commit: &str) -> anyhow::Result<String> {
        self.until(&format!("a run takes the commit {commit}"), async |api| {
            let runs = api.get("runs?limit=20").await?;
            for run in runs["items"].as_array().into_iter().flatten() {
                let id = text(run, "/id")?;
                if api.get(&format!("runs/{id}")).await?.to_string().contains(commit) {
                    return Ok(Some(id));
                }
            }
            Ok(None)
        })
        .await
    }
}

/// The text at a JSON pointer.
///
/// # Errors
/// When there is none, with the whole value.
pub fn text(value: &Value, pointer: &str) -> anyhow::Result<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no text at {pointer} in {value}"))
}
