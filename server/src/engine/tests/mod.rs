//! The line moved from end to end: real router, store and engine; clock, people and runners simulated. Every test runs on each database engine.

mod definition;
mod flow;
mod gates;
mod holds;
mod interface;
mod manual;
mod outcomes;
mod world;
