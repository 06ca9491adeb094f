//! `was`: former names of jobs and resources.

use crate::document::file::PipelineFile;
use crate::document::findings::Findings;
use crate::document::shape::At;
use crate::document::words::Name;
use std::collections::BTreeMap;

/// Each part with its former name.
type Renamed<'a> = (&'a At<Name>, &'a At<Name>);

pub(super) fn check_renames(file: &PipelineFile, findings: &mut Findings<'_>) {
    let jobs = file.jobs.iter().flat_map(|map| &map.value.entries);
    let renamed = jobs.clone().filter_map(|(name, job)| Some((name, job.as_ref()?.value.was.as_ref()?)));
    check_former("job", (renamed.collect(), jobs.map(|(name, _)| name).collect()), findings);
    let resources = file.resources.iter().flat_map(|map| &map.value.entries);
    let renamed = resources.clone().filter_map(|(name, item)| Some((name, item.as_ref()?.value.was()?)));
    check_former("resource", (renamed.collect(), resources.map(|(name, _)| name).collect()), findings);
}

fn check_former(what: &str, (renamed, names): (Vec<Renamed<'_>>, Vec<&At<Name>>), findings: &mut Findings<'_>) {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, was) in renamed {
        let (name, former) = (name.value.0.as_str(), was.value.0.as_str());
        if name == former {
            let help = Some("`was` names what it was called before".to_owned());
            findings.error_with("bad-was", was.span, format!("the {what} is called \"{name}\" still"), help);
        } else if names.iter().any(|name| name.value.0 == former) {
            let message = format!("\"{former}\" is a {what} of this file, so \"{name}\" cannot go on with its history");
            findings.error_with(
                "bad-was",
                was.span,
                message,
                Some("a rename takes the old name away; leave `was` out for a new one".to_owned()),
            );
        } else if let Some(other) = taken.insert(former, name) {
            let message = format!("\"{other}\" and \"{name}\" were both \"{former}\"; only one can go on with its history");
            findings.error("bad-was", was.span, message);
        }
    }
}
