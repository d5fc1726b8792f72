//! What a restored county is offered, by hand: who may compare, what a proof is good for, and what one request may
//! cost.

use crate::client::error;
use crate::model::Device;
use crate::town::{Town, now};
use crypto::county::CountySecret;
use crypto::frame::{Leaves, leaf};
use domain::policy::Object;
use domain::records::{Person, Record};
use domain::{Change, ChangeId, CountyId, Op, PersonId, Stamp};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use server::admin::County;
use server::place::Place;
use sync::packing::{compress, decompress_all};
use sync::wire::{
    COPY, HeldDigest, Hello, MAX_LINE, OfferStep, Offered, Offering, PROTOCOL, PUSH_PAGE_BYTES, Proof,
    SealedCopy, UpLine, Verdict,
};

/// The secret of the town's county, as whoever runs its server has it.
fn secret(town: &Town) -> CountySecret {
    server::key::load(town.folder.path(), None).unwrap()
}

/// One request of an offer, with the token that the device has; every line of the answer.
async fn ask(
    device: &mut Device,
    offer: Offering,
    compare: Option<Vec<HeldDigest>>,
    lines: &[String],
) -> Vec<Value> {
    let hello = Hello {
        v: PROTOCOL,
        app: "0.1.0".to_owned(),
        token: device.store.token.clone(),
        now: now(),
        offer: Some(offer),
        compare,
        ..Hello::default()
    };
    let mut text = serde_json::to_string(&hello).unwrap() + "\n";
    for line in lines {
        text += &format!("{line}\n");
    }
    let answer = device.client.send("POST", "/v1/sync", &compress(text.as_bytes())).await;
    assert_eq!(answer.status(), 200);
    let body = decompress_all(&answer.bytes().await.unwrap(), 64 << 20).unwrap();
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// The lines that offer changes in one frame that the county signed.
fn offered(secret: &CountySecret, county: CountyId, changes: &[(Change, Stamp)]) -> Vec<String> {
    let texts: Vec<String> =
        changes.iter().map(|(change, _)| serde_json::to_string(change).unwrap()).collect();
    let leaves: Vec<_> = changes
        .iter()
        .zip(&texts)
        .map(|((change, stamp), text)| leaf(change.id.bytes(), stamp.0, text))
        .collect();
    let signature = leaves.iter().collect::<Leaves>().sign(secret, county.bytes());
    let mut lines = vec![UpLine::Proof(Proof { signature, leaves })];
    for (place, ((_, stamp), text)) in changes.iter().zip(texts).enumerate() {
        let change = RawValue::from_string(text).unwrap();
        lines.push(UpLine::Offered(Offered { change, stamp: *stamp, frame: 0, place }));
    }
    lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect()
}

/// What one device knows of a person, as another could repeat it.
fn known_of(device: &Device, person: PersonId) -> Vec<(Change, Stamp)> {
    let log = device.store.log.values();
    log.filter(|(change, _)| change.person == Some(person)).cloned().collect()
}

fn digest(person: PersonId, digest: &str) -> HeldDigest {
    HeldDigest { person: Some(person), object: Object::PersonIdentity as u8, digest: digest.to_owned() }
}

const NOTHING: &str = "00000000000000000000000000000000";

#[tokio::test]
async fn a_comparison_says_nothing_about_people_who_are_not_the_devices() {
    let town = Town::new().await;
    let (mut maria, mut nora) = (town.device("Maria").await, town.device("Nora").await);
    let ((red, _), (blue, _)) = (maria.meet("Red"), nora.meet("Blue"));
    maria.settle().await;
    nora.settle().await;
    let nobody = PersonId::new(now(), crypto::secret::random_bytes());
    let hers = sync::ports::Local::digests(&mut nora.store).unwrap();
    let hers =
        hers.into_iter().find(|one| one.person == Some(blue) && one.object == Object::PersonIdentity as u8);
    let held =
        vec![digest(red, NOTHING), digest(nobody, NOTHING), digest(red, &"7".repeat(32)), hers.unwrap()];
    let first = Offering { epoch: 1, step: OfferStep::Compare };
    assert_eq!(
        ask(&mut nora, first, Some(held.clone()), &[]).await,
        [json!({ "want": [] })],
        "there is no offer"
    );

    let epoch = town.admin.restored().await.unwrap();
    let compare = Offering { epoch, step: OfferStep::Compare };
    let said = ask(&mut nora, compare, Some(held), &[]).await;
    let bit = Object::PersonIdentity.bit();
    let mut both = [json!({ "p": red, "o": bit }), json!({ "p": nobody, "o": bit })];
    both.sort_by_key(|one| one["p"].to_string());
    assert_eq!(
        said,
        [json!({ "want": both })],
        "whether the county knows Red cannot be told; Blue is hers and the same"
    );
    let other = vec![digest(blue, NOTHING)];
    let said = ask(&mut nora, compare, Some(other), &[]).await;
    assert_eq!(said, [json!({ "want": [{ "p": blue, "o": bit }] })], "the control: hers, and otherwise");
}

#[tokio::test]
async fn a_proof_shows_whom_a_device_was_told_of_until_it_has_pulled() {
    let town = Town::new().await;
    let (mut maria, mut nora) = (town.device("Maria").await, town.device("Nora").await);
    let (red, _) = maria.meet("Red");
    maria.settle().await;
    nora.settle().await;
    let old = nora.store.token.clone();
    // The proof is the county's own: Nora's device was sent it long ago, say.
    let lines = offered(&secret(&town), nora.client.enrolled.county, &known_of(&maria, red));
    let says = Person { alias: Some("Crimson".to_owned()), ..Person::default() }.to_values();
    let writes_about_red = async |nora: &mut Device| {
        let change = nora.change::<Person>(Some(red.into()), Some(red), Op::Amend, says.clone());
        let id = change.id;
        nora.store.outbox.push(change);
        nora.sync().await.unwrap();
        serde_json::to_value(nora.verdict(id)).unwrap()
    };
    let taken = |said: &[Value]| said.iter().filter(|line| line["a"]["accepted"].is_object()).count();
    let known = lines.len() - 1;

    let said = ask(&mut nora, Offering { epoch: 1, step: OfferStep::Changes }, None, &lines).await;
    assert_eq!(taken(&said), known, "the county's own word stands");
    assert_eq!(writes_about_red(&mut nora).await["refused"]["code"], "not_found", "outside a new epoch");

    let epoch = town.admin.restored().await.unwrap();
    nora.store.token = old.clone();
    let whole = Offering { epoch, step: OfferStep::Whole };
    let last = ask(&mut nora, whole, Some(Vec::new()), &[]).await.pop().unwrap();
    assert!(last["end"]["last"].is_object(), "she pulls in it");
    nora.store.token = old.clone();
    let compare = Offering { epoch, step: OfferStep::Compare };
    let said = ask(&mut nora, compare, Some(vec![digest(red, NOTHING)]), &[]).await;
    assert_eq!(said, [json!({ "want": [] })], "with an old token, after she has pulled");
    let said = ask(&mut nora, Offering { epoch, step: OfferStep::Changes }, None, &lines).await;
    assert_eq!(taken(&said), known);
    nora.store.token = last["end"]["token"].as_str().map(str::to_owned);
    assert_eq!(writes_about_red(&mut nora).await["refused"]["code"], "not_found", "after she has pulled");

    let epoch = town.admin.restored().await.unwrap();
    let said = ask(&mut nora, Offering { epoch, step: OfferStep::Changes }, None, &lines).await;
    assert_eq!(taken(&said), known);
    let asked = Offering { epoch, step: OfferStep::Whole };
    let last = ask(&mut nora, asked, Some(Vec::new()), &[]).await.pop().unwrap();
    nora.store.token = last["end"]["token"].as_str().map(str::to_owned);
    let judged = writes_about_red(&mut nora).await;
    assert_eq!(judged["refused"]["code"], Value::Null, "the control: in an offer it counts, {judged}");
}

/// A sealed copy of these lines, and of something that says nothing.
fn copy(device: &Device, lines: &[String], padding: &str) -> (String, String) {
    let id = ChangeId::new(now(), crypto::secret::random_bytes());
    let text = lines.join("\n") + &format!("\n{{\"x\":\"{padding}\"}}\n");
    let key = device.client.enrolled.sealing_key.unwrap();
    let sealed = key.seal(COPY, &compress(text.as_bytes())).unwrap();
    (id.to_string(), serde_json::to_string(&UpLine::Copy(SealedCopy { id, sealed })).unwrap())
}

#[tokio::test]
async fn copies_beyond_what_a_request_may_open_are_put_off_and_taken_when_they_come_again() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.settle().await;
    let epoch = town.admin.restored().await.unwrap();
    let (county, secret) = (maria.client.enrolled.county, secret(&town));
    let mut met = Vec::new();
    for alias in ["Red", "Blue", "Green"] {
        let mut change = maria.change::<Person>(
            None,
            None,
            Op::Create,
            Person { alias: Some(alias.to_owned()), ..Person::default() }.to_values(),
        );
        change.person = Some(PersonId(change.id.0));
        let stamp = change.stamp;
        met.push(copy(&maria, &offered(&secret, county, &[(change, stamp)]), &"a".repeat(13 << 20)));
    }
    let changes = Offering { epoch, step: OfferStep::Changes };
    let before = town.admin.check().await.unwrap().changes;
    let [(red, first), (blue, second), (green, third)] = &met[..] else { panic!("three") };
    let (taken, later) = (
        |id: &str| json!({ "a": { "id": id, "taken": null } }),
        |id: &str| json!({ "a": { "id": id, "later": null } }),
    );
    let all = [first, first, second, third].map(String::clone);
    let said = ask(&mut maria, changes, None, &all).await;
    assert_eq!(said[..4], [taken(red), later(red), taken(blue), later(green)]);
    assert_eq!(town.admin.check().await.unwrap().changes, before + 2);
    let said = ask(&mut maria, changes, None, std::slice::from_ref(third)).await;
    assert_eq!(said[0], taken(green), "the control: alone it is not too large");
    assert_eq!(town.admin.check().await.unwrap().changes, before + 3);
    let (large, line) = copy(&maria, &[], &"a".repeat(17 << 20));
    let said = ask(&mut maria, changes, None, &[line]).await;
    assert_eq!(said[0]["a"]["refused"]["code"], "not_proven", "{large} is no copy of a page");
}

