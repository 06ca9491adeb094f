//! Templates of administrators: how a channel's messages read. They are data from outside and may be anything, so they can do little:
//! values, `if`, `for` over a list of the message, and a few filters. Steps, nesting and output are bounded, and nothing can make a text
//! from itself, so that no template grows without end between two steps.

use super::chat::{ChatFormat, escape_slack};
use super::examples;
use super::message::Message;
use super::template_syntax::check_syntax;
use super::text::{escape_html, escape_markdown, one_line};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// The longest source of one part, in bytes.
const LONGEST_SOURCE: usize = 8 * 1024;
/// The longest text that comes out of one part, in bytes.
const LONGEST_OUTPUT: usize = 16 * 1024;
/// Steps of one rendering.
const FUEL: u64 = 20_000;
const DEEPEST: usize = 32;

/// How a channel's messages read. What is absent keeps its built-in form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The subject of a mail, or the headline of a chat message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text; for a signed webhook, its JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The HTML of a mail; absent: made from the text, if that has a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// What is wrong with a template: which part, which line, what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(pub(super) String);

/// What a template's values are made safe for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    None,
    Html,
    Slack,
    Markdown,
}

/// The texts that a template makes of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateTexts {
    pub subject: Option<String>,
    pub body: Option<String>,
    pub html: Option<String>,
}

impl Template {
    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(json: &str) -> Result<Self, TemplateError> {
        serde_json::from_str(json).map_err(|error| TemplateError(format!("the stored template cannot be read: {error}")))
    }

    /// As it is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether it is fit for a channel of this kind: tried on messages of every shape, so that it fails here rather than at night.
    ///
    /// # Errors
    /// [`TemplateError`] with the first thing that is wrong.
    pub fn check(&self, kind: &str) -> Result<(), TemplateError> {
        if self == &Self::default() {
            return Err(TemplateError("a template has a subject, a body or both; delete it to take the built-in form again".to_owned()));
        }
        if kind == "forge" {
            return Err(TemplateError("a forge shows a status, which has no template".to_owned()));
        }
        if self.html.is_some() && kind != "email" {
            return Err(TemplateError(format!("html: only mails have it, and this channel is {kind}")));
        }
        if self.subject.is_some() && kind == "webhook" {
            return Err(TemplateError("subject: a webhook has only a body".to_owned()));
        }
        for (part, source) in [("subject", &self.subject), ("body", &self.body), ("html", &self.html)] {
            if let Some(source) = source {
                check_source(part, source)?;
            }
        }
        for example in examples::list() {
            let texts = self.render(kind, &example)?;
            if let (Some(body), "webhook") = (&texts.body, kind) {
                check_json(body)?;
            }
        }
        Ok(())
    }

    /// What comes out of messages of every shape: one with everything in it, one about a gate, and one with only what every message has.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn render_examples(&self, kind: &str) -> Result<Vec<(Message, TemplateTexts)>, TemplateError> {
        self.check(kind)?;
        examples::list().into_iter().map(|example| self.render(kind, &example).map(|texts| (example, texts))).collect()
    }

    /// Renders the parts for a channel of this kind.
    ///
    /// # Errors
    /// [`TemplateError`] where a part cannot be rendered, or a webhook's body is no JSON.
    pub fn render(&self, kind: &str, message: &Message) -> Result<TemplateTexts, TemplateError> {
        let message = message.tidy();
        let chat = match kind {
            "slack" => Escape::Slack,
            "teams" | "discord" => Escape::Markdown,
            _ => Escape::None,
        };
        let part = |name: &'static str, source: &Option<String>, escape| {
            source.as_ref().map(|source| render(name, source, (&message, escape))).transpose()
        };
        // A headline is plain text everywhere but in Teams, where Markdown would be read.
        let headline = if kind == "teams" { Escape::Markdown } else { Escape::None };
        let texts = TemplateTexts {
            subject: part("subject", &self.subject, headline)?.map(|text| one_line(&text, 200)),
            body: part("body", &self.body, chat)?,
            html: part("html", &self.html, Escape::Html)?,
        };
        if let (Some(body), "webhook") = (&texts.body, kind) {
            check_json(body)?;
        }
        Ok(texts)
    }
}

