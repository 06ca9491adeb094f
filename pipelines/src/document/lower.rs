//! From the file as it was written to what it means. Runs only when nothing is wrong with the file.

use super::file::{JobFile, LoopGuardFile, NotifyFile, ParamFile, PipelineFile, StepFile, WorkspaceRuleFile};
use super::file_parts::{AfterItem, ConcurrencyItem, InputItem, MatrixMap, NameOr, OutputItem, PassedItem, PublishWhen, VersionItem};
use super::file_resource::{GitFile, ResourceItem};
use super::foreign::short_name;
use super::lower_approval::lower_approval;
use super::lower_checklist::lower_checklist;
use super::model::*;
use super::resource::*;
use super::shape::{At, List, Map};
use super::tree::Scalar;
use super::words::{AnyScalar, FieldName, Formula, Glob, VariableName};
use crate::number::Bump;
use std::collections::{BTreeMap, BTreeSet};

/// Pause before a retry where the file names none.
const BACKOFF_MS: Millis = 1_000;

pub(super) fn value<T: Clone>(at: &Option<At<T>>) -> Option<T> {
    at.as_ref().map(|at| at.value.clone())
}

pub(super) fn items<T>(list: &Option<At<List<T>>>) -> impl Iterator<Item = &T> {
    list.iter().flat_map(|list| list.value.0.iter().map(|item| &item.value))
}

/// The meaning of a file without errors; `None` only if something required is absent after all.
pub(crate) fn lower(file: &PipelineFile) -> Option<Document> {
    let resources = file.resources.iter().flat_map(|map| &map.value.entries);
    let jobs = file.jobs.iter().flat_map(|map| &map.value.entries);
    let mut document = Document {
        pipeline: file.pipeline.as_ref()?.value.0.clone(),
        description: value(&file.description),
        project: value(&file.project),
        params: lower_params(&file.params)?,
        closing_reasons: items(&file.closing_reasons).map(|reason| reason.trim().to_owned()).collect(),
        resources: resources.map(|(name, item)| lower_resource(&name.value.0, &item.as_ref()?.value)).collect::<Option<_>>()?,
        jobs: jobs.map(|(name, job)| lower_job(&name.value.0, &job.as_ref()?.value)).collect::<Option<_>>()?,
        notify: items(&file.notify).map(lower_notify).collect::<Option<_>>()?,
    };
    still_states(&mut document);
    Some(document)
}

/// `state` resources never trigger, so their inputs say so.
fn still_states(document: &mut Document) {
    let states = document.resources.iter().filter(|resource| matches!(resource.kind, ResourceKind::State));
    let states: BTreeSet<&str> = states.map(|resource| resource.name.as_str()).collect();
    for input in document.jobs.iter_mut().flat_map(|job| &mut job.inputs) {
        input.trigger &= !states.contains(input.resource.as_str());
    }
}

pub(super) fn lower_params(params: &Option<At<Map<FieldName, ParamFile>>>) -> Option<BTreeMap<String, Param>> {
    let entries = params.iter().flat_map(|map| &map.value.entries);
    entries.map(|(name, param)| Some((name.value.0.clone(), lower_param(&param.as_ref()?.value)))).collect()
}

fn lower_param(param: &ParamFile) -> Param {
    let kind = value(&param.kind).unwrap_or(ParamKind::String);
    Param {
        kind,
        description: value(&param.description),
        default: param.default.as_ref().and_then(|default| typed_value(kind, &default.value.0)),
        options: items(&param.options).map(|option| option.0.text.clone()).collect(),
    }
}

/// A scalar as a value of a parameter's kind; `None` if it is none.
pub(crate) fn typed_value(kind: ParamKind, scalar: &Scalar) -> Option<serde_json::Value> {
    match kind {
        ParamKind::String => Some(scalar.text.clone().into()),
        ParamKind::Boolean => scalar.text.parse::<bool>().ok().map(Into::into),
        ParamKind::Integer => scalar.text.parse::<i64>().ok().map(Into::into),
        ParamKind::Number => {
            let number = scalar.text.parse::<f64>().ok()?;
            serde_json::Number::from_f64(number).map(serde_json::Value::Number)
        }
    }
}

