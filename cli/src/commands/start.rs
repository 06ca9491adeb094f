//! Starting things by hand: jobs, and versions from outside.

use super::watch::watch_run;
use crate::client::{Client, Payload, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::{Pair, Place};
use andon_runner::pack_folder;
use andon_server::http::jobs::Started;
use andon_server::http::resources::Published;
use clap::Args;
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The server has its own limit, which it tells.
const LARGEST_UPLOAD: u64 = 1 << 40;

#[derive(Args, Debug)]
pub struct TriggerArgs {
    /// The job to run
    #[arg(value_name = "PIPELINE/JOB")]
    job: Place,
    /// A parameter
    #[arg(long = "param", short, value_name = "KEY=VALUE")]
    params: Vec<Pair>,
    /// A version for an input: its ID, or the beginning of its main value; other inputs take the newest that fit
    #[arg(long = "input", short, value_name = "INPUT=VERSION")]
    inputs: Vec<Pair>,
    /// Why, for the record
    #[arg(long = "message", short, value_name = "NOTE")]
    message: Option<String>,
    /// Take the given versions even where upstream jobs did not pass them
    #[arg(long)]
    force: bool,
    /// Follow the run to its end; exit code 1 if it fails
    #[arg(long)]
    watch: bool,
    /// Start nothing: list the sets of versions that satisfy the job's inputs, newest first, and what keeps newer versions away
    #[arg(long, conflicts_with_all = ["params", "inputs", "message", "force", "watch"])]
    list: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct PublishArgs {
    #[arg(value_name = "PIPELINE/RESOURCE")]
    resource: Place,
    /// The version's keys; a trigger without parameters needs none
    #[arg(value_name = "KEY=VALUE", conflicts_with = "file")]
    values: Vec<Pair>,
    /// A file, or a folder's content, for a resource that holds files
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// Pairs as a map; a key that comes twice is a slip.
fn collect(pairs: &[Pair]) -> Outcome<BTreeMap<String, String>> {
    let mut map = BTreeMap::new();
    for pair in pairs {
        if map.insert(pair.key.clone(), pair.value.clone()).is_some() {
            return Err(Failure::usage(format!("{} is given twice", pair.key)));
        }
    }
    Ok(map)
}

pub async fn trigger(context: &Context, args: &TriggerArgs) -> Outcome {
    if args.list {
        return super::explanation::list_sets(context, &args.job, args.format.json).await;
    }
    // The server reads each text as the parameter's type wants it.
    let params: Map<String, Value> = collect(&args.params)?.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
    let body = json!({ "inputs": collect(&args.inputs)?, "params": params, "note": args.message, "force": args.force });
    let client = context.client()?;
    let url = client.place(&["pipelines", &args.job.pipeline, "jobs", &args.job.name, "runs"]);
    let started: Started = typed(client.post(url, body).await?)?;
    if args.format.json {
        context.terminal.json(&started)?;
    } else {
        context.terminal.line(format!("started run {}, job run {}", started.run, started.job_run))?;
    }
    if !args.watch {
        return Ok(());
    }
    watch_run(context, &client, &started.run.to_string(), args.format.json).await
}

pub async fn publish(context: &Context, args: &PublishArgs) -> Outcome {
    let client = context.client()?;
    let url = client.place(&["resources", &args.resource.pipeline, &args.resource.name, "versions"]);
    let answer = match &args.file {
        Some(path) => upload(&client, url, path).await?,
        None => client.post(url, json!({ "version": collect(&args.values)? })).await?,
    };
    let published: Published = typed(answer)?;
    if args.format.json {
        return context.terminal.json(&published);
    }
    context.terminal.line(match published.new {
        true => format!("version {}", published.id),
        false => format!("version {} was there already; nothing starts", published.id),
    })
}

/// Sends a file or a folder's content, packed as jobs' outputs are, so that the same content is the same version.
async fn upload(client: &Client, url: Url, path: &Path) -> Outcome<Value> {
    let owned = path.to_owned();
    let packed = tokio::task::spawn_blocking(move || pack(&owned)).await.map_err(|error| Failure::failed(error.to_string()))?;
    let (_folder, archive, size) = packed.map_err(|error| Failure::failed(format!("{} cannot be packed: {error:#}", path.display())))?;
    let cannot = |error: std::io::Error| Failure::failed(format!("the packed file cannot be read: {error}"));
    let file = tokio::fs::File::open(&archive).await.map_err(cannot)?;
    client.send(Method::POST, url, Payload::File(file, size)).await
}

/// The temporary folder, which goes when it is dropped; the archive in it; the archive's size.
fn pack(path: &Path) -> anyhow::Result<(tempfile::TempDir, PathBuf, u64)> {
    let temporary = tempfile::tempdir()?;
    let archive = temporary.path().join("archive");
    let folder = if path.is_dir() {
        path.to_owned()
    } else {
        let name = path.file_name().ok_or_else(|| anyhow::anyhow!("it is no file"))?;
        let folder = temporary.path().join("content");
        std::fs::create_dir(&folder)?;
        std::fs::copy(path, folder.join(name))?;
        folder
    };
    let blob = pack_folder(&folder, &[], &archive, LARGEST_UPLOAD)?.ok_or_else(|| anyhow::anyhow!("there are no files in it"))?;
    Ok((temporary, archive, blob.size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_packs_as_the_folder_that_holds_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("app.txt"), "content").expect("a file");
        let (_one, whole, size) = pack(folder.path()).expect("a packed folder");
        let (_two, single, _) = pack(&folder.path().join("app.txt")).expect("a packed file");
        assert_eq!(std::fs::read(&whole).expect("an archive"), std::fs::read(single).expect("an archive"));
        assert_eq!(std::fs::metadata(whole).expect("an archive").len(), size);
        assert!(pack(&folder.path().join("missing")).is_err());
    }

    #[test]
    fn a_key_that_comes_twice_is_wrong_use() {
        let pair = |text: &str| text.parse::<Pair>().expect("a pair");
        assert_eq!(collect(&[pair("a=1"), pair("a=2")]).expect_err("twice").code(), 2);
        assert_eq!(collect(&[pair("a=1"), pair("b=2")]).expect("a map").len(), 2);
    }
}
