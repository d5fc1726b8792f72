//! Overdose events as they come in.

codes! {
    /// Who told the team of the event.
    EventSource {
        Ems = "ems",
        Hospital = "hospital",
        Community = "community",
        Person = "person",
        Outreach = "outreach",
    }
}

codes! {
    /// Whether a report meets the NEMSIS opioid overdose definition (27 May 2025). A human always confirms.
    Triage {
        Meets = "meets",
        Review = "review",
        No = "no",
    }
}

codes! {
    /// What a supervisor decided about an event that needed a human look.
    TriageDecision {
        Overdose = "overdose",
        NotOverdose = "not-overdose",
    }
}

codes! {
    /// How the person responded to naloxone (NEMSIS eMedications.07).
    NaloxoneResponse {
        Improved = "improved",
        Unchanged = "unchanged",
        Worse = "worse",
        Unknown = "unknown",
    }
}

codes! {
    /// Where the ambulance took the person, if anywhere.
    Transport {
        Transported = "transported",
        Declined = "declined",
        None = "none",
        Unknown = "unknown",
    }
}

codes! {
    /// What a human decided about two reports that may be of one person.
    MatchDecision {
        Same = "same",
        Different = "different",
    }
}
