//! What travels between a device and its county.
//!
//! One sync is one `POST /v1/sync`. The request body and the answer are JSON lines, both compressed with zstd. The
//! first line up is a [`Hello`], then come [`UpLine`]s; down come [`DownLine`]s: first an answer for each change that
//! was pushed, then frames. A **frame** is a run of lines closed by [`FrameEnd`], which carries the token to store
//! together with what the frame brought, in one transaction. A device keeps every whole frame when the line dies.
//!
//! A field that a side does not know is ignored; new meanings get new fields, never other ones.

use crypto::sealed::SealingPublicKey;
use crypto::signature::Signature;
use domain::codes::CodeList;
use domain::validate::Refusal;
use domain::{Change, ChangeId, Millis, PersonId, RecordKind, Stamp};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

mod offer;
mod work;

pub use offer::{COPY, OfferStep, Offered, Offering, Proof, SealedCopy, WAITING, Wanted};
pub use work::{HandOver, HandOverKind, HandedOver, Settle, Settled};

/// The version of this protocol. A county answers `app_too_old` to versions it no longer serves.
pub const PROTOCOL: u16 = 1;

/// What this version can read beyond the first form of an answer: see [`Hello::reads`].
pub const READS: u8 = 2;

/// How many kinds of record the first release knew.
pub const FIRST_KINDS: u8 = 19;

/// What an app of this version says of the kinds it knows.
pub fn kinds_known() -> Option<u8> {
    let known = RecordKind::CODES.len() as u8;
    (known != FIRST_KINDS).then_some(known)
}

/// The most changes one push request carries.
pub const PUSH_PAGE: usize = 5_000;
/// The most bytes of JSON one push request carries, before compression.
pub const PUSH_PAGE_BYTES: usize = 8 * 1024 * 1024;
/// The longest work that can be handed over, in bytes of JSON. Larger than any change that a county accepts, so that
/// what was refused for its length has a way out, and smaller than a line.
pub const MAX_HAND_OVER: usize = 512 * 1024;
/// The longest line either side accepts, in bytes.
pub const MAX_LINE: usize = 1024 * 1024;

/// The first line of a sync request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`].
    pub v: u16,
    /// The version of the app.
    pub app: String,
    /// The county's token of the last frame stored; none on the first sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What the device can read. From 1 on the county may answer with [`Kept`], and may leave out the token of the
    /// last frame where it is the one that this request brought. From 2 on the answer may need the dictionary
    /// ([`crate::packing`]).
    #[serde(rename = "r", default, skip_serializing_if = "is_first")]
    pub reads: u8,
    /// How many kinds of record the app knows; none says [`FIRST_KINDS`]. To one that does not know them all the county
    /// says to which policy object each change belongs.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<u8>,
    /// What the device's clock says.
    pub now: Millis,
    /// How many changes stay unsent after this request.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsent: u32,
    /// People (and objects of them) that the device has erased, as told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forgot: Vec<Leave>,
    /// After a difference was found: the device's digests of everything it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Vec<HeldDigest>>,
    /// Another page follows at once: the county answers what was pushed, and nothing else.
    #[serde(rename = "f", default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// About the most compressed bytes that the answer may have, where the line was seen to die: the county ends it at
    /// a frame before that, and the device asks again. At least one frame comes. None for as many as there are.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// In a new epoch of a restored county, until the first pull of it has brought a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offering>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_first(reads: &u8) -> bool {
    *reads == 0
}

/// The digest of one object of one person, or of a set of county records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDigest {
    /// The person; none for the county's own records.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The number of the policy object.
    #[serde(rename = "o")]
    pub object: u8,
    /// The digest, as hexadecimal text.
    #[serde(rename = "d")]
    pub digest: String,
}

/// Further lines of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum UpLine {
    /// A change from the outbox.
    #[serde(rename = "c")]
    Change(Box<Change>),
    /// Work that cannot be applied, handed over because its person left the device's caseload or because its author
    /// asked for it: a refused change or an unfinished draft. It counts as sent when it is answered.
    #[serde(rename = "h")]
    HandOver(HandOver),
    /// A supervisor says that work which was handed over is taken care of.
    #[serde(rename = "s")]
    Settle(Settle),
    /// In an offer: what proves the changes that name it. Comes before them.
    #[serde(rename = "p")]
    Proof(Proof),
    /// In an offer: a change that the county once accepted, whoever made it.
    #[serde(rename = "o")]
    Offered(Offered),
    /// In an offer: a sealed copy of own work.
    #[serde(rename = "y")]
    Copy(SealedCopy),
}

