//! What lists need of a record, worked out once when it changes.

use crate::StoreError;
use crate::codec::{Id, Owner};
use domain::codes::{AttemptOutcome, CodeList};
use domain::{Change, Folded, RecordId, RecordKind};
use rusqlite::{CachedStatement, Connection};
use serde_json::{Map, Value};

/// A record's row, apart from its key.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub at: Option<i64>,
    pub about: Option<Id>,
    pub mark: bool,
    pub voided: bool,
    pub rivals: usize,
    pub facts: Option<String>,
}

/// The values that count in a record.
enum Values<'a> {
    /// Of a record that is only its `create` so far: there is nothing to fold.
    One(&'a Change),
    Folded(&'a Folded),
}

impl Values<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        let value = match self {
            Self::One(change) => change.fields.get(name).map(|field| &field.value),
            Self::Folded(folded) => folded.fields.get(name).map(|field| field.value()),
        };
        value.filter(|value| !value.is_null())
    }

    fn all(&self) -> Map<String, Value> {
        match self {
            Self::One(change) => {
                let set = change.fields.iter().filter(|(_, field)| !field.value.is_null());
                set.map(|(name, field)| (name.clone(), field.value.clone())).collect()
            }
            Self::Folded(folded) => folded.values(),
        }
    }

    fn id(&self, name: &str) -> Option<Id> {
        self.get(name)?.as_str()?.parse::<RecordId>().ok().map(Id::from)
    }
}

impl Summary {
    /// Of a record that is one `create`.
    pub(crate) fn of_create(change: &Change) -> Self {
        Self::new(&change.kind, &Values::One(change))
    }

    /// Of a folded record.
    pub(crate) fn of_folded(kind: &RecordKind, folded: &Folded) -> Self {
        let rivals = if folded.voided { 0 } else { folded.conflicts().len() };
        Self { voided: folded.voided, rivals, ..Self::new(kind, &Values::Folded(folded)) }
    }

    fn new(kind: &RecordKind, values: &Values<'_>) -> Self {
        use RecordKind::*;
        let at = match kind {
            ContactAttempt | Visit | SupplyHandout | StepForward => "happened_at",
            OverdoseEvent => "occurred_at",
            Case => "opened_at",
            Referral => "offered_at",
            ReviewMark => "reviewed_at",
            _ => "",
        };
        let mark = match kind {
            ContactAttempt => values
                .get("outcome")
                .and_then(Value::as_str)
                .is_some_and(|code| AttemptOutcome::from_code(code).reached_person()),
            Referral => values.get("outcome").is_none(),
            SafetyNote => values.get("ended_at").is_none(),
            _ => false,
        };
        let facts = match kind {
            Person | Alias | Place | Phone | OverdoseEvent | Case | Assignment | FollowUp | Team | Staff
            | CountySettings => Some(Value::Object(values.all()).to_string()),
            _ => None,
        };
        let about = if *kind == ReviewMark { values.id("visit") } else { None };
        Self { at: values.get(at).and_then(Value::as_i64), about, mark, facts, ..Self::default() }
    }

    /// What [`Self::write`] takes.
    pub(crate) fn writing(db: &Connection) -> Result<CachedStatement<'_>, StoreError> {
        Ok(db.prepare_cached(
            "insert into record (person, id, kind, at, about, mark, voided, rivals, facts)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             on conflict (person, id) do update set kind = excluded.kind, at = excluded.at, about = excluded.about,
               mark = excluded.mark, voided = excluded.voided, rivals = excluded.rivals, facts = excluded.facts",
        )?)
    }

    pub(crate) fn write(
        &self,
        upsert: &mut CachedStatement<'_>,
        owner: Owner,
        record: RecordId,
        kind: &RecordKind,
    ) -> Result<(), StoreError> {
        upsert.execute((
            owner,
            Id::from(record),
            kind.code(),
            self.at,
            self.about,
            self.mark,
            self.voided,
            self.rivals as i64,
            self.facts.as_deref(),
        ))?;
        Ok(())
    }
}

/// One row of a person's records, as lists are made from them.
pub(crate) struct RecordRow {
    pub id: RecordId,
    pub kind: RecordKind,
    pub at: Option<i64>,
    pub about: Option<Id>,
    pub mark: bool,
    pub rivals: i64,
    pub facts: Option<String>,
}

impl RecordRow {
    /// Its values as a plain record.
    pub(crate) fn facts<R: domain::Record>(&self) -> R {
        let values = self.facts.as_deref().and_then(|text| serde_json::from_str(text).ok());
        R::from_values(&values.unwrap_or_default())
    }
}

/// The records of one owner that are not voided.
pub(crate) fn records_of(db: &Connection, owner: Owner) -> Result<Vec<RecordRow>, StoreError> {
    let mut query = db.prepare_cached(
        "select id, kind, at, about, mark, rivals, facts from record where person = ?1 and voided = 0",
    )?;
    let rows = query.query_map([owner], |row| {
        Ok(RecordRow {
            id: RecordId::from_bytes(row.get::<_, Id>(0)?.0),
            kind: RecordKind::from_code(row.get_ref(1)?.as_str()?),
            at: row.get(2)?,
            about: row.get(3)?,
            mark: row.get(4)?,
            rivals: row.get(5)?,
            facts: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
