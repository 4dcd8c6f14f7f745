import { createHash } from 'node:crypto'
import { EXTENSION_SCHEMA, type RoleNames } from '../isolation/names.js'
import { fileText, ident, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import type { Migration } from './migration-files.js'

// What migrations make, in the words of PostgreSQL; owners, rights and policies are Tenantry's and left out. The order of columns is not looked at.
const shape = (schema: string): Sql<{ line: string }> => sql<{ line: string }>`
  with home as (select to_regnamespace(quote_ident(${schema}))::oid as oid, quote_ident(${schema}) || '.' as prefix),
  lines (line) as (
    select format('%s %s %s', c.relkind, c.relname, array(select o from unnest(c.reloptions) as o order by 1))
           || coalesce(pg_get_partkeydef(c.oid), '') || coalesce(pg_get_expr(c.relpartbound, c.oid), '')
           || case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) else '' end
    from pg_catalog.pg_class c join home on c.relnamespace = home.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select format('%s.%s %s %s %s %s%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
                  a.attidentity, a.attgenerated, a.attcollation::regcollation)
    from pg_catalog.pg_class c
    join home on c.relnamespace = home.oid
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    union all
    select k.conname || ' ' || k.conrelid::regclass || ' ' || pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k
      join home on k.connamespace = home.oid
    union all
    select pg_get_indexdef(c.oid) from pg_catalog.pg_class c join home on c.relnamespace = home.oid where c.relkind in ('i', 'I')
    union all
    select pg_get_triggerdef(t.oid) from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      join home on c.relnamespace = home.oid
    where not t.tgisinternal
    union all
    select case when p.prokind = 'a' then 'aggregate ' || p.oid::regprocedure else pg_get_functiondef(p.oid) end
    from pg_catalog.pg_proc p join home on p.pronamespace = home.oid
    union all
    select format('%s %s %s', t.typtype, t.typname, array(select e.enumlabel from pg_catalog.pg_enum e
      where e.enumtypid = t.oid order by e.enumsortorder))
    from pg_catalog.pg_type t join home on t.typnamespace = home.oid
    where t.typtype in ('e', 'd', 'r')
  )
  select replace(line, home.prefix, '') as line from lines, home where line is not null order by 1`

/** Equal for two schemas of which the same migrations were the making. */
export async function fingerprintOf(session: Session, schema: string): Promise<string> {
  const hash = createHash('sha256')
  for (const { line } of await session.rows(shape(schema))) hash.update(`${line}\n`)
  return hash.digest('hex')
}

/** The fingerprint of a home built from the files, in a schema that is gone again. Undefined where they cannot be run. Part of a transaction. */
export async function fingerprintOfFiles(
  session: Session,
  schema: string,
  migrations: readonly Migration[],
  names: RoleNames,
): Promise<string | undefined> {
  await session.run(sql`savepoint tenantry_scratch`)
  try {
    await session.run(sql`create schema ${ident(schema)} authorization ${ident(names.owner)}`)
    await session.run(sql`set local role ${ident(names.owner)}`)
    await session.run(sql`set local search_path = ${ident(schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
    for (const migration of migrations) await session.script(fileText(migration.up))
    await session.run(sql`set local role none`)
    await session.run(sql`set local search_path = ''`)
    return await fingerprintOf(session, schema)
  } catch {
    // A file that only runs over data, or that belongs to what was there: then the files say nothing about this schema.
    return undefined
  } finally {
    await session.run(sql`rollback to savepoint tenantry_scratch`)
  }
}
