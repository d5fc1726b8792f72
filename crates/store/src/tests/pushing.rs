//! What the county answers, and what becomes of each change.

use super::*;
use crate::ChangeState;
use domain::validate::Refusal;
use sync::ports::Outbox;
use sync::wire::UpLine;

fn refuse(phone: &Phone, id: ChangeId, code: &str) {
    let verdict = Verdict::Refused(Refusal::whole(code));
    phone.side().answers(&[Answer { id, verdict }], None, NOW).unwrap();
}

#[test]
fn the_outbox_is_paged_oldest_first_and_empties_as_answers_come() {
    let phone = Phone::new();
    let mut said = vec![phone.say(Say::somebody(1, "Ana"))];
    said.extend((0..4).map(|_| phone.say(visit(1, "x"))));
    let page = phone.side().outbox(2, usize::MAX, NOW).unwrap();
    assert_eq!((page.lines.len(), page.left, page.unsent_after), (2, 3, 3));
    assert_eq!(phone.side().outbox(10, 1, NOW).unwrap().lines.len(), 1, "always one");
    let waiting: Vec<_> = phone.waiting().iter().map(|change| change.id).collect();
    assert_eq!(waiting, said);
    phone.all_accepted();
    assert!(phone.waiting().is_empty());
    assert_eq!(phone.store.outbox_state().unwrap().unsent(), 0);
    assert_eq!(phone.store.person_row(person(1)).unwrap().unwrap().unsent, 0);
    assert_eq!(phone.store.stored(said[1].into()).unwrap().unwrap().state(), ChangeState::Accepted);
}

#[test]
fn the_next_page_can_be_read_before_the_one_before_it_is_answered() {
    let phone = Phone::new();
    let mut said = vec![phone.say(Say::somebody(1, "Ana"))];
    said.extend((0..4).map(|_| phone.say(visit(1, "x"))));
    let ids = |page: &Outbox| -> Vec<ChangeId> {
        let changes = page.lines.iter().map(|line| serde_json::from_str::<UpLine>(line).unwrap());
        changes.map(|line| if let UpLine::Change(change) = line { change.id } else { panic!() }).collect()
    };
    let first = phone.side().outbox(2, usize::MAX, NOW).unwrap();
    let second = phone.side().outbox_after(first.next.unwrap(), 2, usize::MAX, NOW).unwrap();
    assert_eq!((second.left, second.unsent_after), (1, 1));
    // What is recorded meanwhile comes behind them.
    said.push(phone.say(visit(1, "y")));
    let third = phone.side().outbox_after(second.next.unwrap(), 2, usize::MAX, NOW).unwrap();
    assert_eq!((third.left, third.unsent_after, third.next), (0, 0, None));
    assert_eq!([ids(&first), ids(&second), ids(&third)].concat(), said);
}

#[test]
fn what_waits_for_a_create_further_down_its_page_goes_out_again() {
    let phone = Phone::new();
    let (ana, seen) = (phone.say(Say::somebody(1, "Ana")), phone.say(visit(1, "x")));
    let held = Answer { id: seen, verdict: Verdict::Held };
    let created = accepted(ana, 1, Stamp::at(NOW));
    phone.side().answers(&[held, created], None, NOW).unwrap();
    assert_eq!(phone.waiting().iter().map(|change| change.id).collect::<Vec<_>>(), [seen]);
}

#[test]
fn what_is_due_again_or_handed_over_waits_for_the_answers() {
    let phone = Phone::new();
    let (ana, visit) = (phone.say(Say::somebody(1, "Ana")), phone.say(visit(1, "x")));
    for id in [ana, visit] {
        phone.side().answers(&[Answer { id, verdict: Verdict::CountyTooOld }], None, NOW).unwrap();
    }
    let later = NOW.plus(domain::time::HOUR);
    let page = phone.side().outbox(1, usize::MAX, later).unwrap();
    assert_eq!((page.lines.len(), page.left, page.next), (1, 1, None));
}

