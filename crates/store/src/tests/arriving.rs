//! What the county sends.

use super::*;
use crate::ChangeState;
use domain::policy::Object;

fn number(n: u16, number: &str) -> Change {
    Say::create(RecordKind::Phone, person(1), json!({ "number": number })).by_dev(n, i64::from(n))
}

fn amend(n: u16, of: &Change, number: &str) -> Change {
    Say::amend(RecordKind::Phone, person(1), of.record, json!({ "number": number })).by_dev(n, i64::from(n))
}

#[test]
fn a_history_arrives_once_however_often_it_is_sent() {
    let phone = Phone::new();
    let (ana, tel) = (Say::somebody(1, "Ana").by_dev(1, 0), number(2, "555 0100"));
    for _ in 0..2 {
        phone.frame(history(person(1), &[&ana, &tel, &tel]));
        assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &tel]));
        assert_eq!(phone.store.history(tel.record).unwrap().len(), 1);
    }
    phone.frame(news(&[&ana]));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &tel]));
    assert_eq!(phone.side().greeting().unwrap().token.as_deref(), Some("after-news"));
    let digests = phone.side().digests().unwrap();
    let objects: Vec<_> = digests.iter().map(|one| (one.person, one.object)).collect();
    assert_eq!(
        objects,
        [(Some(person(1)), Object::PersonIdentity as u8), (Some(person(1)), Object::Address as u8)]
    );
    assert!(!phone.store.sync_state().unwrap().agrees);
    phone.side().verified(true, NOW.plus(9), -4).unwrap();
    let state = phone.store.sync_state().unwrap();
    assert_eq!(
        (state.agrees, state.agreed_at, state.clock_offset, state.people),
        (true, Some(NOW.plus(9)), -4, 1)
    );
}

#[test]
fn half_a_pull_takes_back_that_all_is_known() {
    let phone = Phone::new();
    phone.side().verified(true, NOW, 0).unwrap();
    phone.frame(history(person(1), &[&Say::somebody(1, "Ana").by_dev(1, 0)]));
    let state = phone.store.sync_state().unwrap();
    assert_eq!((state.agrees, state.agreed_at), (false, Some(NOW)), "the line died here");
}

#[test]
fn frames_that_come_together_make_what_they_make_one_by_one() {
    let ana = Say::somebody(1, "Ana").by_dev(1, 0);
    let tel = number(2, "555 0100");
    let again = amend(3, &tel, "555 0199");
    let frames = || {
        let mut begun = history(person(1), &[&ana, &tel]);
        begun.end.complete.clear();
        let mut rest = history(person(1), &[&again]);
        if let Some(FrameItem::Enter(enter)) = rest.items.first_mut() {
            enter.more = true;
        }
        [begun, rest]
    };
    let seen = |phone: &Phone| {
        let row = phone.store.person_row(person(1)).unwrap().unwrap();
        let digests = phone.side().digests().unwrap();
        (
            format!("{row:?}"),
            digests,
            phone.side().digest().unwrap(),
            phone.store.history(tel.record).unwrap(),
        )
    };
    let (apart, together) = (Phone::new(), Phone::new());
    frames().into_iter().for_each(|frame| apart.frame(frame));
    together.side().frames(&frames(), NOW).unwrap();
    assert_eq!(together.side().digest().unwrap(), digest_of(&[&ana, &tel, &again]));
    assert_eq!(format!("{:?}", seen(&apart)), format!("{:?}", seen(&together)));
}

#[test]
fn two_values_stay_visible_until_somebody_has_chosen() {
    let phone = Phone::new();
    let (ana, tel) = (Say::somebody(1, "Ana").by_dev(1, 0), number(2, "555 0100"));
    phone.frame(history(person(1), &[&ana, &tel]));
    let mine = Say::amend(RecordKind::Phone, person(1), tel.record, json!({ "number": "555 0111" }));
    let mine = phone.say(mine.having_seen(&[tel.id]));
    let mut devs = amend(3, &tel, "555 0122");
    devs.fields.get_mut("number").unwrap().seen = vec![tel.id];
    phone.frame(news(&[&devs]));
    let conflicts = phone.store.conflicts().unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].name.as_str(), conflicts[0].record.id), ("Ana", tel.record));
    assert_eq!(conflicts[0].record.folded.conflicts(), ["number"]);
    assert_eq!(phone.store.person_row(person(1)).unwrap().unwrap().conflicts, 1);

    let seen = conflicts[0].record.folded.fields["number"].seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.contains(&mine) && seen.contains(&devs.id));
    let choice = Say::amend(RecordKind::Phone, person(1), tel.record, json!({ "number": "555 0122" }));
    phone.say(choice.having_seen(&seen));
    assert!(phone.store.conflicts().unwrap().is_empty());
    assert_eq!(phone.store.person_row(person(1)).unwrap().unwrap().conflicts, 0);
}

