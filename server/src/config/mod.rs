//! What the administrator sets.

mod settings;

pub use settings::Settings;
