-- Counties on PostgreSQL: the tables of county/sqlite, for any number of counties in one database. Moments are
-- milliseconds since 1970; stamps are hybrid clock values (docs of `domain::stamp`). Every primary key begins with the
-- county, and nothing refers across counties, so the same tables can be spread over several machines by it.

create table county (
    county     uuid   not null primary key,
    name       text   not null,
    timezone   text   not null,
    -- Raised by every restore: a device that holds a token of another epoch starts afresh.
    epoch      bigint not null,
    -- The number of the last accepted change. Raised inside the accepting transaction, so numbers become visible in
    -- commit order.
    seq        bigint not null,
    -- The last effective stamp given to a change made at the county itself.
    last_stamp bigint not null,
    -- Raised by everything that those who listen must hear of, also where no change was accepted.
    commits    bigint not null default 0,
    -- How many reports were taken in: whoever looked something up before another one was looks again.
    imports    bigint not null default 0
);

-- What `serve` and `enroll` tell each other: the public address, the pin of the certificate in use.
create table setting (
    county uuid not null,
    name   text not null,
    value  text not null,
    primary key (county, name)
);

-- Teams and members: the fold of `team` and `staff` records, kept in the transaction that accepts a change of one.
create table team (
    county uuid not null,
    team   uuid not null,
    name   text not null,
    primary key (county, team)
);

create table member (
    county uuid    not null,
    "user" uuid    not null,
    name   text    not null,
    role   text    not null,
    team   uuid,
    active boolean not null,
    primary key (county, "user")
);

create index member_team on member (county, team);

create table device (
    county       uuid   not null,
    device       uuid   not null,
    "user"       uuid   not null,
    -- Ed25519 public key, 32 bytes.
    key          bytea  not null,
    name         text   not null,
    platform     text   not null,
    app          text   not null,
    -- Which kind of store holds the device's secret: `os-keystore` or `file`.
    secret_store text   not null,
    enrolled_at  bigint not null,
    revoked_at   bigint,
    last_contact bigint,
    -- How many items it had unsent at its last contact.
    unsent       bigint not null default 0,
    -- Its clock minus ours, in milliseconds.
    clock_offset bigint not null default 0,
    -- The effective stamp of its latest accepted change.
    last_stamp   bigint not null default 0,
    -- The county's epoch in which it was admitted or last began a pull: what it held of an earlier one it has offered.
    epoch        bigint not null default 0,
    primary key (county, device)
);

create index device_user on device (county, "user");
-- How many admissions have ended is asked after every commit.
create index device_revoked on device (county) where revoked_at is not null;

-- Devices that show a certificate of this county and are not known to it: they were admitted after the backup that it was
-- restored from. They may send what they have, and get nothing until somebody admits them again.
create table waiting (
    county       uuid   not null,
    device       uuid   not null,
    "user"       uuid   not null,
    key          bytea  not null,
    name         text   not null,
    platform     text   not null,
    app          text   not null,
    secret_store text   not null,
    enrolled_at  bigint not null,
    primary key (county, device)
);

-- One-time codes: only the hash of the secret part is kept.
create table enrolment (
    county    uuid   not null,
    code_hash bytea  not null,
    "user"    uuid   not null,
    expires   bigint not null,
    tries     bigint not null default 0,
    used_at   bigint,
    -- The device that the code admitted: the same device may ask again when the answer was lost.
    device    uuid,
    primary key (county, code_hash)
);

create table session (
    county     uuid   not null,
    token_hash bytea  not null,
    device     uuid   not null,
    expires    bigint not null,
    primary key (county, token_hash)
);

create index session_device on session (county, device);

-- Nonces that were used, until they expire (seconds since 1970): no process takes one twice.
create table nonce (
    county  uuid   not null,
    nonce   bytea  not null,
    expires bigint not null,
    primary key (county, nonce)
);

create index nonce_expires on nonce (county, expires);

-- The log of accepted changes: the history, the audit of care and the unit of sync. Never updated, never deleted.
create table change (
    county    uuid   not null,
    id        uuid   not null,
    seq       bigint not null,
    record    uuid   not null,
    kind      text   not null,
    op        text   not null,
    -- None for the county's own records.
    person    uuid,
    -- The number of the policy object.
    object    bigint not null,
    device    uuid   not null,
    author    uuid   not null,
    stamp_raw bigint not null,
    -- The stamp by which it counts.
    stamp     bigint not null,
    received  bigint not null,
    -- As its author's device wrote it, unknown fields included.
    body      text   not null,
    primary key (county, id)
);

create unique index change_seq on change (county, seq);
create index change_person on change (county, person, seq);
-- What may make somebody due, newest first: they are put first in a long pull.
create index change_due on change (county, seq) where kind in ('overdose_event', 'follow_up');
-- What says who somebody is and who carries them: read again whenever one of them is written.
create index change_fold on change (county, person, seq) where kind in ('person', 'case', 'assignment');
-- A `create` usually gives its record its own id and is found by that; this finds the others.
create index change_record on change (county, record, seq) where record <> id;

-- Refusals repeat: the same device gets the same answer for the same change.
create table refusal (
    county  uuid   not null,
    device  uuid   not null,
    id      uuid   not null,
    code    text   not null,
    field   text   not null,
    refused bigint not null,
    primary key (county, device, id)
);

