//! Expressions: what they see, what they give, and what they may cost.

use andon_pipelines::expression::{EvaluationError, Expression, interpolate, number_if_exact, split_template};
use proptest::prelude::*;
use serde_json::{Value, json};

fn context() -> Value {
    json!({
        "inputs": { "source": { "commit": "abc", "ref": "refs/heads/main" }, "my-app": { "digest": "d" } },
        "params": { "dry_run": false, "count": 3 },
        "state": { "test": { "coverage": 85, "ratio": 0.5, "note": "fine" } },
        "matrix": { "suite": "unit" },
        "run": { "number": 12, "cause": "push" },
    })
}

fn value(text: &str) -> Result<Value, EvaluationError> {
    Expression::parse(text).map_err(EvaluationError::from)?.evaluate(&context())
}

#[test]
fn expressions_have_values() {
    for (text, expected) in [
        ("inputs.source.commit", json!("abc")),
        ("inputs[\"my-app\"].digest", json!("d")),
        ("state.test.coverage >= 80", json!(true)),
        ("state.test.ratio < 1", json!(true)),
        ("run.number + 1", json!(13)),
        ("!params.dry_run && run.cause == 'push'", json!(true)),
        ("has(state.test.missing)", json!(false)),
        ("has(state.other) && state.other.x == 1", json!(false)),
        ("matrix.suite in ['unit', 'load']", json!(true)),
        ("inputs.source.ref.startsWith('refs/heads/')", json!(true)),
        ("inputs.source.ref.matches('^refs/.*main$')", json!(true)),
        ("size(inputs)", json!(2)),
        ("[1, 2, 3].filter(x, x > 1)", json!([2, 3])),
        ("[1, 2].map(x, [x].map(y, y + 1))", json!([[2], [3]])),
        ("params.count > 2 ? 'many' : 'few'", json!("many")),
        ("string(params.count) + '!'", json!("3!")),
        ("{'a': [1, null]}", json!({"a": [1, null]})),
        ("'ü' + \"€\"", json!("ü€")),
        ("1 - -1", json!(2)),
    ] {
        assert_eq!(value(text), Ok(expected), "{text}");
    }
}

#[test]
fn missing_keys_are_seen() {
    assert_eq!(value("state.test.missing == 1"), Err(EvaluationError::NoSuchKey("missing".to_owned())));
    assert_eq!(value("state.deploy.x == 1"), Err(EvaluationError::NoSuchKey("deploy".to_owned())));
    let nothing = Expression::parse("state.test.coverage").unwrap().evaluate(&json!({}));
    assert_eq!(nothing, Err(EvaluationError::NoSuchKey("test".to_owned())));
    assert_eq!(value("state.test.missing == 1").unwrap_err().to_string(), "no such key: missing");
}

#[test]
fn conditions_are_booleans() {
    let not_boolean = Expression::parse("run.number").unwrap().evaluate_bool(&context());
    assert_eq!(not_boolean, Err(EvaluationError::NotBoolean { found: "a number" }));
    assert_eq!(Expression::parse("run.number == 12").unwrap().evaluate_bool(&context()), Ok(true));
}

#[test]
fn failures_are_errors() {
    for text in ["1 / 0", "9223372036854775807 + 1", "run.cause + 1", "frob(1)", "inputs.source > 1", "'a'.matches('(')", "secrets.x"] {
        assert!(matches!(value(text), Err(EvaluationError::Failed(_))), "{text}: {:?}", value(text));
    }
    for text in ["", " ", "1 +", "a b", "(", "\"open", "a ? b", "1 // comment", "x.`y`", "\u{0}", "a\nb"] {
        assert!(matches!(value(text), Err(EvaluationError::Unusable(_))), "{text:?}: {:?}", value(text));
    }
}

#[test]
fn extremes_do_not_panic() {
    for text in [
        "(-9223372036854775807 - 1) / -1",
        "(-9223372036854775807 - 1) % -1",
        "-(-9223372036854775807 - 1)",
        "9223372036854775807 * 2",
        "18446744073709551615u + 1u",
        "0u - 1u",
        "int(1e300)",
        "int(double('NaN'))",
        "uint(-1.0)",
        "uint(-1)",
        "duration('9223372036854775807s')",
        "duration('9223372036s') + duration('9223372036s')",
        "duration('-9223372036s') - duration('9223372036s')",
        "timestamp('9999-12-31T23:59:59Z') + duration('1000000h')",
        "timestamp('0001-01-01T00:00:00Z') - duration('1000000h')",
        "timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')",
        "timestamp(9223372036854775807)",
        "timestamp(-9223372036854775807)",
        "timestamp('2026-01-01T00:00:00Z').getHours('Nowhere/None')",
        "timestamp('2026-01-01T00:00:00Z').getHours('+99:99')",
        "timestamp('9999-12-31T23:59:59Z').getHours('+14:00')",
        "timestamp('0001-01-01T00:00:00Z').getDate('-12:00')",
        "[1][9223372036854775807]",
        "[1][-1]",
        "[1][1.5]",
        "{1: 2}[1u]",
        "'a'.matches('(a{1000}){1000}')",
        "b'\\xff' == b''",
        "string(b'\\xff')",
        "'\\u{110000}'",
        "'\\ud800'",
        "1.0 / 0.0",
        "type(type(1))",
        "dyn(1) in [1]",
        "null in null",
        "'é'.size()",
    ] {
        if let Ok(expression) = Expression::parse(text) {
            let _ = expression.evaluate(&context());
        }
    }
}

