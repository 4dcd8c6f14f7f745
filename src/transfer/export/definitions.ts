import { relationsIn } from '../../isolation/in-schema.js'
import type { HomePlace } from '../../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA } from '../../isolation/names.js'
import { fault } from '../../kernel/faults.js'
import { ident, type Sql, sql } from '../../kernel/sql.js'
import type { Database, Session } from '../../postgres/session.js'
import { difference } from '../../schema/drift/difference.js'
import type { Fact, Kind } from '../../schema/drift/facts.js'
import { look } from '../../schema/drift/look.js'
import { createTable, mendSequence } from '../../schema/drift/mend-tables.js'
import { type Gathering, gathering, list, speaksOf, text, words } from '../../schema/drift/plan.js'
import { inOrder } from '../../schema/drift/sides.js'
import { createType } from '../../schema/drift/type-mends.js'
import { fingerprintOf } from '../../schema/fingerprint.js'
import type { SnapshotFacts } from '../model.js'
import { withoutVariables } from './deparsed.js'
import { plainFacts } from './plain-facts.js'

/** What makes the tables of a home again, in a schema of a stock PostgreSQL. Statements without their semicolon. */
export interface Definitions {
  readonly extensions: readonly string[]
  /** Types, sequences and tables: before there are rows. */
  readonly before: readonly string[]
  /** Keys, indexes and foreign keys: after them, which is quicker, and needs no order of tables. */
  readonly after: readonly string[]
  /** The sequences that are there by then. */
  readonly sequences: ReadonlySet<string>
  /** Of tables beside the home: how each is called there. */
  readonly platformNames: ReadonlyMap<string, string>
  readonly leftOut: readonly string[]
}

/** Reads them as they are for a snapshot, which is open. Throws SNAPSHOT_BLOCKED where they have changed since. */
export async function definitionsOf(database: Database, home: HomePlace, facts: SnapshotFacts): Promise<Definitions> {
  return database.transaction(
    async (session) => {
      const place = { schema: home.schema, role: null, login: null }
      const found = await look(session, place, undefined)
      // The snapshot keeps tables from being altered, but not from getting an index or a foreign key.
      if ((await fingerprintOf(session, home.schema)) !== facts.shape)
        throw fault('SNAPSHOT_BLOCKED', { home: home.schema, reason: 'its tables changed meanwhile' })
      const { facts: plain, leftOut } = plainFacts(found, facts.tenant)
      const beside = await besideOf(session, facts, plain)
      const statements = statementsOf(await ordered(session, home.schema, [...plain, ...beside.facts]))
      return {
        extensions: await extensionsOf(session, home.schema),
        ...statements,
        sequences: new Set([
          ...plain.filter(({ kind }) => kind === 'sequence').map(({ table, name }) => (name === '' ? table : name)),
          ...found.filter(({ kind, def }) => kind === 'sequence' && def.identity === true).map(({ name }) => name),
        ]),
        platformNames: beside.names,
        leftOut: [...leftOut, ...beside.leftOut, ...statements.told],
      }
    },
    { isolation: 'repeatable read', readOnly: true },
  )
}

// Roles are of no use where the file is read.
const NOBODY = { schema: '', roles: {} }

interface Ordered {
  readonly facts: readonly Fact[]
  /** The columns of a table, or a composite type, as they follow each other. */
  readonly columnsOf: (table: string) => readonly Fact[]
}

function statementsOf({ facts, columnsOf }: Ordered): Pick<Definitions, 'before' | 'after'> & { readonly told: readonly string[] } {
  const kinds = (...wanted: readonly Kind[]): readonly Fact[] => facts.filter(({ kind }) => wanted.includes(kind))
  const [before, told]: [string[], string[]] = [[], []]
  const gather = (fill: (plan: Gathering) => void): void => {
    const plan = gathering()
    fill(plan)
    const made = plan.difference()
    before.push(...made.mends.map(({ sql: text }) => withoutVariables(text)))
    told.push(...made.told)
  }
  const speaks = (one: Fact, other: Fact): boolean =>
    partsOf(one, columnsOf).some((type) => speaksOf(type, other.table) || speaksOf(type, ident(other.table).text))
  for (const type of inOrder(kinds('type'), speaks)) {
    gather((plan) => createType(plan, type, columnsOf(type.table)))
    for (const check of kinds('domain check').filter(({ table }) => table === type.table))
      gather((plan) =>
        plan.add('keys', sql`alter domain ${ident(check.table)} add constraint ${ident(check.name)} ${words(check.def.def)}`),
      )
  }
  const isUnder = (one: Fact, { table }: Fact): boolean =>
    [text(one, 'partition of'), ...list(one.def.inherits)].some((parent) => parent === table || parent === ident(table).text)
  gather((plan) => {
    for (const sequence of kinds('sequence')) mendSequence(plan, sequence, undefined)
    for (const table of inOrder(kinds('table'), isUnder)) createTable(plan, table, columnsOf(table.table))
  })
  const there = kinds('sequence', 'table', 'column', 'type')
  const keys = difference([...there, ...kinds('constraint', 'index')], there, NOBODY)
  return { before, after: keys.mends.map(({ sql: text }) => withoutVariables(text)), told: [...told, ...keys.told] }
}

/** The types that a type is made of. */
const partsOf = (type: Fact, columnsOf: Ordered['columnsOf']): readonly string[] => [
  ...[type.def.base, type.def.subtype].filter((part) => typeof part === 'string'),
  ...columnsOf(type.table).map(({ def }) => String(def.type)),
]

