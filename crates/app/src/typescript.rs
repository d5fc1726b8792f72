//! The types of commands, views and records, in TypeScript. The generated file is committed; a test fails when it is
//! stale and says how to write it again.

use crate::{command::*, views::*};
use domain::codes::*;
use domain::records::{self, Field, Record, Rule};
use std::fmt::Write;
use ts_rs::{Config, TS};

/// The whole file.
pub fn file() -> String {
    let mut out = String::from(
        "// Generated from the `app` and `domain` crates. Do not edit: `make types` writes it.\n\n",
    );
    commands(&mut out);
    views(&mut out);
    record_types(&mut out);
    code_lists(&mut out);
    out
}

fn commands(out: &mut String) {
    let config = Config::new();
    for decl in [
        EnrolRequest::decl(&config),
        PeopleRequest::decl(&config),
        AddPersonRequest::decl(&config),
        AttemptRequest::decl(&config),
        VisitRequest::decl(&config),
        AddRequest::decl(&config),
        AmendRequest::decl(&config),
        AssignRequest::decl(&config),
        Command::decl(&config),
        crate::Error::decl(&config),
    ] {
        let _ = writeln!(out, "export {decl}");
    }
}

fn views(out: &mut String) {
    let config = Config::new();
    for decl in [
        DeviceState::decl(&config),
        VaultView::decl(&config),
        Me::decl(&config),
        SyncView::decl(&config),
        QuarantineItem::decl(&config),
        SealedFile::decl(&config),
        RehomedView::decl(&config),
        Stale::decl(&config),
        RecordView::decl(&config),
        ClaimView::decl(&config),
        AmendmentView::decl(&config),
        PersonView::decl(&config),
        DueView::decl(&config),
        TimelineItem::decl(&config),
        PersonRow::decl(&config),
        PeoplePage::decl(&config),
        TodayView::decl(&config),
        DraftView::decl(&config),
        DraftKept::decl(&config),
        Hit::decl(&config),
        SearchView::decl(&config),
        ConflictView::decl(&config),
        LookView::decl(&config),
        HandedOverView::decl(&config),
        Saved::decl(&config),
        NewEvent::decl(&config),
        NewEventsView::decl(&config),
        StaffView::decl(&config),
        WorkerLoad::decl(&config),
        DeviceView::decl(&config),
        VisitToReview::decl(&config),
    ] {
        let _ = writeln!(out, "export {decl}");
    }
}

fn record_types(out: &mut String) {
    fn one<R: Record>(out: &mut String) {
        let name = std::any::type_name::<R>().rsplit("::").next().unwrap_or_default();
        let _ = writeln!(
            out,
            "\n/** Fields of a `{}` record. */\nexport interface {name}Fields {{",
            R::KIND.code()
        );
        for Field { name, rule, required } in R::FIELDS {
            let (ty, note) = match rule {
                Rule::Text(max) => ("string", format!("at most {max} characters")),
                Rule::Time => ("number", "milliseconds since 1970".to_owned()),
                Rule::Date => ("string", "YYYY-MM-DD".to_owned()),
                Rule::Flag => ("boolean", String::new()),
                Rule::Whole(min, max) => ("number", format!("{min} to {max}")),
                Rule::Number(min, max) => ("number", format!("{min} to {max}")),
                Rule::Code => ("string", "a code".to_owned()),
                Rule::Codes => ("string[]", "codes".to_owned()),
                Rule::Ref => ("string", "the id of another record".to_owned()),
            };
            let _ = writeln!(out, "  /** {}{note} */", if *required { "required; " } else { "" });
            let _ = writeln!(out, "  {name}?: {ty};");
        }
        out.push_str("}\n");
    }
    one::<records::Person>(out);
    one::<records::Alias>(out);
    one::<records::Place>(out);
    one::<records::Phone>(out);
    one::<records::OverdoseEvent>(out);
    one::<records::Case>(out);
    one::<records::Assignment>(out);
    one::<records::ContactAttempt>(out);
    one::<records::Visit>(out);
    one::<records::PeerNote>(out);
    one::<records::Referral>(out);
    one::<records::SupplyHandout>(out);
    one::<records::FollowUp>(out);
    one::<records::StepForward>(out);
    one::<records::SafetyNote>(out);
    one::<records::ReviewMark>(out);
}

fn code_lists(out: &mut String) {
    fn list<C: CodeList>(out: &mut String, name: &str) {
        let codes: Vec<String> = C::CODES.iter().map(|code| format!("'{code}'")).collect();
        let _ = writeln!(out, "\nexport const {name} = [{}] as const;", codes.join(", "));
    }
    list::<AttemptMode>(out, "attemptModes");
    list::<AttemptOutcome>(out, "attemptOutcomes");
    list::<CaseStage>(out, "caseStages");
    list::<ClosingReason>(out, "closingReasons");
    list::<EngagementLevel>(out, "engagementLevels");
    list::<Present>(out, "presents");
    list::<VisitTopic>(out, "visitTopics");
    list::<Need>(out, "needs");
    list::<SupplyItem>(out, "supplyItems");
    list::<Recipient>(out, "recipients");
    list::<RefillReason>(out, "refillReasons");
    list::<ReferralCategory>(out, "referralCategories");
    list::<ReferralStatus>(out, "referralStatuses");
    list::<ReferralOutcome>(out, "referralOutcomes");
    list::<WhyNot>(out, "whyNots");
    list::<Handoff>(out, "handoffs");
    list::<SafetyCategory>(out, "safetyCategories");
    list::<FollowUpKind>(out, "followUpKinds");
    list::<StepArea>(out, "stepAreas");
    list::<Sex>(out, "sexes");
    list::<PlaceKind>(out, "placeKinds");
    list::<PhoneKind>(out, "phoneKinds");
    list::<PreferredContact>(out, "preferredContacts");
    list::<YesNoUnknown>(out, "yesNoUnknown");
    list::<Role>(out, "roles");
    list::<EventSource>(out, "eventSources");
    list::<Triage>(out, "triages");
    list::<TriageDecision>(out, "triageDecisions");
    list::<NaloxoneResponse>(out, "naloxoneResponses");
    list::<Transport>(out, "transports");
    list::<MatchDecision>(out, "matchDecisions");
    list::<records::RecordKind>(out, "recordKinds");
}
