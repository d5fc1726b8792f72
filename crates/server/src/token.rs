//! The pull token: made by the county, only stored by the device. It says how far the device has come.
//!
//! Binary, sealed by the county's token key. A promise: tokens of older versions stay readable.

use crypto::county::CountySecret;
use domain::PersonId;

const KIND: &str = "pull";
const VERSION: u8 = 1;
/// The most people put first.
pub const MAX_FIRST: usize = 50;

/// How far a device has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// The county's epoch when it was made.
    pub epoch: u32,
    /// The device has everything up to this number, of the people whose history it holds.
    pub seq: u64,
    /// The number of the pull in which histories were last begun.
    pub pull: u32,
    /// Present while histories run.
    pub histories: Option<Histories>,
}

/// Where the histories of a pull stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histories {
    /// The county's number when this run began: whoever was held before is fed up to it from the token's, and everybody
    /// from it on.
    pub to: u64,
    /// The people put first, in this order; the others follow by id.
    pub first: Vec<PersonId>,
    /// The last person whose history is complete.
    pub last: Option<PersonId>,
    /// The number up to which the next person's history has been sent; 0 at its start.
    pub at: u64,
}

impl Token {
    /// As text for the device.
    pub fn seal(&self, secret: &CountySecret) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(VERSION);
        bytes.extend(self.epoch.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.pull.to_be_bytes());
        if let Some(run) = &self.histories {
            bytes.extend(run.to.to_be_bytes());
            bytes.extend(run.at.to_be_bytes());
            bytes.push(u8::from(run.last.is_some()));
            bytes.extend(run.last.iter().flat_map(|person| person.bytes()));
            bytes.extend(run.first.iter().take(MAX_FIRST).flat_map(|person| person.bytes()));
        }
        secret.seal_token(KIND, &bytes)
    }

    /// Reads what this county sealed; `None` for anything else.
    pub fn open(text: &str, secret: &CountySecret) -> Option<Self> {
        let payload = secret.open_token(KIND, text).ok()?;
        let mut rest = Bytes(&payload);
        if rest.take::<1>()? != [VERSION] {
            return None;
        }
        let mut token = Self {
            epoch: u32::from_be_bytes(rest.take()?),
            seq: u64::from_be_bytes(rest.take()?),
            pull: u32::from_be_bytes(rest.take()?),
            histories: None,
        };
        if !rest.0.is_empty() {
            let mut run = Histories {
                to: u64::from_be_bytes(rest.take()?),
                at: u64::from_be_bytes(rest.take()?),
                ..Histories::default()
            };
            if rest.take::<1>()? == [1] {
                run.last = Some(PersonId::from_bytes(rest.take()?));
            }
            while !rest.0.is_empty() {
                run.first.push(PersonId::from_bytes(rest.take()?));
            }
            token.histories = Some(run);
        }
        Some(token)
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128) -> PersonId {
        PersonId::from_bytes(n.to_be_bytes())
    }

    #[test]
    fn every_shape_survives_the_device() {
        let secret = CountySecret::generate();
        let plain = Token { epoch: 3, seq: 9_000_000_000, pull: 7, histories: None };
        let first: Vec<_> = (0..MAX_FIRST as u128).map(person).collect();
        let run = Histories { to: 12, first, last: Some(person(77)), at: 5 };
        let begun = Histories { to: 12, ..Histories::default() };
        for histories in [None, Some(run), Some(begun)] {
            let token = Token { histories, ..plain.clone() };
            assert_eq!(Token::open(&token.seal(&secret), &secret), Some(token));
        }
        assert!(plain.seal(&secret).len() < 64, "a token travels with every sync");
    }

    #[test]
    fn another_countys_token_and_a_changed_one_are_nothing() {
        let (ours, theirs) = (CountySecret::generate(), CountySecret::generate());
        let text = Token::default().seal(&theirs);
        assert_eq!(Token::open(&text, &ours), None);
        let mut changed = Token::default().seal(&ours).into_bytes();
        changed[2] ^= 1;
        assert_eq!(Token::open(&String::from_utf8(changed).unwrap(), &ours), None);
    }
}
