//! From `git push` to the first line of the script.

use crate::bare_git;
use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::latency::{Bell, settle};
use andon_tests::{Checkout, Server, run_program};

const PUSHES: usize = 15;

/// A pipeline that a push starts, and a bare repository that takes the same pushes.
pub struct Pushes {
    checkout: Checkout,
    bell: Bell,
    url: String,
    bare_url: String,
    /// How many commits there have been.
    commits: usize,
}

impl Pushes {
    /// With the pipeline in the first commit.
    pub async fn new(server: &Server) -> anyhow::Result<Self> {
        let bell = Bell::new().await?;
        let checkout = Checkout::new().await?;
        let yaml = format!(
            "pipeline: pushed\nresources:\n  source: {{ type: git, repository: pushed, branch: main }}\njobs:\n  ring: {{ inputs: [source], steps: [ {{ run: '{}' }} ] }}\n",
            bell.line
        );
        checkout.commit("andon.yml", &yaml).await?;
        let url = server.repository("pushed", &server.api.token);
        checkout.push(&url).await?.success()?;
        bell.rung().await?;
        let bare_folder = server.folder().join("bare");
        std::fs::create_dir(&bare_folder)?;
        run_program(Checkout::command(&bare_folder, &["init", "--quiet", "--bare", "bare.git"]), "").await?.success()?;
        let bare_url = format!("{}/bare.git", bare_git::serve(&bare_folder).await?);
        checkout.push(&bare_url).await?.success()?;
        Ok(Self { checkout, bell, url, bare_url, commits: 1 })
    }

    /// Commits, pushes, and waits for the ring. Answers milliseconds from the push.
    pub async fn push(&mut self, server: &Server) -> anyhow::Result<f64> {
        settle(server).await?;
        self.commits += 1;
        self.checkout.commit("file", &self.commits.to_string()).await?;
        let watch = Stopwatch::start();
        let (pushed, rung) = tokio::join!(self.checkout.push(&self.url), async { self.bell.rung().await.map(|()| watch.ms()) });
        pushed?.success()?;
        rung
    }

    /// Some pushes, and each of them once more to what is bare. Milliseconds.
    pub async fn time(&mut self, server: &Server) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
        let (mut values, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..PUSHES {
            values.push(self.push(server).await?);
            let watch = Stopwatch::start();
            self.checkout.push(&self.bare_url).await?.success()?;
            bare.push(watch.ms());
        }
        Ok((values, bare))
    }
}

pub async fn measure_push(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let (values, bare) = Pushes::new(server).await?.time(server).await?;
    let floor = Floor { what: "the whole push to a bare git http-backend", value: median(&bare) };
    figures.note_ms("git push to the script's first line", &values, floor);
    Ok(())
}
