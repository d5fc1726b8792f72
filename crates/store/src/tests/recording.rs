//! What a worker records is there at once, durably, everywhere it should show.

use super::*;
use crate::{ChangeState, Order, PeopleFilter, Topic};
use std::sync::{Arc, Mutex};

#[test]
fn what_was_recorded_is_there_after_a_crash() {
    let phone = Phone::new();
    phone.say(Say::somebody(1, "Ana"));
    let id = phone.say(visit(1, "left a kit"));
    let store = phone.reopened();
    let visit = store.stored(id.into()).unwrap().unwrap();
    assert_eq!(visit.folded.values()["notes"], "left a kit");
    assert_eq!(visit.state(), ChangeState::Local);
    let row = store.person_row(person(1)).unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.visits, row.unsent, row.last_contact), ("Ana", 1, 2, Some(NOW)));
    assert_eq!(store.outbox_state().unwrap().unsent(), 2);
    assert_eq!(store.outbox_state().unwrap().oldest, Some(NOW));
}

#[test]
fn a_visit_is_no_try_and_tries_are_counted_from_it() {
    let phone = Phone::new();
    phone.say(Say::somebody(1, "Ana"));
    let go = |outcome: &str, hours: i64| {
        let fields =
            json!({ "happened_at": NOW.0 + hours * 3_600_000, "mode": "home-visit", "outcome": outcome });
        phone.say(Say::create(RecordKind::ContactAttempt, person(1), fields));
        let row = phone.store.person_row(person(1)).unwrap().unwrap();
        (row.attempts, row.last_contact.map(|at| (at.0 - NOW.0) / 3_600_000))
    };
    assert_eq!(go("no-answer", -30), (1, None));
    assert_eq!(go("no-answer", -20), (2, None));
    assert_eq!(go("reached-survivor", 0), (0, Some(0)), "reached: nothing was in vain since");
    phone.say(visit(1, "left a kit"));
    assert_eq!(go("no-answer", -10), (0, Some(0)), "told late, and from before");
    assert_eq!(go("no-answer", 10), (1, Some(0)));
}

#[test]
fn stamps_go_on_after_a_crash_even_when_the_clock_went_back() {
    let phone = Phone::new();
    let first = phone.store.write(NOW, |tx| {
        let (id, stamp) = (tx.id(), tx.stamp());
        Ok::<_, StoreError>(vec![Say::somebody(1, "Ana").change(id, stamp, ids().device)])
    });
    let first = phone.store.history(person(1).into()).unwrap()[0]
        .stamp
        .max(Stamp(first.unwrap().changes.len() as u64));
    let store = phone.reopened();
    store
        .write(NOW.plus(-60_000), |tx| {
            assert!(tx.stamp() > first);
            Ok::<_, StoreError>(vec![])
        })
        .unwrap();
}

#[test]
fn a_record_is_found_by_its_id_alone_whosever_it_is() {
    let phone = Phone::new();
    let visits = [1, 2, 3].map(|n| {
        phone.say(Say::somebody(n, "Ana"));
        (person(n), phone.say(visit(n, "at home")))
    });
    let found = || visits.map(|(_, id)| phone.store.stored(id.into()).unwrap().and_then(|one| one.person));
    let all = visits.map(|(person, _)| Some(person));
    assert_eq!(found(), all);
    let of = |who: PersonId, id: ChangeId| phone.store.stored_of(Some(who), id.into()).unwrap();
    assert!(of(visits[1].0, visits[1].1).is_some());
    assert!(of(visits[0].0, visits[1].1).is_none(), "it is somebody else's");
    assert!(phone.store.stored(RecordId::from_bytes([9; 16])).unwrap().is_none());
}

#[test]
fn a_correction_shows_both_and_the_winner_is_the_later() {
    let phone = Phone::new();
    phone.say(Say::somebody(1, "Ana"));
    let id = phone.say(Say::create(RecordKind::Phone, person(1), json!({ "number": "555 0100" })));
    phone.say(
        Say::amend(RecordKind::Phone, person(1), id.into(), json!({ "number": "555 0199" }))
            .having_seen(&[id]),
    );
    let stored = phone.store.stored(id.into()).unwrap().unwrap();
    assert_eq!(stored.folded.values()["number"], "555 0199");
    assert_eq!(stored.history.len(), 2);
    assert!(phone.store.conflicts().unwrap().is_empty());
    let bundle = phone.store.person(person(1)).unwrap().unwrap();
    assert_eq!(bundle.of::<domain::records::Phone>().next().unwrap().1.number.as_deref(), Some("555 0199"));
    assert!(phone.store.search("5550199", 5).unwrap().people.len() == 1);
    assert!(phone.store.search("0100", 5).unwrap().people.is_empty(), "the old number is not found any more");
}

