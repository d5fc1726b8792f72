-- The county's embedded database. Ids are the sixteen bytes of a UUID; moments are milliseconds since 1970; stamps are
-- hybrid clock values (docs of `domain::stamp`). Every primary key begins with the county, as in PostgreSQL, but for the
-- log's: one file is one county's, and what is written for every change is written as rarely as can be.

create table county (
    id         blob    not null primary key,
    name       text    not null,
    timezone   text    not null,
    -- Raised by every restore: a device that holds a token of another epoch starts afresh.
    epoch      integer not null,
    -- The number of the last accepted change. Raised inside the accepting transaction, so numbers become visible in
    -- commit order.
    seq        integer not null,
    -- The last effective stamp given to a change made at the county itself.
    last_stamp integer not null,
    -- How many reports were taken in: whoever looked something up before another one was looks again.
    imports    integer not null default 0
) strict;

-- What `serve` and `enroll` tell each other: the public address, the pin of the certificate in use.
create table setting (
    county blob not null,
    name   text not null,
    value  text not null,
    primary key (county, name)
) strict;

-- Teams and members: the fold of `team` and `staff` records, kept in the transaction that accepts a change of one.
create table team (
    county blob not null,
    team   blob not null,
    name   text not null,
    primary key (county, team)
) strict;

create table member (
    county blob    not null,
    user   blob    not null,
    name   text    not null,
    role   text    not null,
    team   blob,
    active integer not null,
    primary key (county, user)
) strict;

create index member_team on member (county, team);

create table device (
    county       blob    not null,
    device       blob    not null,
    user         blob    not null,
    -- Ed25519 public key, 32 bytes.
    key          blob    not null,
    name         text    not null,
    platform     text    not null,
    app          text    not null,
    -- Which kind of store holds the device's secret: `os-keystore` or `file`.
    secret_store text    not null,
    enrolled_at  integer not null,
    revoked_at   integer,
    last_contact integer,
    -- How many items it had unsent at its last contact.
    unsent       integer not null default 0,
    -- Its clock minus ours, in milliseconds.
    clock_offset integer not null default 0,
    -- The effective stamp of its latest accepted change.
    last_stamp   integer not null default 0,
    -- The county's epoch in which it was admitted or last began a pull: what it held of an earlier one it has offered.
    epoch        integer not null default 0,
    primary key (county, device)
) strict;

create index device_user on device (county, user);
-- How many admissions have ended is asked after every commit.
create index device_revoked on device (county) where revoked_at is not null;

-- Devices that show a certificate of this county and are not known to it: they were admitted after the backup that it was
-- restored from. They may send what they have, and get nothing until somebody admits them again.
create table waiting (
    county       blob    not null,
    device       blob    not null,
    user         blob    not null,
    key          blob    not null,
    name         text    not null,
    platform     text    not null,
    app          text    not null,
    secret_store text    not null,
    enrolled_at  integer not null,
    primary key (county, device)
) strict;

-- One-time codes: only the hash of the secret part is kept.
create table enrolment (
    county    blob    not null,
    code_hash blob    not null,
    user      blob    not null,
    expires   integer not null,
    tries     integer not null default 0,
    used_at   integer,
    -- The device that the code admitted: the same device may ask again when the answer was lost.
    device    blob,
    primary key (county, code_hash)
) strict;

create table session (
    county     blob    not null,
    token_hash blob    not null,
    device     blob    not null,
    expires    integer not null,
    primary key (county, token_hash)
) strict;

create index session_device on session (county, device);

-- The log of accepted changes: the history, the audit of care and the unit of sync. Never updated, never deleted.
create table change (
    county    blob    not null,
    -- The row's own number: the log lies in the order in which it came, and each index below ends with it.
    seq       integer not null primary key,
    id        blob    not null unique,
    record    blob    not null,
    kind      text    not null,
    op        text    not null,
    -- None for the county's own records.
    person    blob,
    -- The number of the policy object.
    object    integer not null,
    device    blob    not null,
    author    blob    not null,
    stamp_raw integer not null,
    -- The stamp by which it counts.
    stamp     integer not null,
    received  integer not null,
    -- As its author's device wrote it, unknown fields included.
    body      text    not null
) strict;

