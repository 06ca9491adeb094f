//! The keys of a pipeline file, each declared once: from here come the reader and the JSON Schema.

use super::file_approval::ApprovalFile;
use super::file_checklist::TaskFile;
use super::file_parts::{AfterItem, ConcurrencyItem, InputItem, MatrixMap, OutputItem};
use super::file_resource::ResourceItem;
use super::model::{NotifyEvent, NotifyTarget, ParamKind};
use super::module::ModuleName;
use super::shape::{List, Map, OneOrMany, choice, record};
use super::words::{
    AnyScalar, Condition, Duration, FieldName, Glob, InnerPath, Name, PipelineName, Reference, Signed, Template, VariableName, Whole, Word,
};

record! {
    /// One pipeline: resources, jobs, notifications.
    PipelineFile as "a pipeline" {
        /// The pipeline's name, unique in its workspace.
        required pipeline ("pipeline"): PipelineName,
        /// What it is for, for people.
        optional description ("description"): String,
        /// A label that groups pipelines.
        optional project ("project"): String,
        /// Typed parameters of a manual or API run.
        optional params ("params"): Map<FieldName, ParamFile>,
        /// The reasons from which whoever closes a run by hand chooses one; without them they say why in their own words.
        optional closing_reasons ("closing_reasons"): List<String>,
        /// Named things with versions.
        optional resources ("resources"): Map<Name, ResourceItem>,
        /// The steps of the line.
        optional jobs ("jobs"): Map<Name, JobFile>,
        /// Who is told of what.
        optional notify ("notify"): List<NotifyFile>,
    }
    refused []
    hint "begin with `pipeline: NAME`"
}

record! {
    /// A typed parameter.
    ParamFile as "a parameter" {
        /// The kind of its values; the default is `string`.
        optional kind ("type"): ParamKind,
        /// What it means, for people.
        optional description ("description"): String,
        /// Taken where the run names none; without it the parameter is required.
        optional default ("default"): AnyScalar,
        /// The only values allowed.
        optional options ("options"): List<AnyScalar>,
    }
    refused []
    hint "write `{ type: string }`"
}

choice! {
    ParamKind {
        "string" => ParamKind::String, "boolean" => ParamKind::Boolean,
        "integer" => ParamKind::Integer, "number" => ParamKind::Number,
    }
    refused []
}

record! {
    /// One step of the line: a program (`steps`), a gate (`approval`), people's checklist (`tasks`), or what a module says (`uses`).
    JobFile as "a job" {
        /// What it does, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that job's history.
        optional was ("was"): Name,
        /// Resources whose versions it takes; each starts it unless `trigger: false`.
        optional inputs ("inputs"): List<InputItem>,
        /// Jobs that it follows.
        optional after ("after"): List<AfterItem>,
        /// Resources that it makes versions of.
        optional outputs ("outputs"): List<OutputItem>,
        /// How many of its runs go on at once: a number, or a limit shared by a group of jobs.
        optional concurrency ("concurrency"): ConcurrencyItem,
        /// Held until nothing upstream of it, at any distance, is waiting, queued, running or awaiting people.
        optional settle ("settle"): bool,
        /// -100 to 100, by default 0: of those that wait for one slot, and of those that wait for a runner, the highest begins first, then the oldest.
        /// A steady stream of higher ones can keep a lower one waiting for ever.
        optional priority ("priority"): Signed<-100, 100>,
        /// How often it may start itself through what it puts out before it is paused.
        optional loop_guard ("loop_guard"): LoopGuardFile,
        /// CEL; false skips the job run, which still lets the line pass.
        optional when ("when"): Condition,
        /// What it runs, in order, up to the first failure.
        optional steps ("steps"): List<StepFile>,
        /// Runs after success.
        optional on_success ("on_success"): List<StepFile>,
        /// Runs after a failure.
        optional on_failure ("on_failure"): List<StepFile>,
        /// Runs when the job run was stopped.
        optional on_stop ("on_stop"): List<StepFile>,
        /// Runs last, whatever happened.
        optional always ("always"): List<StepFile>,
        /// Runs the steps once for each combination of values.
        optional matrix ("matrix"): MatrixMap,
        /// The whole job's limit.
        optional timeout ("timeout"): Duration,
        /// Environment of every step; values may hold `${{ }}`.
        optional env ("env"): Map<VariableName, Template>,
        /// Environment variable: name of a secret of the workspace.
        optional secrets ("secrets"): Map<VariableName, Word>,
        /// Which runners may take it.
        optional runner ("runner"): RunnerFile,
        /// May be started again when its runner is lost in the middle.
        optional idempotent ("idempotent"): bool,
        /// Makes the job a gate, decided by people.
        optional approval ("approval"): ApprovalFile,
        /// Makes the job a checklist: what people have to do.
        optional tasks ("tasks"): List<TaskFile>,
        /// A module of the library or the workspace that says what the job does.
        optional uses ("uses"): ModuleName,
        /// With `uses`: the values of the module's parameters.
        optional with ("with"): Map<FieldName, AnyScalar>,
    }
    refused []
    hint "give it `steps`, `approval` or `tasks`"
}