#[test]
fn nothing_is_recorded_when_one_of_the_changes_is_refused() {
    let phone = Phone::new();
    let saved = phone.store.write(NOW, |tx| {
        let good = Say::somebody(1, "Ana").change(tx.id(), tx.stamp(), ids().device);
        let bad =
            Say::create(RecordKind::Phone, person(1), json!({})).change(tx.id(), tx.stamp(), ids().device);
        Ok::<_, StoreError>(vec![good, bad])
    });
    assert!(matches!(saved, Err(StoreError::Refused(refusal)) if refusal.code == "nothing_said"));
    assert!(phone.store.person(person(1)).unwrap().is_none());
    assert_eq!(phone.store.outbox_state().unwrap().unsent(), 0);
}

#[test]
fn a_draft_is_there_without_closing_and_goes_with_what_is_recorded() {
    let phone = Phone::new();
    phone.store.save_draft("visit/1", Some(person(1)), &json!({ "notes": "she said" }), NOW).unwrap();
    phone
        .store
        .save_draft("visit/1", Some(person(1)), &json!({ "notes": "she said that" }), NOW.plus(1))
        .unwrap();
    let store = phone.reopened();
    let draft = store.draft("visit/1").unwrap().unwrap();
    assert_eq!((&draft.body["notes"], draft.saved_at), (&json!("she said that"), NOW.plus(1)));
    phone
        .store
        .write(NOW, |tx| {
            tx.drop_draft("visit/1")?;
            Ok::<_, StoreError>(vec![Say::somebody(1, "Ana").change(tx.id(), tx.stamp(), ids().device)])
        })
        .unwrap();
    assert!(phone.store.drafts().unwrap().is_empty());
}

#[test]
fn listeners_hear_what_became_stale() {
    let phone = Phone::new();
    let heard: Arc<Mutex<Vec<Topic>>> = Arc::default();
    let ear = heard.clone();
    phone.store.subscribe(move |topics| ear.lock().unwrap().extend(topics));
    phone.say(Say::somebody(1, "Ana"));
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    assert!(heard.contains(&Topic::People) && heard.contains(&Topic::Person(person(1))));
    assert!(heard.contains(&Topic::Sync) && !heard.contains(&Topic::Drafts));
}

#[test]
fn due_first_follows_event_contact_and_follow_up() {
    let phone = Phone::new();
    let due = || phone.store.person_row(person(1)).unwrap().unwrap().due;
    phone.say(Say::somebody(1, "Ana"));
    assert_eq!(due(), None);
    phone.say(Say::create(RecordKind::Case, person(1), json!({ "stage": "referred", "opened_at": NOW.0 })));
    let event = json!({ "occurred_at": NOW.0, "source": "ems" });
    phone.say(Say::create(RecordKind::OverdoseEvent, person(1), event));
    assert_eq!(due(), Some(NOW.plus(72 * domain::time::HOUR)));
    phone.say(visit(1, ""));
    assert_eq!(due(), None, "reached");
    let follow = json!({ "kind": "check-in", "due_on": "2026-09-25" });
    let follow = phone.say(Say::create(RecordKind::FollowUp, person(1), follow));
    let day = "2026-09-25".parse().unwrap();
    assert_eq!(due(), Some(domain::time::end_of(day, chrono_tz::Tz::UTC)));
    phone.say(Say::amend(RecordKind::FollowUp, person(1), follow.into(), json!({ "done_at": NOW.0 })));
    assert_eq!(due(), None);
    let first = phone.store.person_list(
        &PeopleFilter { open: Some(true), ..Default::default() },
        Order::Due,
        None,
        5,
    );
    assert_eq!(first.unwrap().rows.len(), 1);
}

#[test]
fn a_locked_store_answers_nothing() {
    let phone = Phone::new();
    let other = phone.store.clone();
    phone.store.clone().lock();
    assert!(matches!(other.drafts(), Err(StoreError::Locked)));
    assert!(matches!(other.record(vec![], NOW), Err(StoreError::Locked)));
    assert!(!phone.dir.path().join("vault.db-wal").exists(), "closing merges the log into the database");
}
