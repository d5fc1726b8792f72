use super::*;

fn owner() -> SlotOwner {
    SlotOwner {
        device: "device-1".into(),
        user: "maria".into(),
        vault: "vault-1".into(),
        device_secret_store: "file".into(),
    }
}

fn device_secret() -> Secret32 {
    Secret32::from_bytes([9; 32])
}

fn sealed(key: &DataKey) -> KeySlot {
    let passphrase = Passphrase::new("kestrel dune nine lamps");
    KeySlot::seal(key, &passphrase, &device_secret(), owner(), KdfParams::FAST).unwrap()
}

fn open(slot: &KeySlot) -> Result<DataKey, SlotError> {
    slot.open(&Passphrase::new("kestrel dune nine lamps"), &device_secret())
}

#[test]
fn a_slot_opens_after_a_trip_through_json() {
    let key = DataKey::generate();
    let text = serde_json::to_string(&sealed(&key)).unwrap();
    let slot: KeySlot = serde_json::from_str(&text).unwrap();
    assert_eq!(open(&slot), Ok(key));
    assert_eq!(slot.generation, 1);
    assert_eq!(slot.owner(), owner());
}

#[test]
fn the_wrong_passphrase_and_the_wrong_device_look_the_same() {
    let slot = sealed(&DataKey::generate());
    assert_eq!(slot.open(&Passphrase::new("kestrel dune"), &device_secret()), Err(SlotError::WrongKey));
    let second_device = Secret32::from_bytes([8; 32]);
    let right = Passphrase::new("kestrel dune nine lamps");
    assert_eq!(slot.open(&right, &second_device), Err(SlotError::WrongKey));
}

#[test]
fn every_field_is_authenticated() {
    let slot = sealed(&DataKey::generate());
    let mut changed: Vec<KeySlot> = vec![slot.clone(); 10];
    changed[0].device.push('x');
    changed[1].user.push('x');
    changed[2].vault.push('x');
    changed[3].generation += 1;
    changed[4].device_secret_store = "os-keystore".into();
    changed[5].salt[15] ^= 1;
    changed[6].nonce[0] ^= 1;
    changed[7].ciphertext[0] ^= 1;
    changed[8].ciphertext[47] ^= 0x80;
    // A field's end moved into the next one.
    changed[9].device.push('m');
    changed[9].user.remove(0);
    for (i, slot) in changed.iter().enumerate() {
        assert_eq!(open(slot), Err(SlotError::WrongKey), "change {i}");
    }
}

#[test]
fn what_cannot_be_opened_says_why_before_any_work() {
    let slot = sealed(&DataKey::generate());
    let newer = KeySlot { version: 2, ..slot.clone() };
    assert_eq!(open(&newer), Err(SlotError::TooNew));
    let older = KeySlot { version: 0, ..slot.clone() };
    assert_eq!(open(&older), Err(SlotError::Damaged));
    let other = KeySlot { kind: "recovery".into(), ..slot.clone() };
    assert_eq!(open(&other), Err(SlotError::UnknownKind));
    let weak = KeySlot { kdf: KdfParams { m_kib: 1024, ..KdfParams::FLOOR }, ..slot.clone() };
    assert_eq!(open(&weak), Err(SlotError::WeakParameters));
    let costly = KeySlot { kdf: KdfParams { m_kib: u32::MAX, ..KdfParams::FLOOR }, ..slot };
    assert_eq!(open(&costly), Err(SlotError::TooCostly));
}

#[test]
fn rewrapping_changes_the_passphrase_and_keeps_the_key() {
    let (key, new) = (DataKey::generate(), Passphrase::new("three herons on a wire"));
    let first = sealed(&key);
    let old = Passphrase::new("kestrel dune nine lamps");
    let second = first.rewrap(&old, &new, &device_secret(), KdfParams::FAST).unwrap();
    assert_eq!(second.open(&new, &device_secret()), Ok(key));
    assert_eq!(open(&second), Err(SlotError::WrongKey));
    assert_eq!((second.generation, second.owner()), (2, owner()));
    assert_ne!((second.salt, second.nonce), (first.salt, first.nonce));
    let refused = first.rewrap(&new, &new, &device_secret(), KdfParams::FAST);
    assert_eq!(refused, Err(SlotError::WrongKey));
}

#[test]
fn slots_of_a_newer_version_are_kept_as_they_are() {
    let known = serde_json::to_value(sealed(&DataKey::generate())).unwrap();
    let newer = serde_json::json!({ "version": 2, "type": "crew", "parts": [1, 2] });
    let file = serde_json::json!([known, newer, "rubbish"]);
    let slots: Vec<StoredSlot> = serde_json::from_value(file.clone()).unwrap();
    assert_eq!(serde_json::to_value(&slots).unwrap(), file);
    let passphrase = Passphrase::new("kestrel dune nine lamps");
    let opened: Vec<_> = slots.iter().map(|slot| slot.open(&passphrase, &device_secret())).collect();
    assert!(opened[0].is_ok());
    assert_eq!(opened[1..], [Err(SlotError::TooNew), Err(SlotError::Damaged)]);
}

#[test]
fn debug_of_a_slot_and_its_key_shows_no_key() {
    let key = DataKey::from_secret(Secret32::from_bytes([0xab; 32]));
    let shown = format!("{key:?} {:?}", device_secret());
    assert_eq!(shown, "DataKey(Secret32(…)) Secret32(…)");
}

proptest::proptest! {
    /// Whatever lies in the file: an answer, and never a key.
    #[test]
    fn a_slot_file_changed_at_any_byte_does_not_open(at: proptest::sample::Index, byte: u8) {
        let key = DataKey::from_secret(Secret32::from_bytes([0xab; 32]));
        let slot = sealed(&key);
        let mut text = serde_json::to_vec(&slot).unwrap();
        let at = at.index(text.len());
        text[at] = byte;
        let passphrase = Passphrase::new("kestrel dune nine lamps");
        if let Ok(stored) = serde_json::from_slice::<StoredSlot>(&text) {
            let same = matches!(&stored, StoredSlot::Slot(read) if **read == slot);
            proptest::prop_assert_eq!(stored.open(&passphrase, &device_secret()).is_ok(), same);
        }
    }
}
