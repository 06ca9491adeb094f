//! Telling people and programs what happened: which events a rule asks for, the message, its form for each service, and
//! the senders. Deliveries themselves are rows of the store; nothing here keeps state.

mod address;
mod backoff;
mod chat;
mod mail;
mod matching;
mod message;
mod outcome;
mod page;
mod post;
mod signed;
mod smtp;
mod text;
mod transport;

pub use address::is_public;
pub use backoff::{LAST_ATTEMPT, backoff};
pub use chat::{ChatFormat, render_chat};
pub use mail::{MailFrame, parse_mailbox, render_mail};
pub use matching::{first_match, matches, notify_event_of};
pub use message::{Commit, Fact, Message};
pub use outcome::{FailureClass, SendError};
pub use post::{Answer, HeaderPair, Poster, PosterSettings};
pub use signed::{SignedWebhook, WebhookSecret, render_webhook};
pub use smtp::{SmtpSettings, SmtpTls};
pub use transport::{MailTransport, TransportError};
