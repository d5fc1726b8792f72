//! Somebody leaves the caseload while a frame is built, and is back before the device asks again.

use crate::model::Device;
use crate::town::{Town, now};
use domain::caseload::Member;
use domain::codes::{CodeList, Role};
use domain::{PersonId, RecordId};
use server::db::{Begun, Database, FeedAsk, HistoryAsk, PullAsk};
use server::decide::Contact;
use server::token::Token;
use std::collections::BTreeSet;
use std::sync::Arc;

struct Story {
    town: Town,
    db: Arc<dyn Database>,
    sam: Device,
    maria: Device,
    /// Maria's other device, of which nothing is known but what the county tells it.
    phone: Device,
    red: (PersonId, RecordId),
}

impl Story {
    async fn begin() -> Self {
        let town = Town::new().await;
        let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
        let phone = town.device("Maria").await;
        let red = maria.meet("Red");
        maria.settle().await;
        sam.settle().await;
        let county = town.admin.describe().await.unwrap().id;
        let db = town.base.operations(town.folder.path(), county).await;
        Self { town, db, sam, maria, phone, red }
    }

    /// Sam gives Red to somebody.
    async fn give(&mut self, to: &str) {
        let users = self.town.admin.users().await.unwrap();
        let lead = users.iter().find(|user| user.name == to).unwrap().user;
        self.sam.assign(self.red.0, self.red.1, self.town.team, lead, None);
        self.sam.settle().await;
    }

    fn member(&self) -> Member {
        let enrolled = &self.maria.client.enrolled;
        Member { user: enrolled.user, role: Role::from_code(&enrolled.role), team: enrolled.team }
    }

    async fn pull(&self, token: Option<Token>) -> Begun {
        let ask = PullAsk {
            member: self.member(),
            device: self.phone.client.device(),
            token,
            forgot: Vec::new(),
            compare: None,
            whole: false,
            now: now(),
            contact: Contact { unsent: 0, clock_offset: 0, app: "0.1.0".to_owned() },
        };
        self.db.begin_pull(ask).await.unwrap()
    }

    /// Everybody whose history a device with this token is sent.
    async fn entering(&self, token: Token) -> Vec<PersonId> {
        self.pull(Some(token)).await.plan.entering.iter().map(|(person, _)| *person).collect()
    }

    async fn note(&self, people: BTreeSet<PersonId>) {
        self.db.missed(self.phone.client.device(), people).await.unwrap();
    }
}

#[tokio::test]
async fn whose_history_was_left_out_is_sent_it_when_they_are_back() {
    let mut story = Story::begin().await;
    let red = story.red.0;
    let begun = story.pull(None).await;
    assert!(begun.plan.entering.iter().any(|(person, _)| *person == red));
    story.give("Dev").await;
    let ask = HistoryAsk {
        member: story.member(),
        device: story.phone.client.device(),
        entering: begun.plan.entering.clone(),
        to: begun.seq,
        at: 0,
    };
    let part = story.db.histories(ask).await.unwrap();
    assert!(part.people.is_empty() && part.passed == begun.plan.entering.len());
    story.give("Maria").await;
    let stored = Token { seq: begun.seq, histories: None, ..begun.plan.token };
    // The token alone says that the device has it all.
    assert!(!story.entering(stored.clone()).await.contains(&red));
    assert_eq!(part.missed, BTreeSet::from([red]));
    story.note(part.missed).await;
    assert!(story.entering(stored).await.contains(&red));
}

#[tokio::test]
async fn whose_change_was_left_out_is_sent_everything_anew() {
    let mut story = Story::begin().await;
    let red = story.red.0;
    let begun = story.pull(None).await;
    let stored = Token { seq: begun.seq, histories: None, ..begun.plan.token };
    let held = story.pull(Some(stored.clone())).await.plan.held;
    assert!(held.contains_key(&red));
    story.give("Dev").await;
    let ask = FeedAsk {
        member: story.member(),
        device: story.phone.client.device(),
        held: Arc::new(held),
        leaves: Arc::default(),
        pull: stored.pull,
        from: stored.seq,
        to: stored.seq + 1,
    };
    for wide in [false, true] {
        // Whether it reads along the feed or looks at each person.
        let to = if wide { stored.seq + 1_000_000 } else { ask.to };
        let part = story.db.feed(FeedAsk { to, ..ask.clone() }).await.unwrap();
        assert!(part.changes.iter().all(|delivery| delivery.person != Some(red)));
        assert_eq!(part.missed, BTreeSet::from([red]), "wide: {wide}");
    }
    let last = story.db.last_frame(ask).await.unwrap();
    assert!(last.more && last.missed.contains(&red));
    story.give("Maria").await;
    let token = Token { seq: last.seq, ..stored };
    assert!(!story.entering(token.clone()).await.contains(&red), "it counts as held");
    story.note(last.missed).await;
    assert!(story.entering(token).await.contains(&red));
}
