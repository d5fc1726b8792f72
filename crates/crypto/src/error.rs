//! What can go wrong here. Every variant has a stable code for the screens; none carries data of its input.

use thiserror::Error;

/// Why a new passphrase is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PassphraseProblem {
    /// Nothing but white space.
    #[error("the passphrase has only spaces")]
    OnlySpaces,
    /// Fewer than [`crate::passphrase::MIN_CHARS`] characters.
    #[error("the passphrase is too short")]
    TooShort,
    /// Longer than [`crate::passphrase::MAX_CHARS`] characters.
    #[error("the passphrase is too long")]
    TooLong,
    /// Made of common words, repetitions or rows of keys, which a guesser tries first.
    #[error("the passphrase is too easy to guess")]
    TooCommon,
}

impl PassphraseProblem {
    /// The stable code that screens branch on.
    pub fn code(self) -> &'static str {
        match self {
            Self::OnlySpaces => "passphrase_only_spaces",
            Self::TooShort => "passphrase_too_short",
            Self::TooLong => "passphrase_too_long",
            Self::TooCommon => "passphrase_too_common",
        }
    }
}

/// Why a key slot did not give its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SlotError {
    /// Wrong passphrase, wrong device secret, or a slot that was changed: these cannot be told apart.
    #[error("the passphrase does not open this key slot")]
    WrongKey,
    /// The slot asks for a weaker key derivation than the floor.
    #[error("the key slot is weaker than allowed")]
    WeakParameters,
    /// The slot asks for more memory or passes than the cap.
    #[error("the key slot asks for more work than allowed")]
    TooCostly,
    /// Written by a newer version of the app.
    #[error("the key slot was made by a newer version")]
    TooNew,
    /// A type of slot or key derivation that this version does not open.
    #[error("this kind of key slot is not known here")]
    UnknownKind,
    /// Not a key slot at all.
    #[error("the key slot is damaged")]
    Damaged,
    /// The device could not give the memory that the key derivation needs.
    #[error("not enough memory to open the key slot")]
    OutOfMemory,
}

impl SlotError {
    /// The stable code that screens branch on.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_passphrase",
            Self::WeakParameters => "slot_weak",
            Self::TooCostly => "slot_too_costly",
            Self::TooNew => "slot_too_new",
            Self::UnknownKind => "slot_unknown_kind",
            Self::Damaged => "slot_damaged",
            Self::OutOfMemory => "out_of_memory",
        }
    }
}

/// Why a typed or pasted enrolment code cannot be one, found before it costs one of the tries at the county.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeProblem {
    /// Too few or too many characters.
    #[error("the code has not the right length")]
    Length,
    /// A character that no code contains.
    #[error("the code has a character that no code contains")]
    Character,
    /// The right shape, but its check characters say that something was mistyped.
    #[error("the code was mistyped")]
    Mistyped,
}

impl CodeProblem {
    /// The stable code that screens branch on.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "code_length",
            Self::Character => "code_character",
            Self::Mistyped => "code_mistyped",
        }
    }
}

/// A signature, token or sealed value is not genuine: changed, made with another key, or for another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not genuine")]
pub struct Forged;

/// Text or bytes that do not have the form of the thing they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not in the expected form")]
pub struct Malformed;
