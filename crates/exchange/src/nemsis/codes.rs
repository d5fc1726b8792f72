//! The codes that the app acts on, by name; every other code of the same list is kept as `Other`.

use serde::{Serialize, Serializer};

macro_rules! code_list {
    ($(#[$about:meta])* $list:ident { $($(#[$doc:meta])* $name:ident = $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $list {
            $($(#[$doc])* $name,)+
            /// A code of this list that the app does not act on.
            Other(u32),
        }

        impl $list {
            /// The meaning of a NEMSIS code.
            #[must_use]
            pub fn from_code(code: u32) -> Self {
                match code {
                    $($code => Self::$name,)+
                    other => Self::Other(other),
                }
            }

            /// The NEMSIS code, as it stood in the report.
            #[must_use]
            pub fn code(self) -> u32 {
                match self {
                    $(Self::$name => $code,)+
                    Self::Other(code) => code,
                }
            }
        }

        impl From<u32> for $list {
            fn from(code: u32) -> Self {
                Self::from_code(code)
            }
        }

        impl Serialize for $list {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.code())
            }
        }
    };
}

code_list! {
    /// eResponse.05: why the unit was sent.
    ServiceType {
        /// 911 response in the own area.
        Emergency = 2_205_001,
        /// Meeting another unit on its way.
        Intercept = 2_205_003,
        /// 911 response for a neighbour.
        MutualAid = 2_205_009,
        /// Mobile integrated health (community paramedicine) encounter.
        MobileIntegratedHealth = 2_205_031,
        /// Evaluation for a special referral or intake programme.
        SpecialReferral = 2_205_033,
    }
}

impl ServiceType {
    /// A response to an emergency: the three types that CSTE counts.
    #[must_use]
    pub fn is_emergency(self) -> bool {
        matches!(self, Self::Emergency | Self::Intercept | Self::MutualAid)
    }
}

code_list! {
    /// eDispatch.01: what the caller reported.
    DispatchComplaint {
        /// Overdose, poisoning, ingestion.
        Overdose = 2_301_053,
        /// Cardiac arrest or death.
        CardiacArrest = 2_301_019,
        /// Unconscious, fainting.
        Unconscious = 2_301_077,
    }
}

code_list! {
    /// ePatient.25.
    Sex {
        /// Female.
        Female = 9_919_001,
        /// Male.
        Male = 9_919_003,
        /// Asked and not known.
        Unknown = 9_919_005,
    }
}

code_list! {
    /// ePatient.16.
    AgeUnit {
        /// Days.
        Days = 2_516_001,
        /// Hours.
        Hours = 2_516_003,
        /// Minutes.
        Minutes = 2_516_005,
        /// Months.
        Months = 2_516_007,
        /// Years.
        Years = 2_516_009,
    }
}

code_list! {
    /// Type of ePatient.18.
    PhoneType {
        /// Fax: nobody answers.
        Fax = 9_913_001,
        /// Home.
        Home = 9_913_003,
        /// Mobile.
        Mobile = 9_913_005,
        /// Pager: nobody answers.
        Pager = 9_913_007,
        /// Work.
        Work = 9_913_009,
    }
}

code_list! {
    /// ePatient.22: a way of living without a usual address.
    AlternateResidence {
        /// Experiencing homelessness.
        Homeless = 2_522_001,
        /// Migrant worker.
        MigrantWorker = 2_522_003,
        /// Foreign visitor.
        ForeignVisitor = 2_522_005,
    }
}

code_list! {
    /// eMedications.04: how it was given.
    Route {
        /// In the nose.
        Intranasal = 9_927_017,
        /// Into a muscle.
        Intramuscular = 9_927_015,
        /// Into a vein.
        Intravenous = 9_927_023,
        /// Into a bone.
        Intraosseous = 9_927_021,
        /// Under the skin.
        Subcutaneous = 9_927_045,
        /// By auto-injector.
        AutoInjector = 9_927_063,
    }
}

code_list! {
    /// eMedications.06.
    DoseUnit {
        /// mg.
        Milligrams = 3_706_021,
        /// mcg.
        Micrograms = 3_706_015,
        /// g.
        Grams = 3_706_001,
    }
}

code_list! {
    /// eMedications.07.
    MedicationResponse {
        /// The person got better.
        Improved = 9_916_001,
        /// Nothing changed.
        Unchanged = 9_916_003,
        /// The person got worse.
        Worse = 9_916_005,
    }
}

