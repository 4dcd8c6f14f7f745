import { fault } from '../../kernel/faults.js'
import { ident, literal, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'
import { outsideOf } from '../dependencies.js'
import type { FencingToken } from '../fence.js'
import { admitIn, type Installation, installed, installIn, lockInstallation, mark } from '../install.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, POOLER_SCHEMA } from '../names.js'
import { changesSince, recordState, rememberState, type Scope } from './state.js'

const DATABASE: Scope = { schema: null, tenantColumn: null }

export interface Taking {
  readonly installation: Installation
  readonly login: string
  /** May the database be dropped with its tenant? Then it gets the mark that says so. */
  readonly whole: boolean
}

/**
 * Makes somebody's database tenant-bearing and keeps how it was. Part of a transaction. Answers what changed. Throws DATABASE_OCCUPIED where
 * Tenantry's schemas have another's names, or another platform's are there.
 */
export async function takeDatabase(
  session: Session,
  database: string,
  by: FencingToken,
  { installation, login, whole }: Taking,
): Promise<readonly string[]> {
  await session.run(lockInstallation)
  if ((await session.one(installed)).there) {
    const { id } = await session.one(sql<{ id: string }>`select database_id as id from tenantry.identity`)
    // By another worker, at this step.
    if (id === installation.databaseId) return []
  }
  const taken = await session.maybe(sql<{ name: string }>`
    select nspname::text as name from pg_catalog.pg_namespace where nspname in ('tenantry', ${PLATFORM_SCHEMA}, ${POOLER_SCHEMA}) order by 1 desc limit 1`)
  if (taken !== undefined)
    throw fault('DATABASE_OCCUPIED', { database, what: `has a schema "${taken.name}" already, which Tenantry would make` })
  await rememberState(session, DATABASE)
  await installIn(session, database, by, installation)
  await session.run(sql`revoke all on database ${ident(database)} from public`)
  if (whole) {
    // Its owner could drop it, and make what nobody has looked at.
    await session.run(sql`alter database ${ident(database)} owner to current_user`)
    await session.run(sql`comment on database ${ident(database)} is ${literal(mark(installation.databaseId))}`)
  }
  await admitIn(session, database, login, installation.hardened)
  await recordState(session, DATABASE, null)
  return changesSince(session, DATABASE)
}

interface Before {
  readonly comment: string | null
  readonly schemas: readonly string[]
  readonly extensions: readonly string[]
}

/** Takes away all that made a database tenant-bearing, when no home is left in it. Part of a transaction. Throws TENANT_DEPENDED. */
export async function giveDatabaseBack(session: Session, database: string, tenant: string, extensions: readonly string[]): Promise<void> {
  const record = await session.maybe(sql<{ before: Before }>`
    select details as before from tenantry.adopted_object where home_id is null and object_type = 'database'`)
  const { homes } = await session.one(sql<{ homes: number }>`select count(*)::int as homes from tenantry.home`)
  if (record === undefined || homes > 0) return
  const { comment, schemas, extensions: had } = record.before
  await session.run(sql`select tenantry.give_back(null)`)
  await session.run(
    comment === null
      ? sql`comment on database ${ident(database)} is null`
      : sql`comment on database ${ident(database)} is ${literal(comment)}`,
  )
  await session.run(sql`drop schema if exists ${ident(POOLER_SCHEMA)} cascade`)
  for (const schema of [PLATFORM_SCHEMA, 'tenantry']) {
    const what = await outsideOf(session, { schema })
    if (what.length > 0) throw fault('TENANT_DEPENDED', { tenant, what })
    await session.run(sql`drop schema ${ident(schema)} cascade`)
  }
  for (const extension of extensions) if (!had.includes(extension)) await session.run(sql`drop extension if exists ${ident(extension)}`)
  if (!schemas.includes(EXTENSION_SCHEMA)) await session.run(sql`drop schema ${ident(EXTENSION_SCHEMA)}`)
}
