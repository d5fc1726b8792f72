//! Whoever records a request and its token cannot make another of them: 12,000 changed requests, none accepted.

use std::cell::Cell;

use crypto::codes::Nonce;
use crypto::device_key::DeviceKey;
use crypto::proof::{RequestParts, RequestProof, body_digest};
use crypto::secret::Secret32;
use crypto::signature::Signature;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[derive(Debug, Clone, PartialEq)]
struct Request {
    method: String,
    target: String,
    body: Vec<u8>,
    token: String,
    nonce: [u8; 12],
}

impl Request {
    fn parts(&self) -> RequestParts<'_> {
        let body_sha256 = body_digest(&self.body);
        RequestParts { method: &self.method, target: &self.target, body_sha256, token: &self.token }
    }
}

/// One change that an attacker might try. Numbers choose the place.
#[derive(Debug, Clone)]
enum Change {
    Method(String),
    TargetByte(usize, u8),
    TargetLonger(char),
    BodyBit(usize, u8),
    BodyLonger(u8),
    TokenByte(usize, u8),
    NonceBit(usize, u8),
    SignatureBit(usize, u8),
    OtherKey([u8; 32]),
    /// The end of the target becomes the beginning of the token.
    MovedBorder,
}

fn request() -> impl Strategy<Value = Request> {
    (
        "GET|POST|PUT|DELETE",
        "/[a-zA-Z0-9/?=_-]{1,30}",
        prop::collection::vec(any::<u8>(), 0..200),
        "[a-zA-Z0-9_-]{1,43}",
        any::<[u8; 12]>(),
    )
        .prop_map(|(method, target, body, token, nonce)| Request { method, target, body, token, nonce })
}

fn change() -> impl Strategy<Value = Change> {
    let (place, bit) = (any::<usize>(), 0..8u8);
    prop_oneof![
        "GET|POST|PUT|DELETE|PATCH|post| POST".prop_map(Change::Method),
        (place, any::<u8>()).prop_map(|(at, by)| Change::TargetByte(at, by)),
        any::<char>().prop_map(Change::TargetLonger),
        (place, bit.clone()).prop_map(|(at, bit)| Change::BodyBit(at, bit)),
        any::<u8>().prop_map(Change::BodyLonger),
        (place, any::<u8>()).prop_map(|(at, by)| Change::TokenByte(at, by)),
        (place, bit.clone()).prop_map(|(at, bit)| Change::NonceBit(at, bit)),
        (place, bit).prop_map(|(at, bit)| Change::SignatureBit(at, bit)),
        any::<[u8; 32]>().prop_map(Change::OtherKey),
        Just(Change::MovedBorder),
    ]
}

/// Another ASCII letter or digit at some place.
fn replace(text: &mut String, at: usize, by: u8) {
    let at = at % text.len();
    let letter = char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[usize::from(by % 32)]);
    text.replace_range(at..=at, &letter.to_string());
}

#[test]
fn no_changed_request_is_accepted() {
    let key = DeviceKey::from_bytes(&Secret32::from_bytes([7; 32]));
    let (refused, unchanged) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: 3_000, failure_persistence: None, ..Config::default() });
    let run = runner.run(&(request(), prop::collection::vec(change(), 5)), |(request, changes)| {
        let proof = RequestProof::sign(&key, request.parts(), Nonce::from_bytes(request.nonce));
        prop_assert!(proof.verify(&key.public(), request.parts()).is_ok());
        for change in changes {
            let (mut sent, mut signature, mut signer) =
                (request.clone(), *proof.signature.as_bytes(), key.public());
            match change {
                Change::Method(method) => sent.method = method,
                Change::TargetByte(at, by) => replace(&mut sent.target, at, by),
                Change::TargetLonger(c) => sent.target.push(c),
                Change::BodyBit(..) if sent.body.is_empty() => sent.body.push(0),
                Change::BodyBit(at, bit) => {
                    let at = at % sent.body.len();
                    sent.body[at] ^= 1 << bit;
                }
                Change::BodyLonger(byte) => sent.body.push(byte),
                Change::TokenByte(at, by) => replace(&mut sent.token, at, by),
                Change::NonceBit(at, bit) => sent.nonce[at % 12] ^= 1 << bit,
                Change::SignatureBit(at, bit) => signature[at % 64] ^= 1 << bit,
                Change::OtherKey(seed) => {
                    signer = DeviceKey::from_bytes(&Secret32::from_bytes(seed)).public()
                }
                Change::MovedBorder => {
                    let last = sent.target.split_off(sent.target.len() - 1);
                    sent.token.insert_str(0, &last);
                }
            }
            let same = sent == request && signature == *proof.signature.as_bytes() && signer == key.public();
            let nonce = Nonce::from_bytes(sent.nonce);
            let changed = RequestProof { nonce, signature: Signature::from_bytes(signature) };
            prop_assert_eq!(changed.verify(&signer, sent.parts()).is_ok(), same);
            let count = if same { &unchanged } else { &refused };
            count.set(count.get() + 1);
        }
        Ok(())
    });
    run.unwrap();
    let (refused, unchanged) = (refused.get(), unchanged.get());
    assert!(refused >= 12_000, "{refused} refused, {unchanged} were no change");
}

#[test]
fn rubbish_is_no_proof() {
    for text in ["", ".", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA.AAAA", "a.b.c"] {
        assert!(text.parse::<RequestProof>().is_err());
    }
}
