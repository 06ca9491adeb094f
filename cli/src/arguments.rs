//! The command line: every command, and which function does it.

use crate::client::Reach;
use crate::commands::{
    audit, channels, control, definition, environments, explanation, login, logs, modules, notifications, people, resources, runs, secrets,
    server, start, tasks, tokens, trace, users, watch,
};
use crate::context::Context;
use crate::failure::Outcome;
use crate::terminal::Terminal;
use clap::{CommandFactory, Parser, Subcommand};

/// Andon: an assembly line for software
#[derive(Parser, Debug)]
#[command(name = "andon", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub reach: Reach,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a server, with a runner inside
    Server(Box<server::ServerArgs>),
    /// Run a runner for a server elsewhere
    Runner(server::RunnerArgs),

    /// Check pipeline files; a server is asked only for modules of the workspace
    Check(definition::CheckArgs),
    /// Show what setting a file would change
    Plan(definition::PlanArgs),
    /// Set a pipeline's next revision
    Set(definition::SetArgs),
    /// List the pipelines
    Pipelines(definition::PipelinesArgs),
    /// List a pipeline's revisions
    Revisions(definition::RevisionsArgs),
    /// Show what changed between two revisions
    Diff(definition::DiffArgs),
    /// Modules of the workspace: steps and jobs that its pipelines share
    #[command(subcommand)]
    Module(modules::ModuleCommand),
    /// Modules and pipelines that come with Andon
    #[command(subcommand)]
    Library(modules::LibraryCommand),
    /// Print the JSON Schema of pipeline files, or of module files
    Schema(definition::SchemaArgs),
    /// Replay one resolution of versions, without a server
    Resolve(definition::ResolveArgs),

    /// Run a job by hand
    Trigger(start::TriggerArgs),
    /// List runs
    Runs(runs::RunsArgs),
    /// Show a run
    Run(runs::RunArgs),
    /// Follow a run; exit code 1 if it fails
    Watch(watch::WatchArgs),
    /// Print or follow a job run's log
    Logs(logs::LogsArgs),
    /// Stop a run or a job run
    Stop(runs::StopArgs),
    /// Close a run by hand, with a reason: what is active of it is stopped
    Close(runs::CloseArgs),
    /// Run a run or a job run again, on the same versions
    Rerun(runs::RerunArgs),
    /// Hold a pipeline or a job: nothing of it starts
    Pause(control::HoldArgs),
    /// Let a held pipeline or job go on
    Resume(control::HoldArgs),
    /// Explain why a job did or did not run, or why a version has or has not got to it
    Why(explanation::WhyArgs),
    /// Show what versions that do not exist yet, and an edited file, would start
    Simulate(explanation::SimulateArgs),
    /// Show where a version came from and where it has got to
    Trace(trace::TraceArgs),

    /// List what waits for you: gates and tasks
    Inbox(people::InboxArgs),
    /// Tasks of people's checklists
    #[command(subcommand)]
    Task(tasks::TaskCommand),
    /// Show a gate
    Gate(people::GateArgs),
    /// Approve at a gate
    Approve(people::DecideArgs),
    /// Reject at a gate
    Reject(people::DecideArgs),
    /// Ask for changes at a gate: nothing goes through until you approve or take it back
    RequestChanges(people::DecideArgs),
    /// Take back what you decided at a gate
    Revoke(people::ActArgs),
    /// Say that you look after a gate
    Claim(people::ClaimArgs),
    /// Open a gate alone, in an emergency
    BreakGlass(people::BreakGlassArgs),
    /// Review why a gate was opened alone
    Review(people::ActArgs),

    /// List a pipeline's resources
    Resources(resources::ResourcesArgs),
    /// List a resource's versions
    Versions(resources::VersionsArgs),
    /// Publish a version from outside
    Publish(start::PublishArgs),
    /// Look for new versions now
    Poll(resources::ResourceArgs),
    /// Make every job take one version
    Pin(resources::PinArgs),
    /// Let a pinned resource go
    Unpin(resources::ResourceArgs),
    /// Forbid a version to be chosen automatically
    Disable(resources::DisableArgs),
    /// Allow a disabled version again
    Enable(resources::EnableArgs),
    /// Show what runs where
    Environments(environments::ListArgs),
    /// Environments: what runs there, what has run; promote, roll back, lock
    #[command(subcommand)]
    Env(environments::EnvironmentCommand),

    /// Sign in, and keep a token
    Login(login::LoginArgs),
    /// End the kept token
    Logout,
    /// Show who you are
    Whoami(login::WhoamiArgs),
    /// Secrets of the workspace
    #[command(subcommand)]
    Secret(secrets::SecretCommand),
    /// API tokens
    #[command(subcommand)]
    Token(tokens::TokenCommand),
    /// Accounts
    #[command(subcommand)]
    User(users::UserCommand),
    /// Members of the workspace
    #[command(subcommand)]
    Member(users::MemberCommand),
    /// Groups of members
    #[command(subcommand)]
    Group(users::GroupCommand),
    /// Where notifications go
    #[command(subcommand)]
    Channel(channels::ChannelCommand),
    /// What is told: the rules of the workspace, and your own settings
    #[command(subcommand)]
    Notifications(notifications::NotificationsCommand),
    /// What was told to whom, and what came of it
    #[command(subcommand)]
    Delivery(notifications::DeliveryCommand),
    /// Who did what, when and from where
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// List the runners
    Runners(resources::OverviewArgs),
    /// Print a script that completes commands in a shell
    Completions { shell: clap_complete::Shell },
}