/**
 * Tables beside the home that hold rows of the tenant: columns, primary and unique keys. They get a name that says so, since they are to be in one schema
 * with the others.
 */
async function besideOf(
  session: Session,
  facts: SnapshotFacts,
  taken: readonly Fact[],
): Promise<{ readonly facts: readonly Fact[]; readonly names: ReadonlyMap<string, string>; readonly leftOut: readonly string[] }> {
  const wanted = facts.tables.filter(({ of }) => of === 'platform').map(({ name }) => name)
  if (wanted.length === 0) return { facts: [], names: new Map(), leftOut: [] }
  const found = plainFacts(await look(session, { schema: PLATFORM_SCHEMA, role: null, login: null }, undefined), facts.tenant).facts
  const used = new Set(taken.flatMap(({ table, name }) => [table, name]))
  const free = (name: string): string => {
    let one = cut(`${PLATFORM_SCHEMA}_${name}`)
    for (let n = 2; used.has(one); n++) one = cut(`${PLATFORM_SCHEMA}${n}_${name}`)
    used.add(one)
    return one
  }
  const names = new Map(wanted.map((name) => [name, free(name)]))
  const ofTables = found.filter(({ table, kind, def }) => {
    if (!names.has(table)) return false
    return kind === 'table' || kind === 'column' || (kind === 'constraint' && (def.kind === 'p' || def.kind === 'u'))
  })
  const there = new Set(taken.filter(({ kind }) => kind === 'type').map(({ table }) => table))
  const types = found.filter(
    ({ kind, table, def }) => (kind === 'type' || kind === 'domain check' || def.composite === true) && !there.has(table),
  )
  const renamed = ofTables.map((fact): Fact => {
    const table = names.get(fact.table)!
    if (fact.kind === 'table') return { ...fact, table, def: { kind: 'table' } }
    if (fact.kind !== 'column') return { ...fact, table, name: free(fact.name) }
    const { default: said, identity: _, ...def } = fact.def
    // A constant by now: rows come without it.
    const filled = fact.name === facts.tenantColumn ? { default: said } : {}
    return { ...fact, table, def: { ...def, ...filled, type: String(def.type).replace(/ generated .* as identity .*$/s, '') } }
  })
  return {
    facts: [...types, ...renamed],
    names,
    leftOut: [...names].map(
      ([name, as]) => `defaults, checks, indexes and foreign keys of ${PLATFORM_SCHEMA}.${name}, which is ${as} here`,
    ),
  }
}

/** A name in as many bytes as PostgreSQL takes. */
const cut = (name: string): string => {
  let end = name
  while (Buffer.byteLength(end) > 63) end = [...end].slice(0, -1).join('')
  return end
}

/** Facts do not tell in which order columns are, and rows of a composite type cannot be read without it. */
async function ordered(session: Session, schema: string, facts: readonly Fact[]): Promise<Ordered> {
  const found = await session.rows(sql<{ table: string; columns: readonly string[] }>`
    select c.relname::text as "table", array_agg(a.attname::text order by a.attnum) as columns
    from (
      select c.oid from pg_catalog.pg_class c where c.oid in ${relationsIn(schema)}
      union all
      select t.typrelid
      from pg_catalog.pg_depend d
      join pg_catalog.pg_type t on t.oid = d.objid and t.typrelid <> 0
      where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = to_regnamespace(quote_ident(${schema}))
        and d.classid = 'pg_catalog.pg_type'::regclass
    ) r
    join pg_catalog.pg_class c on c.oid = r.oid
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    group by c.oid, c.relname`)
  const places = new Map(found.map(({ table, columns }) => [table, new Map(columns.map((name, at) => [name, at]))]))
  const columns = new Map<string, Fact[]>()
  for (const fact of facts) if (fact.kind === 'column') (columns.get(fact.table) ?? columns.set(fact.table, []).get(fact.table)!).push(fact)
  return {
    facts,
    columnsOf: (table) => {
      const at = ({ name }: Fact): number => places.get(table)?.get(name) ?? 0
      return [...(columns.get(table) ?? [])].sort((a, b) => at(a) - at(b))
    },
  }
}

/** The extensions that the tables of a home need. */
async function extensionsOf(session: Session, schema: string): Promise<readonly string[]> {
  const needed = await session.rows(sql<{ name: string }>`
    with own as (
      select d.classid, d.objid
      from pg_catalog.pg_depend d
      where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = to_regnamespace(quote_ident(${schema}))
    ), within as (
      select * from own
      union
      select d.classid, d.objid from own join pg_catalog.pg_depend d on d.refclassid = own.classid and d.refobjid = own.objid and d.deptype in ('a', 'i', 'I')
    )
    select distinct e.extname::text as name
    from within
    join pg_catalog.pg_depend d on d.classid = within.classid and d.objid = within.objid
    join pg_catalog.pg_depend m on m.classid = d.refclassid and m.objid = d.refobjid and m.deptype = 'e'
    join pg_catalog.pg_extension e on e.oid = m.refobjid
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where n.nspname = ${EXTENSION_SCHEMA}
    order by 1`)
  return needed.map(({ name }) => name)
}

/** The name of a table in the file. */
export const tableName = ({ platformNames }: Definitions, table: { readonly of: 'home' | 'platform'; readonly name: string }): Sql =>
  ident(table.of === 'home' ? table.name : (platformNames.get(table.name) ?? table.name))
