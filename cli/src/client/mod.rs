//! The API's client: where the server is, who is asking, requests, what went wrong, and streams of events.

mod connection;
mod credentials;
mod events;
mod follow;
mod problem;
mod reach;

pub use connection::{Client, Payload, typed};
pub use credentials::{Credentials, Login};
pub use events::EventReader;
pub use follow::{Followed, follow};
pub use problem::{explain, refuse};
pub use reach::{DEFAULT_URL, Reach, parse_url};
