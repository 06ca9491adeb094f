//! When a job may start: `settle`, `loop_guard`, and what a newer set does.

use crate::document::file::JobFile;
use crate::document::file_parts::{ConcurrencyItem, NameOr, VersionItem};
use crate::document::findings::Findings;
use crate::document::model::OnNew;
use crate::document::shape::Record;

/// The longest time that a loop guard looks back.
const LONGEST_WITHIN_MS: u64 = 86_400_000;

pub(super) fn check_handles(job: &JobFile, findings: &mut Findings<'_>) {
    if let Some(within) = job.loop_guard.as_ref().and_then(|guard| guard.value.within.as_ref())
        && within.value.0 > LONGEST_WITHIN_MS
    {
        findings.error("too-large", within.span, "a loop guard looks back over at most 1d");
    }
    if let Some(settle) = job.settle.as_ref().filter(|settle| settle.value)
        && !job.has("inputs")
        && !job.has("after")
    {
        let help = Some("give the job `inputs` or `after`, or leave `settle` out".to_owned());
        findings.error_with("never", settle.span, "nothing is upstream of this job, so there is nothing to settle", help);
    }
    if let Some(ConcurrencyItem::Record(record)) = job.concurrency.as_ref().map(|item| &item.value)
        && let Some(on_new) = record.on_new.as_ref().filter(|on_new| on_new.value == OnNew::CancelRunning)
    {
        if job.has("approval") {
            findings.error("conflicting-keys", on_new.span, "nothing runs in a gate that a newer set could cancel");
        } else if takes_every_version(job) {
            let message = "an input takes `every` version, so none of its runs may be cancelled for a newer one";
            findings.error("conflicting-keys", on_new.span, message);
        }
    }
}

fn takes_every_version(job: &JobFile) -> bool {
    let records = job.inputs.iter().flat_map(|list| &list.value.0).filter_map(|item| match &item.value {
        NameOr::Record(record) => record.version.as_ref(),
        NameOr::Name(_) => None,
    });
    records.into_iter().any(|version| matches!(version.value, VersionItem::Every))
}
