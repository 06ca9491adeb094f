mod sending;
mod wishes;

use super::*;
use crate::engine::channel::ChannelSettings;
use crate::engine::notify::{Occasion, People, queue_notifications};
use crate::http::testing::World;
use crate::notify::{Message, Preferences, QuietHours, Subject, Template, WebhookSecret};
use crate::store::people::channels::{self, Channel, Health};
use crate::store::people::deliveries::Filter;
use crate::store::people::members::Member;
use crate::store::testing::{START_MS, on_engine};
use andon_pipelines::document::{NotifyEvent, NotifyRule, NotifyTarget, Role};
use andon_pipelines::ids::{UserId, WorkspaceId};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// A webhook's receiver: answers what it is told to, and keeps what it got. `/slow` answers only when released.
#[derive(Clone, Debug, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<u16>>>,
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    reached: Arc<Notify>,
    release: Arc<Notify>,
}

impl Receiver {
    /// Listens on a free port of this machine until the task is aborted.
    async fn listen(&self) -> (String, tokio::task::JoinHandle<()>) {
        let router = axum::Router::new()
            .route("/hook", axum::routing::post(Self::take))
            .route("/slow", axum::routing::post(Self::take_slowly))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
    }

    async fn take(State(receiver): State<Self>, headers: HeaderMap, body: String) -> StatusCode {
        receiver.got.lock().unwrap().push((headers, body));
        let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(200);
        StatusCode::from_u16(status).unwrap()
    }

    async fn take_slowly(State(receiver): State<Self>, headers: HeaderMap, body: String) -> StatusCode {
        receiver.got.lock().unwrap().push((headers, body));
        receiver.reached.notify_one();
        receiver.release.notified().await;
        StatusCode::OK
    }
}

fn message() -> Message {
    Message {
        event: NotifyEvent::Failed,
        workspace: "main".into(),
        pipeline: "shop".into(),
        job: Some("test".into()),
        number: Some("12".into()),
        run: None,
        run_number: None,
        title: None,
        what: vec![],
        why: Some("exit code 2".into()),
        who: None,
        commits: vec![],
        failing_lines: vec![],
        needs: vec![],
        link: "http://127.0.0.1/x".into(),
        gate: None,
    }
}

fn rule(to: &[NotifyTarget]) -> NotifyRule {
    NotifyRule { on: vec![NotifyEvent::Failed], to: to.to_vec(), ..NotifyRule::default() }
}

async fn queue(world: &World, rules: &[NotifyRule], people: &People) -> usize {
    queue_events(world, rules, people, &[NotifyEvent::Failed]).await
}

async fn queue_events(world: &World, rules: &[NotifyRule], people: &People, events: &[NotifyEvent]) -> usize {
    let (workspace, message) = (world.workspace("main").await.id, message());
    let occasion = Occasion { workspace, events, subject: Subject::Job("test"), job_run: None, message: &message, people };
    let mut tx = world.app.db.begin("andon").await.unwrap();
    let count = queue_notifications(&mut tx, &world.app.random, rules, &occasion).await.unwrap();
    tx.commit().await.unwrap();
    count
}

fn nobody() -> People {
    People::default()
}

fn member(number: u32, name: &str, email: Option<&str>, groups: &[&str]) -> Member {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Member { user: UserId::from_number(number.into()), name: name.into(), email: email.map(str::to_owned), role: Role::Operator, groups }
}

fn mail_to(address: &str) -> NotifyTarget {
    NotifyTarget::Email(address.to_owned())
}

fn channel(name: &str) -> NotifyTarget {
    NotifyTarget::Channel(name.to_owned())
}

async fn add_webhook(world: &World, name: &str, url: String) {
    let secret = WebhookSecret::generate(&world.app.random).to_text().expose_secret().to_owned();
    add_channel(world, name, ChannelSettings::Webhook { url: url.into(), secret: Some(secret.into()) }).await;
}

