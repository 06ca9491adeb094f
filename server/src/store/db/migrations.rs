//! The migrations, in the program.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Every file of `migrations/`, in order. A test compares this with the folder.
const FILES: &[(&str, &str)] = &[
    ("0001_line.sql", include_str!("../../../../migrations/0001_line.sql")),
    ("0002_people.sql", include_str!("../../../../migrations/0002_people.sql")),
    ("0003_why.sql", include_str!("../../../../migrations/0003_why.sql")),
    ("0004_handles.sql", include_str!("../../../../migrations/0004_handles.sql")),
    ("0005_modules.sql", include_str!("../../../../migrations/0005_modules.sql")),
    ("0006_revisions.sql", include_str!("../../../../migrations/0006_revisions.sql")),
    ("0007_gates.sql", include_str!("../../../../migrations/0007_gates.sql")),
    ("0008_notify.sql", include_str!("../../../../migrations/0008_notify.sql")),
    ("0009_runs.sql", include_str!("../../../../migrations/0009_runs.sql")),
    ("0010_tasks.sql", include_str!("../../../../migrations/0010_tasks.sql")),
    ("0011_environments.sql", include_str!("../../../../migrations/0011_environments.sql")),
    ("0012_audit.sql", include_str!("../../../../migrations/0012_audit.sql")),
    ("0013_runners.sql", include_str!("../../../../migrations/0013_runners.sql")),
    ("0014_gate_approvers.sql", include_str!("../../../../migrations/0014_gate_approvers.sql")),
    ("0015_history.sql", include_str!("../../../../migrations/0015_history.sql")),
    ("0016_open.sql", include_str!("../../../../migrations/0016_open.sql")),
];

/// What brings a database's tables up to date.
pub(super) fn migrator() -> Migrator {
    let migrations =
        FILES.iter().map(|(name, text)| Migration::new(number_of(name), (*name).into(), MigrationType::Simple, text.into_sql_str(), false));
    Migrator::with_migrations(migrations.collect())
}

/// The number that a file's name begins with: `0002_people.sql` is number 2.
fn number_of(name: &str) -> i64 {
    name.split('_').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, FILES.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
        let numbers: Vec<i64> = names.iter().map(|name| number_of(name)).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers[0] == 1, "{numbers:?}: each has a number of its own");
    }
}
