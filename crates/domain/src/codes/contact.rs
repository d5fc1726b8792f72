//! Attempts to reach somebody, and the stage that a case has reached.

codes! {
    /// How somebody was looked for.
    AttemptMode {
        HomeVisit = "home-visit",
        SceneVisit = "scene-visit",
        Phone = "phone",
        Text = "text",
        CommunitySite = "community-site",
        Hospital = "hospital",
        Jail = "jail",
        Video = "video",
        Mail = "mail",
    }
}

codes! {
    /// What came of an attempt. Only [`AttemptOutcome::ReachedSurvivor`] counts as reached in measures; contact with
    /// family is reported separately.
    AttemptOutcome {
        NoAnswer = "no-answer",
        ReachedSurvivor = "reached-survivor",
        ReachedFamily = "reached-family-or-network",
        AskedToReturn = "reached-asked-to-return",
        /// Only with the person's consent on file.
        LeftMaterial = "left-material",
        MessageLeft = "message-left",
        WrongNumber = "wrong-or-disconnected-number",
        AddressInvalid = "address-invalid",
        Moved = "moved",
        Hospitalised = "hospitalised",
        Incarcerated = "incarcerated",
        Deceased = "deceased",
        RefusedContact = "refused-contact",
        UnsafeAborted = "unsafe-aborted",
        SomethingElse = "other",
    }
}

impl AttemptOutcome {
    /// Whether the survivor themself was spoken with.
    pub fn reached_person(&self) -> bool {
        matches!(self, Self::ReachedSurvivor | Self::AskedToReturn | Self::RefusedContact)
    }
}

codes! {
    /// How far the team and the person have come together.
    CaseStage {
        Referred = "referred",
        Attempting = "attempting",
        Reached = "reached",
        /// Accepted a service.
        Engaged = "engaged",
        /// Attended a service.
        Linked = "linked",
        Sustained = "sustained",
        Declined = "declined",
        ContactLater = "re-contact-later",
        Closed = "closed",
    }
}

codes! {
    /// Why a case was closed.
    ClosingReason {
        GoalsMet = "goals-met",
        Transferred = "transferred",
        Declined = "declined-further-contact",
        UnableToReach = "unable-to-reach",
        MovedAway = "moved-out-of-area",
        Incarcerated = "incarcerated",
        LongTermTreatment = "in-long-term-treatment",
        Deceased = "deceased",
        Duplicate = "duplicate",
        NotEligible = "not-eligible",
        Administrative = "administrative",
    }
}

codes! {
    /// How interested the person was (Indiana PROACT's levels).
    EngagementLevel {
        /// Took information or naloxone.
        Low = "low",
        /// Interested in syringe services.
        Medium = "medium",
        /// Interested in substance use services.
        High = "high",
    }
}
