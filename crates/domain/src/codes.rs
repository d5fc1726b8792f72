//! The field's code lists (`contact outcome`, `closing reason`, …).
//!
//! No national list for these exists; they follow what programmes demonstrably distinguish (Columbus RREACT, Indiana
//! PROACT, NEMSIS) and FHIR's Task statuses for referrals. Codes are stable: agencies may rename or hide one, never
//! delete it. A code that this version does not know is kept as it came (`Other`), so that old and new apps work in
//! one county.

/// A list of stable codes, open to ones that this version does not know.
pub trait CodeList: Sized + Clone + PartialEq + 'static {
    /// The codes that this version knows, in the order in which a screen offers them.
    const CODES: &'static [&'static str];
    /// From a stable code.
    fn from_code(code: &str) -> Self;
    /// The stable code.
    fn code(&self) -> &str;
    /// Whether this version knows the code.
    fn is_known(&self) -> bool {
        Self::CODES.contains(&self.code())
    }
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`")] $(#[$vdoc])* $variant,)+
            /// A code from another version, kept as it came.
            Other(String),
        }

        impl $crate::codes::CodeList for $name {
            const CODES: &'static [&'static str] = &[$($code),+];
            fn from_code(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
            fn code(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str($crate::codes::CodeList::code(self))
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let code = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                Ok($crate::codes::CodeList::from_code(&code))
            }
        }
    };
}
pub(crate) use codes;

mod care;
mod contact;
mod intake;
mod people;

pub use care::*;
pub use contact::*;
pub use intake::*;
pub use people::*;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_from_a_newer_version_survives_a_round_trip() {
        let text = "\"reached-by-drone\"";
        let outcome: AttemptOutcome = serde_json::from_str(text).unwrap();
        assert!(!outcome.is_known());
        assert_eq!(serde_json::to_string(&outcome).unwrap(), text);
    }

    #[test]
    fn every_known_code_reads_back_as_itself() {
        for code in AttemptOutcome::CODES {
            assert_eq!(AttemptOutcome::from_code(code).code(), *code);
            assert!(AttemptOutcome::from_code(code).is_known());
        }
    }
}
