//! Cases that the simulation has found.
