//! Replaces each `uses` of a file by what the module says.

use super::arguments::{Use, bind};
use super::file::ModuleFile;
use super::insert::Inserter;
use super::join::{join_jobs, node_of};
use super::texts::{LARGEST_MODULE_BYTES, Modules};
use crate::document::file::StepFile;
use crate::document::findings::Findings;
use crate::document::position::Span;
use crate::document::shape::Shape;
use crate::document::suggestion::suggest;
use crate::document::syntax::{DEPTH, NODES, read_tree, shorten};
use crate::document::tree::{Content, Entry, Node, Scalar, Style};
use crate::expression::Expression;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// How deep modules may use modules.
const DEEPEST: usize = 8;
/// Most uses of one file, and how many bytes of modules they may bring in.
const MOST_USES: usize = 500;
const MOST_BYTES: usize = 4 << 20;
/// The keys of a job that hold steps.
const STEP_LISTS: [&str; 5] = ["steps", "on_success", "on_failure", "on_stop", "always"];
/// What may stand beside `uses` in a step.
const BESIDE_USES: [&str; 4] = ["uses", "with", "name", "if"];

/// What came of expanding a file.
pub(crate) struct Expanded {
    /// The file's tree without any `uses` that could be followed.
    pub root: Rc<Node>,
    /// The texts of the modules that were used, by full name.
    pub used: BTreeMap<String, String>,
}

/// Expands every job of a pipeline file.
pub(crate) fn expand<'a>(root: &Rc<Node>, modules: &'a Modules, findings: &mut Findings<'a>) -> Expanded {
    let mut expander = Expander::new(modules, findings);
    let root = replace_value(root, "jobs", |jobs| {
        let Content::Map(entries) = &jobs.content else { return Rc::clone(jobs) };
        let job = |entry: &Entry| Entry { value: expander.expand_job(&entry.value, &[]), ..entry.clone() };
        let entries = entries.iter().map(job).collect();
        node_of(jobs.span, jobs.owner, Content::Map(entries))
    });
    let used = expander.used;
    if root.size > NODES {
        findings.error("too-large", root.owner, format!("with its modules in place, the file has more than {NODES} nodes"));
    } else if root.height as usize > DEPTH {
        findings.error("too-deep", root.owner, format!("with its modules in place, the file is nested more than {DEPTH} deep"));
    }
    Expanded { root, used }
}

/// The mapping with the value of one key replaced; anything else as it is.
fn replace_value(node: &Rc<Node>, key: &str, replace: impl FnOnce(&Rc<Node>) -> Rc<Node>) -> Rc<Node> {
    let Content::Map(entries) = &node.content else { return Rc::clone(node) };
    let Some(index) = entries.iter().position(|entry| entry.key == key) else { return Rc::clone(node) };
    let mut entries = entries.clone();
    entries[index].value = replace(&entries[index].value);
    node_of(node.span, node.owner, Content::Map(entries))
}

fn find_value<'n>(node: &'n Node, key: &str) -> Option<&'n Rc<Node>> {
    match &node.content {
        Content::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
        _ => None,
    }
}

/// What a module is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Step,
    Job,
}

impl Place {
    const fn key(self) -> &'static str {
        match self {
            Self::Step => "steps",
            Self::Job => "job",
        }
    }
}

/// Expands, and keeps within its bounds.
pub(super) struct Expander<'a, 'f> {
    modules: &'a Modules,
    pub(super) findings: &'f mut Findings<'a>,
    pub(super) used: BTreeMap<String, String>,
    uses: usize,
    bytes: usize,
    nodes: u32,
}

impl<'a, 'f> Expander<'a, 'f> {
    pub(super) fn new(modules: &'a Modules, findings: &'f mut Findings<'a>) -> Self {
        Self { modules, findings, used: BTreeMap::new(), uses: 0, bytes: 0, nodes: 0 }
    }

