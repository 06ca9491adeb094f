//! What people and messages add to the way to a job: from an approval to the script's first line, and a start while a thousand messages wait
//! for a receiver that takes two seconds for each. A plain start stands beside both, in the same run.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::latency::{Bell, settle};
use andon_tests::{Api, Server, ServerOptions, text};
use anyhow::{Context, ensure};
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const DECISIONS: usize = 30;
const STARTS: usize = 30;
/// As many as are sent at once.
const CHANNELS: usize = 8;
const MESSAGES: usize = 1_000;
const SLOW: Duration = Duration::from_secs(2);

/// A server of its own: its receiver is on this machine.
pub async fn measure_people(figures: &mut Figures) -> anyhow::Result<()> {
    let flags = ["--isolation", "none", "--runner-slots", "2", "--log", "warn", "--allow-private-addresses"];
    let server = ServerOptions::new().release().on_sqlite().with(&flags).start().await?;
    let person = sign_in(&server).await?;
    let bell = Bell::new().await?;
    let plain = format!("pipeline: plain\njobs:\n  ring: {{ steps: [ {{ run: '{}' }} ] }}\n", bell.line);
    server.api.set_pipeline(&plain).await?;
    measure_decision(&server, &person, &bell, figures).await?;
    measure_messages(&server, &bell, figures).await
}

/// The first administrator, by the link that the server prints; with a token of their own.
async fn sign_in(server: &Server) -> anyhow::Result<Api> {
    let link = server.program.line("sign in: ").await?;
    let link = link.rsplit('/').next().context("the line ends with the link")?.to_owned();
    let api = server.api.with_token("");
    let account = json!({ "name": "root", "password": "a long enough password" });
    let answer =
        api.request(reqwest::Method::POST, &format!("/api/v1/signin-links/{link}")).json(&account).send().await?.error_for_status()?;
    let set = answer.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let cookies: Vec<String> = set.map(str::to_owned).collect();
    let csrf = cookies.iter().find_map(|cookie| cookie.strip_prefix("andon_csrf=")).context("a session has a token against forgery")?;
    let asked = reqwest::Client::new().post(format!("{}/api/v1/me/tokens", server.api.url)).json(&json!({ "name": "bench" }));
    let made = asked.header("cookie", cookies.join("; ")).header("x-andon-csrf", csrf).send().await?.error_for_status()?;
    let made: Value = serde_json::from_str(&made.text().await?)?;
    Ok(server.api.with_token(&text(&made, "/secret")?))
}

/// Starts the job without a gate. Answers milliseconds until its script rings.
async fn start(server: &Server, bell: &Bell) -> anyhow::Result<f64> {
    let watch = Stopwatch::start();
    let (started, rung) = tokio::join!(server.api.trigger("plain", "ring"), async { bell.rung().await.map(|()| watch.ms()) });
    started?;
    rung
}

async fn measure_decision(server: &Server, person: &Api, bell: &Bell, figures: &mut Figures) -> anyhow::Result<()> {
    let gated = format!(
        "pipeline: gated\njobs:\n  sign: {{ approval: {{ require: [ {{ from: ['user:root'] }} ] }} }}\n  ring: {{ after: [sign], steps: [ {{ run: '{}' }} ] }}\n",
        bell.line
    );
    server.api.set_pipeline(&gated).await?;
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..DECISIONS {
        let (_, sign) = server.api.trigger("gated", "sign").await?;
        let waiting = server.api.job_run_is(&sign, &["awaiting"]).await?;
        let path = format!("gates/{}/decisions", text(&waiting, "/gate/id")?);
        let decision = json!({ "decision": "approve", "comment": "measured" });
        let watch = Stopwatch::start();
        let (decided, rung) = tokio::join!(person.post(&path, &decision), async { bell.rung().await.map(|()| watch.ms()) });
        decided?;
        values.push(rung?);
        settle(server).await?;
        bare.push(start(server, bell).await?);
        settle(server).await?;
    }
    figures.note_ms("approval to the next script's first line", &values, Floor { what: "a plain start", value: median(&bare) });
    figures.note("  more than a plain start (aim: 15)", "ms", median(&values) - median(&bare));
    Ok(())
}

async fn measure_messages(server: &Server, bell: &Bell, figures: &mut Figures) -> anyhow::Result<()> {
    let (address, receiver) = receive_slowly().await?;
    let mut bare = Vec::new();
    for _ in 0..STARTS {
        bare.push(start(server, bell).await?);
        settle(server).await?;
    }
    let names: Vec<String> = (0..CHANNELS).map(|number| format!("slow{number}")).collect();
    for name in &names {
        let channel = json!({ "kind": "webhook", "url": address });
        server.api.send(server.api.request(reqwest::Method::PUT, &format!("channels/{name}")).json(&channel)).await?.json()?;
    }
    let to: Vec<String> = names.iter().map(|name| format!("\"channel:{name}\"")).collect();
    let noisy = "pipeline: noisy\nresources:\n  source: { type: trigger }\njobs:\n  never: { inputs: [ { resource: source, trigger: false } ], steps: [ { run: \"true\" } ] }\n";
    server.api.set_pipeline(&format!("{noisy}notify:\n  - {{ on: [version-published], to: [{}] }}\n", to.join(", "))).await?;
    for _ in 0..MESSAGES / CHANNELS {
        server.api.post("resources/noisy/source/versions", &json!({ "version": {} })).await?;
    }
    server.api.until("messages wait", async |api| Ok(has_pending(api).await?.then_some(()))).await?;
    let mut values = Vec::new();
    for _ in 0..STARTS {
        values.push(start(server, bell).await?);
        settle(server).await?;
    }
    ensure!(has_pending(&server.api).await?, "the receiver was to be busy all the time");
    receiver.abort();
    figures.note_ms("start while 1,000 slow messages wait", &values, Floor { what: "a start while none does", value: median(&bare) });
    Ok(())
}

async fn has_pending(api: &Api) -> anyhow::Result<bool> {
    let page = api.get("deliveries?state=pending&limit=200").await?;
    Ok(page["items"].as_array().is_some_and(|items| items.len() == 200))
}

/// Takes every request, and answers it after two seconds.
async fn receive_slowly() -> anyhow::Result<(String, tokio::task::JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/hook", listener.local_addr()?);
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 64 << 10];
                let _ = stream.read(&mut asked).await;
                tokio::time::sleep(SLOW).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            });
        }
    });
    Ok((address, serving))
}