/// The county's answer to one pushed line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The change or hand-over it answers.
    pub id: ChangeId,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl<'de> Deserialize<'de> for Answer {
    /// A verdict that this version does not know is [`Verdict::Unknown`]: it must not cost the answers around it. A
    /// known one that is malformed is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Accepted {
            seq: u64,
            stamp: Stamp,
        }
        #[derive(Deserialize)]
        struct Read {
            id: ChangeId,
            accepted: Option<Accepted>,
            refused: Option<Refusal>,
            #[serde(default)]
            held: Said,
            #[serde(default)]
            county_too_old: Said,
            #[serde(default)]
            handed_over: Said,
            #[serde(default)]
            settled: Said,
            #[serde(default)]
            taken: Said,
            #[serde(default)]
            later: Said,
        }
        let read = Read::deserialize(deserializer)?;
        let verdict = match read {
            Read { accepted: Some(Accepted { seq, stamp }), .. } => Verdict::Accepted { seq, stamp },
            Read { refused: Some(refusal), .. } => Verdict::Refused(refusal),
            Read { held: Said(true), .. } => Verdict::Held,
            Read { county_too_old: Said(true), .. } => Verdict::CountyTooOld,
            Read { handed_over: Said(true), .. } => Verdict::HandedOver,
            Read { settled: Said(true), .. } => Verdict::Settled,
            Read { taken: Said(true), .. } => Verdict::Taken,
            Read { later: Said(true), .. } => Verdict::Later,
            _ => Verdict::Unknown,
        };
        Ok(Self { id: read.id, verdict })
    }
}

/// Whether a word stands there at all, with whatever beside it.
#[derive(Default)]
struct Said(bool);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// What became of a pushed change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Kept under this sequence number, and counting by this stamp. A change that was known already gets the same
    /// answer as the first time.
    Accepted {
        /// Its sequence number in the county.
        seq: u64,
        /// Its effective stamp.
        stamp: Stamp,
    },
    /// Waits for the `create` of its record, which was refused or has not come.
    Held,
    /// Not kept. The device quarantines it: visible, correctable, never dropped.
    Refused(Refusal),
    /// The county does not know this kind of record yet. The device holds it and tries again after a while.
    CountyTooOld,
    /// A hand-over is in the county's quarantine.
    HandedOver,
    /// What was handed over is noted as taken care of, now or before.
    Settled,
    /// The county has everything that a sealed copy holds.
    Taken,
    /// Not now: the county takes only so much in one request, or of one device. Nothing is kept; the device keeps it
    /// and sends it again.
    Later,
    /// A verdict of a newer county, which this version cannot read. The change is held and tried again after a while;
    /// the others are not touched by it. Never written.
    #[serde(skip_serializing)]
    Unknown,
}

/// Answers to the next lines that were pushed and not answered yet, in their order: each was accepted, with its own
/// stamp as the one that counts, and numbered from `seq` on without a gap.
///
/// Nearly every change is answered like this, and saying its id again would be a tenth of what it costs to push it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The sequence number of the first.
    #[serde(rename = "s")]
    pub seq: u64,
    /// How many.
    #[serde(rename = "n")]
    pub count: u32,
}

/// One line of the county's answer. Exactly one field is set.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DownLine<'a> {
    /// An answer to a pushed line.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Answers to lines that were accepted as they are.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// All answers of this request have been given; what was accepted is durable.
    #[serde(rename = "pushed", default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<u32>,
    /// With `pushed`: the county's signature under the accepted ones (`crypto::frame`), in the order of the answers.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Signature>,
    /// The county counts this epoch since it was restored, and the device is to offer what it holds. Nothing of the
    /// request was looked at, and nothing follows.
    #[serde(rename = "offer", default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<u32>,
    /// What the county wants of what the device holds. Nothing follows.
    #[serde(rename = "want", default, skip_serializing_if = "Option::is_none")]
    pub want: Option<Vec<Wanted>>,
    /// The device was enrolled after the backup that the county was restored from: what it sent was taken, and it gets
    /// nothing until it is admitted again. Nothing follows.
    #[serde(rename = "waiting", default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
    /// People (or objects of them) that left the caseload.
    #[serde(rename = "leave", default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<Leave>,
    /// From here on come changes of a person who is new to this device, oldest first.
    #[serde(rename = "enter", default, skip_serializing_if = "Option::is_none")]
    pub enter: Option<Enter>,
    /// A change, as the author's device wrote it.
    #[serde(rename = "c", borrow, default, skip_serializing_if = "Option::is_none")]
    pub change: Option<&'a RawValue>,
    /// With `c`: the effective stamp.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
    /// With `c`, to apps that do not know every kind: the number of its policy object.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u8>,
    /// The end of a frame.
    #[serde(rename = "end", default, skip_serializing_if = "Option::is_none")]
    pub end: Option<FrameEnd>,
}

