-- A session serves one tenant after the other. What PostgreSQL shows of it, and what an expression can change in it, belongs to all of them.
revoke all on pg_catalog.pg_prepared_statements, pg_catalog.pg_cursors from public;
revoke execute on function pg_catalog.pg_prepared_statement(), pg_catalog.pg_cursor(), pg_catalog.setseed(double precision) from public;

do $walls$
declare
  found regprocedure;
begin
  -- Of pg_trgm: sets how alike words must be, for the rest of the session.
  for found in
    select p.oid from pg_catalog.pg_proc p where p.pronamespace = to_regnamespace('ext') and p.proname = 'set_limit'
  loop
    execute format('revoke execute on function %s from public', found);
  end loop;
end
$walls$;
