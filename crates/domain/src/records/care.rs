//! What follows from a visit: notes, referrals, supplies, follow-ups, steps forward, safety, review.

use super::{Rule, record};
use crate::codes::*;
use crate::{Millis, RecordId, UserId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

const LINE: Rule = Rule::Text(200);

record! {
    /// What a peer support specialist writes down: read by the peers and clinicians of the case and by the team's
    /// supervisor, by nobody else.
    PeerNote PeerNote signed=true {
        /// The visit it belongs to.
        visit: RecordId = Rule::Ref;
        /// The text.
        text: String = Rule::Text(20_000), required;
    }
}

record! {
    /// An offer to connect the person to a service, followed until it is known whether they got there.
    Referral Referral signed=false {
        /// What kind of service.
        category: ReferralCategory = Rule::Code, required;
        /// Which service, in words.
        service: String = LINE;
        /// Where it stands.
        status: ReferralStatus = Rule::Code, required;
        /// How it was handed over.
        handoff: Handoff = Rule::Code;
        /// When it was offered.
        offered_at: Millis = Rule::Time, required;
        /// Whether they got there.
        outcome: ReferralOutcome = Rule::Code;
        /// When that was learned.
        outcome_at: Millis = Rule::Time;
        /// What stood in the way.
        why_not: WhyNot = Rule::Code;
        /// The visit at which it was made.
        visit: RecordId = Rule::Ref;
        /// A remark.
        note: String = Rule::Text(2_000);
    }
}

record! {
    /// Naloxone, test strips and the like, handed out.
    SupplyHandout SupplyHandout signed=true {
        /// What.
        item: SupplyItem = Rule::Code, required;
        /// How many kits or pieces.
        kits: i64 = Rule::Whole(1, 1_000), required;
        /// How many doses in all, for naloxone.
        doses: i64 = Rule::Whole(0, 5_000);
        /// Lot number.
        lot: String = Rule::Text(60);
        /// Expiry.
        expires_on: NaiveDate = Rule::Date;
        /// Who took it.
        recipient: Recipient = Rule::Code;
        /// Whether its use was shown.
        trained: bool = Rule::Flag;
        /// Whether it replaces an earlier one.
        refill: bool = Rule::Flag;
        /// Why it was refilled.
        refill_reason: RefillReason = Rule::Code;
        /// When.
        happened_at: Millis = Rule::Time, required;
        /// The visit at which it was handed out.
        visit: RecordId = Rule::Ref;
    }
}

record! {
    /// Something due: by whom, by when.
    FollowUp FollowUp signed=false {
        /// What.
        kind: FollowUpKind = Rule::Code, required;
        /// By which day, in the county's time zone.
        due_on: NaiveDate = Rule::Date, required;
        /// By whom; the lead of the case where nobody is named.
        assigned_to: UserId = Rule::Ref;
        /// More about it.
        note: String = LINE;
        /// When it was done.
        done_at: Millis = Rule::Time;
        /// When it was dropped.
        dropped_at: Millis = Rule::Time;
        /// The visit at which it was agreed.
        visit: RecordId = Rule::Ref;
    }
}

record! {
    /// Any positive change, large or small, in the person's own measure.
    StepForward StepForward signed=false {
        /// What, in their words.
        text: String = Rule::Text(2_000), required;
        /// In which area of life.
        area: StepArea = Rule::Code;
        /// When.
        happened_at: Millis = Rule::Time, required;
        /// The visit at which it was told.
        visit: RecordId = Rule::Ref;
    }
}

record! {
    /// A known risk for those who go there, kept apart from clinical notes and free of anything about substance use.
    SafetyNote SafetyNote signed=false {
        /// What kind.
        category: SafetyCategory = Rule::Code, required;
        /// What to know.
        text: String = Rule::Text(500);
        /// The place it is about, if any.
        place: RecordId = Rule::Ref;
        /// When it stopped being true.
        ended_at: Millis = Rule::Time;
    }
}

record! {
    /// A supervisor has read a visit.
    ReviewMark ReviewMark signed=false {
        /// The visit.
        visit: RecordId = Rule::Ref, required;
        /// When.
        reviewed_at: Millis = Rule::Time, required;
        /// A word to the worker.
        note: String = Rule::Text(2_000);
    }
}