#[test]
fn expressions_travel_between_threads() {
    fn travels<T: Send + Sync + 'static>() {}
    travels::<Expression>();
    travels::<EvaluationError>();
}

#[test]
fn nesting_is_refused_before_it_is_parsed() {
    let repeated = [
        ("(", "1", ")", 2000),
        ("[", "1", "]", 2000),
        ("!", "true", "", 4000),
        ("-", "1", "", 4000),
        ("1+", "1", "", 2000),
        ("true?1:", "1", "", 500),
        ("a.", "a", "", 2000),
        ("1 in ", "[1]", "", 800),
        ("size(", "'a'", ")", 600),
        ("{1:", "1", "}", 900),
        ("true&&", "true", "", 600),
        ("", "a", "[0]", 1000),
    ];
    for (before, middle, behind, times) in repeated {
        let text = format!("{}{middle}{}", before.repeat(times), behind.repeat(times));
        assert!(text.len() <= 4096 * 2);
        let refused = Expression::parse(&text).unwrap_err();
        let known = ["nested", "too complex", "levels deep", "the limit is"].iter().any(|words| refused.message.contains(words));
        assert!(known, "{before}: {}", refused.message);
    }
    assert!(Expression::parse(&"x".repeat(4097)).unwrap_err().message.contains("4097 bytes"));
}

#[test]
fn what_is_allowed_fits_a_small_stack() {
    let texts: Vec<String> = (1..160)
        .flat_map(|times| {
            let wrap = |before: &str, middle: &str, behind: &str| format!("{}{middle}{}", before.repeat(times), behind.repeat(times));
            [
                wrap("(", "1", ")"),
                wrap("[", "1", "]"),
                wrap("{1: ", "1", "}"),
                wrap("type(", "1", ")"),
                wrap("1+", "1", ""),
                wrap("1 in ", "[1]", ""),
                wrap("", "run", ".a"),
                wrap("", "run", "[0]"),
                wrap("!", "true", ""),
                wrap("true?", "1", ":1"),
                wrap("true?1:", "1", ""),
                wrap("false||", "true", ""),
                wrap("1<", "1", ""),
                format!("[1].map(a, [1].map(b, {}))", wrap("[", "b", "]")),
                format!("[1].all(a, [1].exists(b, {} == 1))", wrap("1+", "b", "")),
            ]
        })
        .collect();
    // Less than the 2 MB of a server's worker threads.
    let small = std::thread::Builder::new().stack_size(3 << 19);
    let thread = small.spawn(move || {
        let evaluate = |text: &String| {
            let expression = Expression::parse(text).ok()?;
            let _ = (expression.references(), expression.unknown_functions(), expression.evaluate(&context()));
            Some(())
        };
        texts.iter().filter_map(evaluate).count()
    });
    let evaluated = thread.unwrap().join().expect("no overflow");
    assert!(evaluated > 200, "{evaluated}");
}

#[test]
fn loops_are_bounded() {
    for text in [
        "[1].map(a, [1].map(b, [1].map(c, c)))",
        "[1].map(a, a).map(b, b).map(c, c)",
        "[1].all(a, [1].exists(b, [1].filter(c, c == 1) == []))",
        "['x'].map(a, a + a + a + a + a + a)",
        "[1].map(a, [1].filter(b, 'x'.matches('y')))",
        "[[1].map(a, a)].map(b, b).map(c, c)",
    ] {
        assert!(Expression::parse(text).unwrap_err().message.contains("loop"), "{text}");
    }
    for text in ["[1].map(a, a).filter(b, b == 1)", "[1].all(a, a == 1) && [2].all(b, b == 2) && [3].exists(c, c == 3)"] {
        assert!(Expression::parse(text).is_ok(), "{text}: {:?}", Expression::parse(text).err());
    }
}

#[test]
fn values_are_bounded() {
    let long = json!({ "params": { "x": "y".repeat(600_000) } });
    let doubled = Expression::parse("[params.x, params.x]").unwrap().evaluate(&long);
    assert!(matches!(doubled, Err(EvaluationError::TooLarge { .. })));
}

