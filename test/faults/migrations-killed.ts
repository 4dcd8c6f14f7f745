import type { Fleet } from '../../src/testing/fleet.js'
import { addMigration } from '../../src/testing/project-files.js'
import type { Subject } from './checker.js'
import { type Rig, until } from './rig.js'

// One migration after the other, each of which leaves traces that tell whether a home has it wholly, not at all, or twice.

export type Form = 'in one transaction' | 'statement by statement'

/** A migration that was written to the project's folder. */
export interface Written {
  readonly number: number
  readonly version: string
  readonly form: Form
}

const versionOf = (number: number): string => `2030${String(number).padStart(10, '0')}`

/** Writes the n-th. In the form without a transaction every statement may be repeated. */
export async function writeMigration(fleet: Fleet, number: number, form: Form = 'in one transaction'): Promise<Written> {
  const version = versionOf(number)
  const text = form === 'in one transaction' ? inOne(number) : byStatement(number)
  await addMigration(fleet, `tenant/${version}_change_${number}.sql`, text)
  return { number, version, form }
}

const inOne = (n: number): string => `-- migrate:up
alter table note add column c${n} integer not null default ${n};
create index note_c${n} on note (tenant_id, c${n});
insert into measure (tenant_id, value) select tenant_id, ${n} from author order by tenant_id limit 1;

-- migrate:down
delete from measure where value = ${n};
alter table note drop column c${n};
`

const byStatement = (n: number): string => `-- migrate:up transaction:false
create index concurrently if not exists note_c${n} on note (tenant_id, size, id);
create index concurrently if not exists author_c${n} on author (tenant_id, id, name);
`

/** Writes one of the platform's tables. */
export async function writePlatformMigration(fleet: Fleet, number: number): Promise<string> {
  const table = `kind_${number}`
  const text = `-- migrate:up\ncreate table ${table} (code text primary key);\ninsert into ${table} values ('one');\n\n-- migrate:down\ndrop table ${table};\n`
  await addMigration(fleet, `platform/${versionOf(number)}_${table}.sql`, text)
  return table
}

/** The databases in which it is not there once, with its row and its entry in the ledger. */
export async function databasesWithout({ eyes, catalog }: Subject, table: string, number: number): Promise<readonly string[]> {
  const databases = await eyes.see<{ name: string }>(catalog, 'select name from catalog.database order by name')
  const all = await Promise.all(
    databases.map(async ({ name }) => {
      const [found] = await eyes.see<{ rows: string; entries: string }>(
        name,
        `select (select count(*) from platform.${table}) as rows,
                (select count(*) from tenantry.migration where home_id = '00000000-0000-0000-0000-000000000000' and version = $1) as entries`,
        [versionOf(number)],
      )
      return found?.rows === '1' && found.entries === '1' ? [] : [`${name}: ${JSON.stringify(found)}`]
    }),
  )
  return all.flat()
}

/** The rows that data steps count by: an author in every home. */
export const seedTraces = async (fleet: Fleet, slugs: readonly string[]): Promise<void> => {
  for (const tenant of slugs) await fleet.run('tenant.sql', { tenant, statement: "insert into author (name) values ('one')", write: true })
}

interface Found {
  readonly slug: string
  readonly database: string
  readonly schema: string
  readonly home: string
}

const homesOf = ({ eyes, catalog }: Subject): Promise<readonly Found[]> =>
  eyes.see<Found>(
    catalog,
    `select min(t.slug) as slug, d.name as database, h.schema_name as schema, h.id as home
     from catalog.home h
     join catalog.database d on d.id = h.database_id
     join catalog.placement p on p.home_id = h.id
     join catalog.tenant t on t.id = p.tenant_id
     group by d.name, h.schema_name, h.id`,
  )

/** How much of the migration each home has, seen by plain SQL: `none`, `all`, or what is wrong. */
export async function tracesOf(subject: Subject, { number, version, form }: Written): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { slug, database, schema, home } of await homesOf(subject)) {
    const [row] = await subject.eyes.see<Record<string, string>>(
      database,
      form === 'in one transaction' ? SEEN_IN_ONE(schema) : SEEN_BY_STATEMENT,
      [home, version, schema, number],
    )
    found.set(slug, verdict(row!))
  }
  return found
}

/** Every count is 0, or every count is 1. */
function verdict(counts: Readonly<Record<string, string>>): string {
  const values = Object.values(counts).map(Number)
  if (values.every((value) => value === 0)) return 'none'
  return values.every((value) => value === 1) ? 'all' : JSON.stringify(counts)
}

const INDEX = `
  select count(*) from pg_class i join pg_index x on x.indexrelid = i.oid
  where i.relnamespace = $3::regnamespace and x.indisvalid and i.relname =`

const LEDGER = `
  (select count(*) from tenantry.migration where home_id = $1 and version = $2) as ledger,
  (select count(*) from tenantry.home where id = $1 and version = $2) as home,
  (select count(distinct version) from tenantry.placement where home_id = $1 and version = $2) as placements`

const SEEN_IN_ONE = (schema: string): string => `
  select ${LEDGER},
         (select count(*) from pg_attribute where attrelid = ($3 || '.note')::regclass and attname = 'c' || $4::int and not attisdropped) as column,
         (${INDEX} 'note_c' || $4::int) as index,
         (select count(*) from "${schema}".measure where value = $4::int) as rows`

// An index that is there before its entry in the ledger is no half migration: the statement may be repeated.
const SEEN_BY_STATEMENT = `
  select ${LEDGER},
         (select least(count(*), 1) from tenantry.migration where home_id = $1 and version = $2
            and exists (${INDEX} 'note_c' || $4::int) and exists (${INDEX} 'author_c' || $4::int)) as indexes`

/** What is left of indexes whose building was broken off. */
export async function invalidIndexes({ eyes, catalog }: Subject): Promise<readonly string[]> {
  const databases = await eyes.see<{ name: string }>(catalog, 'select name from catalog.database order by name')
  const all = await Promise.all(
    databases.map(({ name }) =>
      eyes.see<{ index: string }>(name, 'select indexrelid::regclass::text as index from pg_index where not indisvalid or not indisready'),
    ),
  )
  return all.flat().map(({ index }) => `${index} is invalid`)
}

/** Waits until no migration of the fleet is going on. Throws when one has ended otherwise than well. */
export const endOfMigration = ({ eyes, subject }: Rig): Promise<void> =>
  until('the migration to end', async () => {
    const text = `select state from catalog.operation where name = 'migrate.up' order by created_at desc limit 1`
    const [found] = await eyes.see<{ state: string }>(subject.catalog, text)
    if (found === undefined || found.state === 'succeeded') return true
    if (found.state !== 'running') throw new Error(`the migration has ended as ${found.state}`)
    return undefined
  }).then(() => {})
