//! What is refused, and why: every kind, every field, every rule. A refusal names field and code, never the value.

use crate::support::{NOW, change_id, device};
use crate::validation_table::{COUNTYS_OWN, KINDS, Row, SIGNED, rows};
use domain::change::{Change, FieldChange, Op};
use domain::codes::CodeList;
use domain::records::{self, Record, RecordKind, Rule, fields_of};
use domain::validate::{MAX_CHANGE_BYTES, Refusal, check};
use domain::{PersonId, RecordId, Stamp, UserId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Stands in every refused value; must never be found in a refusal.
const MARKER: &str = "Zyxomma";
const SOME_ID: &str = "01988f2c-0000-7000-8000-000000000001";

/// A statement about a record of `kind`, with the fields that a `create` of it must give.
fn change(kind: &str, op: Op) -> Change {
    let id = change_id(5);
    let mut change = Change {
        id,
        record: RecordId(id.0),
        kind: RecordKind::from_code(kind),
        person: (!COUNTYS_OWN.contains(&kind)).then_some(PersonId(id.0)),
        op,
        author: UserId(Uuid::from_u128(7)),
        device: device(1),
        stamp: Stamp::at(NOW),
        happened_at: NOW,
        reason: None,
        fields: BTreeMap::new(),
    };
    if change.op == Op::Create {
        for row in rows(kind).iter().filter(|row| row.required) {
            put(&mut change, row.name, good(row.rule)[0].clone());
        }
        match kind {
            "person" => put(&mut change, "alias", json!("Bee")),
            "place" => put(&mut change, "street", json!("12 Mill Road")),
            _ => {}
        }
    }
    change
}

fn put(change: &mut Change, name: &str, value: Value) {
    change.fields.insert(name.to_owned(), FieldChange { value, seen: Vec::new() });
}

/// The bounds of a rule, such as those of `whole0..125` or `text200`.
fn bounds(rule: &str) -> (i64, i64) {
    let digits = rule.trim_start_matches(char::is_alphabetic);
    match digits.split_once("..") {
        Some((least, most)) => (least.parse().unwrap(), most.parse().unwrap()),
        None => (0, digits.parse().unwrap()),
    }
}

/// Values that fit a rule, at its edges.
fn good(rule: &str) -> Vec<Value> {
    match rule {
        "time" => vec![json!(NOW.0), json!(0), json!(-1), json!(i64::MAX), json!(i64::MIN)],
        "date" => vec![json!("2026-11-01"), json!("2024-02-29"), json!("0001-01-01"), json!("9999-12-31")],
        "flag" => vec![json!(true), json!(false)],
        "code" => {
            vec![json!("unknown"), json!("from-a-newer-version"), json!("0.4mg_x"), json!("c".repeat(64))]
        }
        "codes" => vec![json!([]), json!(["food", "from-a-newer-version"]), json!(vec!["food"; 100])],
        "ref" => vec![json!(SOME_ID), json!(SOME_ID.to_uppercase())],
        _ if rule.starts_with("text") => {
            let most = bounds(rule).1 as usize;
            vec![json!("a"), json!("x".repeat(most)), json!("🌧".repeat(most)), json!("ana\n\"';--<b>")]
        }
        _ => vec![json!(bounds(rule).0), json!(bounds(rule).1)],
    }
}

/// Values that do not fit a rule, and the code that each is refused with.
fn bad(rule: &str) -> Vec<(Value, &'static str)> {
    let mut bad = vec![(json!({ "text": MARKER }), "wrong_type")];
    if rule != "codes" {
        bad.push((json!([MARKER]), "wrong_type"));
    }
    if !rule.starts_with("text") {
        bad.push((json!(format!("{MARKER} {MARKER}")), "wrong_type"));
    }
    if rule != "flag" {
        bad.push((json!(true), "wrong_type"));
    }
    match rule {
        "time" => bad.extend([(json!(1.5), "wrong_type"), (json!(u64::MAX), "wrong_type")]),
        "date" => bad.extend(
            [
                "2026-02-29",
                "2026-13-01",
                "01/02/2026",
                "2026-11-01T00:00:00Z",
                "20261101",
                "",
                "2026-1-5",
                "+12026-01-05",
            ]
            .map(|text| (json!(text), "wrong_type")),
        ),
        "flag" => bad.extend([(json!(0), "wrong_type"), (json!("true"), "wrong_type")]),
        "code" => bad.extend(
            [String::new(), "Zyxomma rain".into(), "é".into(), "c".repeat(65)]
                .map(|code| (json!(code), "wrong_type")),
        ),
        "codes" => bad.extend([
            (json!(vec!["food"; 101]), "too_many"),
            (json!(["food", 5]), "wrong_type"),
            (json!(["food", "Zyxomma rain"]), "wrong_type"),
        ]),
        "ref" => bad.extend([(json!("1"), "wrong_type"), (json!(&SOME_ID[1..]), "wrong_type")]),
        _ if rule.starts_with("text") => {
            let most = bounds(rule).1 as usize;
            bad.push((json!(format!("{MARKER}{}", "x".repeat(most + 1 - MARKER.len()))), "too_long"));
            bad.push((json!("Zyxomma\0"), "bad_character"));
            bad.push((json!(5), "wrong_type"));
        }
        _ => {
            let (least, most) = bounds(rule);
            bad.extend([(json!(least - 1), "out_of_range"), (json!(most + 1), "out_of_range")]);
            let half = if rule.starts_with("whole") { "wrong_type" } else { "out_of_range" };
            bad.push((json!(most as f64 + 0.5), half));
        }
    }
    bad
}

fn refused(change: &Change) -> Refusal {
    let refusal = check(change).expect_err("this should be refused");
    let shown = format!("{refusal} {refusal:?} {}", serde_json::to_string(&refusal).unwrap());
    assert!(!shown.contains(MARKER), "{shown}");
    refusal
}

fn every_field() -> impl Iterator<Item = (&'static str, Row)> {
    KINDS.iter().flat_map(|(kind, _)| rows(kind).into_iter().map(move |row| (*kind, row)))
}

#[test]
fn the_table_is_the_programs() {
    let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, RecordKind::CODES);
    for kind in kinds {
        let known = fields_of(&RecordKind::from_code(kind)).unwrap();
        let text = |rule| match rule {
            Rule::Text(most) => format!("text{most}"),
            Rule::Time => "time".to_owned(),
            Rule::Date => "date".to_owned(),
            Rule::Flag => "flag".to_owned(),
            Rule::Whole(least, most) => format!("whole{least}..{most}"),
            Rule::Number(least, most) => format!("number{least}..{most}"),
            Rule::Code => "code".to_owned(),
            Rule::Codes => "codes".to_owned(),
            Rule::Ref => "ref".to_owned(),
        };
        let known: Vec<_> =
            known.iter().map(|field| (field.name, text(field.rule), field.required)).collect();
        let table: Vec<_> =
            rows(kind).iter().map(|row| (row.name, row.rule.to_owned(), row.required)).collect();
        assert_eq!(known, table, "{kind}");
        let parsed = RecordKind::from_code(kind);
        assert_eq!(records::is_signed(&parsed), SIGNED.contains(&kind), "{kind}");
        assert_eq!(records::belongs_to_person(&parsed), !COUNTYS_OWN.contains(&kind), "{kind}");
    }
}

