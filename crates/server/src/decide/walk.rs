//! Walks a page line by line and keeps the books.

use super::{
    Accepted, Author, Decided, Known, KnownChange, KnownPerson, KnownRecord, Line, NOT_PROVEN, Page, Proven,
    rules,
};
use domain::caseload::Member;
use domain::policy::{self, Action, Nearness, Object};
use domain::stamp::effective_stamp;
use domain::validate::{MAX_CHANGE_BYTES, Refusal};
use domain::{Change, ChangeId, Millis, Op, RecordKind, Stamp};
use sync::wire::{Answer, HandOver, MAX_HAND_OVER, Settle, Verdict};

/// How much of what one device has handed over may wait for a look …
const MAX_WAITING: usize = 1_000;
/// … and how many bytes of it.
const MAX_WAITING_BYTES: usize = 32 * 1024 * 1024;
/// The longest code of a refusal, in characters.
const MAX_CODE: usize = 64;

/// Decides every line of `page`, given what is `known`.
pub fn decide(page: Page, known: Known) -> Decided {
    let Page { author, received, lines, contact: _ } = page;
    let decided = Decided { seq: known.seq, ..Decided::default() };
    let device_stamp = known.device_stamp;
    let mut walk = Walk { author, received, known, device_stamp, decided };
    for line in lines {
        let (id, verdict) = match line {
            Line::Change(change, raw) => (change.id, walk.change(*change, raw)),
            Line::Proven(proven) => (proven.change.id, walk.shown(proven)),
            Line::Again(proven) => (proven.change.id, walk.proven(proven)),
            Line::Copy(id, copied) => (id, walk.copied(copied)),
            Line::HandOver(work) => (work.id, walk.handed(work)),
            Line::Letter(work) => (work.id, walk.hand_over(work)),
            Line::Settle(work) => (work.id, walk.settle(work)),
            Line::Unreadable(id, verdict) => (id, walk.unreadable(id, verdict)),
        };
        // That a proof was missing says nothing about the change.
        if let Verdict::Refused(refusal) = &verdict
            && refusal.code != NOT_PROVEN
        {
            // Twice in one page is not what was refused before.
            if walk.known.refused.contains_key(&id) && !walk.decided.refused.contains_key(&id) {
                walk.decided.repeated.insert(id);
            }
            walk.decided.refused.insert(id, refusal.clone());
            walk.known.refused.insert(id, refusal.clone());
        }
        if let Verdict::Accepted { .. } = verdict {
            let known = walk.known.changes.get(&id);
            walk.decided.leaves.extend(known.and_then(|known| known.leaf));
        }
        walk.decided.answers.push(Answer { id, verdict });
    }
    walk.decided
}

/// Whether a member sees, and takes care of, what is handed over about the people of their team.
pub fn takes_care(member: &Member) -> bool {
    let team = Nearness { team: true, ..Nearness::default() };
    policy::allows(&member.role, Action::Assign, Object::Assignment, team)
}

struct Walk {
    author: Author,
    received: Millis,
    known: Known,
    /// The device's latest effective stamp.
    device_stamp: Option<Stamp>,
    decided: Decided,
}

impl Walk {
    fn change(&mut self, change: Change, raw: String) -> Verdict {
        if let Some(verdict) = self.answered(change.id) {
            if self.known.restored && matches!(verdict, Verdict::Accepted { .. }) {
                self.made_before(&change);
            }
            return verdict;
        }
        if let Some(verdict) = rules::unknown_to_this_version(&change) {
            return verdict;
        }
        if raw.len() > MAX_CHANGE_BYTES {
            return Verdict::Refused(Refusal::whole("too_long"));
        }
        let refused = domain::validate::check(&change)
            .and_then(|()| rules::is_authors_own(&change, &self.author))
            .err();
        if let Some(refusal) = refused {
            return Verdict::Refused(refusal);
        }
        match rules::judge(&change, &self.author, &self.known) {
            Verdict::Accepted { .. } => self.accept(change, raw),
            other => other,
        }
    }

    /// A device that makes somebody once more holds them. A restored county may have them from others, and not know it:
    /// nobody would tell the device to forget them, and what it has about them would be nobody's.
    fn made_before(&mut self, change: &Change) {
        let makes = (&change.kind, &change.op) == (&RecordKind::Person, &Op::Create);
        if let Some(person) = change.person.filter(|_| makes) {
            self.decided.made.insert(person);
            self.known.people.entry(person).and_modify(|known| known.told = true);
        }
    }

    /// The answer of the first time, if there was one.
    fn answered(&self, id: ChangeId) -> Option<Verdict> {
        if let Some(known) = self.known.changes.get(&id) {
            return Some(if known.device == self.author.device() {
                Verdict::Accepted { seq: known.seq, stamp: known.stamp }
            } else {
                Verdict::Refused(Refusal::whole("not_yours"))
            });
        }
        self.known.refused.get(&id).map(|refusal| Verdict::Refused(refusal.clone()))
    }

