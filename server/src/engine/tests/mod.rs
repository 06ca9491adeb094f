//! The line moved from end to end: real router, store and engine; clock, people and runners simulated. Every test runs on each database engine.

mod arrivals;
mod crashes;
mod definition;
mod faults;
mod flow;
mod gates;
mod holds;
mod interface;
mod logs;
mod manual;
mod notices;
mod outcomes;
mod runners;
mod world;