#[test]
fn every_kind_can_be_created_with_its_required_fields_and_with_none_of_them_missing() {
    for (kind, _) in KINDS {
        let whole = change(kind, Op::Create);
        assert_eq!(check(&whole), Ok(()), "{kind}");
        for row in rows(kind).into_iter().filter(|row| row.required) {
            let mut missing = whole.clone();
            missing.fields.remove(row.name);
            if missing.fields.is_empty() {
                assert_eq!(refused(&missing), Refusal::whole("nothing_said"), "{kind}");
            } else {
                assert_eq!(refused(&missing), Refusal::field("required", row.name), "{kind}");
            }
            let mut cleared = whole.clone();
            put(&mut cleared, row.name, Value::Null);
            assert_eq!(refused(&cleared), Refusal::field("required", row.name), "{kind}");
        }
    }
}

#[test]
fn every_field_takes_what_fits_and_the_record_reads_it_back() {
    for (kind, row) in every_field() {
        for value in good(row.rule) {
            let mut good = change(kind, Op::Create);
            put(&mut good, row.name, value.clone());
            assert_eq!(check(&good), Ok(()), "{kind}.{}", row.name);
            let read = read_back(kind, row.name, &value);
            assert!(read.contains_key(row.name), "{kind}.{} is accepted and not read", row.name);
        }
    }
}

#[test]
fn every_field_refuses_what_does_not_fit_and_never_repeats_it() {
    for (kind, row) in every_field() {
        for op in [Op::Create, Op::Amend] {
            for (value, code) in bad(row.rule) {
                let mut bad = change(kind, op.clone());
                bad.reason = Some("typing error".to_owned());
                put(&mut bad, row.name, value.clone());
                assert_eq!(refused(&bad), Refusal::field(code, row.name), "{kind} {op:?} {value}");
            }
        }
    }
}

