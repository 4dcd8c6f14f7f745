import { createHash } from 'node:crypto'
import type { Isolation } from '../../catalog/homes.js'
import { SCRATCH_HIDDEN, scratchPlatformTables, scratchTables } from '../../isolation/attacks/scratch-tables.js'
import type { FencingToken } from '../../isolation/fence.js'
import { admitLogin, dropDatabase, ensureDatabase, installDatabase } from '../../isolation/install.js'
import { createHome, dropHome, dropHomeRole, type HomePlace, placeTenant, SCRATCH_TRACK } from '../../isolation/model.js'
import { homeRole, ownLogin, pairedLogin } from '../../isolation/names.js'
import { ensureLogin } from '../../isolation/roles.js'
import { type Assurance, isSigned } from '../../kernel/assurance.js'
import { newId } from '../../kernel/clock.js'
import { shortId } from '../../kernel/identifiers.js'
import { isOwnLogin, passwordOf } from '../../kernel/own-password.js'
import { scramVerifier } from '../../postgres/scram.js'
import { type ApplyContext, applyToHome, applyToPlatform } from '../../schema/apply.js'
import type { Migration } from '../../schema/migration-files.js'
import { checkMigration } from '../../schema/parse.js'
import { PLAIN } from '../../schema/section-options.js'
import { newSigningKey } from '../assurance.js'
import { deleteRows } from '../destroying.js'
import type { Platform } from '../platform.js'

/** A tenant that the catalog does not know: only the operation that made it does. */
export interface ScratchTenant {
  readonly tenant: string
  readonly home: HomePlace
  readonly database: { readonly id: string; readonly name: string }
}

/** Two tenants of one isolation on a cluster, one of which attacks the other. */
export interface ScratchPair {
  readonly cluster: string
  readonly adminRef: string
  readonly appSecret: string
  readonly hardened: boolean
  readonly isolation: Isolation
  readonly assurance: Assurance
  readonly attacker: ScratchTenant
  readonly victim: ScratchTenant
}

export interface ScratchPlace {
  readonly cluster: string
  readonly adminRef: string
  readonly appSecret: string
  readonly hardened: boolean
  /** Of the database that most tenants of the cluster are in. */
  readonly main: { readonly id: string; readonly name: string; readonly assurance: Assurance }
  readonly loginSide: 1 | 2
}

/** What everything that belongs to a scratch tenant begins with. */
const PREFIX = 'attack_'

/** Names for a pair; nothing is made yet. */
export function planPair(
  platform: Pick<Platform, 'id' | 'config'>,
  isolation: Isolation,
  { main, loginSide, ...place }: ScratchPlace,
): ScratchPair {
  const own = isolation === 'database'
  const assurance = !own ? main.assurance : place.hardened ? platform.config.assurance.database : 'standard'
  const tenant = (): ScratchTenant => {
    const [id, databaseId] = [newId(), newId()]
    // The first login of the others came with the cluster.
    const login = assurance === 'dedicated' ? ownLogin(platform.id, id, loginSide) : pairedLogin(platform.id, 1, loginSide)
    const home = { id, isolation, track: SCRATCH_TRACK, schema: PREFIX + shortId(id), role: homeRole(platform.id, id), login }
    return {
      tenant: newId(),
      home,
      database: own ? { id: databaseId, name: PREFIX + shortId(databaseId) } : { id: main.id, name: main.name },
    }
  }
  const attacker = tenant()
  const victim = isolation === 'shared' ? { ...attacker, tenant: newId() } : tenant()
  return { ...place, isolation, assurance, attacker, victim }
}

/** Makes both with tables of their own, by what makes every tenant. Repeatable. */
export async function makePair(platform: Platform, pair: ScratchPair, by: FencingToken): Promise<void> {
  const admin = { superuser: pair.hardened }
  const { tenantColumn } = platform.config
  const context = contextOf(platform, by)
  for (const { tenant, home, database: place } of [pair.attacker, pair.victim]) {
    const database = platform.connect(pair.adminRef, place.name)
    if (pair.isolation === 'database') {
      const server = platform.connect(pair.adminRef)
      if (isOwnLogin(home.login)) {
        const verifier = await scramVerifier(passwordOf(home.login, platform.secrets(pair.appSecret)))
        await server.transaction((session) => ensureLogin(session, home.login, verifier, admin))
      }
      await ensureDatabase(server, place.name, place.id)
      await installDatabase(database, by, {
        databaseId: place.id,
        platformId: platform.id,
        names: platform.names,
        extensions: platform.config.extensions,
        files: platform.homeFiles,
        hardened: pair.hardened,
        // The key is in the database alone: who attacks asks there, as its administrator.
        assurance: { level: pair.assurance, keys: isSigned(pair.assurance) ? [newSigningKey(1)] : [] },
      })
      await admitLogin(database, home.login, pair.hardened)
      if (tenantColumn !== null) await applyToPlatform(database, [migration('1', scratchPlatformTables(tenantColumn))], context)
    }
    await createHome(database, home, platform.names, by, admin)
    await applyToHome(database, home, [migration('1', scratchTables(tenantColumn))], context, true)
    await placeTenant(database, tenant, home.id, by)
  }
}

const contextOf = ({ names, config: { tenantColumn } }: Platform, by: FencingToken): ApplyContext => ({
  ...{ names, tenantColumn, hidden: SCRATCH_HIDDEN, by },
})

function migration(version: string, up: string): Migration {
  const checksum = createHash('sha256').update(up).digest('hex')
  const nothing = { down: undefined, downLine: 1, downOptions: PLAIN, program: undefined }
  return { ...nothing, version, title: 'scratch', file: 'scratch', kind: 'sql', up, upLine: 1, options: PLAIN, checksum }
}

/** Migrates a scratch home as every home is: the file is checked, then run, then the gate looks at what it has made. */
export async function migrateScratch(
  platform: Platform,
  pair: ScratchPair,
  { home, database }: ScratchTenant,
  up: string,
  by: FencingToken,
): Promise<void> {
  const next = migration('2', up)
  await checkMigration(next)
  const first = migration('1', scratchTables(platform.config.tenantColumn))
  await applyToHome(platform.connect(pair.adminRef, database.name), home, [first, next], contextOf(platform, by), true)
}

/** Destroys both, with whatever is left of them. Repeatable. */
export async function clearPair(platform: Platform, pair: ScratchPair, by: FencingToken): Promise<void> {
  const server = platform.connect(pair.adminRef)
  for (const { tenant, home, database: place } of [pair.attacker, pair.victim]) {
    if (pair.isolation === 'database') {
      await dropDatabase(server, place.name, place.id)
    } else {
      // A scratch home is nobody's but theirs, in shared tables as well: it goes as a whole. Only what they have in platform tables lies elsewhere.
      const alone = { ...home, isolation: 'schema' as const }
      await deleteRows(
        platform,
        { tenant, slug: PREFIX, adminRef: pair.adminRef, database: place, home: alone, superuser: pair.hardened },
        by,
      )
      await dropHome(platform.connect(pair.adminRef, place.name), home, by)
    }
    await server.transaction((session) => dropHomeRole(session, home))
  }
}