    /// The job without `uses`; `stack` names the modules that it lies in.
    pub(super) fn expand_job(&mut self, job: &Rc<Node>, stack: &[&str]) -> Rc<Node> {
        let joined = find_value(job, "uses").and_then(|uses| {
            let name = uses.text()?;
            let body = self.open(Place::Job, job, (uses.span, name), stack)?;
            let inner: Vec<&str> = stack.iter().copied().chain([name]).collect();
            let body = self.expand_job(&body, &inner);
            // The user's own steps are expanded apart: what they use is none of the module's.
            let own = self.expand_lists(job, stack);
            join_jobs(&body, &own, name, self.findings)
        });
        joined.unwrap_or_else(|| self.expand_lists(job, stack))
    }

    fn expand_lists(&mut self, job: &Rc<Node>, stack: &[&str]) -> Rc<Node> {
        STEP_LISTS.iter().fold(Rc::clone(job), |job, key| replace_value(&job, key, |steps| self.expand_steps(steps, stack)))
    }

    /// The list with the steps of modules in it.
    pub(super) fn expand_steps(&mut self, list: &Rc<Node>, stack: &[&str]) -> Rc<Node> {
        let Content::List(items) = &list.content else { return Rc::clone(list) };
        let mut steps = Vec::with_capacity(items.len());
        for item in items {
            if find_value(item, "uses").is_none() {
                steps.push(replace_value(item, "parallel", |inner| self.expand_parallel(inner, stack)));
                continue;
            }
            match self.expand_step(item, stack) {
                Some(made) => steps.extend(made),
                None => steps.push(Rc::clone(item)),
            }
        }
        node_of(list.span, list.owner, Content::List(steps))
    }

    /// Steps that run side by side: a module's steps run one after another, so there only modules of one step may stand.
    fn expand_parallel(&mut self, list: &Rc<Node>, stack: &[&str]) -> Rc<Node> {
        let Content::List(items) = &list.content else { return Rc::clone(list) };
        let expand = |item: &Rc<Node>| {
            let one = node_of(item.span, item.owner, Content::List(vec![Rc::clone(item)]));
            let made = self.expand_steps(&one, stack);
            match &made.content {
                Content::List(steps) if steps.len() == 1 => Rc::clone(&steps[0]),
                _ => {
                    let message = "the steps of this module run one after another, so it cannot stand under `parallel`";
                    self.findings.error("wrong-module", item.span, message);
                    Rc::clone(item)
                }
            }
        };
        node_of(list.span, list.owner, Content::List(items.iter().map(expand).collect()))
    }

    fn expand_step(&mut self, step: &Rc<Node>, stack: &[&str]) -> Option<Vec<Rc<Node>>> {
        let Content::Map(entries) = &step.content else { return None };
        // The keys of the step itself are looked at here, since it will not be there any more.
        let uses = StepFile::read(step, self.findings)?.uses?;
        let (name, span) = (uses.value.0.as_str(), uses.span);
        for entry in entries.iter().filter(|entry| !BESIDE_USES.contains(&entry.key.as_str())) {
            let message = format!("`{}` does not go with `uses`; a step with `uses` has `with`, `name` and `if` beside it", entry.key);
            self.findings.error("conflicting-keys", entry.key_span, message);
        }
        let body = self.open(Place::Step, step, (span, name), stack)?;
        let inner: Vec<&str> = stack.iter().copied().chain([name]).collect();
        let body = self.expand_steps(&body, &inner);
        let Content::List(items) = &body.content else { return None };
        let (title, condition) = (find_value(step, "name"), find_value(step, "if"));
        let alone = items.len() == 1;
        Some(items.iter().map(|item| put_around(item, (title, alone), condition)).collect())
    }

