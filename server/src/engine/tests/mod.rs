//! The line moved from end to end: real router, store and engine; clock, people and runners simulated. Every test runs on each database engine.

mod arrivals;
mod crashes;
mod definition;
mod faults;
mod flow;
mod gate_checks;
mod gate_people;
mod gate_sets;
mod gate_time;
mod gates;
mod holds;
mod interface;
mod logs;
mod manual;
mod outcomes;
mod people;
mod runners;
mod world;
