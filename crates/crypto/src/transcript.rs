//! The canonical bytes of everything that is authenticated: a domain string, then fields, each after its length.
//!
//! Two different lists of fields never give the same bytes, and bytes made for one purpose never serve another.

/// Bytes to sign, to authenticate or to hash. Format: for the domain and each field, a 64-bit big-endian length and
/// the bytes. A promise: existing slots, tokens and signatures depend on it.
pub(crate) struct Transcript(Vec<u8>);

impl Transcript {
    pub(crate) fn new(domain: &'static str) -> Self {
        Self(Vec::with_capacity(256)).field(domain.as_bytes())
    }

    /// Appends a field.
    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn number(self, value: u64) -> Self {
        self.field(&value.to_be_bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
