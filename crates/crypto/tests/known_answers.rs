//! Formats that are stored or sent, against answers of another implementation. See `vectors/README.md`.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use crypto::codes::{AccessToken, EnrolmentSecret, Nonce};
use crypto::county::CountySecret;
use crypto::device_key::DeviceKey;
use crypto::digest::RecordDigest;
use crypto::frame::{Leaves, leaf};
use crypto::kdf::{KdfParams, KekPurpose, derive_kek};
use crypto::passphrase::Passphrase;
use crypto::proof::{RequestParts, RequestProof, body_digest};
use crypto::secret::Secret32;
use crypto::slots::KeySlot;
use crypto::spki::{pin_text, spki_sha256};
use crypto::throttle::{Attempts, SealedAttempts};
use serde_json::Value;

macro_rules! vector {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("vectors/", $name, ".json"))).unwrap()
    };
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = text(value);
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn secret(value: &Value) -> Secret32 {
    Secret32::from_bytes(array(value))
}

#[test]
fn the_wrapping_key() {
    let v = vector!("kdf");
    let params: KdfParams = serde_json::from_value(v["params"].clone()).unwrap();
    let purpose =
        KekPurpose { user: text(&v["user"]), vault: text(&v["vault"]), slot_kind: text(&v["slot_kind"]) };
    let passphrase = Passphrase::new(text(&v["passphrase"]));
    let kek = derive_kek(&passphrase, &array(&v["salt"]), &params, &secret(&v["device_secret"]), purpose);
    assert_eq!(hex(kek.unwrap().as_bytes()), v["kek"]);
}

#[test]
fn a_slot_of_version_1_opens() {
    let v = vector!("slot-v1");
    let slot: KeySlot = serde_json::from_value(v["slot"].clone()).unwrap();
    assert_eq!(serde_json::to_value(&slot).unwrap(), v["slot"], "and is written back as it was");
    let key = slot.open(&Passphrase::new(text(&v["passphrase"])), &secret(&v["device_secret"])).unwrap();
    assert_eq!(*key.sqlcipher_key(&array(&v["db_salt"])), v["sqlcipher_key"]);
    assert_eq!(hex(key.derive(text(&v["derive"])).as_bytes()), v["derived"]);
}

#[test]
fn the_county_s_keys_tokens_and_signatures() {
    let v = vector!("county");
    let county = CountySecret::parse(text(&v["secret"])).unwrap();
    let database_key = county.database_key().sqlcipher_key(&[0; 16]);
    assert_eq!(*database_key, format!("x'{}{}'", text(&v["database_key"]), "0".repeat(32)));
    assert_eq!(county.public().to_text(), v["public"]);

    let token = &v["token"];
    let payload = text(&token["payload"]).as_bytes();
    assert_eq!(county.seal_token(text(&token["kind"]), payload), token["text"]);
    assert_eq!(county.open_token(text(&token["kind"]), text(&token["text"])).as_deref(), Ok(payload));

    assert_eq!(hex(&county.nonce_tag(text(&v["nonce"]["message"]).as_bytes())), v["nonce"]["tag"]);

    let signed = &v["signature"];
    let signature = county.sign(text(&signed["purpose"]), text(&signed["message"]).as_bytes());
    assert_eq!(signature.to_text(), signed["text"]);
}

#[test]
fn a_request_proof() {
    let v = vector!("proof");
    let key = DeviceKey::from_bytes(&secret(&v["device_key"]));
    assert_eq!(key.public().to_text(), v["public"]);
    assert_eq!(key.public().fingerprint(), v["fingerprint"]);
    let request = RequestParts {
        method: text(&v["method"]),
        target: text(&v["target"]),
        body_sha256: body_digest(text(&v["body"]).as_bytes()),
        token: text(&v["token"]),
    };
    let nonce: Nonce = text(&v["nonce"]).parse().unwrap();
    assert_eq!(RequestProof::sign(&key, request, nonce).to_string(), v["proof"]);
    let proof: RequestProof = text(&v["proof"]).parse().unwrap();
    assert_eq!(proof.verify(&key.public(), request), Ok(()));
}

#[test]
fn record_digests() {
    let v = vector!("digest");
    let mut sum = RecordDigest::ZERO;
    for entry in v["entries"].as_array().unwrap() {
        let digest = RecordDigest::entry(array(&entry["change"]), entry["stamp"].as_u64().unwrap());
        assert_eq!(digest.to_string(), entry["digest"]);
        sum += digest;
    }
    assert_eq!(serde_json::to_value(sum).unwrap(), v["sum"]);
}

#[test]
fn codes_and_their_stored_hashes() {
    let v = vector!("codes");
    let secret = EnrolmentSecret::parse(text(&v["enrolment"]["text"])).unwrap();
    assert_eq!(*secret.to_text(), v["enrolment"]["text"]);
    assert_eq!(hex(&secret.hash()), v["enrolment"]["hash"]);
    let token = AccessToken::parse(text(&v["access_token"]["text"])).unwrap();
    assert_eq!(hex(&token.hash()), v["access_token"]["hash"]);
}

#[test]
fn the_counter_of_wrong_passphrases() {
    let v = vector!("throttle");
    let attempts = Attempts {
        failures: v["failures"].as_u64().unwrap().try_into().unwrap(),
        last_failure_ms: v["last_failure_ms"].as_i64().unwrap(),
    };
    let sealed: SealedAttempts = serde_json::from_value(v["sealed"].clone()).unwrap();
    let device_secret = secret(&v["device_secret"]);
    assert_eq!(sealed.open(&device_secret, text(&v["slot"])), Ok(attempts));
    assert_eq!(attempts.seal(&device_secret, text(&v["slot"])), sealed);
}

#[test]
fn a_certificate_s_pin() {
    let v = vector!("spki");
    assert_eq!(pin_text(&spki_sha256(&bytes(&v["certificate"])).unwrap()), v["pin"]);
}

#[test]
fn what_was_sealed_to_the_county() {
    let v = vector!("sealed");
    let county = CountySecret::parse(text(&v["secret"])).unwrap();
    assert_eq!(county.sealing_public().to_text(), v["public"]);
    let opened = county.open(text(&v["purpose"]), &bytes(&v["sealed"])).unwrap();
    assert_eq!(opened.as_slice(), text(&v["message"]).as_bytes());
}

#[test]
fn the_signature_under_a_frame() {
    let v = vector!("frame");
    let county = CountySecret::parse(text(&v["secret"])).unwrap();
    let mut leaves = Leaves::default();
    for change in v["changes"].as_array().unwrap() {
        let one = leaf(array(&change["id"]), change["stamp"].as_u64().unwrap(), text(&change["text"]));
        assert_eq!(hex(&one), change["leaf"]);
        leaves.push(&one);
    }
    assert_eq!(leaves.sign(&county, array(&v["county"])).to_text(), v["signature"]);
}
