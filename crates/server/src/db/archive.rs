//! A county's rows as they move between databases: from one to another, or through a backup.
//!
//! What belongs to running processes stays behind: sessions and spent nonces.

use super::{DbError, Result};
use serde_json::Value as Json;

/// What a column holds, in every database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sixteen bytes.
    Id,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// Yes or no.
    Flag,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// An id.
    Id([u8; 16]),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Yes or no.
    Flag(bool),
}

/// A table that moves.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns but the county, which comes first.
    pub columns: &'static [(&'static str, Kind)],
}

/// Rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its place in [`TABLES`].
    pub table: usize,
    /// Values in the order of its columns.
    pub rows: Vec<Vec<Value>>,
}

/// What travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Rows of one table.
    Rows(Batch),
    /// That was all. A sender that goes without this word has broken off, and what came is not the county.
    End,
}

/// So many rows travel together.
pub const ROWS: usize = 500;

use Kind::{Bytes, Flag, Id, Number, Text};

/// Every table of a county but those that belong to running processes. The county comes first.
pub static TABLES: [Table; 16] = [
    Table {
        name: "county",
        columns: &[
            ("name", Text),
            ("timezone", Text),
            ("epoch", Number),
            ("seq", Number),
            ("last_stamp", Number),
            ("imports", Number),
        ],
    },
    Table { name: "setting", columns: &[("name", Text), ("value", Text)] },
    Table { name: "team", columns: &[("team", Id), ("name", Text)] },
    Table {
        name: "member",
        columns: &[("user", Id), ("name", Text), ("role", Text), ("team", Id), ("active", Flag)],
    },
    Table {
        name: "device",
        columns: &[
            ("device", Id),
            ("user", Id),
            ("key", Bytes),
            ("name", Text),
            ("platform", Text),
            ("app", Text),
            ("secret_store", Text),
            ("enrolled_at", Number),
            ("revoked_at", Number),
            ("last_contact", Number),
            ("unsent", Number),
            ("clock_offset", Number),
            ("last_stamp", Number),
            ("epoch", Number),
        ],
    },
    Table {
        name: "waiting",
        columns: &[
            ("device", Id),
            ("user", Id),
            ("key", Bytes),
            ("name", Text),
            ("platform", Text),
            ("app", Text),
            ("secret_store", Text),
            ("enrolled_at", Number),
        ],
    },
    Table {
        name: "enrolment",
        columns: &[
            ("code_hash", Bytes),
            ("user", Id),
            ("expires", Number),
            ("tries", Number),
            ("used_at", Number),
            ("device", Id),
        ],
    },
    Table {
        name: "change",
        columns: &[
            ("id", Id),
            ("seq", Number),
            ("record", Id),
            ("kind", Text),
            ("op", Text),
            ("person", Id),
            ("object", Number),
            ("device", Id),
            ("author", Id),
            ("stamp_raw", Number),
            ("stamp", Number),
            ("received", Number),
            ("body", Text),
        ],
    },
    Table {
        name: "refusal",
        columns: &[("device", Id), ("id", Id), ("code", Text), ("field", Text), ("refused", Number)],
    },
    Table {
        name: "quarantine",
        columns: &[
            ("device", Id),
            ("id", Id),
            ("person", Id),
            ("author", Id),
            ("what", Text),
            ("code", Text),
            ("received", Number),
            ("body", Text),
            ("settled_by", Id),
            ("settled_at", Number),
        ],
    },
    Table {
        name: "caseload",
        columns: &[
            ("person", Id),
            ("case_id", Id),
            ("team", Id),
            ("lead", Id),
            ("partner", Id),
            ("open", Flag),
        ],
    },
    Table { name: "identity", columns: &[("person", Id), ("full_name", Text), ("birth_date", Text)] },
    Table {
        name: "told",
        columns: &[
            ("device", Id),
            ("person", Id),
            ("objects", Number),
            ("leaving", Number),
            ("pull", Number),
            ("missed", Flag),
        ],
    },
    Table {
        name: "digest",
        columns: &[("person", Id), ("object", Number), ("sum", Bytes), ("count", Number)],
    },
    Table {
        name: "import_report",
        columns: &[
            ("agency", Text),
            ("report", Text),
            ("digest", Bytes),
            ("incident", Text),
            ("called", Number),
            ("person", Id),
            ("event", Id),
            ("case_id", Id),
            ("patient", Text),
            ("imported", Number),
        ],
    },
    Table {
        name: "audit",
        columns: &[
            ("id", Id),
            ("at", Number),
            ("device", Id),
            ("user", Id),
            ("door", Text),
            ("code", Text),
            ("subject", Id),
            ("tries", Number),
        ],
    },
];