#[tokio::test]
async fn what_was_offered_without_proof_is_decided_anew_when_it_is_pushed() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (red, _) = maria.meet("Red");
    maria.settle().await;
    let epoch = town.admin.restored().await.unwrap();
    let says = Person { alias: Some("Crimson".to_owned()), ..Person::default() }.to_values();
    let change = maria.change::<Person>(Some(red.into()), Some(red), Op::Amend, says);
    let (id, stamp) = (change.id, change.stamp);
    let forged = offered(&CountySecret::generate(), maria.client.enrolled.county, &[(change.clone(), stamp)]);
    let said = ask(&mut maria, Offering { epoch, step: OfferStep::Changes }, None, &forged).await;
    assert_eq!(said[0]["a"]["refused"]["code"], "not_proven");
    ask(&mut maria, Offering { epoch, step: OfferStep::Whole }, Some(Vec::new()), &[]).await;
    maria.store.token = None;
    maria.store.outbox.push(change);
    maria.sync().await.unwrap();
    assert!(matches!(maria.verdict(id), Verdict::Accepted { .. }), "{:?}", maria.verdict(id));
}

#[tokio::test]
async fn nothing_that_a_device_has_is_too_long_to_be_offered() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.settle().await;
    let epoch = town.admin.restored().await.unwrap();
    let (county, secret) = (maria.client.enrolled.county, secret(&town));
    let mut met = || {
        let of = Person { alias: Some("Red".to_owned()), ..Person::default() };
        let mut change = maria.change::<Person>(None, None, Op::Create, of.to_values());
        change.person = Some(PersonId(change.id.0));
        let stamp = change.stamp;
        (change, stamp)
    };
    let (one, other) = (met(), met());
    // A frame of forty thousand changes, of which one is wanted.
    let text = serde_json::to_string(&one.0).unwrap();
    let mut leaves: Vec<[u8; 32]> =
        (0..40_000u32).map(|n| [n.to_be_bytes(); 8].concat().try_into().unwrap()).collect();
    leaves[30_000] = leaf(one.0.id.bytes(), one.1.0, &text);
    let signature = leaves.iter().collect::<Leaves>().sign(&secret, county.bytes());
    let proof = serde_json::to_string(&UpLine::Proof(Proof { signature, leaves })).unwrap();
    assert!(proof.len() > MAX_LINE);
    let change = RawValue::from_string(text).unwrap();
    let change = UpLine::Offered(Offered { change, stamp: one.1, frame: 0, place: 30_000 });
    let lines = [proof, serde_json::to_string(&change).unwrap()];
    let changes = Offering { epoch, step: OfferStep::Changes };
    let said = ask(&mut maria, changes, None, &lines).await;
    assert!(said[0]["a"]["accepted"].is_object(), "{said:?}");
    // A copy that does not shrink by compression.
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (state >> 58) as u8)
    });
    // A backslash there would begin something else.
    let noise: String = noise.take(11 << 20).map(|sign| if sign == '\\' { 'z' } else { sign }).collect();
    let (id, line) = copy(&maria, &offered(&secret, county, &[other]), &noise);
    assert!(line.len() > PUSH_PAGE_BYTES);
    let said = ask(&mut maria, changes, None, &[line]).await;
    assert_eq!(said[0], json!({ "a": { "id": id, "taken": null } }));
}

