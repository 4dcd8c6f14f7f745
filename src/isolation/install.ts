import type { Assurance, SigningKey } from '../kernel/assurance.js'
import { fault } from '../kernel/faults.js'
import { compareLedger, type SqlFile } from '../kernel/ledger.js'
import { fileText, ident, literal, type Sql, sql } from '../kernel/sql.js'
import { addressOf } from '../postgres/connection.js'
import { type DriverError, sqlstate } from '../postgres/errors.js'
import type { Database, Session } from '../postgres/session.js'
import { installAssurance } from './assurance.js'
import { assertFence, type FencingToken } from './fence.js'
import { applyHomeFiles, filesFor, homeLedger, isWall } from './ledger.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, type RoleNames } from './names.js'
import { roleExists } from './roles.js'

export type { SqlFile }

export interface Installation {
  readonly databaseId: string
  readonly platformId: string
  readonly names: RoleNames
  readonly extensions: readonly string[]
  readonly files: readonly SqlFile[]
  /** False where the administrator is no superuser: PUBLIC's rights on pg_catalog cannot be taken then. */
  readonly hardened: boolean
  /** Of a database that is made. What is there already stays as it is: `assurance set` changes it. */
  readonly assurance?: { readonly level: Assurance; readonly keys: readonly SigningKey[] }
}

interface Found {
  readonly comment: string | null
  /** Its dropping was begun and did not come to its end: nobody can connect to it, and it can only be dropped. */
  readonly halfDropped: boolean
}

const databaseComment = (name: string): Sql<Found> => sql<Found>`
  select pg_catalog.shobj_description(oid, 'pg_database') as comment, datconnlimit = -2 as "halfDropped"
  from pg_catalog.pg_database
  where datname = ${name}`

/** The intent: throws DATABASE_OCCUPIED unless the name is free. Journaled before `ensureDatabase`, which may then take what it finds for its own. */
export async function checkDatabaseFree(maintenance: Database, name: string): Promise<void> {
  const found = await maintenance.maybe(databaseComment(name))
  if (found !== undefined) throw fault('DATABASE_OCCUPIED', { database: name, what: 'was not made by this operation' })
}

/**
 * The act: makes the database if it is not there. CREATE DATABASE cannot be part of a transaction, so after a crash a repetition finds either nothing,
 * a database without a mark (killed before the comment; the name was free when the intent was journaled), or its own mark.
 */
export async function ensureDatabase(maintenance: Database, name: string, databaseId: string): Promise<void> {
  const found = await maintenance.maybe(databaseComment(name))
  if (found === undefined) await createDatabase(maintenance, name)
  else if (!isOurs(found.comment, databaseId)) throw fault('DATABASE_OCCUPIED', { database: name, what: 'belongs to something else' })
  await maintenance.run(sql`revoke all on database ${ident(name)} from public`)
  await maintenance.run(sql`comment on database ${ident(name)} is ${literal(mark(databaseId))}`)
}

/** Drops a database of ours; one that is gone already, or that carries another's mark, is left alone. */
export async function dropDatabase(maintenance: Database, name: string, databaseId: string): Promise<void> {
  const found = await maintenance.maybe(databaseComment(name))
  if (found !== undefined && isOurs(found.comment, databaseId)) await dropByForce(maintenance, name)
}

/** What a database says of itself before it is removed. Undefined when it is gone. Where nothing marks it as ours, tenants are not counted. */
export async function inspectForRemoval(
  maintenance: Database,
  database: Database,
  databaseId: string,
): Promise<{ readonly ours: boolean; readonly tenants: number } | undefined> {
  const found = await maintenance.maybe(databaseComment(database.config.database))
  if (found === undefined) return undefined
  // Unlike a database that is just being made, one that was added bears its mark: without it, somebody has put another in its place.
  if (found.comment !== mark(databaseId)) return { ours: false, tenants: 0 }
  if (found.halfDropped || !(await database.one(installed)).there) return { ours: true, tenants: 0 }
  return database.one(sql<{ ours: boolean; tenants: number }>`
    select exists (select 1 from tenantry.identity where database_id = ${databaseId}) as ours,
           (select count(*)::int from tenantry.placement where state <> 'moved') as tenants`)
}