-- Work that could not be applied and was handed over: when its person left a device, or because its author asked.
create table quarantine (
    county   uuid   not null,
    device   uuid   not null,
    id       uuid   not null,
    person   uuid   not null,
    author   uuid   not null,
    -- `refused` or `draft`.
    what     text   not null,
    code     text,
    received bigint not null,
    body     text   not null,
    -- By whom it was taken care of, and when.
    settled_by uuid,
    settled_at bigint,
    primary key (county, device, id)
);

create index quarantine_person on quarantine (county, person);
create index quarantine_id on quarantine (county, id);

-- Whose people are whose: the fold of case and assignment records, kept in the transaction that accepts a change of
-- one.
create table caseload (
    county  uuid    not null,
    person  uuid    not null,
    case_id uuid    not null,
    team    uuid,
    lead    uuid,
    partner uuid,
    open    boolean not null,
    primary key (county, person, case_id)
);

create index caseload_lead on caseload (county, lead) where lead is not null;
create index caseload_partner on caseload (county, partner) where partner is not null;
create index caseload_team on caseload (county, team) where team is not null;

-- Names and birth dates as they stand: finds a person whom a new report may be about.
create table identity (
    county     uuid not null,
    person     uuid not null,
    full_name  text not null,
    birth_date text not null,
    primary key (county, person)
);

create index identity_name on identity (county, full_name, birth_date);

-- Whom the county has told a device of, and what of them.
create table told (
    county  uuid   not null,
    device  uuid   not null,
    person  uuid   not null,
    -- Policy objects, as a set of bits.
    objects bigint not null,
    -- Those of them that the device was told to forget and has not yet said that it did.
    leaving bigint not null default 0,
    -- The pull in which the person's history was last begun; 0 when the device made the person itself. Whether the
    -- device stored that history follows from this and its token.
    pull    bigint not null,
    -- Something of the person was left out of a frame, because they had left the caseload when it was built: whatever
    -- the token says, the device may lack it.
    missed  boolean not null default false,
    primary key (county, device, person)
);

-- Order-independent sums over (change id, effective stamp), per person and policy object. The county's own records
-- are kept under sixteen zero bytes.
create table digest (
    county uuid   not null,
    person uuid   not null,
    object bigint not null,
    sum    bytea  not null,
    count  bigint not null,
    primary key (county, person, object)
);

-- What came of each imported report, so that importing it again makes nothing twice.
create table import_report (
    county   uuid   not null,
    -- The agency's number and the report's own id.
    agency   text   not null,
    report   text   not null,
    -- Of its whole content: tells an amended report from the same one.
    digest   bytea  not null,
    incident text,
    -- When the call came: two reports of one incident lie within a day.
    called   bigint not null,
    person   uuid   not null,
    event    uuid   not null,
    case_id  uuid   not null,
    -- What is needed to judge whether another report is of the same patient, and what this one contributed to the
    -- event, as JSON.
    patient  text   not null,
    imported bigint not null,
    primary key (county, agency, report)
);

create index import_incident on import_report (county, incident) where incident is not null;
create index import_event on import_report (county, event);

-- What was refused to somebody who may not: kept by itself, because a line of a log is gone with its machine. Only ever
-- added to, but for the number of tries. What nobody proved is not in it, or anybody could fill it.
create table audit (
    county  uuid   not null,
    -- Begins with the hour; the rest is a digest of device, door, code and subject: the same is counted.
    id      uuid   not null,
    -- The first time in that hour.
    at      bigint not null,
    device  uuid   not null,
    "user"  uuid   not null,
    -- The route, or `push` for a change in a page.
    door    text   not null,
    code    text   not null,
    -- What it was about: a person, a device, a change.
    subject uuid,
    -- How often in that hour.
    tries   bigint not null,
    primary key (county, id)
);

create index audit_at on audit (county, at);

-- The second wall behind the policy table: whatever a statement says, it reads and writes the rows of the one county
-- that its transaction named with set_config('porchlight.county', …, true), the owner of the tables included. Without a
-- county there are none.
--
-- The server's own role is a member of `porchlight`, which may do what a server does: it adds to the log and never
-- changes or deletes there, and it makes no county.
do $$
declare
    name text;
begin
    if not exists (select from pg_roles where rolname = 'porchlight') then
        begin
            create role porchlight nologin;
        exception
            -- Somebody was faster, in another database of this cluster.
            when duplicate_object or unique_violation then null;
        end;
    end if;
    foreach name in array array[
        'county', 'setting', 'team', 'member', 'device', 'waiting', 'enrolment', 'session', 'nonce', 'change', 'refusal',
        'quarantine', 'caseload', 'identity', 'told', 'digest', 'import_report', 'audit'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy one_county on %I
             using (county = nullif(current_setting(''porchlight.county'', true), '''')::uuid)',
            name
        );
        execute format('grant select, insert, update, delete on %I to porchlight', name);
    end loop;
    revoke update, delete on change, audit from porchlight;
    grant update (tries) on audit to porchlight;
    revoke insert, delete on county from porchlight;
    grant select on porchlight_schema to porchlight;
end
$$;
