//! Work that was handed over: who sees it, who takes care of it, and how it comes as a file.

use crate::model::Device;
use crate::pushes::refused;
use crate::town::{Town, now};
use domain::{ChangeId, PersonId};
use serde_json::value::RawValue;
use sync::letter::Letter;
use sync::wire::{HandOver, HandOverKind, HandedOver, Settle, Verdict};

pub fn work(person: PersonId) -> HandOver {
    HandOver {
        id: ChangeId::new(now(), crypto::secret::random_bytes()),
        person,
        what: HandOverKind::Draft,
        code: None,
        body: RawValue::from_string("{\"note\":\"half a\"}".to_owned()).unwrap(),
    }
}

/// Settles all work of an id, as devices do that were not told whose it is.
fn settle(id: ChangeId) -> Settle {
    Settle { id, device: None }
}

/// What a supervisor is shown.
pub async fn shown(device: &mut Device) -> Vec<HandedOver> {
    device.settle().await;
    device.store.last.clone().unwrap().handed_over.unwrap()
}

/// A device's work, to be sealed as a file.
pub fn letter(device: &Device, work: Vec<HandOver>) -> Letter {
    let enrolled = &device.client.enrolled;
    Letter { county: enrolled.county, device: enrolled.device, user: enrolled.user, at: now(), work }
}

#[tokio::test]
async fn work_that_cannot_be_applied_is_handed_over_and_shown_to_the_supervisor_of_its_people() {
    let town = Town::new().await;
    let (mut maria, mut sam, mut nick) =
        (town.device("Maria").await, town.device("Sam").await, town.device("Nick").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    // A stranger is somebody whose create was refused, or who is in nobody's caseload: her own team looks.
    let (known, stranger) = (work(person), work(PersonId::new(now(), crypto::secret::random_bytes())));
    let ids = [known.id, stranger.id];
    maria.store.hand_overs.extend([known, stranger]);
    maria.sync().await.unwrap();
    for id in ids {
        assert_eq!(*maria.verdict(id), Verdict::HandedOver);
    }
    let waiting = shown(&mut sam).await;
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|work| ids.contains(&work.id) && work.author == maria.user()));
    assert_eq!(shown(&mut nick).await, [], "another team's supervisor sees neither");
    let nobodys = maria.store.last.unwrap().handed_over;
    assert!(nobodys.is_none(), "a worker is not shown it");
}

