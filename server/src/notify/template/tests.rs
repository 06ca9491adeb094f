use super::super::message::samples;
use super::*;

fn body(text: &str) -> Template {
    Template { body: Some(text.to_owned()), ..Template::default() }
}

fn refusal(kind: &str, text: &str) -> String {
    body(text).check(kind).expect_err(text).to_string()
}

#[test]
fn a_template_says_what_its_author_wants() {
    let template = Template {
        subject: Some("[{{ pipeline }}] {{ headline }}".into()),
        body: Some("{% for commit in commits %}{{ commit.id }} by {{ commit.author | upper }}\n{% endfor %}{{ link }}".into()),
        html: Some("<p>{{ title }}</p>".into()),
    };
    template.check("email").expect("a good template");
    let texts = template.render("email", &samples::failed()).expect("rendered");
    assert_eq!(texts.subject.as_deref(), Some("[shop] shop/test #12 broke"));
    assert_eq!(texts.body.as_deref(), Some("4f2c1ab90d by ADA\nhttps://ci.example.org/main/shop/job-runs/9"));
    let hostile = template.render("email", &samples::hostile()).expect("rendered");
    assert!(hostile.html.expect("html").starts_with("<p>&lt;script&gt;alert(1)"));
}

#[test]
fn values_cannot_leave_their_place_in_a_chat() {
    let template = body("{{ title }} {% if who %}{{ who }}{% endif %}");
    let slack = template.render("slack", &samples::hostile()).expect("rendered").body.expect("a body");
    assert!(!slack.contains(['<', '>']), "{slack}");
    let discord = template.render("discord", &samples::hostile()).expect("rendered").body.expect("a body");
    assert!(!discord.contains(" ["), "{discord}");
}

#[test]
fn a_webhook_gets_json_or_nothing() {
    let template = body("{\"text\": {{ headline | json }}, \"why\": {{ why | json }}}");
    template.check("webhook").expect("a good template");
    let text = template.render("webhook", &samples::hostile()).expect("rendered").body.expect("a body");
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    assert!(refusal("webhook", "{\"text\": {{ headline }}}").contains("no JSON"));
}

#[test]
fn templates_that_loop_end_with_a_clear_error() {
    let nested = "{% for a in facts %}{% for b in facts %}{% for c in facts %}{% for d in facts %}{% for e in facts %}{{ a.name }}\
                  {% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}";
    let error = refusal("email", nested);
    assert!(error.contains("does it loop?") || error.contains("bytes come out"), "{error}");
    let silent = nested.replace("{{ a.name }}", "");
    assert!(refusal("email", &silent).contains("steps; does it loop?"));
    let wide = format!("{{% for a in facts %}}{}{{% endfor %}}", "x".repeat(7_000));
    assert!(refusal("email", &wide).contains("bytes come out"));
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(3_000), ")".repeat(3_000));
    assert!(body(&deep).check("email").is_err());
}

#[test]
fn what_could_grow_a_text_from_itself_is_refused_by_name() {
    for (bad, part) in [
        ("{% set x = title ~ title %}{{ x }}", "set"),
        ("{% macro m() %}{{ m() }}{% endmacro %}", "macro"),
        ("{% include 'x' %}", "include"),
        ("{% raw %}{{ x }}{% endraw %}", "raw"),
        ("{% for x in [title ~ title] %}{% endfor %}", "a list of the message"),
        ("{% for x in facts recursive %}{{ loop(facts) }}{% endfor %}", "a list of the message"),
        ("{{ 'x' * 100000000 }}", "`*`"),
        ("{{ range(100000000) }}", "unknown function"),
        ("{{ title | replace('a', 'aaaaaaaa') }}", "unknown filter"),
        ("{{ title }", ""),
        ("{{ titel }}", "a value that there is not"),
        ("{{ titel | json }}", "a value that there is not"),
        ("{{ titel | upper }}", ""),
        ("{% if %}{% endif %}", ""),
    ] {
        let error = refusal("email", bad);
        assert!(error.starts_with("body") && error.contains(part), "{bad}: {error}");
    }
    assert!(refusal("email", &"x".repeat(LONGEST_SOURCE + 1)).contains("the limit is 8192"));
    assert!(refusal("forge", "x").contains("no template"));
    assert!(Template::default().check("email").is_err());
    let misplaced = Template { html: Some("x".into()), ..Template::default() };
    assert!(misplaced.check("slack").expect_err("no mail").to_string().contains("only mails"));
}

#[test]
fn errors_name_the_line() {
    assert!(refusal("email", "one\ntwo\n{{ nothing }}").starts_with("body, line 3:"));
    assert!(refusal("email", "one\n{% set x = 1 %}").starts_with("body, line 2:"));
}