record! {
    /// Which runners may take a job.
    RunnerFile as "a runner choice" {
        /// Labels that the runner must all have.
        required labels ("labels"): List<Word>,
    }
    refused []
    hint "write `{ labels: [linux] }`"
}

record! {
    /// One step: exactly one of `run`, `parallel`, `artifacts`, `reports` and `uses`.
    StepFile as "a step" {
        /// Shown instead of the script's first line; may hold `${{ }}`.
        optional name ("name"): Template,
        /// CEL; false leaves the step out.
        optional condition ("if"): Condition,
        /// A script; may hold `${{ }}`.
        optional run ("run"): Template,
        /// The command line that is given the script's file; the default is `bash -euo pipefail`.
        optional shell ("shell"): String,
        /// Where the script runs, relative to the step's usual folder; may hold `${{ }}`.
        optional dir ("dir"): Template,
        /// Environment of this step; values may hold `${{ }}`.
        optional env ("env"): Map<VariableName, Template>,
        /// The step's limit.
        optional timeout ("timeout"): Duration,
        /// Tries again after a failure.
        optional retry ("retry"): RetryFile,
        /// A failure of this step does not fail the job.
        optional continue_on_error ("continue_on_error"): bool,
        /// Steps that run side by side.
        optional parallel ("parallel"): List<StepFile>,
        /// Files to keep.
        optional artifacts ("artifacts"): ArtifactsFile,
        /// Test reports to read.
        optional reports ("reports"): ReportsFile,
        /// A module of the library or the workspace whose steps stand here.
        optional uses ("uses"): ModuleName,
        /// With `uses`: the values of the module's parameters.
        optional with ("with"): Map<FieldName, AnyScalar>,
    }
    refused ["image", "user", "cache"]
    hint "write `- run: …`"
}

record! {
    /// How often and when a step is tried again.
    RetryFile as "a retry" {
        /// Further attempts after the first.
        required times ("times"): Whole<1, 10>,
        /// Pause before the first further attempt, doubled for each one after it; the default is 1s.
        optional backoff ("backoff"): Duration,
    }
    refused []
    hint "write `{ times: 2, backoff: 10s }`"
}

record! {
    /// Files to keep.
    ArtifactsFile as "artifacts" {
        /// Globs, relative to the step's folder.
        required paths ("paths"): List<Glob>,
    }
    refused []
    hint "write `{ paths: [\"out/**\"] }`"
}

record! {
    /// Test reports to read.
    ReportsFile as "reports" {
        /// JUnit XML files: a glob or several.
        required junit ("junit"): OneOrMany<Glob>,
    }
    refused []
    hint "write `{ junit: \"out/*.xml\" }`"
}

record! {
    /// Who is told of what.
    NotifyFile as "a notification" {
        /// The events.
        required on ("on"): List<NotifyEvent>,
        /// Only of these jobs; the default is every job.
        optional jobs ("jobs"): List<Reference>,
        /// With `version-published`: only of these resources; the default is every resource.
        optional resources ("resources"): List<Reference>,
        /// `email:ADDRESS`, `channel:NAME`, `user:NAME`, `group:NAME`, `approvers`, `assignee`, `initiator` or `authors`.
        required to ("to"): List<NotifyTarget>,
        /// CEL; false sends nothing.
        optional when ("when"): Condition,
    }
    refused []
    hint "write `{ on: [failed], to: [\"email:team@example.org\"] }`"
}

record! {
    /// A workspace's own rules, as the `notify` of a pipeline, for all of its pipelines.
    RulesFile as "the rules of a workspace" {
        /// The rules.
        required notify ("notify"): List<WorkspaceRuleFile>,
    }
    refused []
}

record! {
    /// Who is told of what, in every pipeline.
    WorkspaceRuleFile as "a notification" {
        /// The events.
        required on ("on"): List<NotifyEvent>,
        /// Only of these pipelines; the default is every pipeline.
        optional pipelines ("pipelines"): List<PipelineName>,
        /// Only of jobs with these names; the default is every job.
        optional jobs ("jobs"): List<Reference>,
        /// With `version-published`: only of resources with these names; the default is every resource.
        optional resources ("resources"): List<Reference>,
        /// `email:ADDRESS`, `channel:NAME`, `user:NAME`, `group:NAME`, `approvers`, `assignee`, `initiator` or `authors`.
        required to ("to"): List<NotifyTarget>,
        /// CEL; false sends nothing.
        optional when ("when"): Condition,
    }
    refused []
    hint "write `{ on: [failed], to: [\"email:team@example.org\"] }`"
}