#[test]
fn accepted_changes_are_in_the_digest_by_their_effective_stamps() {
    let phone = Phone::new();
    let id = phone.say(Say::somebody(1, "Ana"));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[]));
    let earlier = Stamp::at(NOW.plus(-5_000));
    phone.side().answers(&[accepted(id, 1, earlier)], None, NOW).unwrap();
    let mut counted = phone.store.history(person(1).into()).unwrap()[0].change.clone();
    counted.stamp = earlier;
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&counted]));
    phone.side().answers(&[accepted(id, 1, earlier)], None, NOW).unwrap();
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&counted]), "told twice, counted once");
}

#[test]
fn a_clock_that_ran_ahead_goes_on_from_the_countys_stamp() {
    let phone = Phone::new();
    let year = NOW.plus(365 * domain::time::DAY);
    let saved = phone.store.write(year, |tx| {
        let (id, stamp) = (tx.id(), tx.stamp());
        Ok::<_, StoreError>(vec![Say::somebody(1, "Ana").change(id, stamp, ids().device)])
    });
    let id = saved.unwrap().changes[0];
    phone.side().answers(&[accepted(id, 1, Stamp::end_of(NOW))], None, NOW).unwrap();
    phone
        .reopened()
        .write(NOW, |tx| {
            assert_eq!(tx.stamp(), Stamp::end_of(NOW).next());
            Ok::<_, StoreError>(vec![])
        })
        .unwrap();
}

/// A visit that the county refused, and an amendment of it that is still to be sent.
fn refused_visit(code: &str) -> (Phone, ChangeId, ChangeId) {
    let phone = Phone::new();
    phone.say(Say::somebody(1, "Ana"));
    phone.all_accepted();
    let id = phone.say(visit(1, "first words"));
    let amend = Say::amend(RecordKind::Visit, person(1), id.into(), json!({ "next_step": "call" }));
    let amend = phone.say(amend.having_seen(&[id]));
    refuse(&phone, id, code);
    (phone, id, amend)
}

/// Says the visit again, in fewer words.
fn correct(phone: &Phone, id: ChangeId) -> ChangeId {
    let corrected = phone.store.write(NOW, |tx| {
        let old = tx.correct(id)?;
        let (id, stamp) = (tx.id(), tx.stamp());
        let said = Say { record: Some(old.record), ..visit(1, "fewer words") };
        Ok::<_, StoreError>(vec![said.change(id, stamp, ids().device)])
    });
    corrected.unwrap().changes[0]
}

#[test]
fn what_waits_for_a_create_that_comes_later_in_the_same_page_does_not_wait_on() {
    let (phone, id, amend) = refused_visit("too_long");
    let corrected = correct(&phone, id);
    let page = phone.waiting();
    assert_eq!(page.iter().map(|change| change.id).collect::<Vec<_>>(), [amend, corrected]);
    let held = Answer { id: amend, verdict: Verdict::Held };
    phone.side().answers(&[held, accepted(corrected, 2, page[1].stamp)], None, NOW).unwrap();
    assert_eq!(phone.waiting().iter().map(|change| change.id).collect::<Vec<_>>(), [amend]);
}

#[test]
fn a_change_that_is_answered_twice_in_one_page_is_what_the_last_answer_says() {
    let (phone, id, _) = refused_visit("too_long");
    let verdicts = [Verdict::Refused(Refusal::whole("not_allowed")), Verdict::HandedOver];
    let answers = verdicts.map(|verdict| Answer { id, verdict });
    phone.side().answers(&answers, None, NOW).unwrap();
    let history = phone.store.history(id.into()).unwrap();
    let one = history.iter().find(|entry| entry.change.id == id).unwrap();
    assert_eq!(one.state, ChangeState::HandedOver);
}

