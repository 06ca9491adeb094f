//! From somebody's act to the first line of the script.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::floors;
use andon_tests::{Checkout, Server, run_program};
use tokio::net::TcpListener;

const TRIGGERS: usize = 40;
const PUSHES: usize = 15;

/// Where scripts ring: their first line is a connection.
pub struct Bell {
    listener: TcpListener,
    pub line: String,
}

impl Bell {
    pub async fn new() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let line = format!("echo >/dev/tcp/127.0.0.1/{}", listener.local_addr()?.port());
        Ok(Self { listener, line })
    }

    pub async fn rung(&self) -> anyhow::Result<()> {
        self.listener.accept().await?;
        Ok(())
    }
}

/// Waits until nothing runs, so that measurements do not disturb each other.
pub async fn settle(server: &Server) -> anyhow::Result<()> {
    server
        .api
        .until("nothing runs", async |api| {
            Ok(api.get("runs?status=active").await?["items"].as_array().is_some_and(Vec::is_empty).then_some(()))
        })
        .await
}

pub async fn measure_trigger(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let bell = Bell::new().await?;
    server.api.set_pipeline(&format!("pipeline: bell\njobs:\n  ring: {{ steps: [ {{ run: '{}' }} ] }}\n", bell.line)).await?;
    let mut database = floors::open_database(server.folder()).await?;
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..TRIGGERS {
        let watch = Stopwatch::start();
        let (started, rung) = tokio::join!(server.api.trigger("bell", "ring"), async { bell.rung().await.map(|()| watch.ms()) });
        started?;
        values.push(rung?);
        settle(server).await?;

        let watch = Stopwatch::start();
        floors::commit_rows(&mut database).await?;
        let (ran, rung) = tokio::join!(floors::run_bash(&bell.line), async { bell.rung().await.map(|()| watch.ms()) });
        ran?;
        bare.push(rung?);
    }
    let floor = Floor { what: "three committed rows and a bash script", value: median(&bare) };
    figures.note_ms("trigger to the script's first line", &values, floor);
    Ok(())
}

pub async fn measure_push(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
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
    let bare_folder = server.folder().join("bare.git");
    let bare_path = bare_folder.display().to_string();
    run_program(Checkout::command(server.folder(), &["init", "--quiet", "--bare", &bare_path]), "").await?.success()?;
    checkout.push(&bare_path).await?.success()?;
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for number in 0..PUSHES {
        settle(server).await?;
        checkout.commit("file", &format!("{number}")).await?;
        let watch = Stopwatch::start();
        let (pushed, rung) = tokio::join!(checkout.push(&url), async { bell.rung().await.map(|()| watch.ms()) });
        pushed?.success()?;
        values.push(rung?);
        let watch = Stopwatch::start();
        checkout.push(&bare_path).await?.success()?;
        bare.push(watch.ms());
    }
    figures.note_ms(
        "git push to the script's first line",
        &values,
        Floor { what: "git push to a bare repository on disk", value: median(&bare) },
    );
    Ok(())
}