    fn accept(&mut self, change: Change, raw: String) -> Verdict {
        let seen = change.seen().filter_map(|id| self.known.changes.get(&id)).map(|seen| seen.stamp).max();
        let stamp = effective_stamp(change.stamp, self.received, seen, self.device_stamp);
        self.device_stamp = Some(stamp);
        let seq = self.keep(change, raw, stamp);
        Verdict::Accepted { seq, stamp }
    }

    /// Numbers and keeps a change.
    fn keep(&mut self, change: Change, raw: String, stamp: Stamp) -> u64 {
        self.decided.seq += 1;
        let seq = self.decided.seq;
        let leaf = crypto::frame::leaf(change.id.bytes(), stamp.0, &raw);
        self.learn(&change, KnownChange { seq, stamp, device: change.device, leaf: Some(leaf) });
        // A kind without an object was answered `county_too_old` before.
        let object = Object::of(&change.kind).map_or(0, |object| object as u8);
        self.decided.accepted.push(Accepted { seq, stamp, object, change, raw });
        seq
    }

    /// What the county accepted before it was restored is taken as it was taken then: by the same stamp, and without
    /// asking who may, or whether its author still works here. In any order: records are folds of sets.
    fn proven(&mut self, Proven { change, raw, stamp }: Proven) -> Verdict {
        if let Some(known) = self.known.changes.get(&change.id) {
            return Verdict::Accepted { seq: known.seq, stamp: known.stamp };
        }
        if let Some(verdict) = rules::unknown_to_this_version(&change) {
            return verdict;
        }
        let seq = self.keep(*change, raw, stamp);
        Verdict::Accepted { seq, stamp }
    }

    /// The device holds what it shows, so the county had told it of the person.
    fn shown(&mut self, proven: Proven) -> Verdict {
        let (person, object) = (proven.change.person, Object::of(&proven.change.kind));
        let verdict = self.proven(proven);
        if let (Some(person), Some(object)) = (person, object) {
            *self.decided.shown.entry(person).or_default() |= object.bit();
        }
        verdict
    }

    /// A sealed copy: the device may have forgotten the person long ago.
    fn copied(&mut self, copied: Vec<Proven>) -> Verdict {
        let mut said = Verdict::Taken;
        for proven in copied {
            let verdict = self.proven(proven);
            if !matches!(verdict, Verdict::Accepted { .. }) {
                said = verdict;
            }
        }
        said
    }

    /// What later lines of the page may build on.
    fn learn(&mut self, change: &Change, known: KnownChange) {
        let stamp = known.stamp;
        let own = change.device == self.author.device();
        self.known.changes.insert(change.id, known);
        if let Some(choice) = self.known.choices.get_mut(&change.record) {
            choice.push((change.clone(), stamp));
        }
        if change.op != Op::Create || self.known.records.contains_key(&change.record) {
            return;
        }
        let record = KnownRecord { kind: change.kind.clone(), person: change.person, author: change.author };
        self.known.records.insert(change.record, record);
        let who = change.person.and_then(|person| self.known.people.get_mut(&person));
        if let (RecordKind::Case, Some(who)) = (&change.kind, who) {
            who.first_case.get_or_insert(change.record);
        }
        if let (RecordKind::Person, Some(person)) = (&change.kind, change.person) {
            let near = Nearness { own: true, ..Nearness::default() };
            self.known
                .people
                .insert(person, KnownPerson { told: true, near, lead: true, ..KnownPerson::default() });
            if own {
                self.decided.made.insert(person);
            }
        }
    }

    /// Work that a device hands over. What waits of one device is bounded, and no new bodies come in beyond that: they
    /// stay on the device until somebody has looked.
    fn handed(&mut self, work: HandOver) -> Verdict {
        let bytes = work.body.get().len();
        let before = &mut self.known.quarantine;
        if before.ids.contains(&work.id) {
            return self.hand_over(work);
        }
        if bytes <= MAX_HAND_OVER
            && (before.waiting >= MAX_WAITING || before.bytes + bytes > MAX_WAITING_BYTES)
        {
            return Verdict::Later;
        }
        before.add(work.id, bytes, true);
        self.hand_over(work)
    }

    /// A hand-over is a letter to the supervisor, about whomever: it changes no record and tells its author nothing, so
    /// it is not asked whether they may still write about the person. Work is handed over because that is over.
    fn hand_over(&mut self, mut work: HandOver) -> Verdict {
        if work.body.get().len() > MAX_HAND_OVER {
            return Verdict::Refused(Refusal::whole("too_long"));
        }
        // One of ours is shorter. It is for a screen, so what anybody else writes there is cut, and nothing is lost.
        work.code = work.code.map(|code| code.chars().take(MAX_CODE).collect());
        self.decided.handed_over.push(work);
        Verdict::HandedOver
    }

    /// Whoever gives people to workers takes care of what comes back from them.
    fn settle(&mut self, work: Settle) -> Verdict {
        let Author::Device { member, .. } = &self.author else {
            return Verdict::Refused(Refusal::whole("not_allowed"));
        };
        if !takes_care(member) {
            return Verdict::Refused(Refusal::whole("not_allowed"));
        }
        self.decided.settled.insert((work.device, work.id));
        Verdict::Settled
    }

    fn unreadable(&self, id: ChangeId, verdict: Verdict) -> Verdict {
        self.answered(id).unwrap_or(verdict)
    }
}
