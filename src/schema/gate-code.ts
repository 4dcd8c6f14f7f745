import { isPinned, pinned } from '../isolation/advisor/code.js'
import { functionsIn, relationsIn } from '../isolation/in-schema.js'
import { type Sql, sql } from '../kernel/sql.js'
import { fixOf, type GateFinding, type GateSubject } from './gate-subject.js'

/** What must not be there at all, and code that would run with somebody else's rights. */
export const codeRules = (subject: GateSubject): Sql<GateFinding> => {
  const { schemas, platform, tenantColumn, projectColumn } = subject
  const fix = (expression: Sql): Sql => fixOf(subject, expression)
  return sql<GateFinding>`
    with relations as materialized (
      select c.oid, c.relname, c.relkind, c.relnamespace from pg_catalog.pg_class c where c.oid in ${relationsIn(schemas)}
    ), functions as materialized (
      select p.oid, p.pronamespace, p.prosecdef, p.proconfig, p.proleakproof, p.prolang, p.prokind
      from pg_catalog.pg_proc p
      where p.oid in ${functionsIn(schemas)}
    ), found as (
      select c.relnamespace as namespace, 'TL06' as lint, format('foreign key %s on %s points into another schema', k.conname, c.relname) as finding,
             ${fix(sql`format('alter table %s drop constraint %I', c.oid::regclass, k.conname)`)} as fix
      from relations c
      join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
      join pg_catalog.pg_class target on target.oid = k.confrelid
      where target.relnamespace <> c.relnamespace
        -- Platform tables stand beside every home; those of tenants move, and must not hold on to them. Foreign keys are checked with the rights of the owner,
        -- who sees every row: one to a table that tenants have rows of would tell which rows others have, and keep them from being deleted.
        and (${tenantColumn !== null}
          or target.relnamespace is distinct from to_regnamespace('platform')
          or exists (select from pg_catalog.pg_attribute a where a.attrelid = target.oid and a.attname = ${projectColumn} and not a.attisdropped))
      union all
      -- A query of the parent reads the rows of its children by the rights and policies of the parent.
      select c.relnamespace, 'TL04', format('table %s is a part of %s, which is in another schema', c.relname, parent.relname),
             ${fix(sql`format(case when parent.relkind = 'p' then 'alter table %2$s detach partition %1$s' else 'alter table %s no inherit %s' end, c.oid::regclass, parent.oid::regclass)`)}
      from relations c
      join pg_catalog.pg_inherits h on h.inhrelid = c.oid
      join pg_catalog.pg_class parent on parent.oid = h.inhparent
      where parent.relnamespace <> c.relnamespace
      union all
      select p.pronamespace, 'TL29', format('function %s must not be security definer', p.oid::regprocedure),
             ${fix(sql`format('alter routine %s security invoker', p.oid::regprocedure)`)}
      from functions p
      where p.prosecdef
        and not ${platform}::boolean
      union all
      select p.pronamespace, 'TL18', format('function %s is security definer and must end in "set search_path = …, pg_temp"', p.oid::regprocedure),
             ${fix(pinned('pg_catalog, platform, ext'))}
      from functions p
      where p.prosecdef
        and ${platform}::boolean
        and not ${isPinned}
      union all
      select p.pronamespace, 'TL29', format('function %s sets %s, which is not its to set', p.oid::regprocedure, setting),
             ${fix(sql`format('alter routine %s reset %s', p.oid::regprocedure, split_part(setting, '=', 1))`)}
      from functions p
      cross join unnest(p.proconfig) as setting
      where setting ~ '^(role|session_authorization|row_security|tenantry[.])'
      union all
      -- Purging a tenant deletes rows where triggers are off: these would run there, with the rights of the control login.
      select c.relnamespace, 'TL29', format('trigger %1$s on %2$s must not be enabled as "always" or "replica": alter table %2$I enable trigger %1$I', t.tgname, c.relname),
             ${fix(sql`format('alter table %s enable trigger %I', c.oid::regclass, t.tgname)`)}
      from relations c
      join pg_catalog.pg_trigger t on t.tgrelid = c.oid
      where t.tgenabled in ('A', 'R')
        and not t.tgisinternal
      union all
      -- No tenant has a right on sequences, and in a shared home one would tell neighbours how fast each other grows.
      select c.relnamespace, 'TL25', format('sequence %s is not allowed: write "generated always as identity"', c.relname), ${fix(sequenceFix)}
      from relations c
      where c.relkind = 'S'
        and not exists (
          select 1 from pg_catalog.pg_depend d
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i' and d.refclassid = 'pg_class'::regclass
        )
      union all
      select c.relnamespace, 'TL28', format('table %s is a foreign table', c.relname), ${fix(sql`format('drop foreign table %s', c.oid::regclass)`)}
      from relations c
      where c.relkind = 'f'
      union all
      -- It may be run on rows ahead of row-level security.
      select p.pronamespace, 'TL32', format('function %1$s is leakproof, and so may see rows before row-level security has taken them away: alter function %1$s not leakproof', p.oid::regprocedure),
             ${fix(sql`format('alter function %s not leakproof', p.oid::regprocedure)`)}
      from functions p
      where p.proleakproof
        -- Neither those of extensions nor those that range types come with.
        and not ${comesWith(sql`p.oid`, sql`'pg_catalog.pg_proc'::regclass`)}
      union all
      select p.pronamespace, 'TL32', format('function %s is written in %s, which no wall binds: write it in sql or plpgsql', p.oid::regprocedure, l.lanname),
             ${fix(sql`format('drop routine %s', p.oid::regprocedure)`)}
      from functions p
      join pg_catalog.pg_language l on l.oid = p.prolang and not l.lanpltrusted
      -- An aggregate is in no language.
      where p.prokind <> 'a'
        and not ${comesWith(sql`p.oid`, sql`'pg_catalog.pg_proc'::regclass`)}
      union all
      select c.relnamespace, 'TL32', format('rule %s on %s runs with the rights of the owner of the table: write a trigger instead', r.rulename, c.relname),
             ${fix(sql`format('drop rule %I on %s', r.rulename, c.oid::regclass)`)}
      from relations c
      join pg_catalog.pg_rewrite r on r.ev_class = c.oid
      where r.rulename <> '_RETURN'
    )
    select (select n.nspname::text from pg_catalog.pg_namespace n where n.oid = f.namespace) as schema, f.lint, f.finding, f.fix
    from found f`
}

