import type { RoleNames } from '../../isolation/names.js'
import { type Sql, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'
import { canonical } from './canonical.js'
import type { Definition, Fact, Kind } from './facts.js'
import { codeFacts } from './look-at-code.js'
import { rightsFacts } from './look-at-rights.js'
import { tableFacts } from './look-at-tables.js'
import { allOf } from './neutral.js'

/** A home as it is looked at: its schema, the role that its tenants' scopes run as, and who becomes that. */
export interface LookedAt {
  readonly schema: string
  readonly role: string | null
  /** The application's login that serves it. */
  readonly login: string | null
}

/**
 * What every look begins with. Objects are found by what depends on the schema (see in-schema.ts). `pattern` finds the schema's name where it is the whole
 * name: a home called `shop` must not find itself in `workshop.id`.
 */
const homes = (places: readonly LookedAt[], names: RoleNames | undefined): Sql => sql`
  homes as materialized (
    select n.oid, n.nspname::text as name, n.nspowner as owner, n.nspacl as acl, quote_ident(n.nspname) || '.' as prefix, w.role, w.login,
           '(?<![[:alnum:]_$"])' || regexp_replace(quote_ident(n.nspname), '([^[:alnum:]_])', '\\\\\\1', 'g') || '\\.' as pattern
    from unnest(${places.map(({ schema }) => schema)}::text[], ${places.map(({ role }) => role)}::text[],
                ${places.map(({ login }) => login)}::text[]) as given (schema, role_name, login_name)
    join pg_catalog.pg_namespace n on n.nspname = given.schema
    cross join lateral (select to_regrole(quote_ident(given.role_name))::oid as role, to_regrole(quote_ident(given.login_name))::oid as login) w
  ), labels as materialized (
    select to_regrole(quote_ident(name))::oid as oid, label
    from unnest(${names === undefined ? [] : [names.owner, names.code, names.tenant]}::text[], '{$owner,$code,$tenant}'::text[]) as known (name, label)
    where name is not null
  ), rels as materialized (
    select h.oid as home, c.oid, c.relname::text as name, c.relkind as kind, c.relowner as owner, c.relacl as acl, c.reloptions, c.relpersistence, c.relam,
           c.relispartition, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reltoastrelid, c.relpartbound, c.reloftype
    from homes h
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = h.oid and d.classid = 'pg_catalog.pg_class'::regclass
    join pg_catalog.pg_class c on c.oid = d.objid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  ), types as materialized (
    select h.oid as home, t.oid, t.typname::text as name, t.typtype as kind, t.typowner as owner, t.typacl as acl, t.typrelid, t.typbasetype, t.typtypmod,
           t.typnotnull, t.typdefault, t.typcollation
    from homes h
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = h.oid and d.classid = 'pg_catalog.pg_type'::regclass
    join pg_catalog.pg_type t on t.oid = d.objid and t.typtype in ('e', 'd', 'r', 'c')
  ), functions as materialized (
    select h.oid as home, p.oid, quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' as signature, p.prokind as kind,
           p.proowner as owner, p.proacl as acl, p.proconfig
    from homes h
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = h.oid and d.classid = 'pg_catalog.pg_proc'::regclass
    join pg_catalog.pg_proc p on p.oid = d.objid
    -- The constructors of a range type are part of it.
    where not exists (
      select from pg_catalog.pg_depend i
      where i.classid = 'pg_catalog.pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i' and i.refclassid = 'pg_catalog.pg_type'::regclass)
  )`

/** The facts as the server tells them, each a row. */
const facts = (places: readonly LookedAt[], names: RoleNames | undefined): Sql => sql`
  with ${homes(places, names)}, ${tableFacts.ctes}, told (home, kind, tbl, name, def) as (
    ${allOf([...tableFacts.facts, ...codeFacts, ...rightsFacts])}
  ), lines as (
    select h.name as home, t.kind, t.tbl, t.name, t.def from told t join homes h on h.oid = t.home
  )`

/** A digest per home, made on the server. Two homes of one database with the same digest have the same facts. */
export const digestsOf = (places: readonly LookedAt[], names: RoleNames): Sql<{ schema: string; digest: string }> => sql<{
  schema: string
  digest: string
}>`
  ${facts(places, names)}, hashed as (
    select home, sha256(convert_to(concat_ws(E'\\x01', kind, tbl, name, def), 'UTF8')) as line from lines
  )
  select home as schema, encode(sha256(string_agg(line, ''::bytea order by line)), 'hex') as digest
  from hashed
  group by home`

/** All that is known of one home. `names` is undefined where roles do not matter. */
export async function look(session: Session, place: LookedAt, names: RoleNames | undefined): Promise<readonly Fact[]> {
  const found = await session.rows(sql<{ kind: Kind; tbl: string; name: string; def: string }>`
    ${facts([place], names)}
    select kind, tbl, name, def from lines`)
  return canonical(found.map(({ kind, tbl, name, def }) => ({ kind, table: tbl, name, def: JSON.parse(def) as Definition })))
}