#[tokio::test]
async fn a_device_that_the_county_forgot_may_send_and_gets_nothing_until_it_is_admitted_again() {
    let town = Town::new().await;
    let file = town.folder.path().join("pine.backup");
    town.admin.backup(&file).await.unwrap();
    let mut maria = town.device("Maria").await;
    let (red, _) = maria.meet("Red");
    maria.settle().await;
    let (known, secret) = (known_of(&maria, red), secret(&town));
    let place = Place { database: town.base.owner(), ..Place::embedded(town.folder.path()) };
    let epoch = County::restore(&place, &file, true, now()).await.unwrap().epoch;
    let refused = maria.client.send("GET", "/v1/people", b"").await;
    assert_eq!(error(refused).await, "not_authorized", "the control: nobody knows it");

    maria.client.shows = true;
    let offering = |step| Offering { epoch, step };
    let held = sync::ports::Local::digests(&mut maria.store).unwrap();
    let said = ask(&mut maria, offering(OfferStep::Compare), Some(held), &[]).await;
    assert_eq!(said[0]["want"].as_array().unwrap().iter().filter(|one| one["p"] == json!(red)).count(), 1);
    let lines = offered(&secret, maria.client.enrolled.county, &known);
    let said = ask(&mut maria, offering(OfferStep::Changes), None, &lines).await;
    assert_eq!(said.iter().filter(|line| line["a"]["accepted"].is_object()).count(), known.len());
    let said = ask(&mut maria, offering(OfferStep::Whole), Some(Vec::new()), &[]).await;
    assert_eq!(said.last(), Some(&json!({ "waiting": true })));
    let answer = maria.client.send("GET", "/v1/people", b"").await;
    assert_eq!(error(answer).await, "waiting_for_readmission");

    let waiting = town.admin.waiting().await.unwrap();
    assert_eq!((waiting.len(), waiting[0].device.device), (1, maria.client.device()));
    town.admin.readmit(&maria.client.device().to_string()).await.unwrap();
    assert_eq!(town.admin.waiting().await.unwrap(), []);
    let said = ask(&mut maria, offering(OfferStep::Whole), Some(Vec::new()), &[]).await;
    assert!(said.iter().any(|line| line["enter"]["person"] == json!(red)), "it brought her back: {said:?}");
    assert!(said.last().unwrap()["end"]["last"].is_object());
}