async fn add_channel(world: &World, name: &str, settings: ChannelSettings) {
    let workspace = world.workspace("main").await.id;
    let sealed = settings.seal(&world.app.vault, workspace, name).unwrap();
    let mut tx = world.app.db.begin("andon").await.unwrap();
    let channel = Channel {
        id: tx.new_id(),
        name: name.into(),
        kind: settings.kind().into(),
        sealed,
        created_at: tx.at(),
        template: None,
        health: Health::default(),
    };
    channels::set(&mut tx, workspace, &channel).await.unwrap();
    tx.commit().await.unwrap();
}

/// The deliveries, oldest first.
async fn list(world: &World) -> Vec<Delivery> {
    let workspace: WorkspaceId = world.workspace("main").await.id;
    let mut all =
        deliveries::list(&mut world.app.db.read().await.unwrap().connection(), workspace, &Filter { limit: 2_000, ..Filter::default() })
            .await
            .unwrap();
    all.reverse();
    all
}

/// Waits until the deliveries are as `holds` says, looking whenever something happened.
async fn wait_until(world: &World, holds: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
    let mut newest = world.app.db.events().watch();
    loop {
        newest.borrow_and_update();
        let all = list(world).await;
        if holds(&all) {
            return all;
        }
        newest.changed().await.unwrap();
    }
}

