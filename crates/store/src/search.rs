//! Search as you type: names, places and numbers at once; notes as far as they are indexed.

use crate::codec::{Id, Owner};
use crate::people::{PersonRow, ROW, plain, read_row};
use crate::store::Store;
use crate::{StoreError, notes};
use domain::{PersonId, RecordId};
use rusqlite::Connection;

/// Words shorter than this are not looked for in notes: too many begin so.
const SHORTEST_IN_NOTES: usize = 3;
/// The most words of a query that are looked at.
const MOST_WORDS: usize = 8;

/// A note that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteHit {
    /// Whose.
    pub person: PersonId,
    /// In which record.
    pub record: RecordId,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// People by name, then by place or number.
    pub people: Vec<PersonRow>,
    /// Notes: those with the very words first, each newest first.
    pub notes: Vec<NoteHit>,
    /// Whether notes are still being indexed, so that more may be found later.
    pub incomplete: bool,
}

impl Store {
    /// Finds people by the beginnings of words, in any order, without regard to case and accents; and notes likewise.
    /// At most `limit` of each. Nothing in `text` is ever read as a query language.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(&self, text: &str, limit: usize) -> Result<Found, StoreError> {
        let words = words(text);
        if words.is_empty() {
            return Ok(Found::default());
        }
        self.read(|db| {
            let long = words.iter().all(|word| word.chars().count() >= SHORTEST_IN_NOTES);
            Ok(Found {
                people: unless_odd(people(db, &words, limit))?,
                notes: if long { unless_odd(note_hits(db, &words, limit))? } else { Vec::new() },
                incomplete: notes::remaining(db)? > 0,
            })
        })
    }
}

/// The words of what was typed: runs of letters and digits, as the index cuts them.
fn words(text: &str) -> Vec<String> {
    let text = plain(text);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(MOST_WORDS).map(|word| word.chars().take(64).collect()).collect()
}

/// A letter that the index does not know as one (from a script newer than it) would cut a word in two, and it refuses
/// to look for two words side by side: such a word is in no index.
fn unless_odd<T>(found: Result<Vec<T>, StoreError>) -> Result<Vec<T>, StoreError> {
    match found {
        Err(StoreError::Database { code: rusqlite::ffi::SQLITE_ERROR }) => Ok(Vec::new()),
        other => other,
    }
}

/// Every word, quoted. A word holds no quote, because it holds letters and digits only.
fn query(words: &[String], end: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| ["\"", word, "\"", end].concat()).collect();
    quoted.join(" ")
}

/// As beginnings of words.
fn beginnings(words: &[String]) -> String {
    query(words, "*")
}

/// Those whose names match come before those of whom only a place or a number does. No ranking: it would have to look
/// at every match, and a common beginning has thousands.
fn people(db: &Connection, words: &[String], limit: usize) -> Result<Vec<PersonRow>, StoreError> {
    let anywhere = beginnings(words);
    let by_name = ["{names} : (", &anywhere, ")"].concat();
    let mut sql = String::from(ROW);
    sql.push_str(
        "where n in (select rowid from search_names where search_names match ?1 limit ?2) order by sort",
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut found: Vec<PersonRow> = Vec::new();
    for query in [by_name, anywhere] {
        // Twice the limit, because the second may find all of the first again.
        let rows = statement.query_map((query, 2 * limit as i64), read_row)?;
        for row in rows {
            let row = row?;
            if !found.iter().any(|known| known.person == row.person) {
                found.push(row);
            }
        }
        found.truncate(limit);
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// Whole words first: the index hands their documents out one by one, newest first. Only if they are few are all
/// documents gathered in which a word begins so.
fn note_hits(db: &Connection, words: &[String], limit: usize) -> Result<Vec<NoteHit>, StoreError> {
    let mut statement = db.prepare_cached(
        "select person, record from (select rowid as found from search_notes where search_notes match ?1
           order by rowid desc limit ?2) join change on n = found order by n desc",
    )?;
    let mut hits: Vec<NoteHit> = Vec::new();
    for query in [query(words, ""), beginnings(words)] {
        let mut rows = statement.query((query, limit as i64))?;
        while let Some(row) = rows.next()? {
            let person = row.get::<_, Owner>(0)?.0.ok_or(StoreError::Damaged)?;
            let record = RecordId::from_bytes(row.get::<_, Id>(1)?.0);
            // An amended note is found once.
            if !hits.iter().any(|hit| hit.record == record) {
                hits.push(NoteHit { person, record });
            }
        }
        if hits.len() >= limit {
            hits.truncate(limit);
            break;
        }
    }
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_quoted_beginnings_and_nothing_else() {
        let typed = "Núñez\" OR names:* NEAR(a b) - 555-01";
        let made = beginnings(&words(typed));
        assert_eq!(made, "\"nunez\"* \"or\"* \"names\"* \"near\"* \"a\"* \"b\"* \"555\"* \"01\"*");
        assert!(words(" \"'*-() ").is_empty());
    }
}