impl Table {
    /// The columns as a list in SQL. Some are words of the language.
    pub(super) fn list(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }
}

impl Batch {
    /// As one line of JSON.
    pub fn to_line(&self) -> String {
        let value = |value: &Value| match value {
            Value::Null => Json::Null,
            Value::Id(bytes) => Json::from(hex(bytes)),
            Value::Number(number) => Json::from(*number),
            Value::Text(text) => Json::from(text.as_str()),
            Value::Bytes(bytes) => Json::from(hex(bytes)),
            Value::Flag(flag) => Json::from(*flag),
        };
        let rows: Vec<Vec<Json>> = self.rows.iter().map(|row| row.iter().map(value).collect()).collect();
        serde_json::json!({ "table": TABLES[self.table].name, "rows": rows }).to_string()
    }

    /// Reads [`Self::to_line`].
    ///
    /// # Errors
    /// [`DbError::Unreadable`]: a table or a value that this version does not know.
    pub fn from_line(line: &str) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Line {
            table: String,
            rows: Vec<Vec<Json>>,
        }
        let line: Line = serde_json::from_str(line).map_err(|_| DbError::Unreadable)?;
        let known = TABLES.iter().position(|table| table.name == line.table);
        let table = known.ok_or(DbError::Unreadable)?;
        let columns = TABLES[table].columns;
        let row = |row: Vec<Json>| -> Result<Vec<Value>> {
            if row.len() != columns.len() {
                return Err(DbError::Unreadable);
            }
            row.into_iter().zip(columns).map(|(json, (_, kind))| value(json, *kind)).collect()
        };
        Ok(Self { table, rows: line.rows.into_iter().map(row).collect::<Result<_>>()? })
    }
}

fn value(json: Json, kind: Kind) -> Result<Value> {
    Ok(match (json, kind) {
        (Json::Null, _) => Value::Null,
        (Json::String(text), Kind::Id) => {
            Value::Id(unhex(&text).and_then(|bytes| bytes.try_into().ok()).ok_or(DbError::Unreadable)?)
        }
        (Json::Number(number), Kind::Number) => Value::Number(number.as_i64().ok_or(DbError::Unreadable)?),
        (Json::String(text), Kind::Text) => Value::Text(text),
        (Json::String(text), Kind::Bytes) => Value::Bytes(unhex(&text).ok_or(DbError::Unreadable)?),
        (Json::Bool(flag), Kind::Flag) => Value::Flag(flag),
        _ => return Err(DbError::Unreadable),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_survives_a_line() {
        let row = |given: bool| -> Vec<Value> {
            let value = |kind: &Kind| match kind {
                _ if !given => Value::Null,
                Kind::Id => Value::Id([0xab; 16]),
                Kind::Number => Value::Number(i64::MIN),
                Kind::Text => Value::Text("a \"quoted\"\nline".to_owned()),
                Kind::Bytes => Value::Bytes(vec![0, 1, 0xff]),
                Kind::Flag => Value::Flag(true),
            };
            TABLES[3].columns.iter().map(|(_, kind)| value(kind)).collect()
        };
        let batch = Batch { table: 3, rows: vec![row(true), row(false)] };
        let line = batch.to_line();
        assert!(!line.contains('\n'));
        assert_eq!(Batch::from_line(&line).unwrap(), batch);
        for bad in
            [line.replace("member", "stranger"), line.replace("abab", "abag"), line.replace("[null,", "[")]
        {
            assert!(Batch::from_line(&bad).is_err(), "{bad}");
        }
    }
}
