//! No text makes the reader panic, point outside the text, or take long.

use andon_pipelines::document::{Diagnostic, LARGEST_FILE_BYTES, ends_of_line, implied_passed, read, render};
use proptest::prelude::*;
use std::fmt::Write as _;

/// Reads on a stack as small as a server's worker threads have.
fn read_small(text: &str) -> Vec<Diagnostic> {
    let text = text.to_owned();
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let reading = read(&text, "andon.yml");
        check_places(&text, &reading.diagnostics);
        assert_eq!(reading.document.is_some(), reading.diagnostics.is_empty());
        reading.diagnostics
    });
    thread.expect("a thread").join().expect("the reader does not panic")
}

fn check_places(text: &str, diagnostics: &[Diagnostic]) {
    let lines: Vec<&str> = text.split('\n').collect();
    assert!(diagnostics.len() <= 101);
    for found in diagnostics {
        let line = lines.get(found.line as usize - 1).unwrap_or_else(|| panic!("{found:?} is past the end"));
        let width = line.trim_end_matches('\r').chars().count();
        assert!((1..=width + 1).contains(&(found.column as usize)), "{found:?}");
        assert!(found.length >= 1 && (found.column + found.length) as usize <= width.max(found.column as usize) + 1, "{found:?}");
        assert!(line.starts_with(&found.source), "{found:?}");
    }
    assert_eq!(render(diagnostics).is_empty(), diagnostics.is_empty());
}

fn assert_one(text: &str, code: &str) {
    let found = read_small(text);
    assert_eq!(found.len(), 1, "{}", render(&found));
    assert_eq!(found[0].code, code, "{}", render(&found));
}

#[test]
fn deep_nesting_is_one_finding() {
    assert_one(&"[".repeat(100_000), "syntax");
    assert_one(&"{a: ".repeat(100_000), "syntax");
    assert_one(&"- ".repeat(100_000), "syntax");
    assert_one(&"? ".repeat(100_000), "syntax");
    let stairs: String = (0..400).fold(String::new(), |mut text, depth| {
        let _ = writeln!(text, "{}a:", " ".repeat(depth));
        text
    });
    assert_one(&stairs, "syntax");
}

#[test]
fn alias_bombs_are_one_finding() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{level}: &a{level} [{aliases}]");
    }
    assert_one(&laughs, "too-large");
    assert_one("pipeline: x\ndescription: &a [*a]\n", "recursive-alias");
    assert_one(&format!("a: &a x\nb: [{}]\n", "*a, ".repeat(20_000)), "too-large");
}

#[test]
fn merge_bombs_are_one_finding() {
    let mut text = "base: &base {".to_owned();
    (0..20_000).for_each(|key| {
        let _ = write!(text, "k{key}: x, ");
    });
    text.push_str("}\nothers:\n");
    (0..5_000).for_each(|_| text.push_str("- <<: *base\n"));
    assert_one(&text, "too-large");
}

#[test]
fn nested_aliases_cannot_pass_the_depth() {
    let mut text = "a0: &a0 {k: {k: {k: {k: {k: {k: {k: {k: {k: x}}}}}}}}}\n".to_owned();
    for level in 1..10 {
        let _ = writeln!(text, "a{level}: &a{level} {{k: {{k: {{k: {{k: {{k: {{k: {{k: {{k: {{k: *a{}}}}}}}}}}}}}}}}}}}", level - 1);
    }
    assert_one(&text, "too-deep");
}

#[test]
fn large_texts_are_one_finding() {
    assert_one(&"#".repeat(LARGEST_FILE_BYTES + 1), "too-large");
    assert_one(&format!("pipeline: x\nresources: {{}}\njobs:\n{}", job_lines(1_001)), "too-large");
    assert!(read_small(&format!("pipeline: x\njobs:\n{}", job_lines(1_000))).is_empty());
}