fn check_json(body: &str) -> Result<(), TemplateError> {
    serde_json::from_str::<serde_json::Value>(body)
        .map(drop)
        .map_err(|error| TemplateError(format!("body: what comes out is no JSON: {error}; write texts as {{{{ headline | json }}}}")))
}

fn check_source(part: &str, source: &str) -> Result<(), TemplateError> {
    if source.len() > LONGEST_SOURCE {
        return Err(TemplateError(format!("{part}: it has {} bytes; the limit is {LONGEST_SOURCE}", source.len())));
    }
    check_syntax(source).map_err(|slip| TemplateError(format!("{part}, line {}: {}", slip.line, slip.what)))
}

fn render(part: &str, source: &str, (message, escape): (&Message, Escape)) -> Result<String, TemplateError> {
    check_source(part, source)?;
    let environment = environment(escape);
    let mut bounded = Bounded::default();
    let rendered =
        environment.template_from_str(source).and_then(|template| template.render_captured_to(context(message), &mut bounded).map(drop));
    rendered.map_err(|error| explain(part, &error, bounded.full))?;
    String::from_utf8(bounded.bytes).map_err(|_| TemplateError(format!("{part}: what comes out is not UTF-8 text")))
}

fn explain(part: &str, error: &Error, full: bool) -> TemplateError {
    let place = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
    let what = match error.kind() {
        _ if full => format!("more than {LONGEST_OUTPUT} bytes come out"),
        ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps; does it loop?"),
        ErrorKind::UndefinedError => format!("it uses a value that there is not ({})", error.detail().unwrap_or("unknown name")),
        kind => match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    };
    TemplateError(format!("{part}{place}: {}", one_line(&what, 300)))
}

/// An environment without functions, and with these filters alone. None makes a text longer than the texts that it gets, but for
/// what escaping adds.
fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(move |output, _, value| {
        if value.is_none() {
            return Ok(());
        }
        let text = value.to_string();
        let escaped = match escape {
            _ if value.is_safe() => text,
            Escape::None => text,
            Escape::Html => escape_html(&text),
            Escape::Slack => escape_slack(&text),
            Escape::Markdown => escape_markdown(&text),
        };
        output.write_str(&escaped).map_err(Error::from)
    });
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment.add_filter("length", |value: Value| require(&value).map(|()| value.len().unwrap_or_default()));
    environment.add_filter("json", |value: Value| {
        require(&value)?;
        let json = serde_json::to_string(&value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
        Ok::<_, Error>(Value::from_safe_string(json))
    });
    environment.add_filter("default", |value: Value, other: Value| if value.is_none() || value.is_undefined() { other } else { value });
    environment
}

/// The engine lets filters take what there is not; a slip in a name must not become `null`.
fn require(value: &Value) -> Result<(), Error> {
    if value.is_undefined() { Err(Error::from(ErrorKind::UndefinedError)) } else { Ok(()) }
}

/// What templates see. Every name is always there; what does not apply is none, or an empty list.
fn context(message: &Message) -> Value {
    let mut data = serde_json::to_value(message).unwrap_or_default();
    data["headline"] = message.headline().into();
    data["call"] = message.call().into();
    data["facts"] = serde_json::to_value(message.facts()).unwrap_or_default();
    let link = Value::from_safe_string(message.link.replace(['<', '>', '"', '\'', ' '], ""));
    let values = data.as_object().into_iter().flatten().filter(|(name, _)| name.as_str() != "link");
    let values = values.map(|(name, value)| (name.clone(), Value::from(Serde(value))));
    Value::from_pairs(values.chain(std::iter::once(("link".to_owned(), link))))
}

/// Takes so much and no more.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl Write for &mut Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > LONGEST_OUTPUT {
            self.full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The chat service of a kind of channel.
#[must_use]
pub fn chat_format(kind: &str) -> Option<ChatFormat> {
    match kind {
        "slack" => Some(ChatFormat::Slack),
        "teams" => Some(ChatFormat::Teams),
        "discord" => Some(ChatFormat::Discord),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