#[tokio::test]
async fn each_receiver_is_told_once_and_who_cannot_be_reached_shows() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let members = vec![member(1, "ada", Some("ada@example.org"), &[]), member(2, "bob", None, &[])];
        let approvers = People { approvers: members.iter().map(|member| member.user).collect(), members, ..People::default() };
        let rules = [
            rule(&[mail_to("ada@example.org"), channel("missing")]),
            rule(&[NotifyTarget::Approvers, mail_to("cleo@example.org")]),
            NotifyRule { on: vec![NotifyEvent::Fixed], ..rule(&[mail_to("never@example.org")]) },
            NotifyRule { jobs: vec!["deploy".into()], ..rule(&[mail_to("never@example.org")]) },
        ];
        assert_eq!(queue(&world, &rules, &approvers).await, 4);
        let all = list(&world).await;
        let mut seen: Vec<_> = all.iter().map(|it| (it.target.as_str(), it.state, it.answer.as_deref())).collect();
        seen.sort_unstable_by_key(|it| it.0);
        assert_eq!(
            seen,
            [
                (
                    "channel:missing",
                    DeliveryState::Failed,
                    Some("there is no channel missing in the workspace; andon channel set missing makes it")
                ),
                ("email:ada@example.org", DeliveryState::Pending, None),
                ("email:cleo@example.org", DeliveryState::Pending, None),
                ("user:bob", DeliveryState::Failed, Some("the account bob has no e-mail address")),
            ]
        );
        assert!(all.iter().all(|it| it.event == "failed"));
        assert_eq!(queue(&world, &[rule(&[NotifyTarget::Approvers])], &nobody()).await, 1);
        assert!(list(&world).await.last().unwrap().answer.as_ref().unwrap().starts_with("nobody may decide this gate"));
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_back_is_not_told() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let (workspace, message) = (world.workspace("main").await.id, message());
        let people = nobody();
        let events = [NotifyEvent::Failed];
        let occasion =
            Occasion { workspace, events: &events, subject: Subject::Job("test"), job_run: None, message: &message, people: &people };
        let mut tx = world.app.db.begin("andon").await.unwrap();
        queue_notifications(&mut tx, &world.app.random, &[rule(&[mail_to("ada@example.org")])], &occasion).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!((list(&world).await.len(), tick(&world.app).await.unwrap()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_for_hours_and_then_given_up() {
    on_engine(async |store| {
        // A port that was free a moment ago, and that nobody listens on.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let world = World::with_mail(store, Some(&format!("smtp://127.0.0.1:{port}?from=andon@example.org"))).await;
        queue(&world, &[rule(&[mail_to("ada@example.org")])], &nobody()).await;
        for attempt in 1..=i64::from(LAST_ATTEMPT) {
            assert_eq!(tick(&world.app).await.unwrap(), 1, "attempt {attempt}");
            assert_eq!(tick(&world.app).await.unwrap(), 0, "not before its time");
            let delivery = list(&world).await.remove(0);
            assert_eq!(delivery.attempts, attempt);
            assert!(delivery.answer.is_some_and(|answer| !answer.is_empty()));
            if attempt < i64::from(LAST_ATTEMPT) {
                assert_eq!(delivery.state, DeliveryState::Pending);
                let pause = delivery.next_at - world.app.clock.now_ms();
                assert!((4_000..=4_320_000).contains(&pause), "{pause}");
                world.store.clock.set(delivery.next_at);
            } else {
                assert_eq!((delivery.state, delivery.ended_at), (DeliveryState::Failed, Some(world.app.clock.now_ms())));
            }
        }
        world.store.clock.advance(24 * 3_600_000);
        assert_eq!(tick(&world.app).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn without_a_way_to_send_mail_it_says_so_at_once() {
    on_engine(async |store| {
        let world = World::new(store).await;
        queue(&world, &[rule(&[mail_to("ada@example.org")])], &nobody()).await;
        assert_eq!(tick(&world.app).await.unwrap(), 1);
        let delivery = list(&world).await.remove(0);
        assert_eq!(
            (delivery.state, delivery.answer.as_deref()),
            (DeliveryState::Failed, Some("no way to send mail is set: set smtp, then replay this"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_signed_and_retried_under_one_identifier() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        receiver.answers.lock().unwrap().extend([503, 200]);
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook")).await;
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        assert_eq!(tick(&world.app).await.unwrap(), 1);
        let delivery = list(&world).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Pending);
        world.store.clock.set(delivery.next_at);
        assert_eq!(tick(&world.app).await.unwrap(), 1);
        let delivery = list(&world).await.remove(0);
        assert_eq!((delivery.state, delivery.attempts, delivery.answer.as_deref()), (DeliveryState::Delivered, 2, Some("200")));
        let got = receiver.got.lock().unwrap();
        assert_eq!(got.len(), 2);
        for (headers, body) in got.iter() {
            assert_eq!(headers["webhook-id"], delivery.id.to_string());
            assert!(headers.contains_key("webhook-signature") && body.contains("shop/test #12 failed"), "{body}");
        }
        drop(got);
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn a_refusal_for_good_ends_it_and_a_channel_that_went_away_too() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        receiver.answers.lock().unwrap().push_back(410);
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook")).await;
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        tick(&world.app).await.unwrap();
        let first = list(&world).await.remove(0);
        assert_eq!((first.state, first.attempts), (DeliveryState::Failed, 1));
        assert!(!first.answer.unwrap().contains(&url), "an address may be a secret");
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        let workspace = world.workspace("main").await.id;
        let mut tx = world.app.db.begin("andon").await.unwrap();
        channels::delete(&mut tx, workspace, "hook").await.unwrap();
        deliveries::replay(&mut tx, workspace, first.id).await.unwrap();
        tx.commit().await.unwrap();
        // Two to one target go one after the other.
        assert_eq!((tick(&world.app).await.unwrap(), tick(&world.app).await.unwrap()), (1, 1));
        for delivery in list(&world).await {
            assert_eq!(
                (delivery.state, delivery.answer.as_deref()),
                (DeliveryState::Failed, Some("there is no channel hook in the workspace"))
            );
        }
        assert_eq!(receiver.got.lock().unwrap().len(), 1);
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn a_server_killed_between_claim_and_send_has_it_sent_by_the_next() {
    on_engine(async |store| {
        let sink = store.folder.path().join("mail");
        let world = World::with_mail(store, Some(&format!("file:{}", sink.display()))).await;
        queue(&world, &[rule(&[mail_to("ada@example.org")])], &nobody()).await;
        let lost = claim(&world.app, 8).await.unwrap();
        assert_eq!(lost.len(), 1);
        assert_eq!(tick(&world.app).await.unwrap(), 0, "it is leased");
        world.store.clock.advance(LEASE_MS);
        assert_eq!(tick(&world.app).await.unwrap(), 1);
        let delivery = list(&world).await.remove(0);
        assert_eq!((delivery.state, delivery.attempts, delivery.id), (DeliveryState::Delivered, 2, lost[0].id));
        assert_eq!(std::fs::read_dir(&sink).unwrap().count(), 1);
        // Should the first one live after all, it comes too late to say anything.
        let late = finish(&world.app, &lost[0], Done::failed(0, permanent("too late".into()))).await;
        assert!(matches!(late, Err(StoreError::WrongCount { .. })), "{late:?}");
        assert_eq!(list(&world).await.remove(0).state, DeliveryState::Delivered);
    })
    .await;
}

#[tokio::test]
async fn a_server_killed_before_it_could_note_that_a_message_arrived_sends_it_again_under_the_same_identifier() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/slow")).await;
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        let app = world.app.clone();
        let killed = tokio::spawn(async move { tick(&app).await });
        receiver.reached.notified().await;
        killed.abort();
        assert!(killed.await.unwrap_err().is_cancelled());
        assert_eq!(tick(&world.app).await.unwrap(), 0, "it is leased");
        world.store.clock.advance(LEASE_MS);
        let app = world.app.clone();
        let next = tokio::spawn(async move { tick(&app).await });
        receiver.reached.notified().await;
        // The first request may still wait for its answer.
        receiver.release.notify_one();
        receiver.release.notify_one();
        assert_eq!(next.await.unwrap().unwrap(), 1);
        let got = receiver.got.lock().unwrap().clone();
        let seen: Vec<_> = got.iter().map(|(headers, body)| (headers["webhook-id"].to_str().unwrap(), body.as_str())).collect();
        assert!(seen.len() == 2 && seen[0] == seen[1], "twice, and the receiver can tell: {seen:?}");
        let delivery = list(&world).await.remove(0);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 2));
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn servers_that_claim_at_once_share_the_work() {
    on_engine(async |store| {
        let world = World::new(store).await;
        for number in 0..6 {
            queue(&world, &[rule(&[mail_to(&format!("a{number}@example.org")), mail_to("same@example.org")])], &nobody()).await;
        }
        let (one, two) = tokio::join!(claim(&world.app, 8), claim(&world.app, 8));
        let mut ids: Vec<_> = [one.unwrap(), two.unwrap()].concat().into_iter().map(|it| (it.target, it.id)).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup_by_key(|it| it.1);
        assert_eq!((ids.len(), count), (7, 7), "one for each of seven targets: {ids:?}");
    })
    .await;
}

#[tokio::test]
async fn a_slow_receiver_delays_nobody_else() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "slow", format!("{url}/slow")).await;
        add_webhook(&world, "fast", format!("{url}/hook")).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(run(world.app.clone(), async move { drop(stopped.await) }));
        queue(&world, &[rule(&[channel("slow")])], &nobody()).await;
        receiver.reached.notified().await;
        // The second one to the slow receiver waits for the first; the fast one does not.
        queue(&world, &[rule(&[channel("slow"), channel("fast")])], &nobody()).await;
        let delivered =
            |all: &[Delivery], target: &str| all.iter().filter(|it| it.target == target && it.state == DeliveryState::Delivered).count();
        let all = wait_until(&world, |all| delivered(all, "channel:fast") == 1).await;
        assert_eq!(delivered(&all, "channel:slow"), 0);
        receiver.release.notify_one();
        receiver.reached.notified().await;
        receiver.release.notify_one();
        wait_until(&world, |all| delivered(all, "channel:slow") == 2).await;
        stop.send(()).unwrap();
        running.await.unwrap();
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn the_loop_wakes_for_new_ones_and_for_those_whose_time_has_come() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        receiver.answers.lock().unwrap().extend([500, 500, 200]);
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook")).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(run(world.app.clone(), async move { drop(stopped.await) }));
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        for attempts in 1..=2 {
            let all = wait_until(&world, |all| {
                all[0].attempts == attempts && all[0].answer.is_some() && all[0].next_at < world.app.clock.now_ms() + LEASE_MS
            })
            .await;
            world.store.clock.set(all[0].next_at);
        }
        let all = wait_until(&world, |all| all[0].state == DeliveryState::Delivered).await;
        assert_eq!(all[0].attempts, 3);
        assert!(world.app.clock.now_ms() > START_MS);
        stop.send(()).unwrap();
        running.await.unwrap();
        server.abort();
    })
    .await;
}
