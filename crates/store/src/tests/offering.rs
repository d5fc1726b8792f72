//! A county that was restored: the device shows what it was told, with the county's own signature, and copies that it
//! can no longer read itself.

use super::*;
use crypto::county::CountySecret;
use crypto::frame::{Leaves, leaf};
use domain::time::{DAY, HOUR};
use domain::validate::Refusal;
use sync::ports::{OfferItem, OfferPage};
use sync::wire::{COPY, Offered, Proof, SealedCopy, UpLine, Wanted};

const COUNTY: [u8; 16] = [9; 16];

/// The county's signature under a frame.
fn sign(secret: &CountySecret, frame: Frame) -> Frame {
    let mut leaves = Leaves::default();
    for item in &frame.items {
        if let FrameItem::Change(one) = item {
            leaves.push(&leaf(one.change.id.bytes(), one.stamp.0, &one.raw));
        }
    }
    Frame { end: FrameEnd { proof: Some(leaves.sign(secret, COUNTY)), ..frame.end }, ..frame }
}

/// The county accepts everything that waits, and signs for it.
fn accept_all(phone: &Phone, secret: &CountySecret) {
    let waiting = phone.side().outbox(10_000, usize::MAX, NOW).unwrap().lines;
    let (mut answers, mut leaves) = (Vec::new(), Leaves::default());
    for (line, seq) in waiting.iter().zip(1..) {
        let body = line.strip_prefix("{\"c\":").and_then(|line| line.strip_suffix('}')).unwrap();
        let change: Change = serde_json::from_str(body).unwrap();
        leaves.push(&leaf(change.id.bytes(), change.stamp.0, body));
        answers.push(accepted(change.id, seq, change.stamp));
    }
    phone.side().answers(&answers, Some(&leaves.sign(secret, COUNTY)), NOW).unwrap();
}

fn everything() -> Vec<Wanted> {
    (1..=2).map(|n| Wanted { person: Some(person(n)), objects: u32::MAX }).collect()
}

fn offer(phone: &Phone, epoch: u32) -> (Vec<OfferItem>, OfferPage) {
    let mut side = phone.side();
    let items = side.to_offer(&everything(), epoch).unwrap();
    let page = side.offer(&items, 1_000, usize::MAX).unwrap();
    (items, page)
}

fn parsed(lines: &[String]) -> (Vec<Proof>, Vec<Offered>, Vec<SealedCopy>) {
    let mut all = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        match serde_json::from_str(line).unwrap() {
            UpLine::Proof(proof) => all.0.push(proof),
            UpLine::Offered(offered) => all.1.push(offered),
            UpLine::Copy(copy) => all.2.push(copy),
            other => panic!("{other:?}"),
        }
    }
    all
}

/// Holds every offered change to the signature that it names.
fn holds(secret: &CountySecret, proofs: &[Proof], offered: &[Offered]) {
    for one in offered {
        let proof = &proofs[one.frame];
        let leaves: Leaves = proof.leaves.iter().collect();
        leaves.verify(COUNTY, &proof.signature, &secret.public()).unwrap();
        let change: Change = serde_json::from_str(one.change.get()).unwrap();
        assert_eq!(proof.leaves[one.place], leaf(change.id.bytes(), one.stamp.0, one.change.get()));
    }
}

#[test]
fn own_and_others_changes_are_offered_with_the_countys_word() {
    let (phone, secret) = (Phone::new(), CountySecret::generate());
    let ana = Say::somebody(1, "Ana").by_dev(101, 0);
    let note = visit(1, "by Dev").by_dev(102, 1);
    phone.frame(sign(&secret, history(person(1), &[&ana, &note])));
    phone.say(visit(1, "mine"));
    accept_all(&phone, &secret);
    phone.say(visit(1, "not sent yet"));
    let (items, page) = offer(&phone, 2);
    let (proofs, offered, copies) = parsed(&page.lines);
    assert_eq!((items.len(), offered.len(), page.taken, page.answers), (3, 3, 3, 3));
    assert_eq!(
        (proofs.len(), copies.len()),
        (2, 0),
        "each frame once, and no copies without the county's key"
    );
    holds(&secret, &proofs, &offered);
    let stamps: Vec<Stamp> = offered.iter().map(|one| one.stamp).collect();
    assert!(stamps.is_sorted(), "what was seen comes before what saw it");
    // Only what is wanted.
    assert_eq!(phone.side().to_offer(&[], 2).unwrap(), []);
    let digests = phone.side().everything().unwrap();
    assert!(digests.iter().all(|one| one.person == Some(person(1))) && digests.len() == 2);
}