/// A phone on which somebody's history, with two numbers that contradict each other, is under way.
fn half_arrived() -> Phone {
    let phone = Phone::new();
    let (ana, tel) = (Say::somebody(1, "Ana").by_dev(1, 0), number(2, "555 0100"));
    let rival = amend(3, &tel, "555 0122");
    let mut part = history(person(1), &[&ana, &tel, &rival]);
    part.end.complete.clear();
    phone.frame(part);
    phone
}

#[test]
fn a_person_still_arriving_raises_no_conflict() {
    let phone = half_arrived();
    assert!(phone.store.is_arriving(person(1)).unwrap());
    assert!(phone.store.conflicts().unwrap().is_empty());
    assert_eq!(phone.store.sync_state().unwrap().arriving, 1);
    let mut rest = news(&[]);
    rest.items = vec![FrameItem::Enter(Enter { person: person(1), objects: PERSON_OBJECTS, more: true })];
    rest.end.complete = vec![person(1)];
    phone.frame(rest);
    assert_eq!(phone.store.conflicts().unwrap().len(), 1);
    assert_eq!(phone.store.person_row(person(1)).unwrap().unwrap().conflicts, 1);
}

#[test]
fn nobody_goes_on_arriving_where_both_sides_hold_the_same() {
    let phone = half_arrived();
    // A county that was restored does not begin again with whom nothing is missing of.
    phone.side().verified(false, NOW, 0).unwrap();
    assert!(phone.store.is_arriving(person(1)).unwrap(), "the control: something is missing yet");
    phone.side().verified(true, NOW, 0).unwrap();
    assert!(!phone.store.is_arriving(person(1)).unwrap());
    assert_eq!(phone.store.sync_state().unwrap().arriving, 0);
    assert_eq!(phone.store.person_row(person(1)).unwrap().unwrap().conflicts, 1);
}

#[test]
fn an_answer_that_was_lost_is_made_good_by_the_frame() {
    let phone = Phone::new();
    phone.say(Say::somebody(1, "Ana"));
    let mut mine = phone.waiting().remove(0);
    mine.stamp = Stamp::at(NOW.plus(-1));
    phone.frame(history(person(1), &[&mine]));
    assert!(phone.waiting().is_empty());
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&mine]));
    assert_eq!(phone.store.history(person(1).into()).unwrap()[0].stamp, mine.stamp);
}

#[test]
fn after_a_repair_own_work_that_the_county_lost_is_offered_again() {
    let phone = Phone::new();
    let (ana, tel) = (Say::somebody(1, "Ana").by_dev(1, 0), number(2, "555 0100"));
    phone.frame(history(person(1), &[&ana, &tel]));
    let mine = phone.say(visit(1, "mine"));
    phone.all_accepted();
    phone.frame(history(person(1), &[&ana]));
    assert_eq!(phone.waiting().iter().map(|change| change.id).collect::<Vec<_>>(), [mine]);
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana]));
    let others = phone.store.history(tel.record).unwrap();
    assert_eq!(others[0].state, ChangeState::Unconfirmed, "kept, and counts for nothing");
    phone.frame(news(&[&tel]));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &tel]));
}

#[test]
fn fields_and_kinds_of_newer_versions_are_kept_as_they_came() {
    let phone = Phone::new();
    let ana = Say::somebody(1, "Ana").by_dev(1, 0);
    let kind = <RecordKind as domain::codes::CodeList>::from_code("drone_flight");
    let odd = Say::create(kind, person(1), json!({ "height": 30 })).by_dev(2, 1);
    let raw = serde_json::to_string(&odd).unwrap().replacen('{', "{\"later\":[1],", 1);
    let mut frame = history(person(1), &[&ana]);
    // It belongs to a policy object that came with it.
    let objects = PERSON_OBJECTS | 1 << 20;
    frame.items[0] = FrameItem::Enter(Enter { person: person(1), objects, more: false });
    frame.items.push(FrameItem::Change(Delivered::new(odd.clone(), odd.stamp, raw.clone(), Some(20))));
    phone.frame(frame);
    let kept: String = phone
        .store
        .read(|db| {
            Ok(db.query_row("select body from change where kind = 'drone_flight'", [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(kept, raw);
    // The county counts it, and this device does, too, though it does not know what it is.
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &odd]));
    phone.frame(leaves(person(1), 1 << 20));
    phone.side().erase_left().unwrap();
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana]), "and forgets it when it leaves");
}