code_list! {
    /// eMedications.10: who gave it.
    GiverRole {
        /// The patient.
        Patient = 9_905_043,
        /// Somebody passing by or present.
        LayPerson = 9_905_045,
        /// Police.
        LawEnforcement = 9_905_047,
        /// Family.
        FamilyMember = 9_905_049,
        /// Fire service that is not EMS.
        Fire = 9_905_051,
        /// Paramedic.
        Paramedic = 9_905_007,
        /// Emergency medical technician.
        Emt = 9_905_005,
        /// Emergency medical responder.
        Responder = 9_905_003,
    }
}

code_list! {
    /// eSituation.13: how ill at first sight.
    InitialAcuity {
        /// Red.
        Critical = 2_813_001,
        /// Yellow.
        Emergent = 2_813_003,
        /// Green.
        Lower = 2_813_005,
        /// Black: dead, no resuscitation tried.
        DeadWithoutResuscitation = 2_813_007,
        /// Routine.
        NonAcute = 2_813_009,
    }
}

code_list! {
    /// eDisposition.19: how ill when EMS let go.
    ReleaseAcuity {
        /// Red.
        Critical = 4_219_001,
        /// Yellow.
        Emergent = 4_219_003,
        /// Green.
        Lower = 4_219_005,
        /// Black: dead, no resuscitation tried.
        DeadWithoutResuscitation = 4_219_007,
        /// Black: dead in spite of resuscitation.
        DeadWithResuscitation = 4_219_009,
        /// Routine.
        NonAcute = 4_219_011,
    }
}

code_list! {
    /// eDisposition.27.
    UnitDisposition {
        /// The unit met the patient.
        ContactMade = 4_227_001,
        /// Cancelled on scene.
        CancelledOnScene = 4_227_003,
        /// Cancelled on the way.
        CancelledBefore = 4_227_005,
        /// No contact with the patient.
        NoContact = 4_227_007,
        /// Nobody was found.
        NoPatientFound = 4_227_009,
    }
}

code_list! {
    /// eDisposition.28.
    CareDisposition {
        /// Evaluated and treated.
        Treated = 4_228_001,
        /// Evaluated, declined care.
        DeclinedCare = 4_228_003,
        /// Evaluated, no care needed.
        NoCareNeeded = 4_228_005,
        /// Declined evaluation and care.
        DeclinedEvaluation = 4_228_007,
    }
}

code_list! {
    /// eDisposition.30.
    Transport {
        /// By this unit.
        ThisUnit = 4_230_001,
        /// By this unit with somebody of another crew.
        ThisUnitJoined = 4_230_003,
        /// By another unit.
        OtherUnit = 4_230_005,
        /// By another unit with somebody of this crew.
        OtherUnitJoined = 4_230_007,
        /// The patient declined transport.
        Declined = 4_230_009,
        /// Nobody was transported.
        None = 4_230_013,
    }
}

impl Transport {
    /// Whether somebody took the patient along.
    #[must_use]
    pub fn transported(self) -> bool {
        matches!(self, Self::ThisUnit | Self::ThisUnitJoined | Self::OtherUnit | Self::OtherUnitJoined)
    }
}

code_list! {
    /// eDisposition.21: where the patient was taken.
    Destination {
        /// Home.
        Home = 4_221_001,
        /// Emergency department of a hospital.
        EmergencyDepartment = 4_221_003,
        /// Another bed of a hospital.
        HospitalBed = 4_221_005,
        /// Morgue.
        Morgue = 4_221_009,
        /// Police or jail.
        Jail = 4_221_019,
        /// Emergency department without a hospital.
        FreestandingEmergencyDepartment = 4_221_023,
        /// Mental health facility.
        MentalHealth = 4_221_031,
        /// Drug or alcohol rehabilitation.
        SubstanceUseTreatment = 4_221_039,
    }
}

code_list! {
    /// eHistory.17: what pointed to drugs or alcohol.
    SubstanceSign {
        /// Drug paraphernalia at the scene.
        DrugParaphernalia = 3_117_003,
        /// The patient tells of drug use.
        PatientTellsDrugs = 3_117_007,
        /// Bystanders or family tell of drug use.
        BystanderTellsDrugs = 3_117_015,
    }
}

code_list! {
    /// eProtocols.01.
    Protocol {
        /// Overdose, poisoning, toxic ingestion.
        Overdose = 9_914_135,
        /// Opioid poisoning or overdose.
        OpioidOverdose = 9_914_219,
    }
}

impl SubstanceSign {
    /// Points to drugs; alcohol alone does not.
    #[must_use]
    pub fn is_drugs(self) -> bool {
        matches!(self, Self::DrugParaphernalia | Self::PatientTellsDrugs | Self::BystanderTellsDrugs)
    }
}