choice! {
    NotifyEvent {
        "started" => NotifyEvent::Started, "succeeded" => NotifyEvent::Succeeded, "failed" => NotifyEvent::Failed,
        "fixed" => NotifyEvent::Fixed, "broken" => NotifyEvent::Broken, "stopped" => NotifyEvent::Stopped,
        "errored" => NotifyEvent::Errored, "awaiting-approval" => NotifyEvent::AwaitingApproval,
        "approved" => NotifyEvent::Approved, "rejected" => NotifyEvent::Rejected, "expired" => NotifyEvent::Expired,
        "reminded" => NotifyEvent::Reminded, "task-assigned" => NotifyEvent::TaskAssigned, "task-due" => NotifyEvent::TaskDue,
        "task-overdue" => NotifyEvent::TaskOverdue,
        "version-published" => NotifyEvent::VersionPublished, "paused" => NotifyEvent::Paused,
    }
    refused []
}

record! {
    /// An input with options.
    InputRecord as "an input" {
        /// The resource.
        required resource ("resource"): Reference,
        /// What the job calls it; the default is the resource's name.
        optional name ("name"): Name,
        /// Only versions with which these jobs succeeded.
        optional passed ("passed"): super::file_parts::PassedItem,
        /// Whether a new version starts the job; the default is true.
        optional trigger ("trigger"): bool,
        /// `latest` (the default), `every`, or the keys of the version to stay on.
        optional version ("version"): super::file_parts::VersionItem,
        /// Where it is fetched to, relative to the workspace; the default is the input's name.
        optional path ("path"): InnerPath,
    }
    refused []
    hint "write a resource's name or `{ resource: NAME }`"
}

record! {
    /// One of several jobs is enough.
    AnyPassed as "`passed`" {
        /// One of these jobs succeeded with the version.
        required any ("any"): List<Reference>,
    }
    refused []
}

record! {
    /// A job to follow, with the ends that count.
    AfterRecord as "an `after` item" {
        /// The job.
        required job ("job"): Reference,
        /// Which ends count; the default is `passed`: succeeded, or skipped by its own `when`.
        optional on ("on"): super::model::AfterOutcome,
    }
    refused []
    hint "write a job's name or `{ job: NAME, on: succeeded }`"
}

choice! {
    super::model::AfterOutcome {
        "passed" => super::model::AfterOutcome::Passed, "succeeded" => super::model::AfterOutcome::Succeeded,
        "failed" => super::model::AfterOutcome::Failed, "finished" => super::model::AfterOutcome::Finished,
    }
    refused []
}

record! {
    /// An output with options.
    OutputRecord as "an output" {
        /// The resource.
        required resource ("resource"): Reference,
        /// `success` (the default) or `always`: also after a failure.
        optional on ("on"): super::file_parts::PublishWhen,
        /// Of a semver resource: which part of its number grows, unless the job writes the number itself.
        optional bump ("bump"): crate::number::Part,
        /// With `bump`: the identifier of a prerelease, such as `rc`.
        optional pre ("pre"): String,
    }
    refused []
    hint "write a resource's name or `{ resource: NAME }`"
}

choice! {
    crate::number::Part {
        "major" => crate::number::Part::Major, "minor" => crate::number::Part::Minor,
        "patch" => crate::number::Part::Patch, "pre" => crate::number::Part::Pre,
    }
    refused []
}

record! {
    /// How many job runs go on at once.
    ConcurrencyRecord as "a concurrency limit" {
        /// At most so many.
        required limit ("limit"): Whole<1, 1000>,
        /// Jobs of the workspace that name one group share its slots; the default is this job alone.
        optional group ("group"): Word,
        /// What a newer set does: `supersede` (the default) the one that waits, `queue` behind it, or `cancel-running`.
        optional on_new ("on_new"): super::model::OnNew,
    }
    refused []
}

choice! {
    super::model::OnNew {
        "supersede" => super::model::OnNew::Supersede, "queue" => super::model::OnNew::Queue,
        "cancel-running" => super::model::OnNew::CancelRunning,
    }
    refused []
}

record! {
    /// How often a job may start itself before it is paused.
    LoopGuardFile as "a loop guard" {
        /// So many starts by itself are allowed; the default is 20.
        optional starts ("starts"): Whole<1, 1000>,
        /// In this time; the default is 5m, at most 1d.
        optional within ("within"): Duration,
    }
    refused []
    hint "write `{ starts: 20, within: 5m }`"
}