create index change_person on change (person);
-- What may make somebody due, newest first: they are put first in a long pull.
create index change_due on change (county) where kind in ('overdose_event', 'follow_up');
-- A `create` usually gives its record its own id and is found by that; this finds the others.
create index change_record on change (record) where record <> id;

-- Refusals repeat: the same device gets the same answer for the same change.
create table refusal (
    county  blob    not null,
    device  blob    not null,
    id      blob    not null,
    code    text    not null,
    field   text    not null,
    refused integer not null,
    primary key (county, device, id)
) strict;

-- Work that could not be applied and was handed over: when its person left a device, or because its author asked.
create table quarantine (
    county   blob    not null,
    device   blob    not null,
    id       blob    not null,
    person   blob    not null,
    author   blob    not null,
    -- `refused` or `draft`.
    what     text    not null,
    code     text,
    received integer not null,
    body     text    not null,
    -- By whom it was taken care of, and when.
    settled_by blob,
    settled_at integer,
    primary key (county, device, id)
) strict;

create index quarantine_person on quarantine (county, person);
create index quarantine_id on quarantine (county, id);

-- Whose people are whose: the fold of case and assignment records, kept in the transaction that accepts a change of
-- one.
create table caseload (
    county  blob    not null,
    person  blob    not null,
    case_id blob    not null,
    team    blob,
    lead    blob,
    partner blob,
    open    integer not null,
    primary key (county, person, case_id)
) strict;

create index caseload_lead on caseload (county, lead) where lead is not null;
create index caseload_partner on caseload (county, partner) where partner is not null;
create index caseload_team on caseload (county, team) where team is not null;

-- Names and birth dates as they stand: finds a person whom a new report may be about.
create table identity (
    county     blob not null,
    person     blob not null,
    full_name  text not null,
    birth_date text not null,
    primary key (county, person)
) strict;

create index identity_name on identity (county, full_name, birth_date);

-- Whom the county has told a device of, and what of them.
create table told (
    county    blob    not null,
    device    blob    not null,
    person    blob    not null,
    -- Policy objects, as a set of bits.
    objects   integer not null,
    -- Those of them that the device was told to forget and has not yet said that it did.
    leaving   integer not null default 0,
    -- The pull in which the person's history was last begun; 0 when the device made the person itself. Whether the
    -- device stored that history follows from this and its token.
    pull      integer not null,
    -- Something of the person was left out of a frame, because they had left the caseload when it was built: whatever
    -- the token says, the device may lack it.
    missed    integer not null default 0,
    primary key (county, device, person)
) strict, without rowid;

-- Order-independent sums over (change id, effective stamp), per person and policy object. The county's own records
-- are kept under sixteen zero bytes.
create table digest (
    county blob    not null,
    person blob    not null,
    object integer not null,
    sum    blob    not null,
    count  integer not null,
    primary key (county, person, object)
) strict, without rowid;

-- What came of each imported report, so that importing it again makes nothing twice.
create table import_report (
    county   blob    not null,
    -- The agency's number and the report's own id.
    agency   text    not null,
    report   text    not null,
    -- Of its whole content: tells an amended report from the same one.
    digest   blob    not null,
    incident text,
    -- When the call came: two reports of one incident lie within a day.
    called   integer not null,
    person   blob    not null,
    event    blob    not null,
    case_id  blob    not null,
    -- What is needed to judge whether another report is of the same patient, and what this one contributed to the
    -- event, as JSON.
    patient  text    not null,
    imported integer not null,
    primary key (county, agency, report)
) strict;

create index import_incident on import_report (county, incident) where incident is not null;
create index import_event on import_report (county, event);

-- What was refused to somebody who may not: kept by itself, because a line of a log is gone with its machine. Only ever
-- added to, but for the number of tries. What nobody proved is not in it, or anybody could fill it.
create table audit (
    county  blob    not null,
    -- Begins with the hour; the rest is a digest of device, door, code and subject: the same is counted.
    id      blob    not null,
    -- The first time in that hour.
    at      integer not null,
    device  blob    not null,
    user    blob    not null,
    -- The route, or `push` for a change in a page.
    door    text    not null,
    code    text    not null,
    -- What it was about: a person, a device, a change.
    subject blob,
    -- How often in that hour.
    tries   integer not null,
    primary key (county, id)
) strict;

create index audit_at on audit (county, at);
