//! What a record of each kind holds.
//!
//! A record is declared once, with its fields and the rule of each; from that come the plain struct that code reads
//! and the table that [`crate::validate`] checks changes against. Every field is optional in the struct, because a
//! record may be known only in part; fields of newer versions are kept in the log and passed on.

use crate::codes::codes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod care;
mod cases;
mod county;
mod people;

pub use care::{FollowUp, PeerNote, Referral, ReviewMark, SafetyNote, StepForward, SupplyHandout};
pub use cases::{Assignment, Case, ContactAttempt, OverdoseEvent, Visit};
pub use county::{CountySettings, Staff, Team};
pub use people::{Alias, Person, Phone, Place};

codes! {
    /// The kinds of record.
    RecordKind {
        Person = "person",
        Alias = "alias",
        Place = "place",
        Phone = "phone",
        OverdoseEvent = "overdose_event",
        Case = "case",
        Assignment = "assignment",
        ContactAttempt = "contact_attempt",
        Visit = "visit",
        PeerNote = "peer_note",
        Referral = "referral",
        SupplyHandout = "supply_handout",
        FollowUp = "follow_up",
        StepForward = "step_forward",
        SafetyNote = "safety_note",
        ReviewMark = "review_mark",
        Team = "team",
        Staff = "staff",
        CountySettings = "county_settings",
    }
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Text of at most so many characters.
    Text(usize),
    /// A moment, in milliseconds.
    Time,
    /// A calendar day, `YYYY-MM-DD`.
    Date,
    /// True or false.
    Flag,
    /// A whole number in a range.
    Whole(i64, i64),
    /// A number in a range.
    Number(f64, f64),
    /// One code; codes of newer versions are accepted.
    Code,
    /// Several codes.
    Codes,
    /// The id of another record.
    Ref,
}

/// One field of a record kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name in changes.
    pub name: &'static str,
    /// What it may hold.
    pub rule: Rule,
    /// Whether a `create` must give it.
    pub required: bool,
}

/// A kind of record, as a plain struct.
pub trait Record: Serialize + for<'de> Deserialize<'de> + Default {
    /// Its kind.
    const KIND: RecordKind;
    /// Its fields.
    const FIELDS: &'static [Field];
    /// Whether it counts as signed as soon as it is recorded: amending it then needs a reason, and shows the original.
    const SIGNED: bool;

    /// Reads it from the values of its fields. A field whose value has another shape than this version expects is
    /// left empty; the value itself stays in the log.
    fn from_values(values: &Map<String, Value>) -> Self {
        let whole = Value::Object(values.clone());
        serde_json::from_value(whole).unwrap_or_else(|_| {
            let fits = |(name, value): (&String, &Value)| {
                let one = Map::from_iter([(name.clone(), value.clone())]);
                serde_json::from_value::<Self>(Value::Object(one))
                    .is_ok()
                    .then(|| (name.clone(), value.clone()))
            };
            serde_json::from_value(Value::Object(values.iter().filter_map(fits).collect()))
                .unwrap_or_default()
        })
    }

    /// The values of the fields that are set.
    fn to_values(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }
}

macro_rules! record {
    ($(#[$doc:meta])* $name:ident $kind:ident signed=$signed:literal {
        $($(#[$fdoc:meta])* $field:ident : $type:ty = $rule:expr $(, $req:ident)?;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$fdoc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)+
        }

        impl $crate::records::Record for $name {
            const KIND: $crate::records::RecordKind = $crate::records::RecordKind::$kind;
            const FIELDS: &'static [$crate::records::Field] = &[
                $($crate::records::Field {
                    name: stringify!($field),
                    rule: $rule,
                    required: false $(|| $crate::records::$req())?,
                },)+
            ];
            const SIGNED: bool = $signed;
        }

        /// Shows the kind only: what people recorded never reaches a log.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}
pub(crate) use record;

/// Marks a field that a `create` must give.
pub(crate) const fn required() -> bool {
    true
}

/// The fields of a kind; none for a kind that this version does not know.
pub fn fields_of(kind: &RecordKind) -> Option<&'static [Field]> {
    Some(match kind {
        RecordKind::Person => Person::FIELDS,
        RecordKind::Alias => Alias::FIELDS,
        RecordKind::Place => Place::FIELDS,
        RecordKind::Phone => Phone::FIELDS,
        RecordKind::OverdoseEvent => OverdoseEvent::FIELDS,
        RecordKind::Case => Case::FIELDS,
        RecordKind::Assignment => Assignment::FIELDS,
        RecordKind::ContactAttempt => ContactAttempt::FIELDS,
        RecordKind::Visit => Visit::FIELDS,
        RecordKind::PeerNote => PeerNote::FIELDS,
        RecordKind::Referral => Referral::FIELDS,
        RecordKind::SupplyHandout => SupplyHandout::FIELDS,
        RecordKind::FollowUp => FollowUp::FIELDS,
        RecordKind::StepForward => StepForward::FIELDS,
        RecordKind::SafetyNote => SafetyNote::FIELDS,
        RecordKind::ReviewMark => ReviewMark::FIELDS,
        RecordKind::Team => Team::FIELDS,
        RecordKind::Staff => Staff::FIELDS,
        RecordKind::CountySettings => CountySettings::FIELDS,
        RecordKind::Other(_) => return None,
    })
}

/// Whether records of this kind are signed when recorded, so that amending one needs a reason.
pub fn is_signed(kind: &RecordKind) -> bool {
    match kind {
        RecordKind::ContactAttempt => ContactAttempt::SIGNED,
        RecordKind::Visit => Visit::SIGNED,
        RecordKind::PeerNote => PeerNote::SIGNED,
        RecordKind::SupplyHandout => SupplyHandout::SIGNED,
        _ => false,
    }
}

/// Whether records of this kind belong to a person.
pub fn belongs_to_person(kind: &RecordKind) -> bool {
    !matches!(kind, RecordKind::Team | RecordKind::Staff | RecordKind::CountySettings)
}
