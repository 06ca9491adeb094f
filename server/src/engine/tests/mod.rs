//! The line moved from end to end: real router, store and engine; clock, people and runners simulated. Every test runs on each database engine.

mod agreement;
mod arrivals;
mod cord;
mod cost;
mod crashes;
mod cross;
mod definition;
mod ecosystem;
mod faults;
mod flow;
mod gates;
mod holds;
mod interface;
mod logs;
mod loops;
mod manual;
mod order;
mod outcomes;
mod picture;
mod reruns;
mod resources;
mod revisions;
mod runners;
mod simulation;
mod sync;
mod world;
