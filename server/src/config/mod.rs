//! What the administrator sets: one table of fields ([`FIELDS`]), filled from flags, environment, file and defaults, in this order.

mod error;
mod fields;
mod file;
mod kind;
mod load;
mod origin;
mod settings;

pub use error::ConfigError;
pub use fields::{FIELDS, Field, find_field};
pub use kind::Kind;
pub use load::{Loaded, load};
pub use origin::{Origin, mask};
pub use settings::Settings;