#[test]
fn dense_lines_are_read() {
    let jobs: Vec<String> = (0..1_000).map(|job| format!("j{job}")).collect();
    let mut text = "pipeline: x\nresources: {app: {type: file}, r: {type: file}}\njobs:\n".to_owned();
    for (index, job) in jobs.iter().enumerate() {
        let after = jobs[index.saturating_sub(90)..index].join(", ");
        let passed = index.checked_sub(1).map_or(String::new(), |before| format!(", passed: [j{before}]"));
        let inputs = format!("{{resource: app, trigger: false{passed}}}");
        let _ = writeln!(text, "  {job}: {{after: [{after}], inputs: [{inputs}], outputs: [app, r], steps: [{{run: x}}]}}");
    }
    let reading = read(&text, "andon.yml");
    assert_eq!(render(&reading.diagnostics), "");
    let document = reading.document.expect("no diagnostics, so a document");
    assert_eq!(implied_passed(&document)["j999"]["app"], document.jobs[999].inputs[0].passed.clone().expect("given"));
    assert_eq!(ends_of_line(&document).len(), 1);
    let closed = text.replacen("after: []", "after: [j999]", 1);
    assert_eq!(read_small(&closed)[0].code, "cycle");
}

#[test]
fn repeated_mistakes_are_found_fast() {
    let mut text = "pipeline: x\njobs:\n  a: &a {steps: [{".to_owned();
    (0..90).for_each(|key| {
        let _ = write!(text, "stepz{key}: x, ");
    });
    text.push_str("}]}\n");
    (0..900).for_each(|job| {
        let _ = writeln!(text, "  j{job}: *a");
    });
    assert_eq!(read_small(&text).len(), 91);
    let unknown: String = (0..900).fold("pipeline: x\njobs:\n".to_owned(), |mut text, job| {
        let _ = writeln!(
            text,
            "  j{job}: {{after: [{}], steps: [{{run: x}}]}}",
            (0..90).map(|at| format!("k{at}")).collect::<Vec<_>>().join(", ")
        );
        text
    });
    assert_eq!(read_small(&unknown).len(), 101);
}

fn job_lines(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, job| {
        let _ = writeln!(text, "  j{job}: {{steps: [{{run: x}}]}}");
        text
    })
}

#[test]
fn findings_are_counted_not_listed_past_a_hundred() {
    let text: String = (0..50_000).fold("pipeline: x\n".to_owned(), |mut text, key| {
        let _ = writeln!(text, "key{key}: 1");
        text
    });
    let found = read_small(&text);
    assert_eq!(found.len(), 101);
    assert_eq!(found[100].message, "49900 more findings are not listed; mend these first");
}

#[test]
fn many_expressions_are_bounded() {
    let text: String = (0..20_000).fold("pipeline: x\njobs:\n  a:\n    steps:\n    - run: |\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "        ${{{{ {number} }}}}");
        text
    });
    assert_one(&text, "too-large");
}

#[test]
fn scripts_full_of_mistakes_are_read_fast() {
    let text = format!("pipeline: x\njobs:\n  a:\n    steps:\n    - run: |\n{}", "        ${{ x }}\n".repeat(60_000));
    assert_eq!(read_small(&text).len(), 101);
    let steps = format!("pipeline: x\njobs:\n  a:\n    steps:\n{}", "    - run: x\n".repeat(501));
    assert_one(&steps, "too-large");
}

#[test]
fn odd_texts_are_findings() {
    for text in [
        "\0",
        "\u{feff}",
        "%YAML 9.9\n---\na: b",
        "a: \u{85}b",
        "&a",
        "*a",
        "? ",
        "!!binary x",
        "a: !<x",
        "\r\r\r",
        "--- \n...\n",
        "\"\\x\"",
    ] {
        assert!(!read_small(text).is_empty(), "{text:?}");
    }
}

const SHOP: &str = include_str!("documents/good/shop.yml");

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("${{ ".to_owned()),
        Just(" }}".to_owned()),
        Just("&a ".to_owned()),
        Just("*a".to_owned()),
        Just("<<: *a\n".to_owned()),
        Just("\n  - ".to_owned()),
        Just("[".to_owned()),
        Just("{".to_owned()),
        Just("|\n".to_owned()),
        Just("ü€😀".to_owned()),
        Just("\r\n".to_owned()),
        Just("''".to_owned()),
        Just("\"".to_owned()),
        Just("\t".to_owned()),
        Just("!!str ".to_owned()),
        "[ -~\\n]{0,12}",
        any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_is_read(parts in proptest::collection::vec(fragment(), 0..40)) {
        read_small(&parts.concat());
    }

    #[test]
    fn mutated_files_are_read(at in 0..SHOP.len(), cut in 0..40_usize, insert in fragment()) {
        let start = SHOP.floor_char_boundary(at);
        let end = SHOP.floor_char_boundary((at + cut).min(SHOP.len()));
        read_small(&format!("{}{insert}{}", &SHOP[..start], &SHOP[end..]));
    }
}
