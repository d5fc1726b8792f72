//! Reads: the caseload, a person as they stand, and their history. Only people of the reader's caseload, only objects
//! that the policy table lets them read; everything else is not found.

use super::errors::HttpError;
use super::{App, Call};
use crate::db::Delivery;
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::codes::CodeList;
use domain::policy::Object;
use domain::{Change, PersonId, RecordId, Stamp, fold};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MOST_PEOPLE: u32 = 200;
const MOST_CHANGES: u32 = 1_000;
/// No person has so many: a bound on one answer.
const MOST_OF_ONE: u32 = 100_000;

/// People of the caseload, by id.
#[utoipa::path(
    get,
    path = "/v1/people",
    responses((status = 200, body = super::openapi::PeopleDoc))
)]
pub(super) async fn list(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?;
    let after = call.query::<PersonId>("after")?;
    let limit = call.query_in("limit", 1..=MOST_PEOPLE)?.unwrap_or(MOST_PEOPLE);
    let rows = app.db.people(session.member.member(), after, limit).await?;
    let mut people = Vec::new();
    for row in &rows {
        let changes = parse(&row.identity)?;
        let folded = fold(changes.iter().map(|(change, stamp)| (change, *stamp)));
        people.push(json!({ "person": row.person, "objects": row.objects, "identity": folded.values() }));
    }
    let next = (rows.len() == limit as usize).then(|| rows.last().map(|row| row.person)).flatten();
    Ok(Json(json!({ "people": people, "next": next })).into_response())
}

/// A person as they stand: their records by kind.
#[utoipa::path(
    get,
    path = "/v1/people/{person}",
    responses(
        (status = 200, body = super::openapi::PersonDoc)
    )
)]
pub(super) async fn one(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let person: PersonId = call.param("person")?;
    let member = call.session()?.member.member();
    let found = app.db.changes_of(member, person, 0, MOST_OF_ONE).await?.ok_or_else(HttpError::not_found)?;
    let changes = parse(&found)?;
    let mut records: BTreeMap<&str, Records> = BTreeMap::new();
    // What the kind of a record is called matters to nobody who may not read its object; those are not here.
    for (change, stamp) in changes.iter().filter(|(change, _)| Object::of(&change.kind).is_some()) {
        records
            .entry(change.kind.code())
            .or_default()
            .entry(change.record)
            .or_default()
            .push((change, *stamp));
    }
    let mut kinds = serde_json::Map::new();
    for (kind, records) in records {
        let records = records.into_iter().map(|(id, changes)| record(id, changes)).collect();
        kinds.insert(kind.to_owned(), Value::Array(records));
    }
    Ok(Json(json!({ "person": person, "records": kinds })).into_response())
}

/// The changes of each record of one kind.
type Records<'a> = BTreeMap<RecordId, Vec<(&'a Change, Stamp)>>;

fn record(id: RecordId, changes: Vec<(&Change, Stamp)>) -> Value {
    let folded = fold(changes);
    json!({
        "id": id,
        "fields": folded.values(),
        "conflicts": folded.conflicts(),
        "voided": folded.voided,
        "first": folded.first,
        "last": folded.last,
    })
}

/// A person's changes, oldest first, as their authors wrote them.
#[utoipa::path(
    get,
    path = "/v1/people/{person}/history",
    responses(
        (status = 200, body = super::openapi::HistoryDoc)
    )
)]
pub(super) async fn history(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let person: PersonId = call.param("person")?;
    let after = call.query::<i64>("after")?.unwrap_or(0);
    let after = u64::try_from(after).map_err(|_| HttpError::malformed())?;
    let member = call.session()?.member.member();
    let found = app.db.changes_of(member, person, after, MOST_CHANGES).await?;
    let found = found.ok_or_else(HttpError::not_found)?;
    let mut changes = Vec::new();
    for delivery in &found {
        let body: &RawValue = serde_json::from_str(&delivery.body).map_err(|_| HttpError::internal())?;
        changes.push(Entry { seq: delivery.seq, stamp: delivery.stamp, change: body });
    }
    let next = (found.len() == MOST_CHANGES as usize).then(|| found.last().map(|last| last.seq)).flatten();
    Ok(Json(Page { changes, next }).into_response())
}

#[derive(serde::Serialize)]
struct Page<'a> {
    changes: Vec<Entry<'a>>,
    next: Option<u64>,
}

#[derive(serde::Serialize)]
struct Entry<'a> {
    seq: u64,
    stamp: Stamp,
    change: &'a RawValue,
}

fn parse(found: &[Delivery]) -> Result<Vec<(Change, Stamp)>, HttpError> {
    let read = |delivery: &Delivery| Ok((serde_json::from_str(&delivery.body)?, delivery.stamp));
    found.iter().map(read).collect::<serde_json::Result<_>>().map_err(|_| HttpError::internal())
}