#[test]
fn references_are_found_with_their_places() {
    let text = "inputs.source.commit == 'é' && state[\"sign-off\"].x > 1 && params.a.map(y, y + z) == size(matrix) && has(run.cause)";
    let found: Vec<(String, &str)> = Expression::parse(text)
        .unwrap()
        .references()
        .into_iter()
        .map(|reference| (format!("{} {}", reference.root, reference.member.unwrap_or_default()), &text[reference.range]))
        .collect();
    let expected = [
        ("inputs source", "inputs.source"),
        ("state sign-off", "state"),
        ("params a", "params.a"),
        ("z ", "z"),
        ("matrix ", "matrix"),
        ("run cause", "run.cause"),
    ];
    assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text)));
}

#[test]
fn functions_are_known() {
    let text = "size('a') == 1 && 'a'.contains('a') && 'a'.endsWith('a') && int('1') == 1 && double('1') == 1.0 && uint('1') == 1u \
                && bytes('a') == b'a' && dyn(1) == 1 && type(1) == int && duration('1s') > duration('0s') && bool('true') \
                && timestamp('2026-01-01T00:00:00Z').getFullYear() == 2026";
    let expression = Expression::parse(text).unwrap();
    assert_eq!(expression.unknown_functions(), Vec::<String>::new());
    assert_eq!(expression.evaluate_bool(&context()), Ok(true));
    assert_eq!(Expression::parse("frob(1) + x.nope()").unwrap().unknown_functions(), ["frob", "nope"]);
}

#[test]
fn templates_are_filled() {
    for (template, expected) in [
        ("plain $ {{ }} ${x}", "plain $ {{ }} ${x}"),
        ("${{ matrix.suite }} tests", "unit tests"),
        ("a${{run.number}}b${{ '}}' }}c", "a12b}}c"),
        ("${{ {'a': {'b': 1}}.a }}", "{\"b\":1}"),
        ("${{ null }}|${{ 0.5 }}|${{ true }}", "|0.5|true"),
        ("ü ${{ 'ü' }}", "ü ü"),
    ] {
        assert_eq!(interpolate(template, &context()).as_deref(), Ok(expected), "{template}");
    }
    assert_eq!(interpolate("${{ state.x.y }}", &context()), Err(EvaluationError::NoSuchKey("x".to_owned())));
    assert!(matches!(interpolate("echo ${{ 1", &context()), Err(EvaluationError::Unusable(error)) if error.range == (5..8)));
    assert!(matches!(interpolate("${{ }}", &context()), Err(EvaluationError::Unusable(_))));
    // A value is never read as a template again.
    let sly = json!({ "params": { "x": "${{ run.number }}" }, "run": { "number": 1 } });
    assert_eq!(interpolate("${{ params.x }}", &sly).as_deref(), Ok("${{ run.number }}"));
}

#[test]
fn exact_numbers_are_numbers() {
    for (text, expected) in [
        ("85", json!(85)),
        ("-3", json!(-3)),
        ("0.5", json!(0.5)),
        ("010", json!("010")),
        ("1.10", json!("1.10")),
        ("+1", json!("+1")),
        ("1e3", json!("1e3")),
        ("NaN", json!("NaN")),
        ("true", json!("true")),
        ("", json!("")),
        ("99999999999999999999", json!("99999999999999999999")),
    ] {
        assert_eq!(number_if_exact(text), expected, "{text}");
    }
}

fn token() -> impl Strategy<Value = String> {
    let words = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        "?",
        ":",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "==",
        "<",
        "&&",
        "||",
        " in ",
        "\"",
        "'",
        "\\",
        "r\"",
        "b'",
        "'''",
        "1",
        "0x1",
        "1u",
        "1.5e3",
        "inputs",
        "state",
        ".map(x, ",
        ".filter(x, ",
        "has(",
        "size(",
        "null",
        "true",
        "}}",
        "${{",
        "\n",
        "`",
        "é",
        "😀",
        "\u{0}",
        "timestamp(",
        "duration(",
        ".getHours(",
        ".matches(",
        "9223372036854775807",
        "'2026-01-01T00:00:00Z'",
        ".all(x, ",
        ".exists(x, ",
        ".exists_one(x, ",
        "inputs.source",
        "x",
    ];
    prop_oneof![proptest::sample::select(words.to_vec()).prop_map(str::to_owned), "[ -~]{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(tokens in proptest::collection::vec(token(), 0..24)) {
        let text = tokens.concat();
        match Expression::parse(&text) {
            Ok(expression) => {
                for reference in expression.references() {
                    prop_assert!(text.get(reference.range).is_some());
                }
                let _ = expression.evaluate(&context());
            }
            Err(error) => prop_assert!(text.get(error.range).is_some()),
        }
    }

    #[test]
    fn no_text_makes_the_template_panic(tokens in proptest::collection::vec(token(), 0..24)) {
        let text = tokens.concat();
        if split_template(&text).is_ok() {
            let _ = interpolate(&text, &context());
        }
    }
}
