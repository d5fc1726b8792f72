//! What moves between devices and processes, one message or one turn at a time.

use crate::faults::Fault;
use crate::process::Out;
use crate::world::{Up, World};

/// What becomes of a part of an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lost,
    Truncated,
    InTwo,
    Whole,
}

impl World {
    /// Moves one message along.
    pub fn network(&mut self) {
        let late = self.chance.percent(8);
        let able = |up: &Up| !self.devices[up.device].cut_up && (late || !up.late);
        let ups = (0..self.ups.len()).filter(|at| able(&self.ups[*at]));
        let open = |of: &&(usize, u32)| !self.downs[of].is_empty() && !self.devices[of.0].cut_down;
        let downs = self.downs.keys().filter(open);
        let (ups, downs): (Vec<_>, Vec<_>) = (ups.collect(), downs.copied().collect());
        if ups.is_empty() && downs.is_empty() {
            return;
        }
        let at = self.chance.below(ups.len() + downs.len());
        match ups.get(at) {
            Some(up) => self.up(*up),
            None => self.down(downs[at - ups.len()]),
        }
    }

    fn up(&mut self, at: usize) {
        let Up { device, number, mut body, again, .. } = self.ups.remove(at);
        let fate = if self.bad_luck(10) { self.chance.below(10) } else { 10 };
        match fate {
            0..3 => {
                self.book.fault(Fault::LostRequest);
                self.trace.note(format_args!("lost request {device} {number}"));
                return self.break_off(device, number);
            }
            3..8 if !again => {
                self.book.fault(Fault::Repeated);
                self.ups.push(Up { device, number, body: body.clone(), again: true, late: false });
            }
            8..10 => {
                self.book.fault(Fault::TruncatedRequest);
                body.truncate(body.len() * self.chance.below(100) / 100);
                self.break_off(device, number);
            }
            _ => {}
        }
        let newest = self.newest.entry(device).or_insert(number);
        if *newest > number {
            self.book.fault(Fault::Reordered);
        }
        *newest = (*newest).max(number);
        let process = self.chance.below(self.processes.len());
        self.trace.note(format_args!("arrives {device} {number} at {process}, {} bytes", body.len()));
        self.processes[process].take(device, number, body);
    }

    /// The line of a request is dead, if the device still waits for it.
    pub fn break_off(&mut self, device: usize, number: u32) {
        let mut end = self.devices[device].line.0.lock().unwrap();
        if end.number == number {
            end.break_off();
        }
    }

    fn down(&mut self, of: (usize, u32)) {
        let (device, number) = of;
        let fate = match self.bad_luck(6) {
            true if self.chance.percent(50) => Fate::Lost,
            true => Fate::Truncated,
            false if self.chance.percent(35) => Fate::InTwo,
            false => Fate::Whole,
        };
        let Some(parts) = self.downs.get_mut(&of) else { return };
        let Some(part) = parts.pop_front() else { return };
        let mut over = matches!(part, Out::End | Out::Broken | Out::Refused(_));
        let mut end = self.devices[device].line.0.lock().unwrap();
        if end.number != number || !self.devices[device].waits() {
            drop(end);
            self.trace.note(format_args!("nobody waits for {device} {number}"));
            self.downs.remove(&of);
            return;
        }
        if fate == Fate::Lost {
            self.book.fault(Fault::LostAnswer);
            end.break_off();
            over = true;
        } else {
            match part {
                Out::Begun => end.begun = Some(Ok(())),
                Out::Refused(error) => end.begun = Some(Err(error)),
                Out::Broken => end.break_off(),
                Out::End => end.arrived.push_back(Ok(None)),
                Out::Chunk(mut bytes) => {
                    let at = bytes.len() * self.chance.below(100) / 100;
                    if fate == Fate::Truncated {
                        self.book.fault(Fault::TruncatedAnswer);
                        bytes.truncate(at);
                        end.arrived.push_back(Ok(Some(bytes)));
                        end.break_off();
                        over = true;
                    } else if fate == Fate::InTwo {
                        let rest = bytes.split_off(at);
                        parts.push_front(Out::Chunk(rest));
                        end.arrived.push_back(Ok(Some(bytes)));
                    } else {
                        end.arrived.push_back(Ok(Some(bytes)));
                    }
                }
            }
        }
        drop(end);
        self.trace.note(format_args!("down {device} {number} {fate:?}"));
        if over {
            self.downs.remove(&of);
        }
    }

    /// Gives one exchange of one process some turns, until it says something.
    pub fn serve(&mut self) {
        let able: Vec<(usize, usize)> = self
            .processes
            .iter()
            .enumerate()
            .flat_map(|(at, process)| (0..process.exchanges.len()).map(move |exchange| (at, exchange)))
            .collect();
        let Some((at, exchange)) = self.chance.pick(&able).copied() else { return };
        for _ in 0..=self.chance.below(8) {
            if self.serve_one(at, exchange) {
                return;
            }
        }
    }

    /// Gives one exchange a turn: whether it is done, or has said something.
    pub fn serve_one(&mut self, at: usize, exchange: usize) -> bool {
        let process = &mut self.processes[at];
        let done = process.poll(exchange);
        let of = process.exchanges[exchange].of;
        let out: Vec<Out> = process.exchanges[exchange].out.lock().unwrap().drain(..).collect();
        if done {
            process.exchanges.remove(exchange);
        }
        self.trace.note(format_args!("served {at} {of:?} {} parts", out.len()));
        let said = !out.is_empty();
        if let Some(of) = of
            && said
        {
            self.downs.entry(of).or_default().extend(out);
        }
        done || said
    }
}