const comesWith = (object: Sql, kind: Sql): Sql =>
  sql`exists (select from pg_catalog.pg_depend d where d.classid = ${kind} and d.objid = ${object} and d.deptype in ('e', 'i'))`

/** A serial column becomes an identity column, and its sequence goes with its default. */
const sequenceFix = sql`coalesce((
  select format('alter table %1$s alter column %2$I drop default; drop sequence %3$s; alter table %1$s alter column %2$I add generated always as identity',
           d.refobjid::regclass, a.attname, c.oid::regclass)
  from pg_catalog.pg_depend d
  join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'a' and d.refclassid = 'pg_class'::regclass
  limit 1
), format('drop sequence %s', c.oid::regclass))`

/** What the doctor looks at more closely. */
export const wallRules = (schemas: readonly string[]): Sql<GateFinding> => sql<GateFinding>`
  select c.relnamespace::regnamespace::text as schema, 'TL14' as lint, format('%s is granted to public', c.oid::regclass) as finding, '' as fix
  from pg_catalog.pg_class c
  where c.oid in ${relationsIn(schemas)}
    and exists (select 1 from aclexplode(c.relacl) as a where a.grantee = 0)
  union all
  select c.relnamespace::regnamespace::text, 'TL14', format('column %I of %s is granted to public', t.attname, c.oid::regclass), ''
  from pg_catalog.pg_class c
  join pg_catalog.pg_attribute t on t.attrelid = c.oid and not t.attisdropped
  where c.oid in ${relationsIn(schemas)}
    and exists (select 1 from aclexplode(t.attacl) as a where a.grantee = 0)
  union all
  select c.relnamespace::regnamespace::text, case p.polname when 'tenantry_fence' then 'TL08' else 'TL07' end,
         format('policy %s on %s is not one of Tenantry''s, or was changed', p.polname, p.polrelid::regclass), ''
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  where c.oid in ${relationsIn(schemas)}
    and case p.polname
      when 'tenantry_tenant' then false
      when 'tenantry_fence' then p.polpermissive
        or pg_get_expr(p.polqual, p.polrelid) !~ '^[(][a-z_0-9]+ = [(] SELECT tenantry[.]tenant[(][)] AS tenant[)][)]$'
        or pg_get_expr(p.polwithcheck, p.polrelid) !~ '^[(][a-z_0-9]+ = [(] SELECT tenantry[.]tenant[(][)] AS tenant[)][)]$'
      else true
    end`

/**
 * What a foreign key does to rows (`on delete cascade`, `set null`, …) it does as the owner of the table, who sees every tenant; and so runs every
 * trigger that this sets off, whatever the trigger's function says of itself.
 */
export const cascadeTriggers = (subject: GateSubject): Sql<GateFinding & { body: string }> => sql<GateFinding & { body: string }>`
  with acting as materialized (
    select k.conrelid, k.conname, c.relnamespace
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    where k.conrelid in ${relationsIn(subject.schemas)}
      and k.contype = 'f'
      and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))
  ), found as (
    select k.relnamespace,
           format(
             'trigger %s on %s would run as the owner of the table when foreign key %s acts: it may only set columns of its own row',
             t.tgname, t.tgrelid::regclass, k.conname
           ) as finding,
           ${fixOf(subject, dropTrigger)} as fix,
           p.prosrc as body
    from acting k
    join pg_catalog.pg_trigger t on t.tgrelid = k.conrelid and not t.tgisinternal
    join pg_catalog.pg_proc p on p.oid = t.tgfoid
    union all
    select k.relnamespace, format('trigger %s on %s must not call functions in its condition, since foreign key %s acts', t.tgname, t.tgrelid::regclass, k.conname),
           ${fixOf(subject, dropTrigger)}, 'select'
    from acting k
    join pg_catalog.pg_trigger t on t.tgrelid = k.conrelid and not t.tgisinternal
    where exists (select from regexp_matches(t.tgqual::text, ':(?:op)?funcid ([0-9]+)', 'g') as f where f[1]::oid >= 16384)
    union all
    select k.relnamespace,
           format('check constraint %s on %s calls %s, which is not immutable, and foreign key %s acts as the owner of the table', x.conname, x.conrelid::regclass, p.oid::regprocedure, k.conname),
           ${fixOf(subject, sql`format('alter table %s drop constraint %I', x.conrelid::regclass, x.conname)`)}, 'select'
    from acting k
    join pg_catalog.pg_constraint x on x.conrelid = k.conrelid and x.contype = 'c'
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = x.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass
    join pg_catalog.pg_proc p on p.oid = d.refobjid and p.provolatile <> 'i'
  )
  select (select n.nspname::text from pg_catalog.pg_namespace n where n.oid = f.relnamespace) as schema, 'TL29' as lint, f.finding, f.fix, f.body
  from found f`

const dropTrigger = sql`format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)`
