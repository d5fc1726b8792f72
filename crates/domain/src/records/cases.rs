//! Overdose events, the team's episode of care, who carries it, and each try to reach somebody.

use super::{Rule, record};
use crate::codes::*;
use crate::{Millis, RecordId, TeamId, UserId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

const LINE: Rule = Rule::Text(200);
/// A note that a person types: long enough for an evening's writing.
const LONG: Rule = Rule::Text(20_000);

record! {
    /// One non-fatal overdose. A person may have several; each restarts the clock.
    OverdoseEvent OverdoseEvent signed=false {
        /// When it happened: the earliest sensible time of the report.
        occurred_at: Millis = Rule::Time, required;
        /// Who told the team.
        source: EventSource = Rule::Code, required;
        /// Where it happened.
        place: RecordId = Rule::Ref;
        /// The agency that reported it: its number.
        agency: String = LINE;
        /// And its name, where the report says it.
        agency_name: String = LINE;
        /// The agency's number for the incident.
        incident_number: String = LINE;
        /// How many units' reports speak of it.
        report_count: i64 = Rule::Whole(1, 100);
        /// Whether naloxone was given.
        naloxone_given: YesNoUnknown = Rule::Code;
        /// How many doses, as far as is known.
        naloxone_doses: i64 = Rule::Whole(0, 50);
        /// How the person responded.
        naloxone_response: NaloxoneResponse = Rule::Code;
        /// Whether and where they were taken.
        transport: Transport = Rule::Code;
        /// The name of the destination.
        destination: String = LINE;
        /// Whether the report meets the definition.
        triage: Triage = Rule::Code;
        /// Why, as codes.
        triage_reasons: Vec<String> = Rule::Codes;
        /// What a supervisor decided where a human look was needed.
        triage_decision: TriageDecision = Rule::Code;
        /// An earlier event that may be of the same person, for a human to decide.
        possible_match: RecordId = Rule::Ref;
        /// What was decided.
        match_decision: MatchDecision = Rule::Code;
        /// Age in years at the event, where the report gives it.
        age_years: i64 = Rule::Whole(0, 125);
        /// Whether a usable telephone number came with it.
        phone_usable: bool = Rule::Flag;
        /// Whether a usable address came with it.
        address_usable: bool = Rule::Flag;
        /// Whether the person died of it. Kept off every outreach list.
        fatal: bool = Rule::Flag;
    }
}

record! {
    /// The team's episode of care with a person.
    Case Case signed=false {
        /// How far they have come.
        stage: CaseStage = Rule::Code, required;
        /// When the team took it up.
        opened_at: Millis = Rule::Time, required;
        /// The team whose list it joined; from then on the assignment says who carries it.
        team: TeamId = Rule::Ref;
        /// Hours within which the person should first be reached; 72 unless the county says otherwise.
        first_contact_hours: i64 = Rule::Whole(1, 720);
        /// Interest shown so far.
        engagement: EngagementLevel = Rule::Code;
        /// When it was closed.
        closed_at: Millis = Rule::Time;
        /// Why.
        closing_reason: ClosingReason = Rule::Code;
        /// Declining today is not closure: whether the person may be asked again.
        may_contact_again: YesNoUnknown = Rule::Code;
        /// And from when.
        contact_again_on: NaiveDate = Rule::Date;
    }
}

record! {
    /// Who carries a case. It decides whose caseload the person is in.
    Assignment Assignment signed=false {
        /// The case.
        case: RecordId = Rule::Ref, required;
        /// The team that serves the person.
        team: TeamId = Rule::Ref, required;
        /// The worker who leads.
        lead: UserId = Rule::Ref;
        /// The worker who goes along.
        partner: UserId = Rule::Ref;
        /// When it was last decided.
        assigned_at: Millis = Rule::Time;
    }
}

impl Assignment {
    /// The id of a case's one assignment: the case's with its last bit turned. Two people who assign the same case
    /// at the same time therefore speak of one record, and the difference shows as a conflict.
    pub fn id_for(case: RecordId) -> RecordId {
        let mut bytes = case.bytes();
        bytes[15] ^= 1;
        RecordId::from_bytes(bytes)
    }
}

record! {
    /// One try to reach somebody. Most attempts reach nobody.
    ContactAttempt ContactAttempt signed=true {
        /// When.
        happened_at: Millis = Rule::Time, required;
        /// How.
        mode: AttemptMode = Rule::Code, required;
        /// What came of it.
        outcome: AttemptOutcome = Rule::Code, required;
        /// The case it belongs to.
        case: RecordId = Rule::Ref;
        /// The place gone to.
        place: RecordId = Rule::Ref;
        /// The number called.
        phone: RecordId = Rule::Ref;
        /// A short remark. No free text of a sensitive kind belongs here.
        note: String = Rule::Text(2_000);
    }
}

record! {
    /// An attempt that reached the person: what was talked about, given and agreed.
    Visit Visit signed=true {
        /// The attempt that reached them.
        attempt: RecordId = Rule::Ref, required;
        /// When.
        happened_at: Millis = Rule::Time, required;
        /// How long, in minutes.
        minutes: i64 = Rule::Whole(0, 1_440);
        /// Who was there.
        present: Vec<Present> = Rule::Codes;
        /// What was talked about.
        topics: Vec<VisitTopic> = Rule::Codes;
        /// What the person needs now.
        needs: Vec<Need> = Rule::Codes;
        /// Interest shown.
        engagement: EngagementLevel = Rule::Code;
        /// What was agreed as the next step.
        next_step: String = Rule::Text(2_000);
        /// Notes that every worker of the case may read. A peer's own notes are [`super::PeerNote`]s.
        notes: String = LONG;
    }
}