#[test]
fn an_amendment_may_clear_a_field_unless_it_is_required() {
    for (kind, row) in every_field() {
        let mut clearing = change(kind, Op::Amend);
        clearing.reason = Some("typing error".to_owned());
        put(&mut clearing, row.name, Value::Null);
        let expected = if row.required { Err(Refusal::field("required", row.name)) } else { Ok(()) };
        assert_eq!(check(&clearing), expected, "{kind}.{}", row.name);
    }
}

#[test]
fn fields_and_kinds_of_newer_versions_are_kept() {
    for (kind, _) in KINDS {
        let mut newer = change(kind, Op::Create);
        put(&mut newer, "field_of_2031", json!({ "any": ["shape", 5] }));
        assert_eq!(check(&newer), Ok(()), "{kind}");
    }
    let mut unknown = change("person", Op::Create);
    unknown.kind = RecordKind::from_code("horoscope");
    assert_eq!(check(&unknown), Ok(()));
    unknown.person = None;
    assert_eq!(check(&unknown), Ok(()));
}

#[test]
fn a_note_may_be_an_evening_long_and_not_longer() {
    for (kind, field) in [("visit", "notes"), ("peer_note", "text")] {
        let mut note = change(kind, Op::Create);
        // Four bytes each, the longest that a character can be.
        put(&mut note, field, json!("🌧".repeat(20_000)));
        assert_eq!(check(&note), Ok(()));
        assert!(serde_json::to_string(&note).unwrap().len() < MAX_CHANGE_BYTES);
        put(&mut note, field, json!("x".repeat(20_001)));
        assert_eq!(refused(&note), Refusal::field("too_long", field));
    }
}

#[test]
fn an_empty_note_is_none_where_one_is_required() {
    for empty in ["", "  ", "\n\t"] {
        let mut note = change("peer_note", Op::Create);
        put(&mut note, "text", json!(empty));
        assert_eq!(refused(&note), Refusal::field("required", "text"));
        note.op = Op::Amend;
        note.reason = Some("typing error".to_owned());
        assert_eq!(refused(&note), Refusal::field("required", "text"));
        let mut visit = change("visit", Op::Create);
        put(&mut visit, "notes", json!(empty));
        assert_eq!(check(&visit), Ok(()), "a visit may go without notes");
    }
}