#[test]
fn a_county_that_has_a_change_by_another_stamp_is_followed() {
    let (phone, secret) = (Phone::new(), CountySecret::generate());
    let ana = Say::somebody(1, "Ana").by_dev(101, 0);
    phone.frame(sign(&secret, history(person(1), &[&ana])));
    let mut side = phone.side();
    let items = side.to_offer(&everything(), 2).unwrap();
    side.offer(&items, 10, usize::MAX).unwrap();
    let stamp = Stamp(ana.stamp.0 + 5);
    side.offered(&[accepted(ana.id, 7, stamp)], None, 2).unwrap();
    side.offer_whole(2).unwrap();
    assert_eq!(side.greeting().unwrap().offered, Some(2));
    let now = Change { stamp, ..ana.clone() };
    assert_eq!(side.digest().unwrap(), digest_of(&[&now]));
    phone.frame(news(&[]));
    assert_eq!(side.greeting().unwrap().offered, None, "a token of the new epoch ends it");
}

#[test]
fn copies_of_own_work_outlive_the_person_and_only_the_county_reads_them() {
    let (phone, secret) = (Phone::new(), CountySecret::generate());
    phone.store.keep(crate::SEALING_KEY, secret.sealing_public().as_bytes()).unwrap();
    let ana = Say::somebody(1, "Ana").by_dev(101, 0);
    phone.frame(sign(&secret, history(person(1), &[&ana])));
    phone.say(visit(1, "zanzibar"));
    accept_all(&phone, &secret);
    phone.side().verified(true, NOW, 0).unwrap();
    phone.frame(leaves(person(1), PERSON_OBJECTS));
    assert_eq!(phone.side().erase_left().unwrap(), 1);

    let (items, page) = offer(&phone, 2);
    let (_, offered, copies) = parsed(&page.lines);
    assert_eq!((items.len(), offered.len(), copies.len()), (1, 0, 1));
    let proofs: i64 =
        phone.store.read(|db| Ok(db.query_row("select count(*) from proof", [], |row| row.get(0))?)).unwrap();
    assert_eq!(proofs, 0, "no change needs one any more");
    let sealed = copies[0].sealed.windows(8).any(|window| window == b"zanzibar");
    assert!(!sealed);
    let packed = secret.open(COPY, &copies[0].sealed).unwrap();
    let inside = String::from_utf8(sync::packing::decompress_all(&packed, 1 << 20).unwrap()).unwrap();
    let lines: Vec<String> = inside.lines().map(str::to_owned).collect();
    let (proofs, offered, _) = parsed(&lines);
    holds(&secret, &proofs, &offered);
    assert!(offered[0].change.get().contains("zanzibar"));

    // Taken in one epoch, it is offered again in the next, until it is too old.
    let taken = Answer { id: copies[0].id, verdict: Verdict::Taken };
    phone.side().offered(&[taken], None, 2).unwrap();
    assert_eq!((offer(&phone, 2).0.len(), offer(&phone, 3).0.len()), (0, 1));
    phone.side().verified(true, NOW.plus(14 * DAY), 0).unwrap();
    assert_eq!(offer(&phone, 3).0.len(), 1);
    phone.side().verified(true, NOW.plus(14 * DAY + 1), 0).unwrap();
    assert_eq!(offer(&phone, 3).0.len(), 0);
}

#[test]
fn a_page_holds_what_fits_and_own_work_without_proof_goes_the_ordinary_way() {
    let (phone, secret) = (Phone::new(), CountySecret::generate());
    let said: Vec<Change> = (0..5).map(|n| visit(1, "by Dev").by_dev(110 + n, i64::from(n))).collect();
    let ana = Say::somebody(1, "Ana").by_dev(101, -1);
    let all: Vec<&Change> = std::iter::once(&ana).chain(&said).collect();
    phone.frame(sign(&secret, history(person(1), &all)));
    let mut side = phone.side();
    let items = side.to_offer(&everything(), 2).unwrap();
    assert_eq!(items.len(), 6);
    // The proof and two changes, then the rest with the proof again.
    let page = side.offer(&items, 3, usize::MAX).unwrap();
    assert_eq!((page.lines.len(), page.taken, page.answers), (3, 2, 2));
    let page = side.offer(&items[2..], 3, 1).unwrap();
    assert_eq!((page.lines.len(), page.taken, page.answers), (2, 1, 1), "one in any case");
    // Accepted by a county that signed nothing.
    let mine = phone.say(visit(1, "mine"));
    phone.all_accepted();
    assert!(phone.waiting().is_empty());
    assert_eq!(side.to_offer(&everything(), 2).unwrap().len(), 6);
    assert_eq!(phone.waiting()[0].id, mine);
}

