//! Several messages to one person as one mail.

use super::mail::MailText;
use super::message::{Message, tone};
use super::page::{frame, row};
use super::text::escape_html;
use std::fmt::Write as _;

/// Accent of a mail that is about several things.
const COLOUR: &str = "475467";

/// One mail of several messages, oldest first. There is at least one; one alone is itself.
#[must_use]
pub fn render_digest(messages: &[Message]) -> Option<MailText> {
    let first = messages.first()?;
    if messages.len() == 1 {
        return Some(MailText::of(first));
    }
    let messages: Vec<Message> = messages.iter().map(Message::tidy).collect();
    let footer = "Andon collected these because your notification settings ask for it.";
    let subject = format!("{} messages from Andon: {}, …", messages.len(), messages[0].headline());
    let mut plain = format!("{} messages\n", messages.len());
    let mut rows = row(&format!("<strong style=\"font-size:20px;line-height:1.3\">{} messages</strong>", messages.len()));
    for message in &messages {
        let _ = writeln!(plain, "\n{}", message.headline());
        for line in message.title.iter().chain(&message.why) {
            let _ = writeln!(plain, "  {line}");
        }
        let _ = writeln!(plain, "  {}", message.link);
        rows.push_str(&row(&entry(message)));
    }
    let _ = writeln!(plain, "\n-- \n{footer}");
    let html = frame(&subject, COLOUR, &rows, footer);
    Some(MailText { subject, plain, html, run: None, list: None })
}

fn entry(message: &Message) -> String {
    let tone = tone(message.event);
    let link = format!(
        "<a href=\"{}\" style=\"font-weight:600;color:#{}\">{} {}</a>",
        escape_html(&message.link),
        tone.colour,
        tone.sign,
        escape_html(&message.headline())
    );
    let details: String = message.title.iter().chain(&message.why).map(|line| format!("<div>{}</div>", escape_html(line))).collect();
    format!("{link}{details}")
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;

    #[test]
    fn several_messages_read_well_as_one() {
        let mail = render_digest(&[samples::failed(), samples::gate()]).expect("a mail");
        insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.plain));
        assert!(mail.html.contains("shop/sign-off #3 awaits approval") && mail.run.is_none());
        let hostile = render_digest(&[samples::hostile(), samples::hostile()]).expect("a mail");
        assert!(!hostile.html.contains("<script>"));
    }

    #[test]
    fn one_alone_is_itself() {
        assert_eq!(render_digest(&[samples::gate()]), Some(MailText::of(&samples::gate())));
        assert_eq!(render_digest(&[]), None);
    }
}
