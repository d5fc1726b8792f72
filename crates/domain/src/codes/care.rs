//! What happens at a visit: topics, needs, supplies, referrals, safety.

codes! {
    /// Who was there.
    Present {
        Person = "person",
        Family = "family",
        Partner = "partner",
        Friend = "friend",
        Child = "child",
        OtherProvider = "other-provider",
    }
}

codes! {
    /// What was talked about.
    VisitTopic {
        WhatHappened = "what-happened",
        NaloxoneUse = "naloxone-use",
        Tolerance = "tolerance",
        Mixing = "mixing",
        UsingAlone = "using-alone",
        TestStrips = "test-strips",
        Moud = "moud",
        SyringeServices = "syringe-services",
        Wellbeing = "wellbeing",
        FamilySupport = "family-support",
        NextContact = "next-contact",
    }
}

codes! {
    /// What the person needs now, in their own view.
    Need {
        Food = "food",
        Housing = "housing",
        Transport = "transport",
        Phone = "phone",
        IdDocuments = "id-documents",
        Insurance = "insurance",
        WoundCare = "wound-care",
        PrimaryCare = "primary-care",
        MentalHealth = "mental-health",
        Clothing = "clothing",
        Safety = "safety",
        Legal = "legal",
        Work = "work",
        Childcare = "childcare",
    }
}

codes! {
    /// What was handed out.
    SupplyItem {
        NaloxoneNasal4 = "naloxone-nasal-4mg",
        NaloxoneNasal8 = "naloxone-nasal-8mg",
        NaloxoneIm = "naloxone-im-0.4mg",
        FentanylStrips = "fentanyl-test-strips",
        XylazineStrips = "xylazine-test-strips",
        SyringeKit = "syringe-kit",
        WoundKit = "wound-care-kit",
        HygieneKit = "hygiene-kit",
        Water = "water",
        Food = "food",
        Phone = "phone",
        SomethingElse = "other",
    }
}

impl SupplyItem {
    /// Naloxone counts in kits *and* doses.
    pub fn is_naloxone(&self) -> bool {
        matches!(self, Self::NaloxoneNasal4 | Self::NaloxoneNasal8 | Self::NaloxoneIm)
    }
}

codes! {
    /// Who took it.
    Recipient {
        Survivor = "survivor",
        Family = "family",
        Bystander = "bystander",
        Business = "business",
        PartnerAgency = "partner-agency",
    }
}

codes! {
    /// Why a kit was refilled.
    RefillReason {
        Used = "used",
        Lost = "lost",
        Stolen = "stolen",
        Expired = "expired",
        GivenAway = "given-away",
    }
}

codes! {
    /// What kind of service a referral is to.
    ReferralCategory {
        Moud = "moud",
        WithdrawalManagement = "withdrawal-management",
        Outpatient = "outpatient",
        Residential = "residential",
        RecoveryHousing = "recovery-housing",
        PeerSupport = "peer-mutual-aid",
        HarmReduction = "ssp-harm-reduction",
        Naloxone = "naloxone",
        PrimaryCare = "primary-care",
        MentalHealth = "mental-health-crisis",
        HivHcvSti = "hiv-hcv-sti",
        WoundCare = "wound-care",
        Housing = "housing-shelter",
        Food = "food",
        Transport = "transport",
        IdBenefits = "id-benefits-insurance",
        Employment = "employment",
        Legal = "legal-reentry",
        DomesticViolence = "domestic-violence",
        FamilySupport = "family-support",
        Dental = "dental",
    }
}

codes! {
    /// Where a referral stands: FHIR R4 Task statuses as used by Gravity's closed-loop referral profile.
    ReferralStatus {
        Draft = "draft",
        Requested = "requested",
        Accepted = "accepted",
        Rejected = "rejected",
        Cancelled = "cancelled",
        InProgress = "in-progress",
        OnHold = "on-hold",
        Failed = "failed",
        /// The provider has finished handling it; whether the person got help is the outcome.
        Completed = "completed",
        EnteredInError = "entered-in-error",
    }
}

codes! {
    /// Whether the person got there.
    ReferralOutcome {
        Attended = "attended",
        DidNotAttend = "did-not-attend",
        Ineligible = "ineligible",
        Waitlisted = "waitlisted",
        Declined = "declined-by-person",
        Unknown = "unknown",
    }
}

codes! {
    /// What stood in the way.
    WhyNot {
        Waitlist = "waitlist",
        NoTransport = "no-transport",
        NoInsurance = "no-insurance",
        TurnedAway = "turned-away",
        NotReady = "not-yet-ready",
        LostContact = "lost-contact",
        Cost = "cost",
        SomethingElse = "other",
    }
}

codes! {
    /// How a referral was handed over.
    Handoff {
        /// Taken there by the team.
        Transport = "transport",
        /// Introduced in person or on the phone.
        Warm = "warm-handoff",
        /// Given the details.
        Information = "information",
    }
}

codes! {
    /// What a safety note warns of. Never substance use.
    SafetyCategory {
        Dog = "dog",
        Access = "access",
        PriorThreat = "prior-threat",
        Weapon = "weapon",
        Infection = "infection",
        GoInPairs = "go-in-pairs",
        SomethingElse = "other",
    }
}

codes! {
    /// What a follow-up is.
    FollowUpKind {
        Visit = "visit",
        Call = "call",
        Text = "text",
        CheckReferral = "check-referral",
        BringSupplies = "bring-supplies",
        SomethingElse = "other",
    }
}

codes! {
    /// The area of life in which somebody took a step forward.
    StepArea {
        Safety = "safety",
        Health = "health",
        Connection = "connection",
        Home = "home",
        Work = "work",
        Recovery = "recovery",
        SomethingElse = "other",
    }
}
