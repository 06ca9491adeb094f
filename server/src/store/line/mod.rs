//! The tables of the line: what is defined, what versions there are, what ran on them.

pub mod deployments;
pub mod executions;
pub mod gate_decisions;
pub mod gates;
pub mod job_runs;
pub mod jobs;
pub mod loading;
pub mod logs;
pub mod pipelines;
pub mod reports;
pub mod repositories;
pub mod resources;
pub mod runners;
pub mod runs;
pub mod versions;
pub mod workspaces;
