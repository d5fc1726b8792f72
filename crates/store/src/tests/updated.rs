//! An app is updated and knows kinds that it did not know before.

use super::*;
use crate::meta;
use domain::codes::CodeList;

/// What is told of a kind as an app of the time before it reads it.
fn unread(change: &Change, object: Option<u8>) -> FrameItem {
    let FrameItem::Change(one) = delivered(change) else { panic!() };
    let kind = RecordKind::Other(change.kind.code().to_owned());
    FrameItem::Change(Delivered { change: Change { kind, ..one.change }, object, ..one })
}

/// As a version that knew all kinds but this one left the vault.
fn forget(phone: &Phone, kind: &RecordKind) {
    let known: Vec<_> = RecordKind::CODES.iter().copied().filter(|code| *code != kind.code()).collect();
    phone.store.transaction(|tx| meta::put(tx.db, meta::KINDS, known.join(" ").as_bytes())).unwrap();
}

fn step(n: u16) -> Change {
    let fields = json!({ "text": "called the kingfisher", "happened_at": NOW.0 });
    Say::create(RecordKind::StepForward, person(1), fields).by_dev(n, i64::from(n))
}

#[test]
fn what_was_stored_of_a_kind_that_was_unknown_counts_and_shows_once_it_is_known() {
    let ana = Say::somebody(1, "Ana").by_dev(101, 0);
    let (said, unsaid) = (step(102), step(103));
    let phone = Phone::new();
    let mut frame = history(person(1), &[&ana]);
    // A county that says to which object it belongs, and one that does not.
    frame.items.extend([unread(&said, Some(domain::policy::Object::Case as u8)), unread(&unsaid, None)]);
    phone.frame(frame);
    while phone.store.index_notes(100).unwrap() > 0 {}
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[&ana, &said]));
    // As the older app, which does not search the kind, left the index.
    phone
        .store
        .transaction(|tx| {
            tx.db.execute("insert into search_notes (search_notes) values ('delete-all')", []).unwrap();
            tx.db.execute("update record set at = null where kind = 'step_forward'", []).unwrap();
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let at = |store: &Store| -> Vec<Option<i64>> {
        let sql = "select at from record where kind = 'step_forward'";
        store
            .read(|db| Ok(db.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?))
            .unwrap()
    };

    let same = phone.reopened();
    assert_eq!(
        same.local_side().digest().unwrap(),
        digest_of(&[&ana, &said]),
        "the control: the same version"
    );
    assert_eq!(at(&same), [None, None]);
    forget(&phone, &RecordKind::StepForward);
    let updated = phone.reopened();
    assert_eq!(updated.local_side().digest().unwrap(), digest_of(&[&ana, &said, &unsaid]));
    assert_eq!(at(&updated), [Some(NOW.0), Some(NOW.0)]);
    assert_eq!(phone.indexed("kingfisher"), 1, "one word, in both notes");
    assert_eq!(updated.search("kingfisher", 10).unwrap().notes.len(), 2);
    let again = phone.reopened();
    assert_eq!(again.local_side().digest().unwrap(), digest_of(&[&ana, &said, &unsaid]), "once");
    assert_eq!(again.search("kingfisher", 10).unwrap().notes.len(), 2);
}

#[test]
fn what_belongs_to_the_county_itself_counts_as_well() {
    let phone = Phone::new();
    let team = Change { person: None, kind: RecordKind::Team, ..step(104) };
    let mut frame = news(&[]);
    frame.items.push(unread(&team, None));
    phone.frame(frame);
    assert_eq!(phone.side().digest().unwrap(), digest_of(&[]), "the control");
    forget(&phone, &RecordKind::Team);
    assert_eq!(phone.reopened().local_side().digest().unwrap(), digest_of(&[&team]));
}