fn lower_resource(name: &str, item: &ResourceItem) -> Option<Resource> {
    let (description, kind) = match item {
        ResourceItem::Git(git) => (value(&git.description), ResourceKind::Git(lower_git(git)?)),
        ResourceItem::Cron(cron) => {
            let source = CronSource {
                schedule: value(&cron.schedule)?,
                timezone: value(&cron.timezone).unwrap_or_else(|| "UTC".to_owned()),
                missed: value(&cron.missed).unwrap_or_default(),
            };
            (value(&cron.description), ResourceKind::Cron(source))
        }
        ResourceItem::Params(params) => {
            let entries = &params.values.as_ref()?.value.entries;
            let values = entries.iter().map(|(key, text)| Some((key.value.0.clone(), text.as_ref()?.value.clone())));
            (value(&params.description), ResourceKind::Params { values: values.collect::<Option<_>>()? })
        }
        ResourceItem::Trigger(trigger) => (value(&trigger.description), ResourceKind::Trigger { params: lower_params(&trigger.params)? }),
        ResourceItem::File(bare) => (value(&bare.description), ResourceKind::File),
        ResourceItem::State(bare) => (value(&bare.description), ResourceKind::State),
        ResourceItem::Semver(semver) => {
            let initial = value(&semver.initial).unwrap_or_else(|| "0.0.0".to_owned());
            (value(&semver.description), ResourceKind::Semver { initial })
        }
        ResourceItem::Environment(environment) => (value(&environment.description), ResourceKind::Environment),
    };
    let approval = match item {
        ResourceItem::Environment(environment) => match &environment.approval {
            Some(approval) => Some(lower_approval(&approval.value)?),
            None => None,
        },
        _ => None,
    };
    Some(Resource { name: name.to_owned(), was: item.was().map(|was| was.value.0.clone()), description, kind, approval })
}

fn lower_git(git: &GitFile) -> Option<GitSource> {
    let origin = match (&git.url, &git.repository) {
        (Some(url), None) => GitOrigin::Url(url.value.clone()),
        (None, Some(repository)) => GitOrigin::Repository(repository.value.0.clone()),
        _ => return None,
    };
    let follow = match (&git.branch, &git.tag) {
        (None, Some(tag)) => GitFollow::Tag(tag.value.0.clone()),
        (Some(branch), None) => GitFollow::Branch(branch.value.clone()),
        (None, None) => GitFollow::Branch("main".to_owned()),
        (Some(_), Some(_)) => return None,
    };
    Some(GitSource {
        origin,
        follow,
        paths: globs(&git.paths),
        submodules: value(&git.submodules).unwrap_or(false),
        credentials: git.credentials.as_ref().map(|name| name.value.0.clone()),
        check_every: git.check_every.as_ref().map(|duration| duration.value.0),
    })
}

fn globs(list: &Option<At<List<Glob>>>) -> Vec<String> {
    items(list).map(|glob| glob.0.clone()).collect()
}

fn lower_job(name: &str, job: &JobFile) -> Option<Job> {
    let body = match (&job.steps, &job.approval, &job.tasks) {
        (Some(_), None, None) => JobBody::Steps(Box::new(lower_steps_body(job)?)),
        (None, Some(approval), None) => JobBody::Approval(Box::new(lower_approval(&approval.value)?)),
        (None, None, Some(_)) => JobBody::Tasks(Box::new(lower_checklist(job)?)),
        _ => return None,
    };
    Some(Job {
        name: name.to_owned(),
        was: job.was.as_ref().map(|was| was.value.0.clone()),
        description: value(&job.description),
        inputs: items(&job.inputs).map(lower_input).collect::<Option<_>>()?,
        after: items(&job.after).map(lower_after).collect::<Option<_>>()?,
        outputs: items(&job.outputs).map(lower_output).collect::<Option<_>>()?,
        concurrency: job.concurrency.as_ref().and_then(|item| lower_concurrency(&item.value)),
        settle: value(&job.settle).unwrap_or(false),
        priority: job.priority.as_ref().map_or(0, |priority| priority.value.0),
        loop_guard: job.loop_guard.as_ref().map(|guard| lower_loop_guard(&guard.value)).unwrap_or_default(),
        when: text(&job.when),
        body,
    })
}