    /// The body of a module for one use, its values in place; `None` after a finding.
    fn open(&mut self, place: Place, user: &Node, (span, name): (Span, &str), stack: &[&str]) -> Option<Rc<Node>> {
        let text = self.find_text(span, name, stack)?;
        let base = self.findings.add_text(text, name, span);
        let root = read_tree(base, self.findings)?;
        let module = ModuleFile::read(&root, self.findings)?;
        self.used.insert(name.to_owned(), text.to_owned());
        let Some(body) = find_value(&root, place.key()) else {
            let (made_of, belongs) = match place {
                Place::Step => ("a job", "use it in a job: `jobs: { NAME: { uses: … } }`"),
                Place::Job => ("steps", "use it as one of the job's `steps`"),
            };
            let message = format!("{name} is a module of {made_of}");
            self.findings.error_with("wrong-module", span, message, Some(belongs.to_owned()));
            return None;
        };
        let with = find_value(user, "with").map(AsRef::as_ref);
        let arguments = bind(&module, &Use { name, span, with }, self.findings)?;
        let mut inserter = Inserter { arguments: &arguments, findings: self.findings, sampled: HashSet::new() };
        let body = inserter.insert(body);
        self.nodes = self.nodes.saturating_add(body.size);
        if self.nodes > NODES {
            self.findings.error("too-large", span, format!("the modules of this file have more than {NODES} nodes"));
            return None;
        }
        Some(body)
    }

    fn find_text(&mut self, span: Span, name: &str, stack: &[&str]) -> Option<&'a str> {
        if stack.contains(&name) {
            let path = stack.iter().copied().chain([name]).collect::<Vec<_>>().join(" uses ");
            self.findings.error("cycle", span, format!("a module must not use itself: {path}"));
            return None;
        }
        if stack.len() >= DEEPEST {
            self.findings.error("too-deep", span, format!("modules use modules more than {DEEPEST} deep"));
            return None;
        }
        let Some(text) = self.modules.find(name) else {
            self.report_unknown(span, name);
            return None;
        };
        if text.len() > LARGEST_MODULE_BYTES {
            let message = format!("{name} has {} bytes; the limit is {LARGEST_MODULE_BYTES} (64 KiB)", text.len());
            self.findings.error("too-large", span, message);
            return None;
        }
        self.uses += 1;
        self.bytes += text.len();
        if self.uses > MOST_USES || self.bytes > MOST_BYTES {
            let message = format!("the file uses modules more than {MOST_USES} times, or {MOST_BYTES} bytes of them");
            self.findings.error("too-large", span, message);
            return None;
        }
        Some(text)
    }

    fn report_unknown(&mut self, span: Span, name: &str) {
        let known = self.modules.list();
        let message = format!("unknown module \"{}\"", shorten(name));
        let searched = self.findings.wants_suggestions();
        let bare = known.iter().find(|full| searched && full.rsplit('/').next() == Some(name));
        let help = match bare {
            Some(full) => Some(format!("did you mean \"{full}\"?")),
            None => suggest(name, known.iter().map(String::as_str).filter(|_| searched)),
        };
        let help = help.or_else(|| Some("write library/NAME, or workspace/NAME for a module of the workspace".to_owned()));
        self.findings.error_with("unknown-module", span, message, help);
    }
}

/// A module's step under the name and condition of the step that uses it.
fn put_around(item: &Rc<Node>, (title, alone): (Option<&Rc<Node>>, bool), condition: Option<&Rc<Node>>) -> Rc<Node> {
    let Content::Map(entries) = &item.content else { return Rc::clone(item) };
    let mut entries = entries.clone();
    let mut set = |key: &str, outer: &Rc<Node>, join: &dyn Fn(&Scalar, &Scalar) -> Option<Scalar>| {
        let Some(index) = entries.iter().position(|entry| entry.key == key) else {
            entries.push(Entry { key: key.to_owned(), key_span: outer.owner, value: Rc::clone(outer) });
            return;
        };
        let own = &entries[index].value;
        let joined = outer.scalar().zip(own.scalar()).and_then(|(outer, own)| join(outer, own));
        entries[index].value = match joined {
            Some(scalar) => node_of(own.span, own.owner, Content::Scalar(scalar)),
            None => Rc::clone(outer),
        };
    };
    if let Some(title) = title {
        set("name", title, &|outer, own| (!alone).then(|| Scalar { text: format!("{}: {}", outer.text, own.text), style: Style::Quoted }));
    }
    if let Some(condition) = condition {
        // A mistake in the outer condition alone is shown where it stands.
        set("if", condition, &|outer, own| {
            Expression::parse(&outer.text).ok()?;
            Some(Scalar { text: format!("({}) && ({})", outer.text, own.text), style: Style::Quoted })
        });
    }
    node_of(item.span, item.owner, Content::Map(entries))
}
