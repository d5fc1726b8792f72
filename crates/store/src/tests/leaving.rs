//! Leaving the caseload: nothing unsent is stranded, and then nothing is left on the device.

use super::*;
use domain::policy::Object;
use domain::validate::Refusal;

const MARK: &str = "zanzibarquokka";

/// Ana, with a note and a place that are easy to find again, and Ben.
fn with_two() -> (Phone, Vec<Change>) {
    let phone = Phone::new();
    let ana = Say::somebody(1, MARK).by_dev(101, 0);
    let place = json!({ "kind": "home", "street": format!("1 {MARK} Street") });
    let place = Say::create(RecordKind::Place, person(1), place).by_dev(102, 1);
    let note = visit(1, &format!("a note of {MARK}")).by_dev(103, 2);
    let ben = Say::somebody(2, "Ben").by_dev(104, 3);
    phone.frame(history(person(1), &[&ana, &place, &note]));
    phone.frame(history(person(2), &[&ben]));
    assert_eq!(phone.store.index_notes(100).unwrap(), 0);
    (phone, vec![ana, place, note, ben])
}

/// Whether the mark is anywhere in the database: every value of every table, and the words of the indexes.
fn marks(phone: &Phone) -> u32 {
    let tables = phone.store.alone(|db| {
        let mut query = db.prepare(
            "select name from sqlite_master where type = 'table' and name not like 'search_notes'",
        )?;
        let names = query.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<Vec<String>, _>>()?)
    });
    let count = |table: &String| {
        let found = phone.store.alone(|db| {
            let mut query = db.prepare(&format!("select * from {table}"))?;
            let columns = query.column_count();
            let mut rows = query.query([])?;
            let mut found = 0;
            while let Some(row) = rows.next()? {
                for at in 0..columns {
                    let bytes = match row.get_ref(at)? {
                        rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                            bytes
                        }
                        _ => continue,
                    };
                    found += u32::from(bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes()));
                }
            }
            Ok(found)
        });
        found.unwrap()
    };
    tables.unwrap().iter().map(count).sum::<u32>() + phone.indexed(MARK)
}

#[test]
fn whoever_left_is_erased_from_rows_search_and_free_pages() {
    let (phone, said) = with_two();
    assert!(marks(&phone) > 5, "the search for marks finds them while they are there");
    assert_eq!(phone.store.search(MARK, 9).unwrap().notes.len(), 1);
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&said[3]]), "who leaves is not counted");
    assert!(phone.store.person(person(1)).unwrap().unwrap().leaving);
    assert_eq!(phone.side().erase_left().unwrap(), 1);
    assert_eq!(marks(&phone), 0);
    assert!(phone.store.person(person(1)).unwrap().is_none());
    assert!(phone.store.search(MARK, 9).unwrap().people.is_empty());
    assert_eq!(phone.store.search("ben", 9).unwrap().people.len(), 1);
    let (free, wal) = phone
        .store
        .alone(|db| {
            let wal = std::fs::metadata(phone.dir.path().join("vault.db-wal")).map_or(0, |file| file.len());
            Ok((db.query_row("pragma freelist_count", [], |row| row.get::<_, i64>(0))?, wal))
        })
        .unwrap();
    assert_eq!((free, wal), (0, 0));
    let greeting = phone.side().greeting().unwrap();
    assert_eq!(greeting.forgot, [Leave { person: person(1), objects: PERSON_OBJECTS }]);
    assert_eq!(phone.side().greeting().unwrap().forgot.len(), 1, "said until the county has answered");
    phone.frame(news(&[]));
    assert!(phone.side().greeting().unwrap().forgot.is_empty());
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    assert_eq!(phone.side().greeting().unwrap().forgot.len(), 1, "who is not here is forgotten again");
}

#[test]
fn nobody_is_erased_while_something_about_them_is_unsent() {
    let (phone, _) = with_two();
    let late = phone.say(visit(1, "late"));
    let refused = phone.say(visit(1, "refused"));
    phone.store.save_draft("visit/1", Some(person(1)), &json!({ "notes": "half a" }), NOW).unwrap();
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    assert_eq!(phone.side().erase_left().unwrap(), 0);
    let first = phone.side().outbox(10, usize::MAX, NOW).unwrap().lines;
    assert_eq!(first.len(), 3, "two changes, and the draft goes to the county's quarantine");
    let draft: Value = serde_json::from_str(&first[2]).unwrap();
    assert_eq!((&draft["h"]["what"], &draft["h"]["body"]["notes"]), (&json!("draft"), &json!("half a")));
    let draft: ChangeId = draft["h"]["id"].as_str().unwrap().parse().unwrap();
    let answers = [
        accepted(late, 9, Stamp::at(NOW.plus(50))),
        Answer { id: refused, verdict: Verdict::Refused(Refusal::field("too_long", "notes")) },
        Answer { id: draft, verdict: Verdict::HandedOver },
    ];
    phone.side().answers(&answers, None, NOW).unwrap();
    assert_eq!(phone.side().erase_left().unwrap(), 0, "the refused one is still only here");
    let second = phone.side().outbox(10, usize::MAX, NOW).unwrap().lines;
    assert_eq!(second.len(), 1);
    let work: Value = serde_json::from_str(&second[0]).unwrap();
    assert_eq!((&work["h"]["what"], &work["h"]["code"]), (&json!("refused"), &json!("too_long")));
    phone.side().answers(&[Answer { id: refused, verdict: Verdict::HandedOver }], None, NOW).unwrap();
    assert_eq!(phone.side().erase_left().unwrap(), 1);
    assert_eq!(marks(&phone), 0);
}