#[test]
fn signed_records_are_amended_with_a_reason_and_everything_is_voided_with_one() {
    for (kind, _) in KINDS {
        let first = rows(kind)[0];
        for (reason, given) in
            [(None, false), (Some(""), false), (Some(" \n"), false), (Some("typing error"), true)]
        {
            let mut amend = change(kind, Op::Amend);
            put(&mut amend, first.name, good(first.rule)[0].clone());
            amend.reason = reason.map(str::to_owned);
            let expected = if SIGNED.contains(kind) && !given {
                Err(Refusal::field("required", "reason"))
            } else {
                Ok(())
            };
            assert_eq!(check(&amend), expected, "{kind} {reason:?}");

            let mut void = change(kind, Op::Void);
            void.reason = reason.map(str::to_owned);
            let expected = if given { Ok(()) } else { Err(Refusal::field("required", "reason")) };
            assert_eq!(check(&void), expected, "{kind} {reason:?}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_whole_change() {
    let long = MARKER.repeat(300);
    let mut no_person = change("visit", Op::Create);
    no_person.person = None;
    let mut of_person = change("team", Op::Create);
    of_person.person = Some(PersonId(Uuid::from_u128(1)));
    let mut somebody_else = change("person", Op::Create);
    somebody_else.person = Some(PersonId(Uuid::from_u128(1)));
    let mut void_with_fields = change("alias", Op::Void);
    void_with_fields.reason = Some("twice".to_owned());
    put(&mut void_with_fields, "name", json!(MARKER));
    let mut long_reason = change("alias", Op::Void);
    long_reason.reason = Some(long.clone());
    let mut many_fields = change("alias", Op::Create);
    (0..64).for_each(|n| put(&mut many_fields, &format!("more_{n}"), json!(n)));
    let mut bad_name = change("alias", Op::Create);
    put(&mut bad_name, MARKER, json!(1));
    let mut no_name = change("alias", Op::Create);
    put(&mut no_name, "", json!(1));
    let mut long_name = change("alias", Op::Create);
    put(&mut long_name, &"n".repeat(65), json!(1));
    let mut saw_much = change("alias", Op::Create);
    saw_much.fields.insert("name".into(), FieldChange { value: json!("Bee"), seen: vec![change_id(1); 257] });
    let mut nameless = change("person", Op::Create);
    nameless.fields.remove("alias");
    put(&mut nameless, "pronouns", json!("they"));
    let mut blank_name = change("person", Op::Create);
    put(&mut blank_name, "alias", json!("  "));
    let mut nowhere = change("place", Op::Create);
    nowhere.fields.remove("street");

    for (change, code, field) in [
        (no_person, "person_required", ""),
        (of_person, "person_not_allowed", ""),
        (somebody_else, "person_not_its_own", ""),
        (change("alias", Op::Amend), "nothing_said", ""),
        (void_with_fields, "void_sets_no_fields", ""),
        (long_reason, "too_long", "reason"),
        (many_fields, "too_many_fields", ""),
        (bad_name, "bad_field_name", ""),
        (no_name, "bad_field_name", ""),
        (long_name, "bad_field_name", ""),
        (saw_much, "too_many_seen", "name"),
        (nameless, "required", "alias"),
        (blank_name, "required", "alias"),
        (nowhere, "required", "latitude"),
    ] {
        assert_eq!(refused(&change), Refusal::field(code, field));
    }
}

#[test]
fn one_name_or_one_way_to_find_a_place_is_enough() {
    for name in ["first_name", "last_name", "alias"] {
        let mut person = change("person", Op::Create);
        person.fields.clear();
        put(&mut person, name, json!("Bee"));
        assert_eq!(check(&person), Ok(()), "{name}");
    }
    for (way, value) in [
        ("label", json!("blue tent")),
        ("directions", json!("past the depot")),
        ("city", json!("Linden")),
        ("latitude", json!(40.1)),
    ] {
        let mut place = change("place", Op::Create);
        place.fields.remove("street");
        put(&mut place, way, value);
        assert_eq!(check(&place), Ok(()), "{way}");
    }
}

#[test]
fn no_time_is_a_reason_to_refuse() {
    for time in [i64::MIN, 0, i64::MAX] {
        let mut odd = change("contact_attempt", Op::Create);
        odd.happened_at = domain::Millis(time);
        odd.stamp = Stamp(time as u64);
        put(&mut odd, "happened_at", json!(time));
        assert_eq!(check(&odd), Ok(()));
    }
}

/// What the plain struct of `kind` makes of one value.
fn read_back(kind: &str, name: &str, value: &Value) -> Map<String, Value> {
    fn through<R: Record>(values: &Map<String, Value>) -> Map<String, Value> {
        R::from_values(values).to_values()
    }
    let values = Map::from_iter([(name.to_owned(), value.clone())]);
    match RecordKind::from_code(kind) {
        RecordKind::Person => through::<records::Person>(&values),
        RecordKind::Alias => through::<records::Alias>(&values),
        RecordKind::Place => through::<records::Place>(&values),
        RecordKind::Phone => through::<records::Phone>(&values),
        RecordKind::OverdoseEvent => through::<records::OverdoseEvent>(&values),
        RecordKind::Case => through::<records::Case>(&values),
        RecordKind::Assignment => through::<records::Assignment>(&values),
        RecordKind::ContactAttempt => through::<records::ContactAttempt>(&values),
        RecordKind::Visit => through::<records::Visit>(&values),
        RecordKind::PeerNote => through::<records::PeerNote>(&values),
        RecordKind::Referral => through::<records::Referral>(&values),
        RecordKind::SupplyHandout => through::<records::SupplyHandout>(&values),
        RecordKind::FollowUp => through::<records::FollowUp>(&values),
        RecordKind::StepForward => through::<records::StepForward>(&values),
        RecordKind::SafetyNote => through::<records::SafetyNote>(&values),
        RecordKind::ReviewMark => through::<records::ReviewMark>(&values),
        RecordKind::Team => through::<records::Team>(&values),
        RecordKind::Staff => through::<records::Staff>(&values),
        RecordKind::CountySettings => through::<records::CountySettings>(&values),
        RecordKind::Other(_) => Map::new(),
    }
}

#[test]
fn a_value_of_another_shape_is_left_out_and_the_rest_is_read() {
    let values = json!({ "alias": "Bee", "birth_date": "last spring", "age_years": 40, "from_2031": true });
    let person = records::Person::from_values(values.as_object().unwrap());
    assert_eq!((person.alias.as_deref(), person.birth_date, person.age_years), (Some("Bee"), None, Some(40)));
    assert_eq!(format!("{person:?}"), "Person", "what people recorded never reaches a log");
}
