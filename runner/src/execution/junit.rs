//! Test reports in the JUnit form.

use super::{
    context::Context,
    verdict::{Failure, StepEnd},
};
use crate::files::{find_files, read_beneath};
use andon_pipelines::wire::{ReportBody, TestCase, TestStatus, TestSuite};
use anyhow::{Context as _, bail, ensure};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::path::Path;

const MOST_FILES: usize = 1000;
const FILE_BYTES: u64 = 32 * 1024 * 1024;
/// Over all files of one step.
const MOST_CASES: usize = 50_000;
const DETAIL_BYTES: usize = 64 * 1024;
/// All details of one file together; further ones are cut.
const ALL_DETAIL_BYTES: usize = 8 * 1024 * 1024;
/// All files of one step together; further files are passed over.
const ALL_FILES_BYTES: u64 = 64 * 1024 * 1024;
const NAME_BYTES: usize = 1024;
const DEEPEST: usize = 64;
/// One report's share, so that a batch stays small.
const REPORT_BYTES: usize = 256 * 1024;

/// Reads each file that the globs match and reports its suites. A file that cannot be read is warned of and passed over.
pub async fn report(context: &Context, paths: &[String]) -> StepEnd {
    let root = context.start_folder();
    let patterns = paths.to_vec();
    let read = tokio::task::spawn_blocking(move || read_all(&root, &patterns)).await;
    let (suites, warnings) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return StepEnd::Failed(Failure::new("reports-failed", format!("The test reports cannot be read: {error:#}."))),
        Err(error) => return StepEnd::Failed(Failure::new("reports-failed", format!("The test reports cannot be read: {error}."))),
    };
    for warning in warnings {
        context.log.warn(format!("[{warning}]")).await;
    }
    for suites in split(suites) {
        let suites = suites.into_iter().map(|suite| mask(context, suite)).collect();
        context.reporter.send(ReportBody::Tests { suites }).await;
    }
    StepEnd::Succeeded
}

