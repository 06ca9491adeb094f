//! The tables of the line: what is defined, what versions there are, what ran on them.

pub mod commit_reports;
pub mod deployments;
pub mod environment_locks;
pub mod executions;
pub mod gate_decisions;
pub mod gates;
pub mod job_runs;
pub mod jobs;
pub mod loading;
pub mod logs;
pub mod modules;
pub mod notes;
pub mod overview;
pub mod pipelines;
pub mod planned_reruns;
pub mod promotions;
pub mod reports;
pub mod repositories;
pub mod resources;
pub mod revision_names;
pub mod runners;
pub mod runs;
pub mod stations;
pub mod trace;
pub mod versions;
pub mod workspaces;