/** Is there a database of this name, with the mark of this id? */
export const isMarked = async (maintenance: Database, name: string, databaseId: string): Promise<boolean> =>
  (await maintenance.maybe(databaseComment(name)))?.comment === mark(databaseId)

/** Drops a database that carries our mark; one without it, or with another's, is left alone. Repeatable. */
export async function dropMarkedDatabase(maintenance: Database, name: string, databaseId: string): Promise<void> {
  if (await isMarked(maintenance, name, databaseId)) await dropByForce(maintenance, name)
}

/**
 * Drops a database with whoever is in it. Only a superuser may end autovacuum's workers by force; the plain command, which lets others go on, does it for
 * everybody.
 */
export async function dropByForce(maintenance: Session, name: string): Promise<void> {
  try {
    await maintenance.run(sql`drop database if exists ${ident(name)} with (force)`)
  } catch (error) {
    // The same SQLSTATE says that the database is another's.
    if (sqlstate(error) !== '42501' || (error as DriverError).routine !== 'TerminateOtherDBBackends') throw error
    await maintenance.run(sql`drop database if exists ${ident(name)}`)
  }
}

async function createDatabase(maintenance: Database, name: string): Promise<void> {
  try {
    await maintenance.run(sql`create database ${ident(name)} template template0 encoding 'UTF8'`)
  } catch (error) {
    if (sqlstate(error) === '42501') throw fault('PRIVILEGE_MISSING', { server: addressOf(maintenance.config), what: 'create databases' })
    // Somebody was faster by the same name: a worker that was taken for dead.
    if (sqlstate(error) !== '42P04' && sqlstate(error) !== '23505') throw error
  }
}

/** What is written on a database that may be dropped with its tenant. */
export const mark = (databaseId: string): string => `tenantry:${databaseId}`
const isOurs = (comment: string | null, databaseId: string): boolean => comment === null || comment === mark(databaseId)

/** Makes a database tenant-bearing: extensions, schema `tenantry`, walls, grants. Repeatable; one transaction. */
export async function installDatabase(database: Database, by: FencingToken, installation: Installation): Promise<void> {
  await database.transaction((session) => installIn(session, database.config.database, by, installation))
}

/** The same as a part of a transaction. */
export async function installIn(session: Session, database: string, by: FencingToken, installation: Installation): Promise<void> {
  await installSchemas(session, installation)
  await session.run(assertFence(by))
  const made = await session.run(sql`
    insert into tenantry.identity (database_id, platform_id) values (${installation.databaseId}, ${installation.platformId}) on conflict do nothing`)
  if (made === 1 && installation.assurance !== undefined)
    await installAssurance(session, installation.assurance.level, installation.assurance.keys)
  const { id } = await session.one(sql<{ id: string }>`select database_id as id from tenantry.identity`)
  // As a constant that the planner can see through; see sql/home.
  await session.run(sql`
    create or replace function tenantry.database_id() returns uuid language sql immutable parallel safe return ${literal(id)}::uuid`)
  await session.run(sql`revoke all on function tenantry.database_id() from public`)
  if (id !== installation.databaseId) throw fault('DATABASE_OCCUPIED', { database, what: 'is a tenant database of another platform' })
}

/** Is the database there, and tenant-bearing? */
export async function isInstalled(maintenance: Database, database: Database): Promise<boolean> {
  const found = await maintenance.maybe(databaseComment(database.config.database))
  if (found === undefined || found.halfDropped) return false
  return (await database.one(installed)).there
}

export const installed = sql<{ there: boolean }>`select to_regclass('tenantry.installed') is not null as there`

/** While nothing is there that could fence or be locked: of two workers at the same step, the second waits here and finds everything done. */
export const lockInstallation = sql`select pg_advisory_xact_lock(7426)`

async function installSchemas(session: Session, installation: Installation): Promise<void> {
  const { files, hardened } = installation
  await session.run(lockInstallation)
  const applied = (await session.one(installed)).there ? await session.rows(homeLedger) : []
  await applyHomeFiles(session, filesFor(compareLedger(files, applied).missing, hardened), files)
  await admitPlatformRoles(session, installation)
}

