-- Splits the large tables by a hash of the county. Not a migration: a step of its own for a large single database, run
-- once by the owner of the tables while no server runs. A sharded deployment leaves it out.
--
--   psql … -v ON_ERROR_STOP=1 -v partitions=16 -f partition.sql
begin;
select set_config('porchlight.partitions', :'partitions', true);
do $$
declare
    name text;
    parts int := current_setting('porchlight.partitions')::int;
begin
    foreach name in array array['change', 'told', 'digest'] loop
        execute format('alter table %I rename to %I', name, name || '_whole');
        -- Its indexes make room for those of the new table.
        execute format('create table %I (like %I including defaults including constraints) partition by hash (county)',
            name, name || '_whole');
        for part in 0 .. parts - 1 loop
            execute format('create table %I partition of %I for values with (modulus %s, remainder %s)',
                name || '_' || part, name, parts, part);
            execute format('alter table %I enable row level security', name || '_' || part);
            execute format('alter table %I force row level security', name || '_' || part);
        end loop;
        -- The owner moves the rows of all counties, which the wall would hide even from it.
        execute format('alter table %I no force row level security', name || '_whole');
        execute format('insert into %I select * from %I', name, name || '_whole');
        execute format('drop table %I', name || '_whole');
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy one_county on %I
             using (county = nullif(current_setting(''porchlight.county'', true), '''')::uuid)',
            name
        );
    end loop;
    alter table change add primary key (county, id);
    create unique index change_seq on change (county, seq);
    create index change_person on change (county, person, seq);
    create index change_due on change (county, seq) where kind in ('overdose_event', 'follow_up');
    create index change_fold on change (county, person, seq) where kind in ('person', 'case', 'assignment');
    create index change_record on change (county, record, seq) where record <> id;
    alter table told add primary key (county, device, person);
    alter table digest add primary key (county, person, object);
    grant select, insert on change to porchlight;
    grant select, insert, update, delete on told, digest to porchlight;
end
$$;
commit;
