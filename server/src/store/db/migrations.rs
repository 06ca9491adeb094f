//! The migrations, in the program.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Every file of `migrations/`, in order. A test compares this with the folder.
const FILES: &[(&str, &str)] = &[
    ("0001_line.sql", include_str!("../../../../migrations/0001_line.sql")),
    ("0002_people.sql", include_str!("../../../../migrations/0002_people.sql")),
    ("0003_why.sql", include_str!("../../../../migrations/0003_why.sql")),
];

/// What brings a database's tables up to date.
pub(super) fn migrator() -> Migrator {
    let migrations = FILES
        .iter()
        .zip(1..)
        .map(|((name, text), version)| Migration::new(version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false));
    Migrator::with_migrations(migrations.collect())
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
        for (position, name) in names.iter().enumerate() {
            assert!(name.starts_with(&format!("{:04}_", position + 1)), "{name} is not the next number");
        }
    }
}
