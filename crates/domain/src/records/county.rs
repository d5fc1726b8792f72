//! The county's own records: they belong to no person and every member of the county may read them.

use super::{Rule, record};
use crate::TeamId;
use crate::codes::Role;
use serde::{Deserialize, Serialize};

record! {
    /// Workers who share a caseload under one supervisor.
    Team Team signed=false {
        /// Its name.
        name: String = Rule::Text(120), required;
    }
}

record! {
    /// Somebody who uses Porchlight.
    Staff Staff signed=false {
        /// The name shown to colleagues.
        name: String = Rule::Text(120), required;
        /// What they do.
        role: Role = Rule::Code, required;
        /// Their team.
        team: TeamId = Rule::Ref;
        /// Whether they work here now.
        active: bool = Rule::Flag;
    }
}

record! {
    /// What a county has settled for all its teams.
    CountySettings CountySettings signed=false {
        /// The county's name.
        name: String = Rule::Text(120), required;
        /// IANA time zone, such as `America/New_York`: decides what "today" is.
        timezone: String = Rule::Text(60), required;
        /// Hours within which a person should first be reached after an event.
        first_contact_hours: i64 = Rule::Whole(1, 720);
    }
}
