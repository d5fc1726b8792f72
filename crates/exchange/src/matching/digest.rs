//! Recognises a report that came again: unchanged, or amended.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::nemsis::ReportDraft;

/// SHA-256 over what the draft holds, in a form of our own. It is stored beside the report's id: same id
/// and same digest is the same report, same id and another digest an amendment. It is keyed by nothing, so
/// it is as personal as the report and must not leave the county.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentDigest(pub [u8; 32]);

impl fmt::Debug for ContentDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ContentDigest(..)")
    }
}

/// The digest of everything in the draft but its place in the file. When the draft gains a field, digests
/// change once, and the next import of an old file is an amendment: of what the field says, if anything.
#[must_use]
pub fn content_digest(report: &ReportDraft) -> ContentDigest {
    let mut hash = Sha256::new();
    hash.update(b"porchlight nemsis report 1\0");
    // A draft holds no map and no type that JSON cannot say, so this cannot fail; and if it did, an empty
    // form would only make the report look amended.
    hash.update(serde_json::to_vec(report).unwrap_or_default());
    ContentDigest(hash.finalize().into())
}
