use proptest::prelude::*;

use super::*;

fn pine() -> CountySecret {
    CountySecret::from_secret(Secret32::from_bytes([5; 32]))
}

#[test]
fn the_secret_survives_its_file_in_both_forms() {
    let county = CountySecret::generate();
    let text = county.to_text();
    assert_eq!(CountySecret::parse(&format!(" {}\n", *text)).unwrap().public(), county.public());
    let hex = crate::encoding::hex(county.master.as_bytes());
    assert_eq!(CountySecret::parse(&hex).unwrap().public(), county.public());
    for bad in ["", "short", &hex[..62], &"g".repeat(64), &"=".repeat(43)] {
        assert!(CountySecret::parse(bad).is_err());
    }
}

#[test]
fn every_derived_key_is_another() {
    let county = pine();
    let keys = [
        county.master.clone(),
        county.token_key.clone(),
        county.nonce_key.clone(),
        county.database_key().secret().clone(),
        Secret32::from_bytes(county.signing_key.to_bytes()),
        county.master.hkdf(None, b"porchlight/v1/county/sealing"),
    ];
    for (i, a) in keys.iter().enumerate() {
        assert!(keys[i + 1..].iter().all(|b| a != b));
    }
}

#[test]
fn tokens_of_another_kind_or_county_are_refused() {
    let token = pine().seal_token("pull", b"payload");
    assert_eq!(pine().open_token("pull", &token).as_deref(), Ok(&b"payload"[..]));
    assert_eq!(pine().open_token("session", &token), Err(Forged));
    assert_eq!(CountySecret::generate().open_token("pull", &token), Err(Forged));
    for rubbish in ["", "AAAA", "not base64!", &token[..token.len() - 4]] {
        assert_eq!(pine().open_token("pull", rubbish), Err(Forged));
    }
    let empty = pine().seal_token("pull", b"");
    assert_eq!(pine().open_token("pull", &empty), Ok(vec![]));
}

#[test]
fn the_county_signs_for_one_purpose() {
    let signature = pine().sign("frame", b"digest");
    let public = CountyPublicKey::from_text(&pine().public().to_text()).unwrap();
    assert_eq!(public.verify("frame", b"digest", &signature), Ok(()));
    assert_eq!(public.verify("enrolment", b"digest", &signature), Err(Forged));
    assert_eq!(CountySecret::generate().public().verify("frame", b"digest", &signature), Err(Forged));
}

#[test]
fn nonce_tags_depend_on_message_and_county() {
    assert_eq!(pine().nonce_tag(b"7"), pine().nonce_tag(b"7"));
    assert_ne!(pine().nonce_tag(b"7"), pine().nonce_tag(b"8"));
    assert_ne!(pine().nonce_tag(b"7"), CountySecret::generate().nonce_tag(b"7"));
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", pine()), "CountySecret(…)");
}

proptest! {
    #[test]
    fn a_token_opens_and_no_changed_one_does(payload: Vec<u8>, at: prop::sample::Index, bit in 0..8u32) {
        let token = pine().seal_token("pull", &payload);
        prop_assert_eq!(pine().open_token("pull", &token).unwrap(), payload);
        let mut bytes = unbase64url(&token).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(pine().open_token("pull", &base64url(&bytes)), Err(Forged));
    }
}