/** What the platform's own roles may do with what the files have made, and the extensions. Repeatable. */
export async function admitPlatformRoles(session: Session, { names, extensions, files, hardened }: Installation): Promise<void> {
  const [ext, platform] = [ident(EXTENSION_SCHEMA), ident(PLATFORM_SCHEMA)]
  await session.run(sql`create schema if not exists ${ext}`)
  for (const extension of extensions) await session.run(sql`create extension if not exists ${ident(extension)} schema ${ext}`)
  await session.run(sql`create schema if not exists ${platform}`)
  const everyone = sql`${ident(names.tenant)}, ${ident(names.code)}, ${ident(names.owner)}`
  await session.run(sql`grant usage on schema tenantry, ${ext}, ${platform} to ${everyone}`)
  await session.run(
    sql`grant execute on function tenantry.tenant(), tenantry.actor(), tenantry.request(), tenantry.no_tenant(), tenantry.fact(text) to ${everyone}`,
  )
  if (!hardened) return
  await session.run(sql`grant usage on language plpgsql, sql to ${ident(names.owner)}, ${ident(names.code)}`)
  // Extensions come after the files, and bring functions that one of these is about.
  if (extensions.length > 0)
    await raiseDatabaseWalls(
      session,
      files.filter(({ name }) => name === 'walls_sessions'),
    )
  await admitPooler(session, names)
}

/** Lets a pooler's own login ask for the verifiers of the logins of this database, where there is one. Repeatable. */
export async function admitPooler(session: Session, { pooler }: RoleNames): Promise<void> {
  if ((await session.maybe(roleExists(pooler))) === undefined) return
  const { here, asks } = await session.one(sql<{ here: string; asks: boolean }>`
    select current_database()::text as here, to_regprocedure('tenantry_pooler.login_v1(text)') is not null as asks`)
  if (!asks) return
  await session.run(sql`grant connect on database ${ident(here)} to ${ident(pooler)}`)
  await session.run(sql`grant usage on schema tenantry_pooler to ${ident(pooler)}`)
  await session.run(sql`grant execute on function tenantry_pooler.login_v1(text) to ${ident(pooler)}`)
}

/** Takes from PUBLIC once more what the walls of a database are made of. Repeatable. */
export async function raiseDatabaseWalls(session: Session, files: readonly SqlFile[]): Promise<void> {
  for (const file of files) if (isWall(file)) await session.script(fileText(file.text))
}

/** Lets a login of the application in: it may enter tenants and change into the roles that it is a member of, nothing else. */
export async function admitLogin(database: Database, login: string, hardened: boolean): Promise<void> {
  await database.transaction((session) => admitIn(session, database.config.database, login, hardened))
}

/** The same as a part of a transaction. */
export async function admitIn(session: Session, database: string, login: string, hardened: boolean): Promise<void> {
  await session.run(sql`grant connect on database ${ident(database)} to ${ident(login)}`)
  await session.run(sql`grant usage on schema tenantry to ${ident(login)}`)
  await grantEntry(session, login, hardened)
}

/** What a login needs of `tenantry`, and of what PUBLIC has lost, to enter. */
export async function grantEntry(session: Session, login: string, hardened: boolean): Promise<void> {
  // A database that has not been raised yet knows no tokens; whoever raises it grants the rest.
  const { tokens } = await session.one(sql<{ tokens: boolean }>`
    select to_regprocedure('tenantry.enter_v2(text, bigint, text, uuid, bigint, integer, bytea)') is not null as tokens`)
  if (tokens)
    await session.run(sql`grant execute on function tenantry.enter_v2(text, bigint, text, uuid, bigint, integer, bytea) to ${ident(login)}`)
  const { holds } = await session.one(sql<{ holds: boolean }>`select to_regprocedure('tenantry.hold_home_v1(uuid)') is not null as holds`)
  if (holds) await session.run(sql`grant execute on function tenantry.hold_home_v1(uuid), tenantry.wait_home_v1(uuid) to ${ident(login)}`)
  await session.run(sql`
      grant execute on function
        tenantry.enter_v1(uuid, bigint, text, uuid, text, text), tenantry.hold_v1(uuid), tenantry.wait_v1(uuid), tenantry.no_entrance_v1(),
        tenantry.database_id()
      to ${ident(login)}`)
  await session.run(sql`grant select on tenantry.entrance_v1, tenantry.placement_stamp to ${ident(login)}`)
  if (!hardened) return
  await session.run(sql`
      grant execute on function pg_catalog.set_config(text, text, boolean), pg_catalog.pg_try_advisory_xact_lock_shared(bigint) to ${ident(login)}`)
}
