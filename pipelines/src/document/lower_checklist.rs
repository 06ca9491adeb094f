//! From a checklist as it was written to what it means.

use super::checklist::{Anchor, Assign, Checklist, ChecklistItem, Due};
use super::file::JobFile;
use super::file_checklist::{AssignItem, DueItem, TaskFile};
use super::lower::{items, text, value};

/// What a task is called that the file gives no name; `index` counts from 0.
pub(super) fn usual_id(index: usize) -> String {
    format!("task-{}", index + 1)
}

pub(super) fn lower_checklist(job: &JobFile) -> Option<Checklist> {
    let files: Vec<&TaskFile> = items(&job.tasks).collect();
    let ids: Vec<String> = files.iter().enumerate().map(|(index, task)| id_of(index, task)).collect();
    let tasks = files.iter().enumerate().map(|(index, task)| lower_task(task, (index, &ids))).collect::<Option<_>>()?;
    Some(Checklist { tasks, timeout: job.timeout.as_ref().map(|timeout| timeout.value.0) })
}

fn id_of(index: usize, task: &TaskFile) -> String {
    task.id.as_ref().map_or_else(|| usual_id(index), |id| id.value.0.clone())
}

fn lower_task(task: &TaskFile, (index, ids): (usize, &[String])) -> Option<ChecklistItem> {
    Some(ChecklistItem {
        id: ids.get(index)?.clone(),
        title: text(&task.title)?,
        description: text(&task.description),
        assign: task.assign.as_ref().map(|assign| match &assign.value {
            AssignItem::User(name) => Assign::User(name.clone()),
            AssignItem::Group(name) => Assign::Group(name.clone()),
            AssignItem::Expression(template) => Assign::Expression(template.0.text.clone()),
        }),
        due: task.due.as_ref().map(|due| match &due.value {
            DueItem::At(at) => Due::At(*at),
            DueItem::After { duration, anchor } => Due::After { duration: *duration, anchor: anchor_of(anchor, ids) },
        }),
        after: items(&task.after).map(|name| name.0.clone()).collect(),
        optional: value(&task.optional).unwrap_or(false),
        reason_required: value(&task.reason_required).unwrap_or(false),
    })
}

/// A task of the checklist before a job of the same name.
fn anchor_of(name: &str, ids: &[String]) -> Anchor {
    match name {
        "run" => Anchor::Run,
        name if ids.iter().any(|id| id == name) => Anchor::Task(name.to_owned()),
        name => Anchor::Job(name.to_owned()),
    }
}
