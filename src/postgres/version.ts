import { fault } from '../kernel/faults.js'
import { sql } from '../kernel/sql.js'
import { addressOf } from './connection.js'
import { SAFE_MINORS } from './server-holes.js'
import type { Database } from './session.js'

export interface ServerFacts {
  /** As `server_version_num`: 180004 is 18.4. */
  readonly version: number
  readonly systemId: string
  readonly superuser: boolean
  readonly createRole: boolean
  readonly createDatabase: boolean
  /** Tenantry has started it, for development or for tests. */
  readonly startedHere: boolean
}

/** Asks a server who it is and what our login may do. Throws VERSION_UNSUPPORTED outside of PostgreSQL 15 to 18. */
export async function inspectServer(database: Database): Promise<ServerFacts> {
  const found = await database.one(sql<{
    version: number
    system_id: string
    superuser: boolean
    create_role: boolean
    create_db: boolean
    started_here: boolean
  }>`
    select current_setting('server_version_num')::int as version,
           (select system_identifier::text from pg_catalog.pg_control_system()) as system_id,
           r.rolsuper as superuser,
           r.rolcreaterole as create_role,
           r.rolcreatedb as create_db,
           coalesce(current_setting('tenantry_server.started_here', true), '') = 'on' as started_here
    from pg_catalog.pg_roles r
    where r.rolname = current_user`)
  checkSupported(found.version, addressOf(database.config))
  return {
    version: found.version,
    systemId: found.system_id,
    superuser: found.superuser,
    createRole: found.superuser || found.create_role,
    createDatabase: found.superuser || found.create_db,
    startedHere: found.started_here,
  }
}

/** Throws VERSION_UNSUPPORTED outside of PostgreSQL 15 to 18. */
export function checkSupported(version: number, server: string): void {
  const major = Math.floor(version / 10_000)
  if (major < 15 || major > 18) throw fault('VERSION_UNSUPPORTED', { server, version: versionText(version) })
}

export const versionText = (version: number): string => `${Math.floor(version / 10_000)}.${version % 10_000}`

/** The first safe minor of this server's major when the server is below it, as text; undefined when the server is safe. */
export function unsafeMinor(version: number): string | undefined {
  const major = Math.floor(version / 10_000)
  const safe = (SAFE_MINORS as Readonly<Partial<Record<number, number>>>)[major]
  return safe === undefined || version % 10_000 >= safe ? undefined : `${major}.${safe}`
}
