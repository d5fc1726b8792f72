//! A county that says what a test wants: the text of its answers, how they are cut into chunks, and when the line dies.

use domain::{ChangeId, Millis, PersonId, Stamp};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::Write;
use std::task::Poll;
use sync::packing::decompress_all;
use sync::ports::{Incoming, Remote, RemoteError};
use sync::wire::{Answer, Enter, FrameEnd, Hello, LastFrame, Leave, Verdict, Wanted};

pub fn change_id(n: u128) -> ChangeId {
    ChangeId::from_bytes(n.to_be_bytes())
}

pub fn person(n: u128) -> PersonId {
    PersonId::from_bytes(n.to_be_bytes())
}

/// The county's time in every last frame.
pub const COUNTY_NOW: Millis = Millis(1_000_000);

/// The text of one answer, line by line.
#[derive(Clone, Default)]
pub struct Said(String);

impl Said {
    pub fn raw(mut self, line: &str) -> Self {
        self.0.push_str(line);
        self.0.push('\n');
        self
    }

    pub fn answer(self, n: u128, verdict: Verdict) -> Self {
        let answer = serde_json::to_string(&Answer { id: change_id(n), verdict }).unwrap();
        self.raw(&format!("{{\"a\":{answer}}}"))
    }

    /// Accepts the changes `from..=to` and says that these are all answers.
    pub fn accepts(mut self, from: u128, to: u128) -> Self {
        for n in from..=to {
            self = self.answer(n, Verdict::Accepted { seq: n as u64, stamp: Stamp(n as u64) });
        }
        self.pushed((to + 1 - from) as u32)
    }

    pub fn pushed(self, count: u32) -> Self {
        self.raw(&format!("{{\"pushed\":{count}}}"))
    }

    pub fn leave(self, n: u128) -> Self {
        let leave = serde_json::to_string(&Leave { person: person(n), objects: 3 }).unwrap();
        self.raw(&format!("{{\"leave\":{leave}}}"))
    }

    pub fn enter(self, n: u128) -> Self {
        let enter = Enter { person: person(n), objects: 3, more: false };
        self.raw(&format!("{{\"enter\":{}}}", serde_json::to_string(&enter).unwrap()))
    }

    pub fn change(self, n: u128) -> Self {
        self.raw(&format!("{{\"c\":{},\"t\":{n}}}", change_text(n)))
    }

    pub fn frame(self, token: &str) -> Self {
        self.end(FrameEnd { token: token.to_owned(), progress: Some((1, 2)), ..FrameEnd::default() })
    }

    pub fn last(self, token: &str, digest: &str) -> Self {
        self.last_with(token, digest, false)
    }

    pub fn last_with(self, token: &str, digest: &str, more: bool) -> Self {
        let digest = digest.to_owned();
        let last = LastFrame {
            digest,
            now: COUNTY_NOW,
            more,
            devices: None,
            handed_over: None,
            handed_over_waiting: None,
        };
        self.end(FrameEnd { token: token.to_owned(), last: Some(last), ..FrameEnd::default() })
    }

    /// Asks for an offer in an epoch.
    pub fn offer(self, epoch: u32) -> Self {
        self.raw(&format!("{{\"offer\":{epoch}}}"))
    }

    /// Wants one object of a person.
    pub fn want(self, n: u128) -> Self {
        let wanted = [Wanted { person: Some(person(n)), objects: 2 }];
        self.raw(&format!("{{\"want\":{}}}", serde_json::to_string(&wanted).unwrap()))
    }

    fn end(self, end: FrameEnd) -> Self {
        self.raw(&format!("{{\"end\":{}}}", serde_json::to_string(&end).unwrap()))
    }

    /// Compressed as the county does it: flushed after each frame, so that each can be read as it arrives.
    pub fn bytes(&self) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        for line in self.0.split_inclusive('\n') {
            encoder.write_all(line.as_bytes()).unwrap();
            if line.starts_with("{\"end\"") || line.starts_with("{\"pushed\"") {
                encoder.flush().unwrap();
            }
        }
        encoder.finish().unwrap()
    }
}

/// A change as some device wrote it, with a field that this version does not know.
pub fn change_text(n: u128) -> String {
    format!(
        r#"{{ "id":"{id}","record":"{id}","kind":"alias","person":"{person}","op":"create","author":"{person}","device":"{person}","stamp":{n},"happened_at":5,"of_2031":[1, 2],"fields":{{"name":{{"v":"Bee"}}}}}}"#,
        id = change_id(n).0,
        person = person(9).0,
    )
}

/// What arrives in answer to one request.
pub enum Reply {
    /// Chunks, and then the proper end.
    Whole(Vec<Vec<u8>>),
    /// Chunks, and then the line dies.
    Dies(Vec<Vec<u8>>),
    /// Chunks that each come only when they are waited for, and then the line dies.
    Slow(Vec<Vec<u8>>),
    /// The same chunk, time and again; how often it was asked for is counted.
    Endless(Vec<u8>, Vec<u8>),
    /// No answer at all.
    None(RemoteError),
}

/// The county, its answers and what it was asked.
#[derive(Default)]
pub struct County {
    pub replies: VecDeque<Reply>,
    pub requests: Vec<(Hello, Vec<String>)>,
    /// Bytes given out by an endless answer.
    pub given: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl County {
    pub fn saying(said: impl IntoIterator<Item = Said>) -> Self {
        Self::replying(said.into_iter().map(|said| Reply::Whole(vec![said.bytes()])))
    }

    pub fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: replies.into_iter().collect(), ..Self::default() }
    }
}

impl Remote for County {
    type Incoming = Line;

    async fn sync(&mut self, body: Vec<u8>) -> Result<Line, RemoteError> {
        let text = String::from_utf8(decompress_all(&body, 1 << 20).unwrap()).unwrap();
        let mut lines = text.lines();
        let hello = serde_json::from_str(lines.next().unwrap()).unwrap();
        self.requests.push((hello, lines.map(str::to_owned).collect()));
        let given = std::sync::Arc::clone(&self.given);
        let line = Line { chunks: VecDeque::new(), dies: false, slow: None, endless: None, given };
        match self.replies.pop_front().expect("a request more than planned") {
            Reply::Whole(chunks) => Ok(Line { chunks: chunks.into(), ..line }),
            Reply::Dies(chunks) => Ok(Line { chunks: chunks.into(), dies: true, ..line }),
            Reply::Slow(chunks) => Ok(Line { chunks: chunks.into(), dies: true, slow: Some(false), ..line }),
            Reply::Endless(first, again) => Ok(Line { chunks: [first].into(), endless: Some(again), ..line }),
            Reply::None(error) => Err(error),
        }
    }
}

pub struct Line {
    chunks: VecDeque<Vec<u8>>,
    dies: bool,
    /// Whether somebody has waited for the next chunk, where one must.
    slow: Option<bool>,
    endless: Option<Vec<u8>>,
    given: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Incoming for Line {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        poll_fn(|_| match &mut self.slow {
            Some(waited @ false) => {
                *waited = true;
                Poll::Pending
            }
            Some(waited) => {
                *waited = false;
                Poll::Ready(())
            }
            None => Poll::Ready(()),
        })
        .await;
        let next = self.chunks.pop_front().or_else(|| self.endless.clone());
        self.given.fetch_add(next.as_ref().map_or(0, Vec::len), std::sync::atomic::Ordering::Relaxed);
        match next {
            Some(chunk) => Ok(Some(chunk)),
            None if self.dies => Err(RemoteError::Interrupted),
            None => Ok(None),
        }
    }
}
