//! How things are named on the command line.

use andon_pipelines::document::parse_duration_ms;
use std::str::FromStr;

/// `PIPELINE/NAME`: a job or a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub pipeline: String,
    pub name: String,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((pipeline, name)) if is_name(pipeline) && is_name(name) => {
                Ok(Self { pipeline: pipeline.to_owned(), name: name.to_owned() })
            }
            _ => Err("it is PIPELINE/NAME, as in shop/build".to_owned()),
        }
    }
}

/// `PIPELINE` or `PIPELINE/JOB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineOrJob {
    pub pipeline: String,
    pub job: Option<String>,
}

impl FromStr for PipelineOrJob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (pipeline, job) = text.split_once('/').map_or((text, None), |(pipeline, job)| (pipeline, Some(job)));
        if is_name(pipeline) && job.is_none_or(is_name) {
            return Ok(Self { pipeline: pipeline.to_owned(), job: job.map(str::to_owned) });
        }
        Err("it is PIPELINE or PIPELINE/JOB, as in shop or shop/build".to_owned())
    }
}

/// A run: its identifier, or `PIPELINE#NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunName(String);

impl RunName {
    /// As the API takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbered = text.split_once('#').is_some_and(|(pipeline, number)| is_name(pipeline) && is_number(number));
        if numbered || is_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err("it is a run's ID, or PIPELINE#NUMBER as in 'shop#12'".to_owned())
        }
    }
}

/// A job run: its identifier, or `PIPELINE/JOB#NUMBER`, where the number of a rerun is as `12.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRunName(String);

impl JobRunName {
    /// As the API takes it: the identifier, or `PIPELINE:JOB:NUMBER`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobRunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_id(text) {
            return Ok(Self(text.to_owned()));
        }
        let wrong = || "it is a job run's ID, or PIPELINE/JOB#NUMBER as in 'shop/build#12'".to_owned();
        let (place, number) = text.split_once('#').ok_or_else(wrong)?;
        let place: Place = place.parse().map_err(|_| wrong())?;
        let (count, attempt) = number.split_once('.').unwrap_or((number, "0"));
        if !is_number(count) || !is_number(attempt) {
            return Err(wrong());
        }
        Ok(Self(format!("{}:{}:{number}", place.pipeline, place.name)))
    }
}

/// A run or a job run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOrJobRun {
    Run(RunName),
    JobRun(JobRunName),
    /// An identifier; which of the two, the server knows.
    Either(String),
}

impl FromStr for RunOrJobRun {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_id(text) {
            return Ok(Self::Either(text.to_owned()));
        }
        let job_run = text.parse().map(Self::JobRun);
        job_run.or_else(|_| text.parse().map(Self::Run)).map_err(|_: String| {
            "it is the ID of a run or a job run, or PIPELINE#NUMBER, or PIPELINE/JOB#NUMBER, as in 'shop#12' and 'shop/build#12'".to_owned()
        })
    }
}

/// A version: its identifier, or `PIPELINE/RESOURCE@BEGINNING` of its main value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionName(String);

impl VersionName {
    /// As the API takes it: the identifier, or `PIPELINE:RESOURCE:BEGINNING`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VersionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_id(text) {
            return Ok(Self(text.to_owned()));
        }
        let wrong = || "it is a version's ID, or PIPELINE/RESOURCE@BEGINNING as in 'shop/source@3f2a1c'".to_owned();
        let (place, beginning) = text.split_once('@').filter(|(_, beginning)| !beginning.is_empty()).ok_or_else(wrong)?;
        let place: Place = place.parse().map_err(|_| wrong())?;
        Ok(Self(format!("{}:{}:{beginning}", place.pipeline, place.name)))
    }
}

/// `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub key: String,
    pub value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self { key: key.to_owned(), value: value.to_owned() }),
            _ => Err("it is KEY=VALUE".to_owned()),
        }
    }
}

/// How long a token lives, in milliseconds.
pub fn read_life(text: &str) -> Result<i64, String> {
    let life = parse_duration_ms(text).filter(|ms| *ms > 0).and_then(|ms| i64::try_from(ms).ok());
    life.ok_or_else(|| "it is a duration, as in 12h or 90d".to_owned())
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 128 && text.chars().all(plain)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 18 && text.chars().all(|c| c.is_ascii_digit())
}

fn is_id(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019aa3c1-0000-7000-8000-000000000001";

    #[test]
    fn runs_and_job_runs_have_two_names_each() {
        assert_eq!("shop#12".parse::<RunName>().expect("a run").as_str(), "shop#12");
        assert_eq!(ID.parse::<RunName>().expect("a run").as_str(), ID);
        assert_eq!("shop/build#12.1".parse::<JobRunName>().expect("a job run").as_str(), "shop:build:12.1");
        assert_eq!(ID.parse::<RunOrJobRun>(), Ok(RunOrJobRun::Either(ID.to_owned())));
        assert!(matches!("shop#3".parse(), Ok(RunOrJobRun::Run(_))));
        assert!(matches!("shop/build#3".parse(), Ok(RunOrJobRun::JobRun(_))));
    }

    #[test]
    fn slips_are_refused_with_an_example() {
        for bad in ["shop", "shop#", "#1", "shop#x", "a/b#1", "Shop#1", ""] {
            assert!(bad.parse::<RunName>().expect_err(bad).contains("shop#12"), "{bad}");
        }
        for bad in ["shop/build", "shop#1", "shop/build#1.x", "shop/../x#1", "a:b:1"] {
            assert!(bad.parse::<JobRunName>().expect_err(bad).contains("shop/build#12"), "{bad}");
        }
        assert_eq!("shop/source@3f2a".parse::<VersionName>().expect("a version").as_str(), "shop:source:3f2a");
        for bad in ["shop/source", "source@3f", "shop/source@", ""] {
            assert!(bad.parse::<VersionName>().expect_err(bad).contains("shop/source@3f2a1c"), "{bad}");
        }
        assert!("shop".parse::<Place>().is_err() && "shop/a/b".parse::<Place>().is_err() && "/a".parse::<Place>().is_err());
        assert!("=x".parse::<Pair>().is_err() && "x".parse::<Pair>().is_err());
        assert_eq!("a=b=c".parse(), Ok(Pair { key: "a".to_owned(), value: "b=c".to_owned() }));
    }

    #[test]
    fn a_life_is_a_duration() {
        assert_eq!((read_life("90d"), read_life("1h30m")), (Ok(7_776_000_000), Ok(5_400_000)));
        assert!(read_life("0s").is_err() && read_life("90").is_err());
    }

    #[test]
    fn a_pipeline_may_stand_alone() {
        assert_eq!("shop".parse(), Ok(PipelineOrJob { pipeline: "shop".to_owned(), job: None }));
        assert_eq!("shop/build".parse(), Ok(PipelineOrJob { pipeline: "shop".to_owned(), job: Some("build".to_owned()) }));
        assert!("shop/".parse::<PipelineOrJob>().is_err());
    }
}
