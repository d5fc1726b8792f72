//! Known bugs, put in at the ports to see that the simulation notices.

/// One known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Numbers are taken when a transaction begins, so a later one may become visible first.
    LateSequence,
    /// The token is stored before what came with it.
    TokenFirst,
    /// A change that comes again is taken as another one.
    TwiceApplied,
    /// Who left is not erased.
    ForgottenPurge,
    /// Who left is erased with what is unsent about them.
    PurgeBeforeSending,
    /// The county believes every clock.
    UnclampedClock,
    /// A refusal is dropped together with the work it is about.
    SwallowedRefusal,
    /// The county's digest is one of an earlier moment.
    StaleDigest,
    /// The county answers before it has committed.
    AnswerBeforeCommit,
    /// A history is sent without asking whose person it is.
    ForgottenCaseload,
    /// A device overlooks that somebody leaves.
    ForgottenLeave,
    /// An answer to one change is taken as the answer to the whole page.
    PageAnsweredByOne,
    /// A device has nothing to offer to a county that came back from a backup.
    NothingOffered,
    /// A device keeps its sealed copies to itself.
    CopiesForgotten,
}

/// All of them.
pub const ALL: &[Bug] = &[
    Bug::LateSequence,
    Bug::TokenFirst,
    Bug::TwiceApplied,
    Bug::ForgottenPurge,
    Bug::PurgeBeforeSending,
    Bug::UnclampedClock,
    Bug::SwallowedRefusal,
    Bug::StaleDigest,
    Bug::AnswerBeforeCommit,
    Bug::ForgottenCaseload,
    Bug::ForgottenLeave,
    Bug::PageAnsweredByOne,
    Bug::NothingOffered,
    Bug::CopiesForgotten,
];
