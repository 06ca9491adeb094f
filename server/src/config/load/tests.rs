use super::super::find_field;
use super::*;
use crate::store::Target;
use proptest::prelude::*;
use std::io::Write;

type Flags = BTreeMap<String, String>;

fn nothing(_: &str) -> Option<String> {
    None
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("it can be written");
    file
}

fn flag(name: &str, value: &str) -> Flags {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// A value for each field that is not its default, drawn by `seed`.
fn other_value(field: &Field, seed: u32) -> String {
    match field.name {
        "data" => format!("/srv/andon-{seed}"),
        "database" => format!("postgres://ada@db/andon{seed}"),
        "listen" => format!("127.0.0.2:{}", seed % 60_000),
        "public-url" => format!("https://andon-{seed}.example.org"),
        "smtp" => format!("smtp://localhost:{}?from=a@example.org", 1 + seed % 60_000),
        "hook-secret" => format!("hook-{seed}"),
        "isolation" => "none".to_owned(),
        // Long enough for every heartbeat, and the other way round.
        "lease" => format!("{}s", 100 + seed % 1000),
        "heartbeat" => format!("{}ms", 1 + seed % 9_999),
        _ => match field.kind {
            // Behind all defaults, so that it differs from them.
            Kind::Duration => format!("{}s", 7_200 + i64::from(seed % 1_000_000)),
            Kind::Size => format!("{}B", (40_i64 << 30) + i64::from(seed)),
            Kind::Switch => ((field.show)(&Settings::with_data(PathBuf::new())) != "true").to_string(),
            Kind::Count => (3 + seed % 900).to_string(),
            _ => format!("word-{seed}"),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_setting_can_be_set_in_all_three_ways(seed in any::<u32>()) {
        for field in FIELDS {
            let value = other_value(field, seed);
            let shown = |loaded: &Loaded| (field.show)(&loaded.settings);
            let by_flag = load(&flag(field.name, &value), &nothing, None).expect("a flag sets it");
            let set = |variable: &str| (variable == field.variable()).then(|| value.clone());
            let by_environment = load(&Flags::new(), &set, None).expect("a variable sets it");
            let toml = file(&format!("# settings\n{} = {:?}\n", field.key(), value));
            let by_file = load(&Flags::new(), &nothing, Some(toml.path())).expect("the file sets it");
            prop_assert_eq!(shown(&by_flag), shown(&by_environment));
            prop_assert_eq!(shown(&by_flag), shown(&by_file));
            let default = load(&Flags::new(), &nothing, None).expect("the defaults are good");
            prop_assert_ne!(shown(&by_flag), shown(&default), "{} has an effect", field.name);
            prop_assert_eq!(by_flag.origins.get(field.name), Some(&Origin::Flag(format!("--{}", field.name))));
            prop_assert_eq!(by_environment.origins.get(field.name), Some(&Origin::Environment(field.variable())));
            prop_assert_eq!(by_file.origins.get(field.name), Some(&Origin::File { path: toml.path().to_owned(), line: 2 }));
        }
    }
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let toml = file("runner_slots = 3\ntick = \"3s\"\nlease = \"40s\"");
    let environment = |variable: &str| match variable {
        "ANDON_RUNNER_SLOTS" => Some("4".to_owned()),
        "ANDON_TICK" => Some("4s".to_owned()),
        // Empty counts as absent.
        "ANDON_LEASE" => Some(String::new()),
        _ => None,
    };
    let loaded = load(&flag("runner-slots", "5"), &environment, Some(toml.path())).expect("good settings");
    let settings = &loaded.settings;
    assert_eq!((settings.runner_slots, settings.tick_ms, settings.lease_ms, settings.heartbeat_ms), (5, 4000, 40_000, 10_000));
    assert_eq!(loaded.origins.len(), 3, "the default has no origin: {:?}", loaded.origins);
}

#[test]
fn the_database_lies_in_the_data_folder_unless_it_is_set() {
    let loaded = load(&flag("data", "/srv/andon"), &nothing, None).expect("good settings");
    assert_eq!(loaded.settings.database, Target::Sqlite("/srv/andon/andon.sqlite".into()));
    let environment = |variable: &str| (variable == "HOME").then(|| "/home/ada".to_owned());
    let loaded = load(&Flags::new(), &environment, None).expect("good settings");
    assert_eq!(loaded.settings.data, PathBuf::from("/home/ada/.local/share/andon"));
}

#[test]
fn the_file_may_write_values_as_toml_does() {
    let toml = file("runner = false\nrunner_slots = 7\nrunner_labels = [\"linux\", \"large\"]\n");
    let settings = load(&Flags::new(), &nothing, Some(toml.path())).expect("good settings").settings;
    assert_eq!((settings.runner, settings.runner_slots, settings.runner_labels), (false, 7, vec!["linux".to_owned(), "large".to_owned()]));
}

fn message(flags: &Flags, text: Option<&str>) -> String {
    let file = text.map(file);
    let error = load(flags, &nothing, file.as_ref().map(tempfile::NamedTempFile::path)).expect_err("bad settings");
    match file {
        Some(file) => error.to_string().replace(&file.path().display().to_string(), "andon.toml"),
        None => error.to_string(),
    }
}

#[test]
fn errors_say_which_setting_where_and_what_is_right() {
    assert_eq!(
        message(&flag("listen", "8080"), None),
        "the setting listen (flag --listen) is \"8080\": it is an address with a port, as in 127.0.0.1:8080 (port 0 picks a free one)"
    );
    assert_eq!(
        message(&Flags::new(), Some("\n\nlog_limit = \"much\"\n")),
        "the setting log-limit (andon.toml, line 3) is \"much\": it is a size, as in 512KiB, 20MiB or 2GiB"
    );
    assert_eq!(
        message(&Flags::new(), Some("runner_slot = 4\n")),
        "andon.toml, line 1: there is no setting \"runner_slot\"; did you mean \"runner_slots\"?"
    );
    assert_eq!(
        message(&Flags::new(), Some("listen = 8080\n")),
        "andon.toml, line 1: listen has a value of the wrong sort: it is an address with a port, as in 127.0.0.1:8080 (port 0 picks a free one)"
    );
    assert!(message(&Flags::new(), Some("listen = \n")).starts_with("andon.toml is not TOML: "));
    assert!(message(&Flags::from([("heartbeat".to_owned(), "1m".to_owned())]), None).contains("set heartbeat to less than lease"));
}

#[test]
fn passwords_show_neither_in_errors_nor_in_the_description() {
    for name in ["database", "smtp"] {
        let text = message(&flag(name, "mysql://ada:pa55word@db/x"), None);
        assert!(!text.contains("pa55word") && text.contains(name), "{text}");
    }
    let loaded = load(&flag("database", "postgres://ada:pa55word@db/x"), &nothing, None).expect("good settings");
    let text = loaded.describe();
    assert!(text.contains("database = \"postgres://ada:***@db/x\""), "{text}");
    assert!(text.contains("# flag --database") && text.contains("# default") && !text.contains("pa55word"), "{text}");
}

#[test]
fn the_description_can_be_read_back_as_a_file() {
    let environment = |variable: &str| (variable == "HOME").then(|| "/home/ada".to_owned());
    let first = load(&Flags::new(), &environment, None).expect("good settings");
    let toml = file(&first.describe());
    let second = load(&Flags::new(), &nothing, Some(toml.path())).expect("the description is a file of settings");
    for field in FIELDS {
        assert_eq!((field.show)(&first.settings), (field.show)(&second.settings), "{}", field.name);
    }
    assert!(find_field("data").is_some() && find_field("date").is_none());
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = load(&Flags::new(), &nothing, Some(Path::new("/nonexistent/andon.toml"))).expect_err("no file");
    assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
}
