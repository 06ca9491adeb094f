//! A notification as an e-mail.

use super::message::Message;
use super::outcome::SendError;
use super::page::{render_html, render_lines, render_text};
use super::template::TemplateTexts;
use super::text::one_line;
use andon_pipelines::ids::{DeliveryId, RunId};
use lettre::message::{
    Mailbox, MultiPart, SinglePart,
    header::{HeaderName, HeaderValue},
};
use std::time::{Duration, UNIX_EPOCH};

const LONGEST_SUBJECT: usize = 200;
/// RFC 5321 allows 254 characters for a path; a display name comes on top.
const LONGEST_ADDRESS: usize = 400;

/// What a mail has beside its message.
#[derive(Clone, Debug)]
pub struct MailFrame<'a> {
    /// `Andon <andon@example.org>`; its domain also ends the Message-ID.
    pub from: &'a Mailbox,
    /// One receiver; each has a delivery of their own.
    pub to: &'a str,
    /// Makes the Message-ID, so that a mail sent twice is recognised as one.
    pub delivery: DeliveryId,
    /// Milliseconds since 1970 UTC.
    pub at_ms: i64,
}

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailText {
    pub subject: String,
    pub plain: String,
    pub html: String,
    /// Mails about one run form one thread.
    pub run: Option<RunId>,
    /// Pipeline and workspace; absent where it is about several.
    pub list: Option<(String, String)>,
}

impl MailText {
    /// A message in its built-in form.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let message = message.tidy();
        Self {
            subject: subject(&message),
            plain: render_text(&message),
            html: render_html(&message),
            run: message.run,
            list: Some((message.pipeline.clone(), message.workspace.clone())),
        }
    }

    /// A message as a template made it; what that left out has its built-in form.
    #[must_use]
    pub fn with(message: &Message, texts: TemplateTexts) -> Self {
        let built_in = Self::of(message);
        let html = match (texts.html, &texts.body) {
            (Some(html), _) => html,
            (None, Some(body)) => render_lines(&message.tidy(), body),
            (None, None) => built_in.html,
        };
        Self { subject: texts.subject.unwrap_or(built_in.subject), plain: texts.body.unwrap_or(built_in.plain), html, ..built_in }
    }
}

/// Renders a mail: text and HTML, in one thread with the other mails about the run.
///
/// # Errors
/// [`SendError`] of the permanent class where the address is none.
pub fn render_mail(text: &MailText, frame: &MailFrame<'_>) -> Result<lettre::Message, SendError> {
    let to = parse_mailbox(frame.to)?;
    let host = frame.from.email.domain();
    let id = format!("<{}@{host}>", frame.delivery);
    let sent = UNIX_EPOCH + Duration::from_millis(u64::try_from(frame.at_ms).unwrap_or_default());
    let mut mail = lettre::Message::builder()
        .from(frame.from.clone())
        .to(to)
        .date(sent)
        .message_id(Some(id))
        .subject(one_line(&text.subject, LONGEST_SUBJECT))
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
    if let Some((pipeline, workspace)) = &text.list {
        mail = mail.raw_header(header("List-Id", list_id(pipeline, workspace, host)));
    }
    if let Some(run) = text.run {
        // The thread's root is no mail itself: whichever mail arrives first, all later ones hang beside it.
        let root = format!("<run-{run}@{host}>");
        mail = mail.references(root.clone()).in_reply_to(root);
    }
    let alternatives = MultiPart::alternative()
        .boundary(format!("andon-{}", frame.delivery.uuid().simple()))
        .singlepart(SinglePart::plain(text.plain.clone()))
        .singlepart(SinglePart::html(text.html.clone()));
    mail.multipart(alternatives).map_err(|error| SendError::permanent(format!("the mail could not be put together: {error}")))
}

