//! What a device keeps of the county's signatures, and what it offers with them.

use crypto::frame::leaf;
use crypto::signature::Signature;
use domain::{ChangeId, Stamp};
use std::collections::BTreeMap;
use sync::ports::OfferPage;
use sync::wire::{Proof, UpLine};

#[derive(Default)]
pub struct Keeping {
    frames: Vec<Proof>,
    /// Of each change its text as the county keeps it, the frame that it was signed in, and its place there.
    places: BTreeMap<ChangeId, (String, usize, usize)>,
}

impl Keeping {
    /// Keeps what the county signed.
    pub fn keep(&mut self, signature: Option<&Signature>, changes: Vec<(ChangeId, Stamp, String)>) {
        let Some(signature) = signature else { return };
        let frame = self.frames.len();
        let mut leaves = Vec::new();
        for (place, (id, stamp, text)) in changes.into_iter().enumerate() {
            leaves.push(leaf(id.bytes(), stamp.0, &text));
            self.places.insert(id, (text, frame, place));
        }
        self.frames.push(Proof { signature: *signature, leaves });
    }

    /// These changes as a page of an offer.
    pub fn page(&self, changes: &[(ChangeId, Stamp)]) -> OfferPage {
        let mut page = OfferPage { taken: changes.len(), ..OfferPage::default() };
        let mut sent: BTreeMap<usize, usize> = BTreeMap::new();
        for (id, stamp) in changes {
            let (text, frame, place) = &self.places[id];
            let next = sent.len();
            let at = *sent.entry(*frame).or_insert_with(|| {
                let proof = UpLine::Proof(self.frames[*frame].clone());
                page.lines.push(serde_json::to_string(&proof).unwrap());
                next
            });
            page.lines.push(format!(r#"{{"o":{{"c":{text},"t":{},"f":{at},"i":{place}}}}}"#, stamp.0));
            page.answers += 1;
        }
        page
    }
}