fn read_all(root: &Path, patterns: &[String]) -> anyhow::Result<(Vec<TestSuite>, Vec<String>)> {
    let files = find_files(root, patterns, MOST_FILES)?;
    let (mut suites, mut warnings, mut cases, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
    if files.is_empty() {
        warnings.push(format!("no file matches {}", patterns.join(", ")));
    }
    for file in files {
        match read_file(root, &file, &mut bytes, MOST_CASES - cases) {
            Ok(read) => {
                cases += read.iter().map(|suite| suite.cases.len()).sum::<usize>();
                suites.extend(read);
            }
            Err(error) => warnings.push(format!("the test report {} is passed over: {error:#}", file.display())),
        }
    }
    Ok((suites, warnings))
}

fn read_file(root: &Path, file: &Path, total: &mut u64, most_cases: usize) -> anyhow::Result<Vec<TestSuite>> {
    let (bytes, more) = read_beneath(root, file, FILE_BYTES)?.context("it is gone")?;
    ensure!(!more, "it is larger than {FILE_BYTES} bytes");
    *total += bytes.len() as u64;
    ensure!(*total <= ALL_FILES_BYTES, "the test reports of this step are larger than {ALL_FILES_BYTES} bytes together");
    parse_junit(&bytes, most_cases)
}

/// The suites of one file.
///
/// # Errors
/// If it is no well-formed XML, nests too deeply, or has more than `most_cases` cases.
fn parse_junit(bytes: &[u8], most_cases: usize) -> anyhow::Result<Vec<TestSuite>> {
    let mut reader = Reader::from_reader(bytes);
    let mut parser = Parser { most_cases, ..Parser::default() };
    loop {
        let position = reader.buffer_position();
        let event = reader.read_event().with_context(|| format!("it is no well-formed XML at byte {position}"))?;
        match event {
            Event::Eof => break,
            Event::Start(start) => {
                parser.depth += 1;
                ensure!(parser.depth <= DEEPEST, "its elements nest deeper than {DEEPEST}");
                parser.open(&start)?;
            }
            Event::Empty(start) => {
                parser.open(&start)?;
                parser.close(start.local_name().as_ref());
            }
            Event::End(end) => {
                parser.depth = parser.depth.saturating_sub(1);
                parser.close(end.local_name().as_ref());
            }
            Event::Text(text) => parser.add_text(&String::from_utf8_lossy(text.as_ref())),
            Event::CData(text) => parser.add_text(&String::from_utf8_lossy(text.as_ref())),
            Event::GeneralRef(reference) => {
                let written = format!("&{};", String::from_utf8_lossy(reference.as_ref()));
                parser.add_text(&unescape(&written));
            }
            _ => {}
        }
    }
    ensure!(parser.depth == 0, "it ends in the middle");
    ensure!(parser.is_junit, "it has no <testsuite> and no <testcase>");
    parser.suites.retain(|suite| !suite.cases.is_empty());
    Ok(parser.suites)
}

#[derive(Default)]
struct Parser {
    suites: Vec<TestSuite>,
    /// Positions in `suites` of those that are open, the innermost last.
    open_suites: Vec<usize>,
    case: Option<TestCase>,
    /// Inside the element of a failure, an error or a skip.
    in_detail: bool,
    detail_bytes: usize,
    cases: usize,
    most_cases: usize,
    depth: usize,
    is_junit: bool,
}

impl Parser {
    fn open(&mut self, start: &BytesStart<'_>) -> anyhow::Result<()> {
        match start.local_name().as_ref() {
            b"testsuite" => {
                self.is_junit = true;
                self.open_suites.push(self.suites.len());
                self.suites.push(TestSuite { name: attribute(start, "name").unwrap_or_default(), cases: Vec::new() });
            }
            b"testcase" => {
                self.is_junit = true;
                self.cases += 1;
                if self.cases > self.most_cases {
                    bail!("there are more than {MOST_CASES} test cases");
                }
                let seconds = attribute(start, "time").and_then(|time| time.replace(',', "").trim().parse::<f64>().ok());
                self.case = Some(TestCase {
                    name: attribute(start, "name").unwrap_or_default(),
                    class: attribute(start, "classname"),
                    status: TestStatus::Passed,
                    // `as` ends at the type's borders, so a mad number does no harm.
                    duration_ms: seconds.filter(|seconds| *seconds >= 0.0).map(|seconds| (seconds * 1000.0).round() as u64),
                    detail: None,
                });
            }
            b"failure" => self.judge(start, TestStatus::Failed),
            b"error" => self.judge(start, TestStatus::Errored),
            b"skipped" => self.judge(start, TestStatus::Skipped),
            _ => {}
        }
        Ok(())
    }

    fn judge(&mut self, start: &BytesStart<'_>, status: TestStatus) {
        if let Some(case) = &mut self.case {
            case.status = status;
            self.in_detail = true;
            if let Some(message) = attribute(start, "message") {
                self.add_text(&format!("{message}\n"));
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        if let (true, Some(case)) = (self.in_detail, &mut self.case) {
            let detail = case.detail.get_or_insert_default();
            let room = DETAIL_BYTES.saturating_sub(detail.len()).min(ALL_DETAIL_BYTES - self.detail_bytes);
            let text = &text[..text.floor_char_boundary(room)];
            self.detail_bytes += text.len();
            detail.push_str(text);
        }
    }

    fn close(&mut self, name: &[u8]) {
        match name {
            b"failure" | b"error" | b"skipped" => self.in_detail = false,
            b"testsuite" => {
                self.open_suites.pop();
            }
            b"testcase" => {
                let Some(mut case) = self.case.take() else { return };
                self.in_detail = false;
                case.detail = case.detail.map(|detail| detail.trim().to_owned()).filter(|detail| !detail.is_empty());
                let suite = match self.open_suites.last() {
                    Some(suite) => *suite,
                    None => {
                        self.suites.push(TestSuite { name: String::new(), cases: Vec::new() });
                        self.suites.len() - 1
                    }
                };
                self.suites[suite].cases.push(case);
            }
            _ => {}
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    let mut value = unescape(&String::from_utf8_lossy(&attribute.value));
    value.truncate(value.floor_char_boundary(if name == "message" { DETAIL_BYTES } else { NAME_BYTES }));
    Some(value)
}

/// Entities that nobody defined stay as they are written.
fn unescape(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// Suites in reports of a bearable size; a large suite is continued under its name.
fn split(suites: Vec<TestSuite>) -> Vec<Vec<TestSuite>> {
    let (mut reports, mut report, mut bytes) = (Vec::new(), Vec::<TestSuite>::new(), 0);
    for suite in suites {
        let mut part = TestSuite { name: suite.name.clone(), cases: Vec::new() };
        for case in suite.cases {
            let size = 100 + case.name.len() + case.class.as_ref().map_or(0, String::len) + case.detail.as_ref().map_or(0, String::len);
            if bytes + size > REPORT_BYTES && bytes > 0 {
                let full = std::mem::replace(&mut part, TestSuite { name: suite.name.clone(), cases: Vec::new() });
                report.extend((!full.cases.is_empty()).then_some(full));
                reports.push(std::mem::take(&mut report));
                bytes = 0;
            }
            bytes += size;
            part.cases.push(case);
        }
        report.push(part);
    }
    reports.extend((!report.is_empty()).then_some(report));
    reports
}

fn mask(context: &Context, suite: TestSuite) -> TestSuite {
    let cases = suite.cases.into_iter().map(|case| TestCase {
        name: context.mask(&case.name),
        class: case.class.map(|class| context.mask(&class)),
        detail: case.detail.map(|detail| context.mask(&detail)),
        ..case
    });
    TestSuite { name: context.mask(&suite.name), cases: cases.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_cases_and_details_are_read() {
        let text = br#"<?xml version="1.0"?><testsuites><testsuite name="a &amp; b"><testcase name="one" classname="C" time="0.25"/>
            <testcase name="two"><failure message="1 &lt; 2">at <![CDATA[line <3>]]> &amp; on</failure><system-out>no</system-out></testcase>
            <testsuite name="inner"><testcase name="three"><skipped/></testcase></testsuite>
            <testcase name="four"><error>lost</error></testcase></testsuite></testsuites>"#;
        let suites = parse_junit(text, 10).expect("it is well-formed");
        assert_eq!(suites.len(), 2);
        assert_eq!(suites[0].name, "a & b");
        let [one, two, four] = suites[0].cases.as_slice() else { panic!("{suites:?}") };
        assert_eq!((one.status, one.duration_ms, one.class.as_deref()), (TestStatus::Passed, Some(250), Some("C")));
        assert_eq!((two.status, two.detail.as_deref()), (TestStatus::Failed, Some("1 < 2\nat line <3> & on")));
        assert_eq!((four.status, four.detail.as_deref()), (TestStatus::Errored, Some("lost")));
        assert_eq!(suites[1].cases[0].status, TestStatus::Skipped);
    }

    #[test]
    fn bad_files_are_errors() {
        let deep = "<x>".repeat(DEEPEST + 1);
        let bombs = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="x"><failure>&b;</failure></testcase></testsuite>"#;
        for text in ["", "not xml", "<testsuite><testcase>", "<testsuite></other>", "<html/>", &deep] {
            assert!(parse_junit(text.as_bytes(), 10).is_err(), "{text}");
        }
        let suites = parse_junit(bombs.as_bytes(), 10).expect("entities are not expanded");
        assert_eq!(suites[0].cases[0].detail.as_deref(), Some("&b;"));
        assert!(parse_junit(b"<testsuite><testcase/><testcase/></testsuite>", 1).is_err());
    }

    #[test]
    fn large_details_are_cut_and_large_suites_split() {
        let case = format!("<testcase><failure>{}</failure></testcase>", "é".repeat(DETAIL_BYTES));
        let suites = parse_junit(format!("<testsuite>{}</testsuite>", case.repeat(9)).as_bytes(), 10).expect("it is well-formed");
        assert!(suites[0].cases.iter().all(|case| case.detail.as_ref().is_some_and(|detail| detail.len() <= DETAIL_BYTES)));
        let reports = split(suites);
        assert!(reports.len() > 1);
        assert_eq!(reports.iter().flatten().map(|suite| suite.cases.len()).sum::<usize>(), 9);
    }
}