#[test]
fn what_is_accepted_twice_in_one_page_counts_once() {
    for twice in [false, true] {
        let phone = Phone::new();
        phone.say(Say::somebody(1, "Ana"));
        let mine = phone.waiting().remove(0);
        let answer = accepted(mine.id, 1, mine.stamp);
        let also = Answer { id: mine.id, verdict: Verdict::HandedOver };
        let answers = if twice { vec![answer.clone(), answer, also] } else { vec![also, answer] };
        phone.side().answers(&answers, None, NOW).unwrap();
        assert_eq!(phone.side().digest().unwrap(), digest_of(&[&mine]), "{twice}");
        assert_eq!(phone.store.history(mine.record).unwrap()[0].state, ChangeState::Accepted);
    }
}

#[test]
fn a_refused_create_stays_visible_is_corrected_and_frees_what_waited_for_it() {
    let (phone, id, amend) = refused_visit("too_long");
    phone.side().answers(&[Answer { id: amend, verdict: Verdict::Held }], None, NOW).unwrap();
    assert!(phone.waiting().is_empty());
    let quarantine = phone.store.quarantine().unwrap();
    let quarantine: Vec<_> = quarantine.into_iter().map(|one| one.entry).collect();
    assert_eq!(quarantine[0].refusal.as_ref().unwrap().code, "too_long");
    assert_eq!((quarantine[0].state, quarantine[1].state), (ChangeState::Refused, ChangeState::Held));
    let shown = phone.store.stored(id.into()).unwrap().unwrap();
    assert_eq!(
        (shown.state(), &shown.folded.values()["notes"]),
        (ChangeState::Refused, &json!("first words"))
    );

    let corrected = correct(&phone, id);
    assert_eq!(phone.waiting().iter().map(|change| change.id).collect::<Vec<_>>(), [corrected]);
    phone.all_accepted();
    assert_eq!(phone.waiting().iter().map(|change| change.id).collect::<Vec<_>>(), [amend]);
    let shown = phone.store.folded(id.into()).unwrap().unwrap();
    assert_eq!(
        (&shown.values()["notes"], &shown.values()["next_step"]),
        (&json!("fewer words"), &json!("call"))
    );
    phone.all_accepted();
    assert!(phone.store.quarantine().unwrap().is_empty());
    assert!(matches!(phone.store.write(NOW, |tx| tx.correct(id).map(|_| vec![])), Err(StoreError::NotFound)));
}

#[test]
fn a_refused_amendment_does_not_count() {
    let phone = Phone::new();
    let id = phone.say(Say::somebody(1, "Ana"));
    phone.all_accepted();
    let amend = Say::amend(RecordKind::Person, person(1), person(1).into(), json!({ "first_name": "Eve" }));
    let amend = phone.say(amend.having_seen(&[id]));
    assert_eq!(phone.store.person_row(person(1)).unwrap().unwrap().name, "Eve");
    refuse(&phone, amend, "not_allowed");
    let row = phone.store.person_row(person(1)).unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.unsent), ("Ana", 1));
}

#[test]
fn what_the_county_does_not_know_yet_is_offered_again_after_an_hour() {
    // Nor is an answer that this app does not understand the end of it.
    for verdict in [Verdict::CountyTooOld, Verdict::Unknown] {
        let phone = Phone::new();
        let id = phone.say(Say::somebody(1, "Ana"));
        phone.side().answers(&[Answer { id, verdict }], None, NOW).unwrap();
        let outbox = phone.side().outbox(10, usize::MAX, NOW.plus(60_000)).unwrap();
        assert_eq!((outbox.lines.len(), outbox.unsent_after), (0, 1));
        let outbox = phone.side().outbox(10, usize::MAX, NOW.plus(domain::time::HOUR)).unwrap();
        assert_eq!((outbox.lines.len(), outbox.unsent_after), (1, 0));
    }
}

