import { type Sql, sql } from '../../kernel/sql.js'
import { definition, neutral, roleOf } from './neutral.js'

const rowSecurity: Sql = sql`
  select r.home, 'row security', r.name, '', ${definition(sql`jsonb_build_object(
    'enabled', case when r.relrowsecurity then true end, 'forced', case when r.relforcerowsecurity then true end)`)}
  from rels r
  where r.kind in ('r', 'p') and (r.relrowsecurity or r.relforcerowsecurity)`

const schemaName = sql`'(schema)'`

/** Whatever may belong to somebody, and be granted: what it is called, and its kind as `acldefault` knows it. */
const owned: Sql = sql`
  select h.oid as home, ${schemaName} as tbl, '' as col, 'n' as kind, h.owner, h.acl, 'schema' as what from homes h
  union all
  -- A sequence of a column belongs to whom the table belongs to.
  select r.home, r.name, '', case when r.kind = 'S' then 's' else 'r' end, r.owner, r.acl,
         case r.kind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end
  from rels r
  union all
  select f.home, ${neutral(sql`f.signature`)}, '', 'f', f.owner, f.acl, case f.kind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
  from functions f join homes h on h.oid = f.home
  union all
  select t.home, t.name, '', 'T', t.owner, t.acl, 'type' from types t
  union all
  select r.home, r.name, a.attname::text, 'c', r.owner, a.attacl, 'column'
  from rels r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null`

const owners: Sql = sql`
  select o.home, 'owner', o.tbl, o.what, ${definition(sql`jsonb_build_object('role', ${roleOf(sql`o.owner`)})`)}
  from (${owned}) o
  join homes h on h.oid = o.home
  where o.kind <> 'c'`

// An owner's own rights follow from owning. MAINTAIN is there from 17 on only.
const grants: Sql = sql`
  select g.home, 'grant', g.tbl, g.what || ' ' || case when g.col = '' then '' else quote_ident(g.col) || ' ' end || g.role, ${definition(
    sql`jsonb_build_object('on', g.what, 'column', nullif(g.col, ''), 'to', g.role, 'rights', jsonb_agg(g.privilege order by g.privilege))`,
  )}
  from (
    select o.home, o.tbl, o.col, o.what, ${roleOf(sql`x.grantee`)} as role,
           lower(x.privilege_type) || case when x.is_grantable then ' with grant option' else '' end as privilege
    from (${owned}) o
    join homes h on h.oid = o.home
    cross join lateral aclexplode(coalesce(o.acl, acldefault(o.kind::"char", o.owner))) x
    where x.grantee <> o.owner and x.privilege_type <> 'MAINTAIN'
  ) g
  group by g.home, g.tbl, g.col, g.what, g.role`

const defaults: Sql = sql`
  select h.oid, 'default grant', ${schemaName}, ${roleOf(sql`a.defaclrole`)} || ' ' || a.defaclobjtype::text || ' ' || ${roleOf(sql`x.grantee`)},
         ${definition(sql`jsonb_build_object('rights', jsonb_agg(lower(x.privilege_type) order by x.privilege_type))`)}
  from homes h
  join pg_catalog.pg_default_acl a on a.defaclnamespace = h.oid
  cross join lateral aclexplode(a.defaclacl) x
  group by h.oid, h.role, h.login, a.defaclrole, a.defaclobjtype, x.grantee`

const comments: Sql = sql`
  select c.home, 'comment', c.tbl, c.name, ${definition(sql`jsonb_build_object('on', c.what, 'says', c.text)`)}
  from (
    select r.home, r.name as tbl, coalesce(a.attname::text, '') as name, d.description as text,
           case when d.objsubid > 0 then 'column' else case r.kind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end end as what
    from rels r
    join pg_catalog.pg_description d on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_class'::regclass
    left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.objsubid and d.objsubid > 0
    union all
    select f.home, ${neutral(sql`f.signature`)}, '', d.description, case f.kind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
    from functions f
    join homes h on h.oid = f.home
    join pg_catalog.pg_description d on d.objoid = f.oid and d.classoid = 'pg_catalog.pg_proc'::regclass
    union all
    select t.home, t.name, '', d.description, 'type'
    from types t join pg_catalog.pg_description d on d.objoid = t.oid and d.classoid = 'pg_catalog.pg_type'::regclass and d.objsubid = 0
  ) c`

export const rightsFacts: readonly Sql[] = [rowSecurity, owners, grants, defaults, comments]
