//! A notification in the forms of chat services. Each has limits for the length of every part, and its own way to turn
//! text into links and mentions; both are respected here, so that no commit's subject can call everybody.

use super::message::{Fact, Message, tone};
use super::template::TemplateTexts;
use super::text::{escape_markdown, shorten, shorten_utf16};
use serde_json::{Value, json};

/// Facts shown at most; Slack takes ten fields.
const MOST_FACTS: usize = 10;
const LONGEST_VALUE: usize = 200;

/// A chat service's kind of incoming webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChatFormat {
    Slack,
    Teams,
    Discord,
}

/// The JSON body to post to the service's webhook address.
#[must_use]
pub fn render_chat(format: ChatFormat, message: &Message) -> Value {
    let message = message.tidy();
    match format {
        ChatFormat::Slack => render_slack(&message),
        ChatFormat::Teams => render_teams(&message),
        ChatFormat::Discord => render_discord(&message),
    }
}

fn short_facts(message: &Message) -> Vec<Fact> {
    let short = |fact: Fact| Fact { value: shorten(&fact.value, LONGEST_VALUE), ..fact };
    message.facts().into_iter().take(MOST_FACTS).map(short).collect()
}

/// The JSON body for texts that a template made. They are in the service's own markup already; the button stays.
#[must_use]
pub fn render_template_chat(format: ChatFormat, message: &Message, texts: &TemplateTexts) -> Value {
    let message = message.tidy();
    let mut body = render_chat(format, &message);
    let subject = texts.subject.as_deref();
    match format {
        ChatFormat::Slack => {
            if let Some(subject) = subject {
                body["text"] = escape_slack(subject).into();
                body["blocks"][0]["text"]["text"] = shorten_utf16(subject, 150).into();
            }
            if let Some(text) = &texts.body {
                let section = json!({"type": "section", "text": {"type": "mrkdwn", "text": shorten_utf16(text, 3000)}});
                replace_middle(&mut body["blocks"], vec![section]);
            }
        }
        ChatFormat::Teams => {
            let card = &mut body["attachments"][0]["content"];
            if let Some(subject) = subject {
                card["body"][0]["text"] = shorten(subject, 250).into();
            }
            if let Some(text) = &texts.body {
                let head = card["body"][0].clone();
                card["body"] = json!([head, {"type": "TextBlock", "text": shorten(text, 5000), "wrap": true}]);
            }
        }
        ChatFormat::Discord => {
            if let Some(subject) = subject {
                body["embeds"][0]["title"] = shorten_utf16(subject, 256).into();
            }
            if let Some(text) = &texts.body {
                body["embeds"][0]["description"] = shorten_utf16(text, 4096).into();
                body["embeds"][0]["fields"] = json!([]);
            }
        }
    }
    body
}

/// Puts these blocks between the first and the last one.
fn replace_middle(blocks: &mut Value, between: Vec<Value>) {
    let Some(list) = blocks.as_array_mut() else { return };
    if let (Some(first), Some(last)) = (list.first().cloned(), list.last().cloned()) {
        *list = std::iter::once(first).chain(between).chain(std::iter::once(last)).collect();
    }
}

/// As many of the first lines as fit; the last one is cut where even it is too long.
fn join_within(lines: &[String], limit: usize) -> String {
    let mut text = String::new();
    for line in lines {
        let left = limit.saturating_sub(text.encode_utf16().count() + 1);
        if left < 8 {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&shorten_utf16(line, left));
    }
    text
}

/// Lines for a block of code: no backtick may end it.
fn code_lines(message: &Message, limit: usize) -> String {
    let lines: Vec<String> = message.failing_lines.iter().map(|line| line.replace('`', "'")).collect();
    join_within(&lines, limit)
}

