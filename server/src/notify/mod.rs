//! Telling people and programs what happened: which events a rule asks for, the message, its form for each service, and
//! the senders. Deliveries themselves are rows of the store; nothing here keeps state.

mod backoff;
mod chat;
mod digest;
mod examples;
mod forge;
mod link;
mod mail;
mod matching;
mod message;
mod outcome;
mod page;
mod post;
mod preferences;
mod redaction;
mod signed;
mod smtp;
mod template;
mod template_syntax;
mod text;
mod transport;

pub use backoff::{LAST_ATTEMPT, backoff};
pub use chat::{ChatFormat, render_chat, render_template_chat};
pub use digest::render_digest;
pub use forge::{ForgeKind, ForgePost, StatusRequest, StatusState, is_about, is_there_already, judge_run, render_status, token_header};
pub use link::{GateLink, LINK_LIFE_MS};
pub use mail::{MailFrame, MailText, parse_mailbox, render_mail};
pub use matching::{Subject, first_match, matches, notify_event_of};
pub use message::{Commit, Fact, GateRef, Message};
pub use outcome::{FailureClass, SendError};
pub use post::{Answer, HeaderPair, Poster};
pub use preferences::{Departure, Preferences, QuietHours};
pub use redaction::redact;
pub use signed::{SignedWebhook, WebhookSecret, render_webhook, sign_webhook};
pub use smtp::{SmtpSettings, SmtpTls};
pub use template::{Template, TemplateError, TemplateTexts, chat_format};
pub use transport::{MailTransport, TransportError};
