//! Lists, pages and search.

use super::*;
use crate::{Order, PeopleFilter};

fn many(phone: &Phone, names: &[&str]) {
    for (name, n) in names.iter().zip(1..) {
        let who = Say::somebody(n, name).by_dev(n, 0);
        let opened = json!({ "stage": "referred", "opened_at": NOW.0 });
        let case = Say::create(RecordKind::Case, person(n), opened).by_dev(1_000 + n, 1);
        let event = json!({ "occurred_at": NOW.0 - i64::from(n % 3) * 1_000, "source": "ems" });
        let event = Say::create(RecordKind::OverdoseEvent, person(n), event).by_dev(2_000 + n, 2);
        let lead = json!({
            "case": case.record, "team": RecordId::from_bytes(uuid(50_000)),
            "lead": if n % 2 == 0 { Value::Null } else { json!(ids().user) },
        });
        let lead = Say::create(RecordKind::Assignment, person(n), lead).by_dev(3_000 + n, 3);
        phone.frame(history(person(n), &[&who, &case, &event, &lead]));
    }
}

fn walk(phone: &Phone, filter: &PeopleFilter, order: Order) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = phone.store.person_list(filter, order, after.as_ref(), 2).unwrap();
        names.extend(page.rows.into_iter().map(|row| row.name));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

#[test]
fn pages_follow_each_other_without_gaps_in_every_order() {
    let phone = Phone::new();
    many(&phone, &["Dora", "ámbar", "Cleo", "Bo", "Eli"]);
    let all = PeopleFilter::default();
    assert_eq!(walk(&phone, &all, Order::Name), ["ámbar", "Bo", "Cleo", "Dora", "Eli"]);
    assert_eq!(walk(&phone, &all, Order::Due), ["ámbar", "Eli", "Dora", "Bo", "Cleo"]);
    assert_eq!(walk(&phone, &all, Order::LastContact).len(), 5);
    let mine = PeopleFilter { worker: Some(ids().user), ..PeopleFilter::default() };
    assert_eq!(walk(&phone, &mine, Order::Name), ["Cleo", "Dora", "Eli"]);
    let nobodys = PeopleFilter { unassigned: true, ..PeopleFilter::default() };
    assert_eq!(walk(&phone, &nobodys, Order::Name), ["ámbar", "Bo"]);
    assert_eq!(phone.store.person_count(&nobodys).unwrap(), 2);
    let loads = phone.store.caseloads(NOW.plus(99 * domain::time::HOUR)).unwrap();
    let loads: Vec<_> = loads.iter().map(|load| (load.lead, load.open, load.due)).collect();
    assert_eq!(loads, [(None, 2, 2), (Some(ids().user), 3, 3)]);
}

#[test]
fn search_finds_beginnings_without_accents_and_survives_anything_typed() {
    let phone = Phone::new();
    many(&phone, &["Núñez", "Nora", "Bo"]);
    let found = |text: &str| phone.store.search(text, 9).unwrap().people.len();
    assert_eq!((found("n"), found("NUN"), found("núñe"), found("bo nora"), found("")), (2, 1, 1, 0, 0));
    for odd in [
        "\"",
        "bo\" OR \"nora",
        "names:bo",
        "*",
        "(",
        "NEAR(",
        "'; drop table change; --",
        "\0",
        "a AND",
        "a\u{24b6}b",
        "\u{24b6}",
    ] {
        phone.store.search(odd, 9).unwrap();
    }
    assert_eq!(found("bo\" OR \"nora"), 0);
    assert_eq!(found("bo"), 1);
}

#[test]
fn a_visit_is_to_review_until_it_is_marked() {
    let phone = Phone::new();
    let ana = Say::somebody(1, "Ana").by_dev(1, 0);
    let seen = visit(1, "x").by_dev(2, 1);
    phone.frame(history(person(1), &[&ana, &seen]));
    let to_review = PeopleFilter { to_review: true, ..PeopleFilter::default() };
    assert_eq!(phone.store.person_count(&to_review).unwrap(), 1);
    let mark = json!({ "visit": seen.record, "reviewed_at": NOW.0 });
    phone.say(Say::create(RecordKind::ReviewMark, person(1), mark));
    assert_eq!(phone.store.person_count(&to_review).unwrap(), 0);
    assert_eq!(phone.store.records(Some(person(1)), &RecordKind::Visit).unwrap().len(), 1);
}

#[test]
fn whoever_was_recorded_by_mistake_is_in_no_list() {
    let phone = Phone::new();
    let id = phone.say(Say::somebody(1, "Ana"));
    let void = Say { op: Op::Void, fields: json!({}), reason: Some("twice"), ..Say::somebody(1, "") };
    phone.say(void.having_seen(&[id]));
    assert!(phone.store.person_row(person(1)).unwrap().is_none());
    assert!(phone.store.search("ana", 5).unwrap().people.is_empty());
    assert_eq!(phone.store.person(person(1)).unwrap().unwrap().records.len(), 1, "and yet nothing is lost");
}

#[test]
fn what_the_app_keeps_is_kept() {
    let phone = Phone::new();
    phone.store.keep("county", b"Pine").unwrap();
    assert_eq!(phone.reopened().kept("county").unwrap().as_deref(), Some(&b"Pine"[..]));
    assert_eq!(phone.store.kept("token").unwrap(), None);
}
