//! The help of `andon` itself: commands in groups, in the order in which people meet them.

use crate::arguments::Cli;
use clap::{Command, CommandFactory};

/// Every command stands in exactly one group.
const GROUPS: &[(&str, &[&str])] = &[
    ("Processes", &["server", "runner"]),
    ("Definition", &["check", "plan", "set", "pipelines", "revisions", "diff", "module", "library", "schema", "resolve"]),
    ("Running", &["trigger", "runs", "run", "watch", "logs", "stop", "close", "rerun", "pause", "resume"]),
    ("Explanation", &["why", "simulate", "trace"]),
    ("People", &["inbox", "task", "gate", "approve", "reject", "request-changes", "revoke", "claim", "break-glass", "review"]),
    ("Resources", &["resources", "versions", "publish", "poll", "pin", "unpin", "disable", "enable"]),
    ("Environments", &["environments", "env"]),
    (
        "Administration",
        &[
            "login",
            "logout",
            "whoami",
            "secret",
            "token",
            "user",
            "member",
            "group",
            "channel",
            "notifications",
            "delivery",
            "audit",
            "runners",
            "completions",
        ],
    ),
];

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the thing failed, 2 wrong use, 3 no connection.\n\
`andon COMMAND --help` says more about a command.";

/// The command line's definition, with the grouped help.
pub fn command() -> Command {
    let command = Cli::command();
    let groups = render_groups(&command);
    command.help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}Options:\n{{options}}\n\n{EXIT_CODES}\n"))
}

fn render_groups(command: &Command) -> String {
    let width = GROUPS.iter().flat_map(|(_, names)| names.iter()).map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (heading, names) in GROUPS {
        text.push_str(&format!("{heading}:\n"));
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {name:<width$}  {about}\n"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_stands_in_one_group() {
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let commands: BTreeSet<String> = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert_eq!(grouped.len(), commands.len(), "none stands twice");
        assert_eq!(grouped.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), commands);
    }

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn the_help_is_as_it_was() {
        insta::assert_snapshot!(command().render_help().to_string());
    }

    #[test]
    fn the_help_of_every_command_is_as_it_was() {
        let mut built = command();
        built.build();
        let mut text = String::new();
        for sub in built.get_subcommands() {
            text.push_str(&format!("== {}\n{}\n", sub.get_name(), sub.clone().render_help()));
            for inner in sub.get_subcommands().filter(|inner| inner.get_name() != "help") {
                text.push_str(&format!("== {} {}\n{}\n", sub.get_name(), inner.get_name(), inner.clone().render_help()));
            }
        }
        insta::assert_snapshot!(text);
    }
}
