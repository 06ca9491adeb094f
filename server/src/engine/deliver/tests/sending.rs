//! Channels in use: the log of attempts, templates, health, slow receivers; and how long all of it is kept.

use super::*;

#[tokio::test]
async fn the_log_holds_what_was_sent_and_answered_but_no_secret() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        receiver.answers.lock().unwrap().extend([503, 200]);
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook?token=hunter2222")).await;
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        tick(&world.app).await.unwrap();
        world.store.clock.set(list(&world).await[0].next_at);
        tick(&world.app).await.unwrap();
        let delivery = list(&world).await.remove(0);
        let log = delivery_attempts::list(&mut world.app.db.read().await.unwrap().connection(), delivery.id).await.unwrap();
        assert_eq!(log.iter().map(|it| it.outcome.as_str()).collect::<Vec<_>>(), ["retry", "delivered"]);
        assert!(log[0].answer.contains("503") && log[1].answer.starts_with("200"), "{log:?}");
        let request = log[1].request.as_ref().unwrap();
        assert!(request.contains("shop/test #12 failed") && request.contains(&format!("webhook-id: {}", delivery.id)), "{request}");
        assert!(request.contains("webhook-signature: ***") && !request.contains("hunter2222") && !request.contains("v1,"), "{request}");
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn a_template_that_breaks_at_night_gives_way_to_the_built_in_form() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook")).await;
        let workspace = world.workspace("main").await.id;
        let set = async |template: &Template| {
            let mut tx = world.app.db.begin("andon").await.unwrap();
            let stored = channels::find(&mut tx.connection(), workspace, "hook").await.unwrap().unwrap();
            channels::set_template(&mut tx, workspace, &stored, Some(&template.to_json())).await.unwrap();
            tx.commit().await.unwrap();
            queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
            tick(&world.app).await.unwrap();
            list(&world).await.pop().unwrap()
        };
        let body = |text: &str| Template { body: Some(text.into()), ..Template::default() };
        let good = set(&body("{\"text\": {{ headline | json }}}")).await;
        assert_eq!((good.state, good.answer.as_deref()), (DeliveryState::Delivered, Some("200")));
        let bad = set(&body("{\"text\": {{ gone | json }}}")).await;
        assert!(
            bad.state == DeliveryState::Delivered && bad.answer.as_ref().unwrap().contains("the template of the channel hook failed"),
            "{bad:?}"
        );
        let got = receiver.got.lock().unwrap();
        assert_eq!(got[0].1, "{\"text\": \"shop/test #12 failed\"}");
        assert!(got[1].1.contains("\"type\":\"job.failed\""), "{}", got[1].1);
        drop(got);
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn a_dead_channel_pauses_itself_and_a_successful_test_lets_it_go_on() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        receiver.answers.lock().unwrap().extend([500; 10]);
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook")).await;
        let workspace = world.workspace("main").await.id;
        let health = async || {
            let mut reader = world.app.db.read().await.unwrap();
            channels::find(&mut reader.connection(), workspace, "hook").await.unwrap().unwrap().health
        };
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        for attempt in 1..=10 {
            assert!(health().await.paused.is_none(), "before attempt {attempt}");
            let next = list(&world).await[0].next_at;
            world.store.clock.set(next.max(world.app.clock.now_ms()));
            assert_eq!(tick(&world.app).await.unwrap(), 1);
        }
        let pause = health().await.paused.expect("paused");
        assert!(pause.by == "andon" && pause.reason.unwrap().contains("10 attempts failed in a row"));
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        world.store.clock.advance(7_200_000);
        assert_eq!(tick(&world.app).await.unwrap(), 0, "what is told to it waits");
        assert!(fill(&world.app, &mut JoinSet::new()).await.unwrap() > world.app.clock.now_ms(), "and costs nothing");
        let test = Delivery {
            id: world.app.random.new_id(),
            event: "test".into(),
            state: DeliveryState::Pending,
            attempts: 0,
            ..list(&world).await[1].clone()
        };
        let mut tx = world.app.db.begin("user:ada").await.unwrap();
        deliveries::create(&mut tx, &[test]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(tick(&world.app).await.unwrap(), 1, "but for a test");
        assert_eq!(health().await, Health::default());
        while tick(&world.app).await.unwrap() > 0 {}
        assert!(list(&world).await.iter().all(|it| it.state == DeliveryState::Delivered));
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn a_slow_receiver_holds_one_place_and_never_the_writer() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "slow", format!("{url}/slow")).await;
        let mut tx = world.app.db.begin("andon").await.unwrap();
        let (workspace, message, people) = (world.workspace("main").await.id, message(), nobody());
        let events = [NotifyEvent::Failed];
        let occasion =
            Occasion { workspace, events: &events, subject: Subject::Job("test"), job_run: None, message: &message, people: &people };
        for _ in 0..1_000 {
            queue_notifications(&mut tx, &world.app.random, &[rule(&[channel("slow")])], &occasion).await.unwrap();
        }
        tx.commit().await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(run(world.app.clone(), async move { drop(stopped.await) }));
        receiver.reached.notified().await;
        // While the receiver makes it wait, one of the thousand is in hand, and whoever wants to write does.
        let in_hand = list(&world).await.iter().filter(|it| it.attempts > 0).count();
        assert_eq!(in_hand, 1);
        queue(&world, &[rule(&[channel("missing")])], &nobody()).await;
        receiver.release.notify_one();
        wait_until(&world, |all| all.iter().any(|it| it.state == DeliveryState::Delivered)).await;
        stop.send(()).unwrap();
        receiver.release.notify_waiters();
        running.abort();
        server.abort();
    })
    .await;
}

#[tokio::test]
async fn what_ended_long_ago_is_deleted_and_what_waits_is_not() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let receiver = Receiver::default();
        let (url, server) = receiver.listen().await;
        add_webhook(&world, "hook", format!("{url}/hook")).await;
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        tick(&world.app).await.unwrap();
        world.store.clock.advance(world.app.settings.keep_deliveries_ms + 1);
        queue(&world, &[rule(&[channel("missing")])], &nobody()).await;
        queue(&world, &[rule(&[channel("hook")])], &nobody()).await;
        assert_eq!(retention::tick(&world.app).await.unwrap(), 1);
        assert_eq!(retention::tick(&world.app).await.unwrap(), 0);
        let left: Vec<_> = list(&world).await.into_iter().map(|it| (it.target, it.state)).collect();
        assert_eq!(left, [("channel:missing".to_owned(), DeliveryState::Failed), ("channel:hook".to_owned(), DeliveryState::Pending)]);
        server.abort();
    })
    .await;
}