fn travels(phone: &Phone) -> Vec<Value> {
    let lines = phone.side().outbox(10, usize::MAX, NOW).unwrap().lines;
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_its_author_hands_over_goes_with_all_that_waits_for_it_and_stays_until_the_county_has_it() {
    let (phone, id, amend) = refused_visit("not_allowed");
    phone.side().answers(&[Answer { id: amend, verdict: Verdict::Held }], None, NOW).unwrap();
    assert_eq!(travels(&phone), [] as [Value; 0], "the control: by itself nothing of it travels");

    let stranger = ChangeId::new(NOW, [9; 10]);
    assert!(matches!(phone.store.file(&[stranger], NOW), Err(StoreError::NotFound)));
    assert!(matches!(phone.store.settle_filed(id), Err(StoreError::NotFound)), "not handed over yet");
    phone.store.file(&[id], NOW).unwrap();
    let work = travels(&phone);
    let codes: Vec<_> = work.iter().map(|line| line["h"]["code"].clone()).collect();
    assert_eq!(codes, ["not_allowed", "held"]);
    assert_eq!(work[0]["h"]["body"]["fields"]["notes"]["v"], "first words");
    assert!(phone.store.quarantine().unwrap().iter().all(|one| one.filed_at == Some(NOW)));
    let state = phone.store.outbox_state().unwrap();
    assert_eq!((state.filed, state.unsent()), (2, 2));

    phone.side().answers(&[Answer { id, verdict: Verdict::HandedOver }], None, NOW).unwrap();
    phone.store.settle_filed(amend).unwrap();
    assert!(phone.store.quarantine().unwrap().is_empty());
    assert_eq!(phone.store.outbox_state().unwrap().unsent(), 0);
    assert_eq!(phone.store.rehomed().unwrap(), [], "who handed it over knows");
    let shown = phone.store.stored(id.into()).unwrap().unwrap();
    assert_eq!(shown.folded.values()["notes"], "first words", "it is still to be read here");
}

#[test]
fn a_county_that_was_updated_need_not_be_waited_for() {
    let phone = Phone::new();
    let id = phone.say(Say::somebody(1, "Ana"));
    phone.side().answers(&[Answer { id, verdict: Verdict::CountyTooOld }], None, NOW).unwrap();
    assert!(travels(&phone).is_empty());
    phone.store.retry().unwrap();
    assert_eq!(travels(&phone).len(), 1);
}

#[test]
fn what_the_county_puts_off_goes_with_the_next_sync_and_nothing_stands_behind_it() {
    let phone = Phone::new();
    phone.say(Say::somebody(1, "Ana"));
    phone.all_accepted();
    let id = phone.say(visit(1, "first words"));
    refuse(&phone, id, "not_allowed");
    phone.store.file(&[id], NOW).unwrap();
    // Meanwhile this user takes care of what somebody else has handed over.
    let theirs = ChangeId::from_bytes(uuid(300));
    let from = (DeviceId::from_bytes(uuid(60_003)), UserId::from_bytes(uuid(60_004)));
    let shown = json!({
        "id": theirs, "d": from.0, "person": person(2), "author": from.1, "what": "refused", "received": NOW,
    });
    let shown = vec![serde_json::from_value(shown).unwrap()];
    let end = LastFrame {
        digest: String::new(),
        now: NOW,
        more: false,
        devices: None,
        handed_over: Some(shown),
        handed_over_waiting: None,
    };
    phone.frame(last(news(&[]), end));
    phone.store.settle_handed(theirs, Some(from.0), NOW).unwrap();

    let mut side = phone.side();
    let kinds = |side: &mut LocalSide| -> Vec<String> {
        let lines = side.outbox(10, usize::MAX, NOW).unwrap().lines;
        lines.iter().map(|line| line[2..3].to_owned()).collect()
    };
    assert_eq!(kinds(&mut side), ["s", "h"], "what is taken care of stands behind nothing");
    side.answers(&[Answer { id, verdict: Verdict::Later }], None, NOW).unwrap();
    assert_eq!(kinds(&mut side), ["s"], "it is not tried again in this sync");
    side.answers(&[Answer { id: theirs, verdict: Verdict::Settled }], None, NOW).unwrap();
    let outbox = side.outbox(10, usize::MAX, NOW).unwrap();
    assert_eq!((outbox.lines.len(), outbox.left, outbox.unsent_after), (0, 0, 1), "and it is unsent");
    assert_eq!(kinds(&mut phone.side()), ["h"], "it goes with the next");
}
