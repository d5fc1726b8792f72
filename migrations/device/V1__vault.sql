-- Everything that one user's device holds. Ids are the 16 bytes of a UUID; a county's own records have an empty person.

create table change (
  -- The log: the truth, from which every other table here can be made again. A body is never edited.
  n integer primary key,              -- order of arrival; names the document in search_notes
  id blob not null,
  record blob not null,
  person blob not null,
  kind text not null,
  object integer not null,            -- number of the policy object; -1 for kinds of newer versions
  state integer not null,             -- 0 local, 1 accepted, 2 held, 3 refused, 4 county too old, 5 replaced, 6 handed over, 7 unconfirmed
  stamp integer not null,             -- the stamp that counts: the device's own until the county gave its
  seq integer,                        -- number in the county, where the county told it
  code text,                          -- why it was refused
  field text,                         -- and which field
  retry_at integer,                   -- when to offer it again, in milliseconds
  filed_at integer,                   -- when its author handed it over: it goes to the county's quarantine
  proof integer,                      -- the signed frame in which the county accepted or delivered it
  place integer,                      -- and the place of its leaf there
  body text not null                  -- JSON as the author's device wrote it, unknown fields included
  -- What the county does not have (state <> 1 and state < 5) is found by the two partial indexes below. SQLite takes
  -- one only for a condition that is spelled as in the index, so every query spells it so and names its index. An
  -- "in" list there would build a table for each inserted row, which made inserting three times slower.
) strict;
create unique index change_by_record on change (person, record, id);
create index change_open on change (state) where state <> 1;
create index change_open_by_person on change (person, state, id) where state <> 1;

create table record (
  -- One row per record: what lists need of it. Fields are folded from the log when a record is shown.
  person blob not null,
  id blob not null,
  kind text not null,
  at integer,                         -- when it happened in the world, for kinds that happen
  about blob,                         -- the record it speaks of: a review mark's visit
  mark integer not null,              -- 1 for an attempt that reached the person
  voided integer not null,
  rivals integer not null,            -- fields that need a look
  facts text,                         -- values of the small kinds that lists are made of, as JSON
  primary key (person, id)
) strict, without rowid;
-- There is none by id alone: ids come in no order beside people's, and keeping that index cost a sixth of a first pull.
create index record_by_rivals on record (person) where rivals > 0;

create table person_list (
  -- One row per person, ready to show. n names the document in search_names.
  n integer primary key,
  person blob not null unique,
  name text not null,
  alias text not null,
  sort text not null,                 -- the name as lists are sorted: last name first, no accents, lower case
  due integer not null,               -- moment, in milliseconds; the largest number when nothing is due
  due_kind integer not null,          -- 0 nothing, 1 first contact, 2 follow-up
  last_contact integer not null,      -- when the person was last reached; 0 for never
  last_attempt integer not null,
  latest_event integer not null,
  stage text,                         -- of the open case, else of the latest
  open integer not null,              -- whether a case is open
  case_id blob,
  team blob,
  lead blob,
  partner blob,
  attempts integer not null,
  visits integer not null,
  to_review integer not null,         -- visits that no supervisor marked as read
  undecided integer not null,         -- events that wait for a human decision
  safety integer not null,            -- safety notes in force
  referrals integer not null,         -- referrals whose outcome is not known
  conflicts integer not null,
  unsent integer not null,
  arriving integer not null,
  died integer not null
) strict;
create index person_by_due on person_list (due, person);
create index person_by_name on person_list (sort, person);
create index person_by_contact on person_list (last_contact, person);
create index person_by_review on person_list (person) where to_review > 0;

create table held (
  -- Whom this device holds, as the county told it.
  person blob primary key,
  objects integer not null,           -- set of policy objects
  leaving integer not null,           -- those of them that are to be erased as soon as nothing about them is unsent
  arriving integer not null           -- whether the history is still under way
) strict, without rowid;

create table digest (
  -- Sums over the accepted changes of what is held and not leaving; person empty for the county's own records.
  person blob not null,
  object integer not null,
  sum blob not null,
  primary key (person, object)
) strict, without rowid;

create table recheck (
  -- While a history comes a second time: accepted changes that it has not brought yet.
  person blob not null,
  id blob not null,
  primary key (person, id)
) strict, without rowid;

create table forgot (
  -- Erased as told, and the county does not know it yet.
  person blob primary key,
  objects integer not null,
  said integer not null               -- whether the request under way says so
) strict, without rowid;

create table proof (
  -- The county's signatures under what it accepted and delivered: shown to it again when it was restored from a backup.
  n integer primary key,
  signature blob not null,
  leaves blob not null                -- 32 bytes for each change of the frame, also of those erased since
) strict;

create table copy (
  -- Own accepted work, sealed to the county's key and unreadable here; kept for 14 days, also when its person left.
  n integer primary key,
  id blob not null unique,
  made integer,                       -- by the county's clock; none until the county has told the time
  epoch integer not null,             -- the epoch of the county in which it was last taken, or refused
  retry_at integer,                   -- when to offer it again, where the county put it off
  sealed blob not null
) strict;

create table draft (
  key text primary key,
  person blob not null,               -- empty where there is no person yet
  body text not null,
  saved_at integer not null,
  handover blob                       -- id under which it goes to the county when its person leaves
) strict, without rowid;

create table device_seen (
  device blob primary key,
  body text not null                  -- as the county sent it
) strict, without rowid;

create table handed_over (
  id blob not null,
  device blob not null,               -- that it came from; sixteen zero bytes where the county does not say
  body text not null,                 -- as the county sent it
  primary key (id, device)
) strict, without rowid;

create table settling (
  -- Work in the county's quarantine that was taken care of here, and the county does not know it yet.
  id blob not null,
  device blob not null,
  at integer not null,
  primary key (id, device)
) strict, without rowid;

create table rehomed (
  -- What went to the county's quarantine by itself, because its person is no longer here; until its author has read
  -- that. Says nothing about who it was.
  id blob primary key,
  draft integer not null,
  kind text not null,                 -- of the change; of a draft its key up to the person
  at integer not null
) strict, without rowid;

create table meta (
  key text primary key,
  value blob not null
) strict, without rowid;

-- Names, places and numbers of each person; rowid is person_list.n. Where in a text a word stands is not kept
-- (detail): search asks for words, never for phrases, and the index is a fraction of the size.
create virtual table search_names using fts5 (
  names, places, phones, detail = column, prefix = '2 3 4', tokenize = 'unicode61 remove_diacritics 2'
);
insert into search_names (search_names, rank) values ('secure-delete', 1);

-- Notes: one document per change that sets one; rowid is change.n. Its text is the change's, so none is stored here.
create virtual table search_notes using fts5 (
  note, content = '', detail = none, prefix = '3 4 5', tokenize = 'unicode61 remove_diacritics 2'
);
insert into search_notes (search_notes, rank) values ('secure-delete', 1);
