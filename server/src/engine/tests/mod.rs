//! The line moved from end to end: real router, store and engine; clock, people and runners simulated. Every test runs on each database engine.

mod arrivals;
mod cord;
mod crashes;
mod definition;
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
mod reruns;
mod resources;
mod runners;
mod world;
