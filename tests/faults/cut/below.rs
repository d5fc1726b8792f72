//! Below TLS: what the engine and the store make of an answer whose bytes were changed, doubled or put in another
//! order. TLS lets none of this through; a defect of ours might.

use super::check::{count, structure, token};
use super::{Pine, Walker};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::io::Read;
use sync::engine::{self, Report, SyncError};
use sync::packing::{compress, decompress_all};
use sync::ports::{Incoming, Remote, RemoteError};
use tests::client::Client;
use tests::phone::Phone;

/// The answer to one request, in pieces.
#[derive(Clone)]
struct Played(VecDeque<Vec<u8>>);

impl Remote for Played {
    type Incoming = Self;

    async fn sync(&mut self, _body: Vec<u8>) -> Result<Self, RemoteError> {
        // Whatever is asked next is asked of a county that has gone.
        if self.0.is_empty() { Err(RemoteError::Unreachable) } else { Ok(Self(std::mem::take(&mut self.0))) }
    }
}

impl Incoming for Played {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        Ok(self.0.pop_front())
    }
}

impl Walker {
    async fn hears(&self, pieces: Vec<Vec<u8>>) -> Result<Report, SyncError<store::StoreError>> {
        let mut local = self.phone.store.local_side();
        engine::run(&mut local, &mut Played(pieces.into()), app::VERSION, Phone::now, |_| {}).await
    }

    fn changes(&self) -> usize {
        count(&self.db, "select count(*) from change")
    }
}

/// What the county really answers to a first sync: its bytes, and the lines in them.
async fn answer(pine: &Pine) -> (Vec<u8>, Vec<String>) {
    let code = pine.county.code("Maria Ortiz").await.unwrap();
    let mut client = Client::enrol(&code).await.unwrap();
    let hello = json!({ "v": sync::wire::PROTOCOL, "app": app::VERSION, "now": Phone::now() });
    let bytes = client.sync(&[hello]).await.unwrap().bytes;
    let text = String::from_utf8(decompress_all(&bytes, 64 << 20).unwrap()).unwrap();
    (bytes, text.lines().map(str::to_owned).collect())
}

fn is(line: &str, what: &str) -> bool {
    serde_json::from_str::<Value>(line).unwrap().get(what).is_some()
}

/// How many changes a device holds after each frame: of those whom a line before announced, each once.
fn steps(text: &str) -> BTreeSet<usize> {
    let (mut steps, mut announced, mut held) = (BTreeSet::from([0]), BTreeSet::new(), BTreeSet::new());
    for line in text.lines().map_while(|line| serde_json::from_str::<Value>(line).ok()) {
        let of = |path: &str| line.pointer(path).filter(|value| !value.is_null()).map(Value::to_string);
        announced.extend(of("/enter/person"));
        if of("/c/person").is_none_or(|person| announced.contains(&person)) {
            held.extend(of("/c/id").map(|id| (of("/c/person"), of("/c/record"), id)));
        }
        if line.get("end").is_some() {
            steps.insert(held.len());
        }
    }
    steps
}

/// What bytes that were changed still say, as far as they can be read.
fn said(pieces: &[Vec<u8>]) -> String {
    let bytes = pieces.concat();
    let mut reader =
        zstd::Decoder::with_prepared_dictionary(bytes.as_slice(), sync::packing::reading()).unwrap();
    let (mut said, mut some) = (Vec::new(), [0; 64]);
    while let Ok(length @ 1..) = reader.read(&mut some) {
        said.extend_from_slice(&some[..length]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_disorder_is_never_half_applied() {
    let pine = Pine::new().await;
    let mut walker = pine.walker("below").await;
    let (bytes, lines) = answer(&pine).await;
    let honest = steps(&lines.join("\n"));
    assert!(honest.len() > 5, "the control: there are frames to break");
    let pieces: Vec<Vec<u8>> = bytes.chunks(700).map(<[u8]>::to_vec).collect();

    let mut broken = Vec::new();
    for n in 0..120 {
        let mut changed = bytes.clone();
        changed[n * bytes.len() / 120] ^= 1 << (n % 8);
        broken.push(changed.chunks(700).map(<[u8]>::to_vec).collect::<Vec<_>>());
    }
    for n in 0..pieces.len() - 1 {
        let (mut doubled, mut swapped, mut missing) = (pieces.clone(), pieces.clone(), pieces.clone());
        doubled.insert(n, pieces[n].clone());
        swapped.swap(n, n + 1);
        missing.remove(n);
        broken.extend([doubled, swapped, missing]);
    }
    let mut stopped = 0;
    for (n, pieces) in broken.into_iter().enumerate() {
        walker.start_over();
        // Some changes make another answer that can be read: of that, too, frames are applied as a whole or not.
        let whole = &honest | &steps(&said(&pieces));
        stopped += usize::from(walker.hears(pieces).await.is_err());
        structure(&walker.db).unwrap_or_else(|problem| panic!("{n}: {problem}"));
        let held = walker.changes();
        assert!(whole.contains(&held), "{n}: {held} is in the middle of a frame");
    }
    assert!(stopped > 100, "the control: {stopped} were noticed at once");

    // The same bytes in order.
    walker.start_over();
    walker.hears(pieces).await.unwrap();
    let whole = pine.reference.check(&walker.db, token(&walker.db, &pine.county.admin).as_ref()).unwrap();
    assert_eq!(Some(&whole), honest.last());
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_and_frames_that_come_twice_or_in_another_order_change_nothing() {
    let pine = Pine::new().await;
    let mut walker = pine.walker("twice").await;
    let (_, lines) = answer(&pine).await;
    let change = |line: &&String| is(line, "c");
    let last = lines.last().cloned().unwrap();
    let twice = lines.iter().flat_map(|line| vec![line.clone(); 1 + usize::from(change(&line))]).collect();
    let mut backwards = Vec::new();
    for run in lines.chunk_by(|one, next| change(&one) && change(&next)) {
        backwards.extend(run.iter().rev().cloned());
    }
    let before_last = &lines[..lines.len() - 1];
    let all_again = [before_last, before_last, &[last]].concat();
    assert_ne!(backwards, lines);
    for (what, lines) in [("twice", twice), ("backwards", backwards), ("all again", all_again)] {
        walker.start_over();
        let text: String = lines.iter().map(|line: &String| format!("{line}\n")).collect();
        // One round that ends in agreement: the digests are those of an honest answer.
        let report = walker.hears(vec![compress(text.as_bytes())]).await.unwrap();
        assert!(report.agrees, "{what}");
        let token = token(&walker.db, &pine.county.admin);
        pine.reference
            .check(&walker.db, token.as_ref())
            .unwrap_or_else(|problem| panic!("{what}: {problem}"));
    }
}
