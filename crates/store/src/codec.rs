//! Ids as SQLite keeps them: sixteen bytes, or none.

use domain::{PersonId, RecordId};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// The person a row belongs to; empty for the county's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner(pub Option<PersonId>);

/// Sixteen bytes of any id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub [u8; 16]);

impl From<PersonId> for Owner {
    fn from(person: PersonId) -> Self {
        Self(Some(person))
    }
}

impl From<Option<PersonId>> for Owner {
    fn from(person: Option<PersonId>) -> Self {
        Self(person)
    }
}

impl ToSql for Owner {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes: &[u8] = match &self.0 {
            Some(person) => person.0.as_bytes(),
            None => &[],
        };
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(bytes)))
    }
}

impl FromSql for Owner {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_blob()? {
            [] => Ok(Self(None)),
            _ => Id::column_result(value).map(|id| Self(Some(PersonId::from_bytes(id.0)))),
        }
    }
}

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_blob()?.try_into().map(Self).map_err(|_| FromSqlError::InvalidType)
    }
}

impl From<RecordId> for Id {
    fn from(id: RecordId) -> Self {
        Self(id.bytes())
    }
}

impl From<domain::ChangeId> for Id {
    fn from(id: domain::ChangeId) -> Self {
        Self(id.bytes())
    }
}