#[test]
fn what_the_county_puts_off_is_offered_again_and_a_copy_is_given_back_only_when_it_is_taken() {
    let (phone, secret) = (Phone::new(), CountySecret::generate());
    phone.store.keep(crate::SEALING_KEY, secret.sealing_public().as_bytes()).unwrap();
    let ana = Say::somebody(1, "Ana").by_dev(101, 0);
    let note = visit(1, "by Dev").by_dev(102, 1);
    phone.frame(sign(&secret, history(person(1), &[&ana, &note])));
    phone.say(Say::somebody(2, "Bea"));
    accept_all(&phone, &secret);
    let mut side = phone.side();
    let whole = side.digest().unwrap();
    let items = side.to_offer(&[Wanted { person: Some(person(1)), objects: u32::MAX }], 2).unwrap();
    let (_, _, copies) = parsed(&side.offer(&items, 100, usize::MAX).unwrap().lines);
    let copy = copies[0].id;
    let answer = |id, verdict| Answer { id, verdict };
    let old = [
        accepted(ana.id, 7, ana.stamp),
        answer(note.id, Verdict::CountyTooOld),
        answer(copy, Verdict::Later),
    ];
    side.offered(&old, None, 2).unwrap();
    side.offer_whole(2).unwrap();
    // The county has no such note, and the device keeps it.
    phone.frame(history(person(1), &[&ana]));
    assert_ne!(side.digest().unwrap(), whole);

    let (epoch, due) = side.offer_later(NOW).unwrap().unwrap();
    assert!(epoch == 2 && matches!(due[..], [OfferItem::Change(_), OfferItem::Copy(_)]));
    assert_eq!(side.offer_later(NOW).unwrap(), None, "not within the hour");
    let later = NOW.plus(HOUR);
    assert_eq!(side.offer_later(later).unwrap(), Some((2, due.clone())));
    let page = side.offer(&due, 100, usize::MAX).unwrap();
    assert_eq!((page.taken, page.answers), (2, 2));
    side.offered(&[accepted(note.id, 8, note.stamp), answer(copy, Verdict::CountyTooOld)], None, 2).unwrap();
    assert_eq!(side.digest().unwrap(), whole, "the county has it now");
    assert_eq!(side.offer_later(later).unwrap(), Some((2, due[1..].to_vec())), "the copy was not given back");
    side.offer(&due[1..], 100, usize::MAX).unwrap();
    side.offered(&[answer(copy, Verdict::Taken)], None, 2).unwrap();
    assert_eq!(side.offer_later(later.plus(HOUR)).unwrap(), None);
    // What is put off and counts here all the same is not offered again either, however it is judged.
    let ana_alone = &items[..1];
    let judgements = [accepted(ana.id, 7, ana.stamp), answer(ana.id, Verdict::Refused(Refusal::whole("x")))];
    for (judged, n) in judgements.into_iter().zip(1..) {
        let now = later.plus(n * 10 * HOUR);
        side.offer(ana_alone, 100, usize::MAX).unwrap();
        side.offered(&[answer(ana.id, Verdict::CountyTooOld)], None, 2).unwrap();
        assert_eq!(side.offer_later(now).unwrap(), Some((2, ana_alone.to_vec())), "the control");
        side.offer(ana_alone, 100, usize::MAX).unwrap();
        side.offered(&[judged], None, 2).unwrap();
        assert_eq!(side.offer_later(now.plus(HOUR)).unwrap(), None, "nothing waits any more");
    }
    assert_eq!(side.offer_later(later.plus(HOUR)).unwrap(), None);
    assert_eq!((side.to_offer(&[], 2).unwrap().len(), side.to_offer(&[], 3).unwrap().len()), (0, 1));
}

#[test]
fn what_was_handed_over_goes_to_the_restored_county_once_more() {
    let (phone, secret) = (Phone::new(), CountySecret::generate());
    phone.say(Say::somebody(1, "Ana"));
    accept_all(&phone, &secret);
    let filed = phone.say(visit(1, "first words"));
    let amend = Say::amend(RecordKind::Visit, person(1), filed.into(), json!({ "next_step": "call" }));
    let amend = phone.say(amend.having_seen(&[filed]));
    let verdict = Verdict::Refused(Refusal::whole("not_allowed"));
    let answers = [Answer { id: filed, verdict }, Answer { id: amend, verdict: Verdict::Held }];
    phone.side().answers(&answers, None, NOW).unwrap();
    phone.store.file(&[filed], NOW).unwrap();
    let handed = [filed, amend].map(|id| Answer { id, verdict: Verdict::HandedOver });
    phone.side().answers(&handed, None, NOW).unwrap();
    let outbox = || phone.side().outbox(10, usize::MAX, NOW).unwrap().lines;
    assert_eq!(outbox(), [""; 0], "the county has it");

    phone.side().offer_whole(2).unwrap();
    let again: Vec<Value> = outbox().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |field: &str| again.iter().map(|line| line["h"][field].clone()).collect::<Vec<_>>();
    assert_eq!(said("code"), ["not_allowed", "held"]);
    assert_eq!(said("id"), [json!(filed), json!(amend)]);
    let state = phone.store.outbox_state().unwrap();
    assert_eq!((state.filed, state.unsent()), (2, 2), "the worker sees that it waits");
    phone.side().answers(&handed, None, NOW).unwrap();
    assert_eq!((outbox(), phone.store.outbox_state().unwrap().unsent()), (vec![], 0));
    assert_eq!(phone.store.rehomed().unwrap(), [], "who handed it over knows");
}
