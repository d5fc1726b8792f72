//! The tables as the database itself describes them: each is keyed, walled and indexed by county.

use crate::cluster::scratch;
use tokio_postgres::{Client, NoTls};

/// Whatever is not as it should be, in words.
async fn complaints(client: &Client) -> Vec<String> {
    let sql = "
        with ours as (
            select oid, relname::text as name, relrowsecurity and relforcerowsecurity as walled from pg_class
            where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
              and relname <> 'porchlight_schema'
        ), indexes as (
            select i.indrelid, i.indexrelid::regclass::text as name, i.indisprimary,
                   a.attname is not distinct from 'county' as by_county
            from pg_index i left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        )
        select name || ': no primary key that begins with the county' from ours
        where not exists (select from indexes where indrelid = ours.oid and indisprimary and by_county)
        union all select name || ': no forced row-level security' from ours where not walled
        union all select name || ': no policy' from ours where not exists (select from pg_policy where polrelid = ours.oid)
        union all select indexes.name || ': does not begin with the county' from indexes join ours on indrelid = ours.oid
        where not by_county
        order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_is_keyed_walled_and_indexed_by_county() {
    let database = scratch().await;
    let client = database.superuser().await;
    assert_eq!(complaints(&client).await, [""; 0]);
    // Also when the large ones are split.
    let (owner, line) = tokio_postgres::connect(&database.address(true), NoTls).await.unwrap();
    tokio::spawn(line);
    let step =
        include_str!("../../../../migrations/county/postgres/partition.sql").replace(":'partitions'", "'4'");
    owner.batch_execute(&step).await.unwrap();
    assert_eq!(complaints(&client).await, [""; 0]);
    // The control: the same question finds each of them, in a table that is like the others but for this.
    let careless = "
        create table stray (county uuid not null, id uuid not null primary key);
        create index stray_county on stray (county, id);
        create table unkeyed (county uuid not null);
        alter table unkeyed enable row level security;
        create policy one_county on unkeyed using (county is null);
        alter table team no force row level security;
        create index member_name on member (name);
        create index told_lower on told (lower(person::text))";
    client.batch_execute(careless).await.unwrap();
    let expected = [
        "member_name: does not begin with the county",
        "stray: no forced row-level security",
        "stray: no policy",
        "stray: no primary key that begins with the county",
        "stray_pkey: does not begin with the county",
        "team: no forced row-level security",
        "told_lower: does not begin with the county",
        "unkeyed: no forced row-level security",
        "unkeyed: no primary key that begins with the county",
    ];
    assert_eq!(complaints(&client).await, expected);
}