fn render_slack(message: &Message) -> Value {
    let tone = tone(message.event);
    let section = |text: String| json!({"type": "section", "text": {"type": "mrkdwn", "text": shorten_utf16(&text, 3000)}});
    let headline = message.headline();
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "emoji": false, "text": shorten_utf16(&format!("{} {headline}", tone.sign), 150)}
    })];
    if let Some(title) = &message.title {
        blocks.push(section(escape_slack(title)));
    }
    let field = |fact: &Fact| {
        let text = format!("*{}*\n{}", escape_slack(&fact.name), escape_slack(&fact.value));
        json!({"type": "mrkdwn", "text": shorten_utf16(&text, 2000)})
    };
    blocks.push(json!({"type": "section", "fields": short_facts(message).iter().map(field).collect::<Vec<_>>()}));
    if !message.commits.is_empty() {
        let lines: Vec<String> = message.commit_lines().iter().map(|line| format!("• {}", escape_slack(line))).collect();
        blocks.push(section(join_within(&lines, 2900)));
    }
    if !message.failing_lines.is_empty() {
        let lines: Vec<String> = message.failing_lines.iter().map(|line| escape_slack(line)).collect();
        blocks.push(section(format!("```\n{}\n```", join_within(&lines, 2900))));
    }
    blocks.push(json!({
        "type": "actions",
        "elements": [{"type": "button", "text": {"type": "plain_text", "emoji": false, "text": message.call()}, "url": message.link}]
    }));
    json!({"text": escape_slack(&headline), "unfurl_links": false, "unfurl_media": false, "blocks": blocks})
}

/// Slack asks for these three; without angle brackets there are no links and no mentions.
pub(super) fn escape_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('`', "'")
}

fn render_teams(message: &Message) -> Value {
    let tone = tone(message.event);
    let headline = format!("{} {}", tone.sign, escape_markdown(&message.headline()));
    let mut body =
        vec![json!({"type": "TextBlock", "text": headline, "size": "Large", "weight": "Bolder", "color": tone.card_colour, "wrap": true})];
    if let Some(title) = &message.title {
        body.push(json!({"type": "TextBlock", "text": escape_markdown(&shorten(title, 250)), "wrap": true}));
    }
    let fact = |fact: &Fact| json!({"title": escape_markdown(&fact.name), "value": escape_markdown(&fact.value)});
    body.push(json!({"type": "FactSet", "facts": short_facts(message).iter().map(fact).collect::<Vec<_>>()}));
    if !message.commits.is_empty() {
        body.push(plain_lines(&join_within(&message.commit_lines(), 1000), "Default"));
    }
    if !message.failing_lines.is_empty() {
        body.push(plain_lines(&join_within(&message.failing_lines, 1500), "Monospace"));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "actions": [{"type": "Action.OpenUrl", "title": message.call(), "url": message.link}],
                "msteams": {"width": "Full"}
            }
        }]
    })
}

/// A rich text block takes text as it is; only text blocks and facts read Markdown.
fn plain_lines(text: &str, font: &str) -> Value {
    json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, "fontType": font, "size": "Small"}]})
}