pub(super) fn text<const TEMPLATE: bool>(formula: &Option<At<Formula<TEMPLATE>>>) -> Option<String> {
    formula.as_ref().map(|formula| formula.value.0.text.clone())
}

fn lower_input(item: &InputItem) -> Option<Input> {
    let record = match item {
        NameOr::Name(reference) => {
            let (name, resource) = (short_name(&reference.0).to_owned(), reference.0.clone());
            return Some(Input { name, resource, passed: None, trigger: true, version: VersionChoice::Latest, path: None });
        }
        NameOr::Record(record) => record,
    };
    let resource = record.resource.as_ref()?.value.0.clone();
    let names = |item: &PassedItem| item.jobs().iter().map(|job| job.value.0.clone()).collect();
    let passed = record.passed.as_ref().map(|passed| match &passed.value {
        all @ PassedItem::All(_) => Passed::All(names(all)),
        any @ PassedItem::Any(_) => Passed::Any(names(any)),
    });
    let version = match record.version.as_ref().map(|version| &version.value) {
        None | Some(VersionItem::Latest) => VersionChoice::Latest,
        Some(VersionItem::Every) => VersionChoice::Every,
        Some(VersionItem::Pinned(keys)) => {
            let keys = keys.entries.iter().map(|(key, text)| Some((key.value.0.clone(), text.as_ref()?.value.clone())));
            VersionChoice::Pinned(keys.collect::<Option<_>>()?)
        }
    };
    Some(Input {
        name: record.name.as_ref().map_or_else(|| short_name(&resource).to_owned(), |name| name.value.0.clone()),
        resource,
        passed,
        trigger: value(&record.trigger).unwrap_or(true),
        version,
        path: record.path.as_ref().map(|path| path.value.0.clone()),
    })
}

fn lower_after(item: &AfterItem) -> Option<After> {
    Some(match item {
        NameOr::Name(reference) => After { job: reference.0.clone(), on: AfterOutcome::default() },
        NameOr::Record(record) => After { job: record.job.as_ref()?.value.0.clone(), on: value(&record.on).unwrap_or_default() },
    })
}

fn lower_output(item: &OutputItem) -> Option<Output> {
    Some(match item {
        NameOr::Name(reference) => Output { resource: reference.0.clone(), always: false, bump: None },
        NameOr::Record(record) => Output {
            resource: record.resource.as_ref()?.value.0.clone(),
            always: record.on.as_ref().is_some_and(|on| on.value == PublishWhen::Always),
            bump: value(&record.bump).map(|part| Bump { part, pre: value(&record.pre) }),
        },
    })
}

fn lower_concurrency(item: &ConcurrencyItem) -> Option<Concurrency> {
    Some(match item {
        ConcurrencyItem::Limit(limit) => Concurrency { limit: *limit, group: None, on_new: OnNew::default() },
        ConcurrencyItem::Record(record) => Concurrency {
            limit: record.limit.as_ref()?.value.0,
            group: record.group.as_ref().map(|group| group.value.0.clone()),
            on_new: value(&record.on_new).unwrap_or_default(),
        },
    })
}

fn lower_loop_guard(guard: &LoopGuardFile) -> LoopGuard {
    let usual = LoopGuard::default();
    LoopGuard {
        starts: guard.starts.as_ref().map_or(usual.starts, |starts| starts.value.0),
        within: guard.within.as_ref().map_or(usual.within, |within| within.value.0),
    }
}

fn lower_steps_body(job: &JobFile) -> Option<StepsBody> {
    let secrets = job.secrets.iter().flat_map(|map| &map.value.entries);
    Some(StepsBody {
        steps: lower_steps(&job.steps)?,
        on_success: lower_steps(&job.on_success)?,
        on_failure: lower_steps(&job.on_failure)?,
        on_stop: lower_steps(&job.on_stop)?,
        always: lower_steps(&job.always)?,
        matrix: job.matrix.as_ref().map(|matrix| lower_matrix(&matrix.value)),
        timeout: job.timeout.as_ref().map(|timeout| timeout.value.0),
        env: lower_env(&job.env)?,
        secrets: secrets.map(|(key, name)| Some((key.value.0.clone(), name.as_ref()?.value.0.clone()))).collect::<Option<_>>()?,
        labels: job.runner.iter().flat_map(|runner| items(&runner.value.labels)).map(|label| label.0.clone()).collect(),
        idempotent: value(&job.idempotent).unwrap_or(false),
    })
}

