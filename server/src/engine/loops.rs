//! The loops: each calls its `tick` when an event, a due time or the general tick says that there may be something to do.

use super::{check, deliver, environments, gate, inbound, log, reap, schedule, tasks, tell};
use crate::app::App;
use crate::store::line::{environment_locks, gates, resources, tasks as task_rows, workspaces};
use andon_pipelines::event::Event;
use std::future::Future;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// After a failure a loop waits this long before it tries again.
const PAUSE_MS: i64 = 1_000;

/// Starts every loop. They end when the app stops.
pub fn start(app: &App, tracker: &TaskTracker) {
    tracker.spawn(ring(app.clone()));
    tracker.spawn(repeat(app.clone(), "schedule", |app| &app.wake.schedule, schedule_once));
    tracker.spawn(repeat(app.clone(), "check", |app| &app.wake.checks, check_once));
    tracker.spawn(repeat(app.clone(), "gates", |app| &app.wake.gates, gates_once));
    tracker.spawn(repeat(app.clone(), "tasks", |app| &app.wake.tasks, tasks_once));
    tracker.spawn(repeat(app.clone(), "locks", |app| &app.wake.locks, locks_once));
    tracker.spawn(repeat(app.clone(), "seal", |app| &app.wake.seal, seal_once));
    tracker.spawn(every_tick(app.clone()));
    tracker.spawn(tell::run(app.clone()));
    tracker.spawn(deliver::retention::run(app.clone()));
    let stopping = app.stopping.clone();
    let delivering = app.clone();
    tracker.spawn(async move { deliver::run(delivering, stopping.cancelled_owned()).await });
}

/// Rings the bells of the loops that an event concerns.
async fn ring(app: App) {
    let mut newest = app.db.events().watch();
    let (mut seen, mut late) = (*newest.borrow_and_update(), 0);
    app.wake.schedule.notify_one();
    loop {
        tokio::select! {
            changed = newest.changed() => if changed.is_err() { return },
            () = app.stopping.cancelled() => return,
        }
        let latest = *newest.borrow_and_update();
        if app.db.events().has_nothing_after(seen, &mut late) {
            continue;
        }
        // The scheduler looks at every event; the others only at what concerns them.
        app.wake.schedule.notify_one();
        match app.db.events().after(seen) {
            None => {
                ring_all(&app);
                seen = latest;
            }
            Some(events) => {
                for event in events {
                    seen = event.sequence;
                    match &event.event {
                        Event::GateOpened { .. } | Event::GateDecided { .. } | Event::GateRebound { .. } => ring_gates(&app),
                        // What a check of a gate asks about may have ended.
                        Event::JobRunMoved { status, .. } if status.is_terminal() && !app.wake.no_gates.load(Ordering::SeqCst) => {
                            app.wake.gates.notify_one();
                        }
                        Event::TaskCreated(_) | Event::TaskMoved(_) | Event::TaskChanged(_) => app.wake.tasks.notify_one(),
                        // Gates of jobs that deploy there wait for the lock to go.
                        Event::EnvironmentLocked { .. } => {
                            app.wake.locks.notify_one();
                            ring_gates(&app);
                        }
                        Event::PipelineSet { .. } => app.wake.checks.notify_one(),
                        _ => {}
                    }
                }
            }
        }
    }
}

fn ring_gates(app: &App) {
    app.wake.no_gates.store(false, Ordering::SeqCst);
    app.wake.gates.notify_one();
}

fn ring_all(app: &App) {
    ring_gates(app);
    app.wake.tasks.notify_one();
    app.wake.locks.notify_one();
    app.wake.checks.notify_one();
    app.wake.seal.notify_one();
}

/// Does the work, then sleeps until the bell rings, the work is due again, or the general tick passes.
async fn repeat<F>(app: App, name: &'static str, bell: impl Fn(&App) -> &Notify + Send, work: fn(App) -> F)
where
    F: Future<Output = anyhow::Result<Option<i64>>> + Send,
{
    loop {
        let due = match work(app.clone()).await {
            Ok(due) => due,
            Err(error) => {
                if error.downcast_ref().is_some_and(schedule::is_race) {
                    tracing::debug!(name, error = format!("{error:#}"), "somebody else was faster; looking again");
                } else {
                    tracing::error!(name, error = format!("{error:#}"), "a loop failed; it tries again in a second");
                }
                Some(app.clock.now_ms() + PAUSE_MS)
            }
        };
        let tick = app.clock.now_ms() + app.settings.tick_ms;
        let until = due.map_or(tick, |due| due.min(tick));
        tokio::select! {
            () = bell(&app).notified() => {}
            () = app.clock.sleep_until(until) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn schedule_once(app: App) -> anyhow::Result<Option<i64>> {
    schedule::tick(&app).await?;
    Ok(None)
}

async fn check_once(app: App) -> anyhow::Result<Option<i64>> {
    check::tick(&app).await?;
    Ok(resources::next_check_at(&mut app.db.read().await?.connection()).await?)
}

async fn gates_once(app: App) -> anyhow::Result<Option<i64>> {
    let due = find_due_gate(&app).await?;
    if due.is_none_or(|due| due > app.clock.now_ms()) {
        return Ok(due);
    }
    gate::tick(&app).await?;
    find_due_gate(&app).await
}

async fn find_due_gate(app: &App) -> anyhow::Result<Option<i64>> {
    // Before the look: a gate that opens during it is heard of afterwards.
    app.wake.no_gates.store(false, Ordering::SeqCst);
    let (due, any_open) = gates::next_due(&mut app.db.read().await?.connection()).await?;
    app.wake.no_gates.store(!any_open, Ordering::SeqCst);
    Ok(due)
}

async fn tasks_once(app: App) -> anyhow::Result<Option<i64>> {
    tasks::tick(&app).await?;
    Ok(task_rows::next_due(&mut app.db.read().await?.connection()).await?)
}

async fn locks_once(app: App) -> anyhow::Result<Option<i64>> {
    environments::tick(&app).await?;
    Ok(environment_locks::next_due(&mut app.db.read().await?.connection()).await?)
}

async fn seal_once(app: App) -> anyhow::Result<Option<i64>> {
    log::tick(&app).await?;
    Ok(None)
}

/// What only the general tick does: lost runners, and whatever a lost wake-up or a crash left behind.
async fn every_tick(app: App) {
    if let Err(error) = reconcile(&app).await {
        tracing::error!(error = format!("{error:#}"), "the repositories cannot be compared with their versions");
    }
    loop {
        let outcome = async {
            reap::tick(&app).await?;
            schedule::sweep(&app).await
        };
        if let Err(error) = outcome.await
            && !schedule::is_race(&error)
        {
            tracing::error!(%error, "the tick failed; the next one goes on");
        }
        let until = app.clock.now_ms() + app.settings.tick_ms;
        tokio::select! {
            () = app.clock.sleep_until(until) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn reconcile(app: &App) -> anyhow::Result<()> {
    let known = workspaces::list(&mut app.db.read().await?.connection()).await?;
    for workspace in known {
        inbound::recover(app, &workspace).await?;
    }
    Ok(())
}
