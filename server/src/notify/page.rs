//! The mail's two bodies: plain text, and HTML in the plain style that every mail program shows alike: one table, the
//! system's font, one button.

use super::message::{Message, tone};
use super::text::escape_html;
use std::fmt::Write as _;

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO: &str = "font-family:ui-monospace,Menlo,Consolas,monospace";

/// A whole HTML page of rows: the frame that every mail has.
pub(super) fn frame(title: &str, colour: &str, rows: &str, footer: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#f2f4f7;{FONT};font-size:14px;line-height:1.5;color:#101828">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="max-width:600px;margin:0 auto;background:#ffffff;border:1px solid #d0d5dd;border-top:4px solid #{colour};border-radius:6px">
{rows}</table>
<p style="max-width:600px;margin:12px auto 0;font-size:12px;color:#475467">{footer}</p>
</body>
</html>
"#,
        title = escape_html(title),
        footer = escape_html(footer),
    )
}

/// HTML for a text that a template made: its lines, and the button below.
pub(super) fn render_lines(message: &Message, text: &str) -> String {
    let tone = tone(message.event);
    let lines = format!("<div style=\"white-space:pre-wrap\">{}</div>", escape_html(text));
    frame(&message.headline(), tone.colour, &format!("{}{}", row(&lines), row(&button(message, tone.colour))), &footer(message))
}

/// The text alternative. The message is tidy.
pub(super) fn render_text(message: &Message) -> String {
    let mut text = format!("{}\n", message.headline());
    if let Some(title) = &message.title {
        let _ = writeln!(text, "{title}");
    }
    text.push('\n');
    let facts = message.facts();
    let width = facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or_default();
    for fact in &facts {
        let _ = writeln!(text, "{:width$}  {}", fact.name, fact.value);
    }
    for (heading, lines) in [("Commits", message.commit_lines()), ("First failing lines", message.failing_lines.clone())] {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{heading}:");
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    let _ = writeln!(text, "\n{}:\n{}\n\n-- \n{}", message.call(), message.link, footer(message));
    text
}

/// The HTML alternative. The message is tidy.
pub(super) fn render_html(message: &Message) -> String {
    let tone = tone(message.event);
    let title = message
        .title
        .as_ref()
        .map(|title| row(&format!("<span style=\"font-size:16px\">{}</span>", escape_html(title))))
        .unwrap_or_default();
    let facts: String = message.facts().iter().map(|fact| fact_row(&fact.name, &fact.value)).collect();
    let commits: String =
        message.commit_lines().iter().map(|line| format!("<div style=\"padding:2px 0\">{}</div>\n", escape_html(line))).collect();
    let lines: String = message.failing_lines.iter().map(|line| format!("{}\n", escape_html(line))).collect();
    let head = row(&format!(
        "<strong style=\"font-size:20px;line-height:1.3;color:#{}\">{} {}</strong>",
        tone.colour,
        tone.sign,
        escape_html(&message.headline())
    ));
    let facts = row(&format!("<table role=\"presentation\" cellspacing=\"0\" cellpadding=\"0\">\n{facts}</table>"));
    let lines = if lines.is_empty() { String::new() } else { section("First failing lines", &code_block(&lines)) };
    let (commits, button) = (section("Commits", &commits), row(&button(message, tone.colour)));
    frame(&message.headline(), tone.colour, &format!("{head}{title}{facts}{commits}{lines}{button}"), &footer(message))
}

pub(super) fn footer(message: &Message) -> String {
    let (pipeline, workspace) = (&message.pipeline, &message.workspace);
    format!(
        "Andon sends this because the rules of the pipeline {pipeline} or of the workspace {workspace} ask for it, or your own settings."
    )
}

pub(super) fn row(content: &str) -> String {
    format!("<tr><td style=\"padding:12px 24px\">{content}</td></tr>\n")
}

fn section(heading: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    row(&format!("<div style=\"font-weight:600;padding-bottom:4px\">{heading}</div>\n{content}"))
}

fn fact_row(name: &str, value: &str) -> String {
    format!(
        "<tr><td style=\"padding:2px 16px 2px 0;color:#475467;vertical-align:top;white-space:nowrap\">{}</td><td style=\"padding:2px 0\">{}</td></tr>\n",
        escape_html(name),
        escape_html(value)
    )
}

fn code_block(lines: &str) -> String {
    format!(
        "<pre style=\"margin:0;padding:12px;background:#f2f4f7;border-radius:4px;{MONO};font-size:12px;white-space:pre-wrap;word-break:break-word\">{lines}</pre>"
    )
}

pub(super) fn button(message: &Message, colour: &str) -> String {
    format!(
        "<a href=\"{}\" style=\"display:inline-block;margin-bottom:12px;padding:10px 20px;background:#{colour};color:#ffffff;font-weight:600;text-decoration:none;border-radius:4px\">{}</a>",
        escape_html(&message.link),
        message.call()
    )
}