/// A person, or some objects of them, that this device may no longer hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Who.
    pub person: PersonId,
    /// Which objects, as a set of `policy::Object::bit`s.
    pub objects: u32,
}

/// A person whose history starts (or goes on) here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enter {
    /// Who.
    pub person: PersonId,
    /// The objects that this user may see.
    pub objects: u32,
    /// Whether the changes that follow go on from an earlier frame.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// The end of a frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrameEnd {
    /// The token to store with the frame. Empty in a last frame: the one that the request brought.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// The people whose history is complete with this frame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complete: Vec<PersonId>,
    /// Progress of a long pull: people done and people in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<(u32, u32)>,
    /// The county's signature under the changes of this frame (`crypto::frame`); none where it brings none.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Signature>,
    /// Present in the last frame only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastFrame>,
}

/// What the last frame of a pull says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastFrame {
    /// One digest over everything that this device should hold now.
    pub digest: String,
    /// The county's time.
    pub now: Millis,
    /// Whether there is more to fetch at once (the caseload changed meanwhile).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// For those who may see it: each worker's devices, as the county last heard of them. `None`: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<DeviceSeen>>,
    /// For those who may see it: work that was handed over, what waits for a look first and oldest first, as far as it
    /// goes into a line; then what was last taken care of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<Vec<HandedOver>>,
    /// With it: how much waits for a look in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_waiting: Option<u32>,
}

/// A device as the county last heard of it: separates *not done* from *not yet heard*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSeen {
    /// Whose.
    pub user: domain::UserId,
    /// Which.
    pub device: domain::DeviceId,
    /// What its owner calls it.
    pub name: String,
    /// When it was last in contact.
    pub last_contact: Option<Millis>,
    /// How many items it had unsent then.
    pub unsent: u32,
    /// The version of its app.
    pub app: String,
    /// Its clock minus the county's, in milliseconds, at last contact.
    pub clock_offset: i64,
}

/// The body of every error answer of the county.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A stable code.
    pub code: String,
    /// What it means, in plain words, without personal data.
    pub message: String,
}

/// What a device sends to be enrolled: `POST /v1/enrol`.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The one-time code.
    pub code: String,
    /// The device's Ed25519 public key, base64url.
    pub key: String,
    /// What its owner calls it.
    pub name: String,
    /// `linux`, `android`, …
    pub platform: String,
    /// The version of the app.
    pub app: String,
    /// Which kind of store holds the device's secret: `os-keystore` or `file`.
    pub secret_store: String,
}

/// What the county answers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The county.
    pub county: domain::CountyId,
    /// Its name.
    pub county_name: String,
    /// Its time zone.
    pub timezone: String,
    /// Whose device this is now.
    pub user: domain::UserId,
    /// Their name.
    pub user_name: String,
    /// What they do: a `Role` code.
    pub role: String,
    /// Their team.
    pub team: Option<domain::TeamId>,
    /// The device's id.
    pub device: domain::DeviceId,
    /// The county's Ed25519 public key, base64url.
    pub county_key: String,
    /// What the device seals things to the county with; none from a county of before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing_key: Option<SealingPublicKey>,
    /// What the device shows to a county that was restored from a backup made before it was enrolled: see
    /// `enrolment::Certificate`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub certificate: String,
}

/// Request header that authorizes a request: see [`AUTH_SCHEME`].
pub const AUTH_HEADER: &str = "authorization";
/// `Porchlight <device> <token or -> <nonce or -> <signature or ->`: the token is `-` to open a session with this
/// request; the nonce is the one of the county's previous answer. The signature is `crypto::proof`'s over method,
/// target, body digest, token and nonce.
pub const AUTH_SCHEME: &str = "Porchlight";
/// Response header with the nonce for the next request.
pub const NONCE_HEADER: &str = "porchlight-nonce";
/// Request header with the enrolment certificate, sent after an answer `not_authorized`.
pub const CERTIFICATE_HEADER: &str = "porchlight-certificate";
/// Response header with a new session token.
pub const TOKEN_HEADER: &str = "porchlight-token";
