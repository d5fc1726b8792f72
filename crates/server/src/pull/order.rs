//! The order in which histories run: the people put first, then the others by id. Frozen in the token.

use domain::PersonId;
use std::collections::HashMap;

/// A frozen order.
#[derive(Debug)]
pub struct Order {
    first: HashMap<PersonId, usize>,
}

impl Order {
    /// From the list of people put first.
    pub fn new(first: &[PersonId]) -> Self {
        Self { first: first.iter().enumerate().map(|(at, person)| (*person, at)).collect() }
    }

    /// Sorts by this: people put first come first.
    pub fn key(&self, person: PersonId) -> (usize, PersonId) {
        (self.first.get(&person).copied().unwrap_or(usize::MAX), person)
    }

    /// Whether `person`'s turn has passed once `last` is complete.
    pub fn done(&self, person: PersonId, last: Option<PersonId>) -> bool {
        last.is_some_and(|last| self.key(person) <= self.key(last))
    }
}