/// Does what the command line says; `names_workspace`: it says which workspace, rather than the environment.
pub async fn execute(cli: Cli, names_workspace: bool) -> Outcome {
    let context = Context { terminal: Terminal::detect(), reach: cli.reach, names_workspace };
    let context = &context;
    match &cli.command {
        Command::Server(args) => server::server(context, args).await,
        Command::Runner(args) => server::runner(context, args).await,
        Command::Check(args) => definition::check(context, args).await,
        Command::Plan(args) => definition::plan(context, args).await,
        Command::Set(args) => definition::set(context, args).await,
        Command::Pipelines(args) => definition::list_pipelines(context, args).await,
        Command::Revisions(args) => definition::list_revisions(context, args).await,
        Command::Diff(args) => definition::diff(context, args).await,
        Command::Module(command) => modules::module(context, command).await,
        Command::Library(command) => modules::library(context, command),
        Command::Schema(args) => definition::schema(context, args),
        Command::Resolve(args) => definition::resolve(context, args),
        Command::Trigger(args) => start::trigger(context, args).await,
        Command::Runs(args) => runs::list(context, args).await,
        Command::Run(args) => runs::show(context, args).await,
        Command::Watch(args) => watch::watch(context, args).await,
        Command::Logs(args) => logs::logs(context, args).await,
        Command::Stop(args) => runs::stop(context, args).await,
        Command::Close(args) => runs::close(context, args).await,
        Command::Rerun(args) => runs::rerun(context, args).await,
        Command::Pause(args) => control::pause(context, args).await,
        Command::Resume(args) => control::resume(context, args).await,
        Command::Why(args) => explanation::why(context, args).await,
        Command::Simulate(args) => explanation::simulate(context, args).await,
        Command::Trace(args) => trace::trace(context, args).await,
        Command::Inbox(args) => people::inbox(context, args).await,
        Command::Task(command) => tasks::task(context, command).await,
        Command::Gate(args) => people::gate(context, args).await,
        Command::Approve(args) => people::decide(context, args, "approve").await,
        Command::Reject(args) => people::decide(context, args, "reject").await,
        Command::RequestChanges(args) => people::decide(context, args, "request-changes").await,
        Command::Revoke(args) => people::revoke(context, args).await,
        Command::Claim(args) => people::claim(context, args).await,
        Command::BreakGlass(args) => people::break_glass(context, args).await,
        Command::Review(args) => people::review(context, args).await,
        Command::Resources(args) => resources::list(context, args).await,
        Command::Versions(args) => resources::list_versions(context, args).await,
        Command::Publish(args) => start::publish(context, args).await,
        Command::Poll(args) => resources::poll(context, args).await,
        Command::Pin(args) => resources::pin(context, args).await,
        Command::Unpin(args) => resources::unpin(context, args).await,
        Command::Disable(args) => resources::disable(context, args).await,
        Command::Enable(args) => resources::enable(context, args).await,
        Command::Environments(args) => environments::list(context, args).await,
        Command::Env(command) => environments::environment(context, command).await,
        Command::Login(args) => login::login(context, args).await,
        Command::Logout => login::logout(context).await,
        Command::Whoami(args) => login::whoami(context, args).await,
        Command::Secret(command) => secrets::secret(context, command).await,
        Command::Token(command) => tokens::token(context, command).await,
        Command::User(command) => users::user(context, command).await,
        Command::Member(command) => users::member(context, command).await,
        Command::Group(command) => users::group(context, command).await,
        Command::Channel(command) => channels::channel(context, command).await,
        Command::Notifications(command) => notifications::notifications(context, command).await,
        Command::Delivery(command) => notifications::delivery(context, command).await,
        Command::Audit(command) => audit::audit(context, command).await,
        Command::Runners(args) => resources::list_runners(context, args).await,
        Command::Completions { shell } => complete(context, *shell),
    }
}

fn complete(context: &Context, shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "andon", &mut script);
    context.terminal.write(&script)
}
