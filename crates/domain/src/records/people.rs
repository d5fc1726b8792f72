//! A person, the names they go by, and where and how they may be reached.

use super::{Rule, record};
use crate::Millis;
use crate::codes::{PhoneKind, PlaceKind, PreferredContact, Sex, YesNoUnknown};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

const NAME: Rule = Rule::Text(120);
const LINE: Rule = Rule::Text(200);
const NOTE: Rule = Rule::Text(2_000);

record! {
    /// Somebody the team serves. May be known only by an alias.
    Person Person signed=false {
        /// Given name.
        first_name: String = NAME;
        /// Family name.
        last_name: String = NAME;
        /// The name by which the team knows them, where there is no other or they prefer it.
        alias: String = NAME;
        /// Pronouns, in the person's own words.
        pronouns: String = NAME;
        /// Day of birth.
        birth_date: NaiveDate = Rule::Date;
        /// Age in years where the day of birth is not known, at `age_noted_on`.
        age_years: i64 = Rule::Whole(0, 125);
        /// The day on which the age was noted.
        age_noted_on: NaiveDate = Rule::Date;
        /// Sex as the report has it.
        sex: Sex = Rule::Code;
        /// Language they like to speak: a BCP 47 tag.
        language: String = Rule::Text(35);
        /// Whether they have no fixed home.
        unhoused: YesNoUnknown = Rule::Code;
        /// How they would like to be reached.
        preferred_contact: PreferredContact = Rule::Code;
        /// When is a good time, in words.
        best_time: String = LINE;
        /// Whether a message may be left.
        message_ok: YesNoUnknown = Rule::Code;
        /// Whether a message may say who it is from.
        mention_team_ok: YesNoUnknown = Rule::Code;
        /// Whether material may be left at the door: only with explicit consent.
        leave_material_ok: YesNoUnknown = Rule::Code;
        /// Anything else that keeps contact safe.
        contact_note: String = NOTE;
        /// Whether they died. Nobody is sent to their door then.
        died: bool = Rule::Flag;
    }
}

record! {
    /// Another name somebody goes by.
    Alias Alias signed=false {
        /// The name.
        name: String = NAME, required;
    }
}

record! {
    /// Where a person may be found.
    Place Place signed=false {
        /// What the place is to them.
        kind: PlaceKind = Rule::Code, required;
        /// A name for it, such as "blue tent behind the depot".
        label: String = LINE;
        /// Street and number.
        street: String = LINE;
        /// Apartment, room, lot.
        unit: String = NAME;
        /// City, by name.
        city: String = NAME;
        /// State, as two letters.
        state: String = Rule::Text(40);
        /// ZIP code.
        zip: String = Rule::Text(12);
        /// Degrees north.
        latitude: f64 = Rule::Number(-90.0, 90.0);
        /// Degrees east.
        longitude: f64 = Rule::Number(-180.0, 180.0);
        /// How to get there.
        directions: String = NOTE;
        /// When they were last seen there.
        last_seen: Millis = Rule::Time;
        /// Whether it is a usable address: somewhere a team can go.
        usable: bool = Rule::Flag;
        /// Whether it is private and safe enough to talk there.
        safe_to_visit: YesNoUnknown = Rule::Code;
    }
}

record! {
    /// A telephone number on which a person may be reached.
    Phone Phone signed=false {
        /// The number as people write it.
        number: String = Rule::Text(40), required;
        /// What it is.
        kind: PhoneKind = Rule::Code;
        /// Whose it is, if not their own.
        belongs_to: String = NAME;
        /// Whether a voice message may be left.
        message_ok: YesNoUnknown = Rule::Code;
        /// Whether a text may be sent.
        text_ok: YesNoUnknown = Rule::Code;
        /// When they were last reached on it.
        last_seen: Millis = Rule::Time;
        /// Whether it works at all, as far as is known.
        usable: bool = Rule::Flag;
    }
}