fn lower_env(env: &Option<At<Map<VariableName, Formula<true>>>>) -> Option<BTreeMap<String, String>> {
    let entries = env.iter().flat_map(|map| &map.value.entries);
    entries.map(|(key, text)| Some((key.value.0.clone(), text.as_ref()?.value.0.text.clone()))).collect()
}

fn lower_steps(steps: &Option<At<List<StepFile>>>) -> Option<Vec<Step>> {
    items(steps).map(lower_step).collect()
}

fn lower_step(step: &StepFile) -> Option<Step> {
    let action = if let Some(run) = &step.run {
        StepAction::Run { script: run.value.0.text.clone(), shell: value(&step.shell), dir: text(&step.dir), env: lower_env(&step.env)? }
    } else if step.parallel.is_some() {
        StepAction::Parallel(lower_steps(&step.parallel)?)
    } else if let Some(artifacts) = &step.artifacts {
        StepAction::Artifacts { paths: globs(&artifacts.value.paths) }
    } else {
        let junit = step.reports.as_ref()?.value.junit.as_ref()?;
        StepAction::Reports { junit: junit.value.0.0.iter().map(|glob| glob.value.0.clone()).collect() }
    };
    let retry = step.retry.as_ref().and_then(|retry| {
        let times = retry.value.times.as_ref()?.value.0;
        Some(Retry { times, backoff: retry.value.backoff.as_ref().map_or(BACKOFF_MS, |backoff| backoff.value.0) })
    });
    Some(Step {
        name: text(&step.name),
        condition: text(&step.condition),
        timeout: step.timeout.as_ref().map(|timeout| timeout.value.0),
        retry,
        continue_on_error: value(&step.continue_on_error).unwrap_or(false),
        action,
    })
}

/// The matrix with every scalar as the text that was written.
pub(crate) fn lower_matrix(matrix: &MatrixMap) -> Matrix {
    let texts = |values: &Option<At<List<AnyScalar>>>| items(values).map(|scalar| scalar.0.text.clone()).collect();
    let cells = |list: &Option<At<List<Map<FieldName, AnyScalar>>>>| {
        let cell = |map: &Map<FieldName, AnyScalar>| {
            let entries = map.entries.iter();
            entries.filter_map(|(key, scalar)| Some((key.value.0.clone(), scalar.as_ref()?.value.0.text.clone()))).collect()
        };
        items(list).map(cell).collect()
    };
    Matrix {
        axes: matrix.axes.iter().map(|(name, values)| (name.value.0.clone(), texts(values))).collect(),
        include: cells(&matrix.include),
        exclude: cells(&matrix.exclude),
    }
}

/// A rule of a workspace.
pub(super) fn lower_workspace_rule(rule: &WorkspaceRuleFile) -> NotifyRule {
    NotifyRule {
        on: items(&rule.on).copied().collect(),
        jobs: items(&rule.jobs).map(|job| job.0.clone()).collect(),
        resources: items(&rule.resources).map(|resource| resource.0.clone()).collect(),
        pipelines: items(&rule.pipelines).map(|pipeline| pipeline.0.clone()).collect(),
        to: items(&rule.to).cloned().collect(),
        when: text(&rule.when),
    }
}

fn lower_notify(rule: &NotifyFile) -> Option<NotifyRule> {
    Some(NotifyRule {
        on: items(&rule.on).copied().collect(),
        jobs: items(&rule.jobs).map(|job| job.0.clone()).collect(),
        resources: items(&rule.resources).map(|resource| resource.0.clone()).collect(),
        pipelines: Vec::new(),
        to: items(&rule.to).cloned().collect(),
        when: text(&rule.when),
    })
}