#[tokio::test]
async fn whoever_has_left_a_caseload_is_still_heard_and_learns_nothing() {
    let town = Town::new().await;
    let (mut nora, mut maria) = (town.device("Nora").await, town.device("Maria").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    let late = work(person);
    let id = late.id;
    nora.store.hand_overs.push(late);
    nora.settle().await;
    assert_eq!(*nora.verdict(id), Verdict::HandedOver);
    assert!(nora.store.held.is_empty());
    let mut sam = town.device("Sam").await;
    assert_eq!(shown(&mut sam).await[0].author, nora.user(), "the team that serves them looks");
}

#[tokio::test]
async fn a_supervisor_takes_care_of_it_once_and_it_stays_in_history() {
    let town = Town::new().await;
    let (mut maria, mut sam, mut nick) =
        (town.device("Maria").await, town.device("Sam").await, town.device("Nick").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    let (one, other) = (work(person), work(person));
    let ids = [one.id, other.id];
    maria.store.hand_overs.extend([one, other]);
    maria.settle().await;

    // Neither its author nor another team's supervisor can.
    maria.store.settles.push(settle(ids[0]));
    maria.settle().await;
    assert_eq!(refused(maria.verdict(ids[0])), "not_allowed");
    nick.store.settles.push(settle(ids[0]));
    nick.settle().await;
    assert!(shown(&mut sam).await.iter().all(|work| work.settled.is_none()));

    for _ in 0..2 {
        sam.store.settles.push(settle(ids[0]));
        sam.settle().await;
        assert_eq!(*sam.verdict(ids[0]), Verdict::Settled);
    }
    let seen = shown(&mut sam).await;
    assert_eq!((seen[0].id, seen[0].settled), (ids[1], None), "what waits comes first");
    let settled = seen[1].settled.unwrap();
    assert_eq!((seen[1].id, settled.by), (ids[0], sam.user()));
    let mut another = town.device("Sam").await;
    another.store.settles.push(settle(ids[0]));
    another.settle().await;
    assert_eq!(shown(&mut sam).await[1].settled, Some(settled), "the first time counts");
}

#[tokio::test]
async fn a_sealed_file_is_read_once_also_from_a_device_that_is_no_longer_let_in() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    let enrolled = maria.client.enrolled.clone();
    let letter = letter(&maria, vec![work(person)]);
    let to = enrolled.sealing_key.unwrap();
    let file = |name: &str, bytes: Vec<u8>| {
        let path = town.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let good = file("good", letter.seal(&maria.client.key, &to).unwrap());
    town.admin.revoke(&enrolled.device.to_string()).await.unwrap();
    for _ in 0..2 {
        let report = town.admin.open_letter(&good).await.unwrap();
        assert_eq!((report.from.as_str(), report.taken, report.refused), ("Maria", 1, 0));
    }
    assert_eq!(shown(&mut sam).await.len(), 1);

    let forged = file("forged", letter.seal(&sam.client.key, &to).unwrap());
    let mut bytes = std::fs::read(&good).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = file("damaged", bytes);
    let strange = Letter { user: sam.user(), work: vec![work(person)], ..letter };
    let strange = file("strange", strange.seal(&maria.client.key, &to).unwrap());
    for (path, code) in [(forged, "not_signed"), (damaged, "not_sealed_to_us"), (strange, "not_signed")] {
        assert_eq!(town.admin.open_letter(&path).await.unwrap_err().code(), code);
    }
    assert_eq!(shown(&mut sam).await.len(), 1);
}

#[tokio::test]
async fn what_waits_is_shown_as_far_as_it_goes_into_a_line_and_counted_in_all() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    let large = |letter: &str| HandOver {
        body: RawValue::from_string(format!("{{\"note\":\"{}\"}}", letter.repeat(500_000))).unwrap(),
        code: Some("x".repeat(1_000)),
        ..work(person)
    };
    let first = large("a");
    let oldest = first.id;
    maria.store.hand_overs.push(first);
    maria.settle().await;
    maria.store.hand_overs.extend(["b", "c", "d", "e", "f"].map(large));
    maria.settle().await;
    let seen = shown(&mut sam).await;
    assert_eq!((seen.len(), seen[0].id), (4, oldest), "two million bytes, the oldest first");
    assert_eq!(sam.store.last.as_ref().unwrap().handed_over_waiting, Some(6));
    assert_eq!(seen[0].code.as_ref().unwrap().len(), 64);
    sam.store.settles.extend(seen.iter().map(|work| settle(work.id)));
    sam.settle().await;
    let rest = shown(&mut sam).await;
    assert_eq!(rest.iter().filter(|work| work.settled.is_none()).count(), 2, "the others follow");
    assert_eq!((rest.len(), sam.store.last.unwrap().handed_over_waiting), (4, Some(2)));
}

#[tokio::test]
async fn beyond_what_may_wait_of_one_device_work_stays_on_it_until_somebody_has_looked() {
    let town = Town::new().await;
    let (mut maria, mut dev, mut sam) =
        (town.device("Maria").await, town.device("Dev").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    maria.store.hand_overs.extend((0..1_001).map(|_| work(person)));
    let (first, last) = (maria.store.hand_overs[0].id, maria.store.hand_overs[1_000].id);
    let kept = maria.store.hand_overs[0].clone();
    maria.sync().await.unwrap();
    assert_eq!((maria.verdict(first), maria.verdict(last)), (&Verdict::HandedOver, &Verdict::Later));
    maria.store.hand_overs.push(kept);
    maria.sync().await.unwrap();
    assert_eq!(
        (maria.verdict(first), maria.verdict(last)),
        (&Verdict::HandedOver, &Verdict::Later),
        "what it has it has"
    );
    let others = work(person);
    let id = others.id;
    dev.store.hand_overs.push(others);
    dev.settle().await;
    assert_eq!(*dev.verdict(id), Verdict::HandedOver, "another device is not held up");
    sam.settle().await;
    sam.store.settles.push(settle(first));
    sam.settle().await;
    maria.settle().await;
    assert_eq!(*maria.verdict(last), Verdict::HandedOver);
}

#[tokio::test]
async fn work_is_taken_care_of_by_its_device_and_its_id() {
    let town = Town::new().await;
    let (mut maria, mut dev, mut sam) =
        (town.device("Maria").await, town.device("Dev").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    let one = work(person);
    dev.store.hand_overs.push(HandOver { body: one.body.clone(), ..work(person) });
    dev.store.hand_overs[0].id = one.id;
    let id = one.id;
    maria.store.hand_overs.push(one);
    maria.settle().await;
    dev.settle().await;
    assert_eq!(shown(&mut sam).await.len(), 2);
    sam.store.settles.push(Settle { id, device: Some(dev.client.device()) });
    sam.settle().await;
    let seen = shown(&mut sam).await;
    let settled = |device| seen.iter().find(|work| work.device == Some(device)).unwrap().settled.is_some();
    assert!(settled(dev.client.device()) && !settled(maria.client.device()));
}