#[test]
fn somebody_who_comes_back_before_being_erased_stays() {
    let (phone, said) = with_two();
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    phone.frame(history(person(1), &[&said[0], &said[1], &said[2]]));
    assert_eq!(phone.side().erase_left().unwrap(), 0);
    assert_eq!(phone.side().digest().unwrap(), digest_of(&said.iter().collect::<Vec<_>>()));
    assert!(!phone.store.person(person(1)).unwrap().unwrap().leaving);
}

#[test]
fn some_objects_of_a_person_may_leave_alone() {
    let (phone, said) = with_two();
    phone.frame(leaves(person(1), Object::Address.bit()));
    assert_eq!(phone.side().erase_left().unwrap(), 1);
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&said[0], &said[2], &said[3]]));
    assert!(phone.store.stored(said[1].record).unwrap().is_none());
    assert!(phone.store.search("street", 9).unwrap().people.is_empty());
    assert_eq!(phone.store.search(MARK, 9).unwrap().people.len(), 1);
    let forgot = phone.side().greeting().unwrap().forgot;
    assert_eq!(forgot, [Leave { person: person(1), objects: Object::Address.bit() }]);
}

#[test]
fn notes_that_come_under_a_number_given_out_again_are_found() {
    let phone = Phone::new();
    let ana = Say::somebody(1, "Ana").by_dev(1, 0);
    let note = visit(1, "marigold").by_dev(2, 1);
    phone.frame(history(person(1), &[&ana, &note]));
    phone.store.index_notes(100).unwrap();
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    phone.side().erase_left().unwrap();
    let ben = Say::somebody(2, "Ben").by_dev(3, 2);
    let other = visit(2, "primrose").by_dev(4, 3);
    phone.frame(history(person(2), &[&ben, &other]));
    assert!(phone.store.search("primrose", 9).unwrap().incomplete);
    assert_eq!(phone.store.index_notes(1).unwrap(), 1);
    assert_eq!(phone.store.index_notes(1).unwrap(), 0);
    assert_eq!(phone.store.search("primrose", 9).unwrap().notes.len(), 1);
    assert!(phone.store.search("marigold", 9).unwrap().notes.is_empty());
}

#[test]
fn what_is_typed_about_somebody_who_has_left_is_handed_over_and_its_author_told() {
    let (phone, _) = with_two();
    let half = json!({ "notes": "half a" });
    let key = "visit:1";
    assert!(phone.store.save_draft(key, Some(person(1)), &half, NOW).unwrap());
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    assert!(!phone.store.save_draft(key, Some(person(1)), &half, NOW).unwrap(), "about to leave");
    for round in 1..=2 {
        let lines = phone.side().outbox(10, usize::MAX, NOW).unwrap().lines;
        let work: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&work["h"]["what"], &work["h"]["body"]), (&json!("draft"), &half));
        let id = serde_json::from_value(work["h"]["id"].clone()).unwrap();
        phone.side().answers(&[Answer { id, verdict: Verdict::HandedOver }], None, NOW).unwrap();
        phone.side().erase_left().unwrap();
        assert!(phone.store.drafts().unwrap().is_empty());
        let told = phone.store.rehomed().unwrap();
        assert_eq!((told.len(), told[0].draft, told[0].kind.as_str()), (round, true, "visit"));
        // The form is still open: here is nobody of that name any more, and what is typed goes the same way.
        assert!(!phone.store.save_draft(key, Some(person(1)), &half, NOW).unwrap());
    }
    phone.store.acknowledge_rehomed().unwrap();
    assert!(phone.store.rehomed().unwrap().is_empty());
    assert!(phone.store.save_draft("person:new", None, &half, NOW).unwrap(), "about nobody yet");
    let lines = phone.side().outbox(10, usize::MAX, NOW).unwrap().lines;
    assert_eq!(lines.len(), 1, "a draft about nobody stays");
}

#[test]
fn what_is_said_beyond_what_is_held_leaves_once_the_county_has_it() {
    let phone = Phone::new();
    let (ana, notes) = (Say::somebody(1, "Ana").by_dev(101, 0), 1 << Object::PeerNote as u32);
    let mut arrives = history(person(1), &[&ana]);
    arrives.items[0] =
        FrameItem::Enter(Enter { person: person(1), objects: PERSON_OBJECTS & !notes, more: false });
    phone.frame(arrives);
    let fields = json!({ "text": MARK, "visit": RecordId::from_bytes(uuid(9)) });
    let note = phone.say(Say::create(RecordKind::PeerNote, person(1), fields));
    assert_eq!(phone.side().erase_left().unwrap(), 0);
    assert!(marks(&phone) > 0, "nobody but this device has it");
    phone.side().answers(&[accepted(note, 9, Stamp::at(NOW.plus(50)))], None, NOW).unwrap();
    phone.side().erase_left().unwrap();
    assert_eq!(marks(&phone), 0);
    assert!(phone.store.person(person(1)).unwrap().is_some_and(|bundle| !bundle.leaving));
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana]));
    let forgot = phone.side().greeting().unwrap().forgot;
    assert_eq!(forgot, [Leave { person: person(1), objects: notes }]);
}