/// Reads `ada@example.org` or `Ada <ada@example.org>`.
///
/// # Errors
/// [`SendError`] of the permanent class that says what is wrong with the address.
pub fn parse_mailbox(address: &str) -> Result<Mailbox, SendError> {
    let shown = one_line(address, 100);
    if address.len() > LONGEST_ADDRESS || address.chars().any(char::is_control) {
        return Err(SendError::permanent(format!("{shown:?} is not an e-mail address")));
    }
    address.parse().map_err(|error| SendError::permanent(format!("{shown:?} is not an e-mail address: {error}")))
}

fn subject(message: &Message) -> String {
    let text = match &message.title {
        Some(title) => format!("{}: {title}", message.headline()),
        None => message.headline(),
    };
    one_line(&text, LONGEST_SUBJECT)
}

/// `shop <shop.main.andon.example.org>`, so that mail programs can sort by pipeline.
fn list_id(pipeline: &str, workspace: &str, host: &str) -> String {
    let label = |text: &str| -> String {
        let safe = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' });
        safe.take(60).collect()
    };
    let pipeline = label(pipeline);
    format!("{pipeline} <{pipeline}.{}.{host}>", label(workspace))
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;

    fn render(message: &Message, to: &str) -> Result<String, SendError> {
        let from: Mailbox = "Andon <andon@example.org>".parse().expect("an address");
        let frame = MailFrame { from: &from, to, delivery: DeliveryId::from_number(77), at_ms: 1_700_000_000_000 };
        render_mail(&MailText::of(message), &frame).map(|mail| String::from_utf8(mail.formatted()).expect("a mail is ASCII"))
    }

    fn head(mail: &str) -> &str {
        mail.split("\r\n\r\n").next().expect("a head")
    }

    #[test]
    fn a_failure_reads_well_as_text() {
        insta::assert_snapshot!(render_text(&samples::failed().tidy()));
    }

    #[test]
    fn a_gate_reads_well_as_text() {
        insta::assert_snapshot!(render_text(&samples::gate().tidy()));
    }

    #[test]
    fn a_gate_reads_well_as_html() {
        insta::assert_snapshot!(render_html(&samples::gate().tidy()));
    }

    #[test]
    fn a_failure_reads_well_as_html() {
        insta::assert_snapshot!(render_html(&samples::failed().tidy()));
    }

    #[test]
    fn the_whole_mail() {
        insta::assert_snapshot!(render(&samples::gate(), "Bob <bob@example.org>").expect("a mail").replace("\r\n", "\n"));
    }

    #[test]
    fn no_text_can_add_a_header_or_markup() {
        let mail = render(&samples::hostile(), "bob@example.org").expect("a mail");
        let names: Vec<&str> = head(&mail)
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().expect("a name"))
            .collect();
        let ours = [
            "From",
            "To",
            "Date",
            "Message-ID",
            "Subject",
            "List-Id",
            "Auto-Submitted",
            "References",
            "In-Reply-To",
            "MIME-Version",
            "Content-Type",
        ];
        assert!(names.iter().all(|name| ours.contains(name)), "{names:?}");
        let html = render_html(&samples::hostile().tidy());
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("</pre><b>"), "{html}");
        assert!(html.contains("href=\"https://ci.example.org/?a=&quot;&gt;&lt;script&gt;&amp;b=&#39;\""), "{html}");
        assert!(mail.lines().all(|line| line.len() <= 998), "RFC 5322 allows 998 characters in a line");
        assert!(mail.len() < 100_000, "{} bytes", mail.len());
    }

    #[test]
    fn other_than_ascii_survives_in_the_subject() {
        let message = Message { title: Some("Größe ✓ ändern".into()), ..samples::failed() };
        let mail = render(&message, "bob@example.org").expect("a mail");
        assert!(mail.is_ascii() && head(&mail).contains("=?utf-8?b?"), "{}", head(&mail));
    }

    #[test]
    fn what_is_no_address_is_refused_for_good() {
        for bad in
            ["", "bob", "bob@", "bob@example.org\r\nBcc: eve@example.org", "a@b@c", "bob@example.org, eve@example.org", &"x".repeat(500)]
        {
            let error = render(&samples::failed(), bad).expect_err(bad);
            assert!(!error.is_temporary() && error.detail.contains("is not an e-mail address"), "{error}");
        }
    }
}
