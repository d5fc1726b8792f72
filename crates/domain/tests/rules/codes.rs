//! Code lists are promises: codes never vanish, and one that this version does not know survives.

use domain::codes::*;
use domain::records::RecordKind;
use domain::{Op, records};
use std::collections::BTreeSet;

/// Checks one list, and that the codes given here are among its codes, in this order.
fn keeps<C: CodeList + serde::Serialize + for<'de> serde::Deserialize<'de> + std::fmt::Debug>(
    promised: &str,
) {
    let name = std::any::type_name::<C>();
    let unique: BTreeSet<&str> = C::CODES.iter().copied().collect();
    assert_eq!(unique.len(), C::CODES.len(), "{name} says a code twice");
    let promised: Vec<&str> = promised.split_whitespace().collect();
    let still: Vec<&str> = C::CODES.iter().copied().filter(|code| promised.contains(code)).collect();
    assert_eq!(still, promised, "{name} lost a code or offers them in another order");

    for code in C::CODES {
        let value = C::from_code(code);
        assert!(value.is_known() && value.code() == *code, "{name} {code}");
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<C>(&text).unwrap(), value);
    }
    // Also one with an escape in it, which cannot be borrowed from the text.
    for text in ["\"from-a-newer-version\"", "\"new\\u0065r\"", "\"\"", "\"PERSON\""] {
        let value: C = serde_json::from_str(text).unwrap();
        assert!(!value.is_known(), "{name} {text}");
        let again: C = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(again, value);
    }
    assert!(serde_json::from_str::<C>("5").is_err());
}

#[test]
fn every_list_keeps_its_codes_and_those_of_newer_versions() {
    keeps::<Op>("create amend void");
    keeps::<RecordKind>(
        "person alias place phone overdose_event case assignment contact_attempt visit peer_note referral \
         supply_handout follow_up step_forward safety_note review_mark team staff county_settings",
    );
    keeps::<Role>("peer-support ems clinician supervisor county-admin evaluator");
    keeps::<YesNoUnknown>("yes no unknown");
    keeps::<Sex>("female male unknown");
    keeps::<PlaceKind>(
        "home scene family-or-friend shelter encampment street community-site work hospital jail other",
    );
    keeps::<PhoneKind>("mobile home work family-or-friend other");
    keeps::<PreferredContact>("phone text visit through-somebody no-preference");
    keeps::<AttemptMode>("home-visit scene-visit phone text community-site hospital jail video mail");
    keeps::<AttemptOutcome>(
        "no-answer reached-survivor reached-family-or-network reached-asked-to-return left-material message-left \
         wrong-or-disconnected-number address-invalid moved hospitalised incarcerated deceased refused-contact \
         unsafe-aborted other",
    );
    keeps::<CaseStage>(
        "referred attempting reached engaged linked sustained declined re-contact-later closed",
    );
    keeps::<ClosingReason>(
        "goals-met transferred declined-further-contact unable-to-reach moved-out-of-area incarcerated \
         in-long-term-treatment deceased duplicate not-eligible administrative",
    );
    keeps::<EngagementLevel>("low medium high");
    keeps::<EventSource>("ems hospital community person outreach");
    keeps::<Triage>("meets review no");
    keeps::<TriageDecision>("overdose not-overdose");
    keeps::<NaloxoneResponse>("improved unchanged worse unknown");
    keeps::<Transport>("transported declined none unknown");
    keeps::<MatchDecision>("same different");
    keeps::<Present>("person family partner friend child other-provider");
    keeps::<VisitTopic>("what-happened naloxone-use tolerance mixing using-alone test-strips moud");
    keeps::<Need>(
        "food housing transport phone id-documents insurance wound-care primary-care mental-health",
    );
    keeps::<SupplyItem>("naloxone-nasal-4mg naloxone-nasal-8mg naloxone-im-0.4mg fentanyl-test-strips other");
    keeps::<Recipient>("survivor family bystander business partner-agency");
    keeps::<RefillReason>("used lost stolen expired given-away");
    keeps::<ReferralCategory>("moud withdrawal-management outpatient residential recovery-housing dental");
    keeps::<ReferralStatus>(
        "draft requested accepted rejected cancelled in-progress on-hold failed completed entered-in-error",
    );
    keeps::<ReferralOutcome>("attended did-not-attend ineligible waitlisted declined-by-person unknown");
    keeps::<WhyNot>("waitlist no-transport no-insurance turned-away not-yet-ready lost-contact cost other");
    keeps::<Handoff>("transport warm-handoff information");
    keeps::<SafetyCategory>("dog access prior-threat weapon infection go-in-pairs other");
    keeps::<FollowUpKind>("visit call text check-referral bring-supplies other");
    keeps::<StepArea>("safety health connection home work recovery other");
}

#[test]
fn only_speaking_with_the_survivor_counts_as_reached() {
    let reached: Vec<&str> = AttemptOutcome::CODES
        .iter()
        .copied()
        .filter(|code| AttemptOutcome::from_code(code).reached_person())
        .collect();
    assert_eq!(reached, ["reached-survivor", "reached-asked-to-return", "refused-contact"]);
    assert!(!AttemptOutcome::from_code("reached-by-drone").reached_person());
}

#[test]
fn naloxone_in_every_form_counts_in_kits_and_doses() {
    let naloxone: Vec<&str> =
        SupplyItem::CODES.iter().copied().filter(|code| SupplyItem::from_code(code).is_naloxone()).collect();
    assert_eq!(naloxone, ["naloxone-nasal-4mg", "naloxone-nasal-8mg", "naloxone-im-0.4mg"]);
}

#[test]
fn a_safety_note_has_no_code_about_substance_use() {
    for code in SafetyCategory::CODES {
        for word in ["overdose", "drug", "substance", "opioid", "needle", "naloxone", "treatment"] {
            assert!(!code.contains(word), "{code}");
        }
    }
    assert!(records::fields_of(&RecordKind::SafetyNote).is_some());
}
