//! Everything that goes wrong in a simulation, counted.

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// One kind of misfortune.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($(#[$doc])* $name,)+ }

        /// All of them.
        pub const ALL: &[Fault] = &[$(Fault::$name,)+];
    };
}

faults! {
    /// Nothing gets from a device to the county.
    CutUp,
    /// Nothing gets from the county to a device.
    CutDown,
    /// Neither.
    CutBoth,
    /// A request never arrives.
    LostRequest,
    /// The rest of an answer never arrives.
    LostAnswer,
    /// A request arrives twice.
    Repeated,
    /// A request arrives after a later one.
    Reordered,
    /// A message stays on the way while its sender has given up.
    Delayed,
    /// A request is cut off in the middle.
    TruncatedRequest,
    /// An answer is cut off in the middle.
    TruncatedAnswer,
    /// The app dies before a transaction.
    CrashBefore,
    /// The app dies in the middle of one.
    CrashDuring,
    /// The app dies when one is about to be committed.
    CrashAtCommit,
    /// The app dies right after one.
    CrashAfter,
    /// The app dies while a request is on the way.
    CrashWaiting,
    /// A server process dies, with what it was doing.
    ServerCrash,
    /// It dies after a commit and before the answer to it.
    ServerCrashAfterCommit,
    /// A finished transaction becomes visible late; others wait for it or do not see it.
    LateVisibility,
    /// A device's clock is wrong by up to thirty days.
    Skew,
    /// It jumps.
    Jump,
    /// A case is given to somebody else while its worker is offline.
    Reassigned,
    /// A worker changes the team.
    TeamChange,
    /// A worker changes the role.
    RoleChange,
    /// A device loses its admission.
    Revoked,
    /// A worker leaves, or comes back.
    Dismissed,
    /// A newer app says something that an older one does not know.
    NewerApp,
    /// It records a kind that no server knows.
    UnknownKind,
    /// An older app is sent a kind that it does not know.
    OlderApp,
    /// An older server process does not know a kind yet.
    OlderServer,
    /// The county refuses a change in the middle of a page.
    RefusedInPage,
    /// A line in the middle of a page cannot be read.
    PoisonInPage,
    /// The county comes back from an older backup.
    Restored,
    /// Something is recorded while a sync is between two transactions.
    TapDuringSync,
}

/// How often each happened.
#[derive(Clone, Debug)]
pub struct Faults([u32; ALL.len()]);

impl Default for Faults {
    fn default() -> Self {
        Self([0; ALL.len()])
    }
}

impl Faults {
    pub fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    pub fn of(&self, fault: Fault) -> u32 {
        self.0[fault as usize]
    }

    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}
