//! People, where they may be found, and how they want to be reached.

codes! {
    /// Sex as NEMSIS ePatient.25 has it.
    Sex {
        Female = "female",
        Male = "male",
        Unknown = "unknown",
    }
}

codes! {
    /// What a place is to the person. The scene of the overdose is not the home.
    PlaceKind {
        Home = "home",
        Scene = "scene",
        FamilyOrFriend = "family-or-friend",
        Shelter = "shelter",
        Encampment = "encampment",
        Street = "street",
        CommunitySite = "community-site",
        Work = "work",
        Hospital = "hospital",
        Jail = "jail",
        SomethingElse = "other",
    }
}

codes! {
    /// What a telephone number is.
    PhoneKind {
        Mobile = "mobile",
        Home = "home",
        Work = "work",
        FamilyOrFriend = "family-or-friend",
        SomethingElse = "other",
    }
}

codes! {
    /// How the person would like to be reached.
    PreferredContact {
        Phone = "phone",
        Text = "text",
        Visit = "visit",
        ThroughSomebody = "through-somebody",
        NoPreference = "no-preference",
    }
}

codes! {
    /// Yes, no, or not known: unknown is never counted as no.
    YesNoUnknown {
        Yes = "yes",
        No = "no",
        Unknown = "unknown",
    }
}

codes! {
    /// What somebody does in the county.
    Role {
        PeerSupport = "peer-support",
        Ems = "ems",
        Clinician = "clinician",
        Supervisor = "supervisor",
        CountyAdmin = "county-admin",
        Evaluator = "evaluator",
    }
}