fn render_discord(message: &Message) -> Value {
    let tone = tone(message.event);
    // All texts of an embed together take 6,000 characters.
    let mut budget = 5_800_usize;
    let mut spend = |text: String, limit: usize| {
        let text = shorten_utf16(&text, limit.min(budget));
        budget -= text.encode_utf16().count();
        text
    };
    let title = spend(format!("{} {}", tone.sign, message.headline()), 256);
    let mut parts: Vec<String> = message.title.iter().map(|title| format!("**{}**", escape_markdown(&shorten(title, 250)))).collect();
    if !message.commits.is_empty() {
        let lines: Vec<String> = message.commit_lines().iter().map(|line| escape_markdown(line)).collect();
        parts.push(join_within(&lines, 1000));
    }
    if !message.failing_lines.is_empty() {
        parts.push(format!("```\n{}\n```", code_lines(message, 1500)));
    }
    // A webhook's embed has no buttons; the link is the title's, and the call a line of its own.
    parts.push(format!("[{}](<{}>)", message.call(), message.link.replace(['<', '>', ' '], "")));
    let description = spend(parts.join("\n\n"), 4096);
    let mut fields = Vec::new();
    for fact in short_facts(message) {
        let name = spend(escape_markdown(&fact.name), 256);
        let value = spend(escape_markdown(&fact.value), 1024);
        if name.chars().count() < 2 || value.is_empty() || value == "…" {
            break;
        }
        fields.push(json!({"name": name, "value": value, "inline": true}));
    }
    let colour = u32::from_str_radix(tone.colour, 16).unwrap_or_default();
    json!({
        "allowed_mentions": {"parse": []},
        "embeds": [{"title": title, "url": message.link, "description": description, "color": colour, "fields": fields}]
    })
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;

    fn units(value: &Value) -> usize {
        value.as_str().map_or(0, |text| text.encode_utf16().count())
    }

    fn array(value: &Value) -> &[Value] {
        value.as_array().map_or(&[], Vec::as_slice)
    }

    #[test]
    fn slack() {
        insta::assert_json_snapshot!(render_chat(ChatFormat::Slack, &samples::failed()));
        insta::assert_json_snapshot!("slack_gate", render_chat(ChatFormat::Slack, &samples::gate()));
    }

    #[test]
    fn teams() {
        insta::assert_json_snapshot!(render_chat(ChatFormat::Teams, &samples::failed()));
    }

    #[test]
    fn discord() {
        insta::assert_json_snapshot!(render_chat(ChatFormat::Discord, &samples::failed()));
    }

    #[test]
    fn slack_takes_the_worst_message() {
        let body = render_chat(ChatFormat::Slack, &samples::hostile());
        let blocks = array(&body["blocks"]);
        assert!(blocks.len() <= 50 && units(&blocks[0]["text"]["text"]) <= 150);
        for block in blocks {
            assert!(units(&block["text"]["text"]) <= 3000, "{block}");
            let fields = array(&block["fields"]);
            assert!(fields.len() <= 10 && fields.iter().all(|field| units(&field["text"]) <= 2000));
        }
        let mut without_link = body.clone();
        without_link["blocks"].as_array_mut().expect("blocks").pop();
        assert!(!without_link.to_string().contains(['<', '>']), "no link and no mention can arise");
    }

    #[test]
    fn teams_takes_the_worst_message() {
        let body = render_chat(ChatFormat::Teams, &samples::hostile()).to_string();
        assert!(body.len() < 28 * 1024, "{} bytes", body.len());
        assert!(!body.contains("[x](") && body.contains(r"\\[x\\]\\(http"), "{body}");
        let wide = Message { title: Some("漢".repeat(900)), failing_lines: vec!["漢".repeat(900); 90], ..samples::hostile() };
        let body = render_chat(ChatFormat::Teams, &wide).to_string();
        assert!(body.len() < 28 * 1024, "{} bytes", body.len());
    }

    #[test]
    fn discord_takes_the_worst_message() {
        for message in [samples::hostile(), Message { commits: vec![], failing_lines: vec![], ..samples::hostile() }] {
            let body = render_chat(ChatFormat::Discord, &message);
            let embed = &body["embeds"][0];
            let fields = array(&embed["fields"]);
            assert!(units(&embed["title"]) <= 256 && units(&embed["description"]) <= 4096 && fields.len() <= 25);
            assert!(fields.iter().all(|field| (1..=256).contains(&units(&field["name"])) && (1..=1024).contains(&units(&field["value"]))));
            let sum: usize = fields.iter().map(|field| units(&field["name"]) + units(&field["value"])).sum();
            assert!(sum + units(&embed["title"]) + units(&embed["description"]) <= 6000);
            assert_eq!(body["allowed_mentions"], json!({"parse": []}));
            let description = embed["description"].as_str().expect("text");
            assert!(description.matches("```").count() <= 2 && !description.contains("[x]("), "{description}");
        }
    }
}
