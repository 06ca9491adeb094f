//! Who is told, and when: parts in what happened, wishes, quiet hours, digests.

use super::*;

#[tokio::test]
async fn people_are_told_by_their_parts_and_as_they_wish() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let members = vec![
            member(1, "ada", Some("ada@example.org"), &["release"]),
            member(2, "bob", Some("bob@example.org"), &["release"]),
            member(3, "cleo", Some("cleo@example.org"), &[]),
            member(4, "dan", Some("dan@example.org"), &[]),
        ];
        let id = |number: usize| members[number].user;
        let mutes = Preferences { muted: BTreeSet::from([NotifyEvent::Failed]), ..Preferences::default() };
        let wants = Preferences { events: BTreeSet::from([NotifyEvent::Failed]), ..Preferences::default() };
        let everything = Preferences { only_mine: false, ..wants.clone() };
        let people = People {
            initiator: Some(id(2)),
            authors: BTreeSet::from([id(0)]),
            preferences: BTreeMap::from([(id(1), mutes), (id(2), wants.clone()), (id(3), wants)]),
            members: members.clone(),
            ..People::default()
        };
        let targets = [NotifyTarget::Group("release".into()), NotifyTarget::Group("none".into()), NotifyTarget::User("eve".into())];
        // bob mutes it; cleo started it and wants to hear of what is hers; dan had no part in it.
        assert_eq!(queue(&world, &[rule(&targets)], &people).await, 4);
        let told = |all: &[Delivery]| all.iter().map(|it| (it.target.clone(), it.user)).collect::<BTreeSet<_>>();
        assert_eq!(
            told(&list(&world).await),
            BTreeSet::from([
                ("email:ada@example.org".to_owned(), Some(id(0))),
                ("email:cleo@example.org".to_owned(), Some(id(2))),
                ("group:none".to_owned(), None),
                ("user:eve".to_owned(), None),
            ])
        );
        let people = People { preferences: BTreeMap::from([(id(3), everything)]), ..people };
        let to_both = [NotifyTarget::Initiator, NotifyTarget::Authors];
        assert_eq!(queue(&world, &[rule(&to_both)], &people).await, 3, "dan wants everything");
    })
    .await;
}

#[tokio::test]
async fn one_move_makes_one_message_which_is_the_most_telling() {
    on_engine(async |store| {
        let world = World::new(store).await;
        let broken = NotifyRule { on: vec![NotifyEvent::Failed, NotifyEvent::Broken], ..rule(&[mail_to("ada@example.org")]) };
        let rules = [rule(&[mail_to("ada@example.org"), mail_to("bob@example.org")]), broken];
        assert_eq!(queue_events(&world, &rules, &nobody(), &[NotifyEvent::Failed, NotifyEvent::Broken]).await, 2);
        let events: BTreeMap<_, _> = list(&world).await.into_iter().map(|it| (it.target, it.event)).collect();
        assert_eq!((events["email:ada@example.org"].as_str(), events["email:bob@example.org"].as_str()), ("broken", "failed"));
    })
    .await;
}

#[tokio::test]
async fn what_falls_into_quiet_hours_comes_as_one_mail_at_their_end() {
    on_engine(async |store| {
        let sink = store.folder.path().join("mail");
        let world = World::with_mail(store, Some(&format!("file:{}", sink.display()))).await;
        let ada = member(1, "ada", Some("ada@example.org"), &[]);
        // The clock shows 22:13:20 UTC.
        let hours = QuietHours { from: "22:00".into(), to: "07:00".into(), timezone: "UTC".into() };
        let wishes = Preferences { quiet_hours: Some(hours), digest: Some("quiet-hours".into()), ..Preferences::default() };
        let people = People { preferences: BTreeMap::from([(ada.user, wishes)]), members: vec![ada], ..People::default() };
        let rules = [rule(&[NotifyTarget::User("ada".into()), mail_to("team@example.org")])];
        for _ in 0..3 {
            queue(&world, &rules, &people).await;
        }
        // What goes to an address as such does not wait.
        while tick(&world.app).await.unwrap() > 0 {}
        let all = list(&world).await;
        let waiting: Vec<_> = all.iter().filter(|it| it.state == DeliveryState::Pending).collect();
        assert_eq!((waiting.len(), std::fs::read_dir(&sink).unwrap().count()), (3, 3));
        let morning = waiting[0].next_at;
        assert_eq!(morning % 86_400_000, 7 * 3_600_000);
        world.store.clock.set(morning);
        assert_eq!(tick(&world.app).await.unwrap(), 1, "one mail for all three");
        let all = list(&world).await;
        assert!(all.iter().all(|it| it.state == DeliveryState::Delivered), "{all:?}");
        let mails: Vec<String> = std::fs::read_dir(&sink).unwrap().map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap()).collect();
        let digest: Vec<_> = mails.iter().filter(|mail| mail.contains("To: ada@example.org")).collect();
        assert!(digest.len() == 1 && digest[0].contains("Subject: 3 messages from Andon"), "{digest:?}");
    })
    .await;
}

#[tokio::test]
async fn a_digest_that_fails_is_tried_again_as_a_whole() {
    on_engine(async |store| {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let world = World::with_mail(store, Some(&format!("smtp://127.0.0.1:{port}?from=andon@example.org"))).await;
        let ada = member(1, "ada", Some("ada@example.org"), &[]);
        let wishes = Preferences { digest: Some("1h".into()), ..Preferences::default() };
        let people = People { preferences: BTreeMap::from([(ada.user, wishes)]), members: vec![ada], ..People::default() };
        queue(&world, &[rule(&[NotifyTarget::User("ada".into())])], &people).await;
        world.store.clock.advance(60_000);
        queue(&world, &[rule(&[NotifyTarget::User("ada".into())])], &people).await;
        let all = list(&world).await;
        assert_eq!(all[0].next_at, all[1].next_at, "they wait for the same mail");
        world.store.clock.set(all[0].next_at);
        assert_eq!((tick(&world.app).await.unwrap(), tick(&world.app).await.unwrap()), (1, 0));
        let all = list(&world).await;
        assert!(all[0].next_at == all[1].next_at && all[0].next_at > world.app.clock.now_ms(), "{all:?}");
        assert!(all.iter().all(|it| it.state == DeliveryState::Pending && it.attempts == 1));
    })
    .await;
}