#[test]
fn nobody_is_kept_whom_the_county_did_not_announce() {
    let phone = Phone::new();
    let ana = Say::somebody(1, "Ana").by_dev(1, 0);
    let ben = Say::somebody(2, "Ben").by_dev(2, 1);
    phone.frame(history(person(1), &[&ana, &ben]));
    phone.frame(news(&[&ben]));
    assert!(phone.store.person_row(person(2)).unwrap().is_none());
    let kept = |db: &rusqlite::Connection| {
        Ok(db.query_row("select count(*) from change", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(phone.store.read(kept).unwrap(), 1);
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana]));
    // Once announced, he comes whole.
    phone.frame(history(person(2), &[&ben]));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &ben]));
}

#[test]
fn the_countys_own_records_are_at_hand() {
    let phone = Phone::new();
    let county = |kind, n: u16, fields: Value| {
        let said = Say { person: None, ..Say::create(kind, person(0), fields) };
        said.by_dev(n, i64::from(n))
    };
    let settings = json!({ "name": "Pine", "timezone": "America/New_York", "first_contact_hours": 24 });
    let settings = county(RecordKind::CountySettings, 10, settings);
    let team = county(RecordKind::Team, 11, json!({ "name": "North" }));
    let staff =
        county(RecordKind::Staff, 12, json!({ "name": "Maria", "role": "peer-support", "active": true }));
    let ana = Say::somebody(1, "Ana").by_dev(1, 0);
    let case = json!({ "stage": "referred", "opened_at": NOW.0 });
    let case = Say::create(RecordKind::Case, person(1), case).by_dev(2, 1);
    let event = json!({ "occurred_at": NOW.0, "source": "ems" });
    let event = Say::create(RecordKind::OverdoseEvent, person(1), event).by_dev(3, 1);
    phone.frame(history(person(1), &[&ana, &case, &event]));
    let due = || phone.store.person_row(person(1)).unwrap().unwrap().due.unwrap();
    assert_eq!(due(), NOW.plus(72 * domain::time::HOUR));
    phone.frame(news(&[&settings, &team, &staff]));
    assert_eq!(due(), NOW.plus(24 * domain::time::HOUR), "new settings are applied to everybody");
    assert_eq!(phone.store.zone().unwrap(), chrono_tz::America::New_York);
    assert_eq!(phone.store.settings().unwrap().unwrap().name.as_deref(), Some("Pine"));
    assert_eq!(phone.store.teams().unwrap()[0].1.name.as_deref(), Some("North"));
    assert_eq!(phone.store.staff().unwrap()[0].1.name.as_deref(), Some("Maria"));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &case, &event, &settings, &team, &staff]));
}

#[test]
fn what_the_last_frame_says_of_others_replaces_what_it_said_before() {
    let phone = Phone::new();
    let seen = sync::wire::DeviceSeen {
        user: ids().user,
        device: ids().device,
        name: "phone".into(),
        last_contact: Some(NOW),
        unsent: 3,
        app: "1".into(),
        clock_offset: 0,
    };
    let said = |devices| LastFrame {
        digest: String::new(),
        now: NOW,
        more: false,
        devices,
        handed_over: None,
        handed_over_waiting: None,
    };
    phone.frame(last(news(&[]), said(Some(vec![seen.clone()]))));
    phone.frame(last(news(&[]), said(None)));
    assert_eq!(phone.store.devices_seen().unwrap(), [seen]);
    phone.frame(last(news(&[]), said(Some(vec![]))));
    assert!(phone.store.devices_seen().unwrap().is_empty());
    assert!(phone.store.handed_over().unwrap().is_empty());
}

#[test]
fn nobody_is_asked_to_choose_about_what_was_refused() {
    let phone = Phone::new();
    phone.frame(history(person(1), &[&Say::somebody(1, "Ana").by_dev(1, 0)]));
    let tel = |number: &str| Say::create(RecordKind::Phone, person(1), json!({ "number": number }));
    let refused =
        |id| Answer { id, verdict: Verdict::Refused(domain::validate::Refusal::field("too_long", "number")) };
    let first = phone.say(tel("555 0100"));
    let record = RecordId::from(first);
    let other = Say::amend(RecordKind::Phone, person(1), record, json!({ "number": "555 0111" }));
    let other = phone.say(other.having_seen(&[first]));
    phone.side().answers(&[refused(first), refused(other)], None, NOW).unwrap();
    let again = phone.store.write(NOW, |tx| {
        tx.correct(first)?;
        let say = Say { record: Some(record), ..tel("555 0122") };
        let (id, stamp) = (tx.id(), tx.stamp());
        Ok::<_, StoreError>(vec![say.change(id, stamp, ids().device)])
    });
    let again = again.unwrap().changes[0];
    phone.side().answers(&[refused(again)], None, NOW).unwrap();
    let shown = phone.store.history(record).unwrap();
    assert!(!shown.is_empty(), "it stays visible until it is corrected");
    assert!(phone.store.conflicts().unwrap().is_empty());
}
