import { z } from 'zod'
import { adoptedHome, goesLast, lockDatabaseById, setDatabaseState, sharingWith, waitsForOthers } from '../../catalog/adoption.js'
import { databaseById, deleteDatabase } from '../../catalog/clusters.js'
import { deleteHome, homeById } from '../../catalog/homes.js'
import { openOperationOn } from '../../catalog/operations.js'
import { deleteTenant, graceIsOver, lockTenant, setTenantState } from '../../catalog/tenants.js'
import { type Destroyed, findTombstone, insertTombstone } from '../../catalog/tombstones.js'
import { type Doomed, destroyTenant, rowsOf } from '../../engine/destroying.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { giveDatabaseBack } from '../../isolation/adoption/database.js'
import { giveHomeBack, homeIsThere } from '../../isolation/adoption/home.js'
import { outsideOf, usesOfDatabase } from '../../isolation/dependencies.js'
import { countTenantRows, sizeOfHome } from '../../isolation/destroy.js'
import { assertFence } from '../../isolation/fence.js'
import { isInstalled } from '../../isolation/install.js'
import { MODELS } from '../../isolation/model.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import type { Database } from '../../postgres/session.js'
import { tenantRef } from './row.js'
import { tombstoneRow } from './tombstones.js'

const input = z.strictObject({
  tenant: tenantRef,
  // Backups are made by nobody yet, so that there is always something to waive.
  waiveBackup: plainText(200).describe('Why no final backup is needed; kept with the tombstone'),
  skipGrace: z.boolean().default(false).describe('Do not wait for the end of the grace'),
})

interface Memory extends Doomed {
  readonly [key: string]: unknown
  /** It is the last tenant of a table set that was adopted with this version, and which goes back to whose it was. */
  readonly givesBack?: string
  /** No other home is in the database, which was adopted and is somebody's. */
  readonly last: boolean
  /** Whatever fails after this is not taken back. */
  readonly begun?: true
  readonly destroyed?: Destroyed
}

type Context = StepContext<z.output<typeof input>, Memory>

export const purgeTenant = operation({
  kind: 'steps',
  name: 'tenant.purge',
  summary: 'Destroy a deleted tenant and all its data.',
  effect: 'destroy',
  input,
  output: tombstoneRow,
  faults: [
    'TENANT_NOT_FOUND',
    'TENANT_STATE',
    'TENANT_HELD',
    'TENANT_GRACE',
    'TENANT_DEPENDED',
    'CLUSTER_BUSY',
    'SLUG_INVALID',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/purge',
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} is no more: ${amountOf(t.destroyed)} destroyed at ${t.purgedAt.toISOString()}`,
    confirm: 'This destroys the tenant and all its data, and nothing brings them back',
  },

  async accept({ tx, fail }, { tenant: ref, skipGrace }): Promise<{ memory: Memory; subject: string }> {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    // A warm tenant that is being taken away is purging too, and leaves no tombstone.
    if ((tenant.state !== 'deleted' && tenant.state !== 'purging') || tenant.deletedAt === null)
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a deleted tenant' })
    const open = await tx.maybe(openOperationOn(tenant.id))
    if (open !== undefined)
      throw fail('TENANT_STATE', { tenant: ref, state: `being changed (${open.name})`, wanted: 'no other operation on it' })
    if (tenant.heldFor !== null) throw fail('TENANT_HELD', { tenant: ref, reason: tenant.heldFor })
    if (!skipGrace && tenant.state === 'deleted' && !(await tx.one(graceIsOver(tenant.id))).over)
      throw fail('TENANT_GRACE', { tenant: ref, until: tenant.purgeAfter!.toISOString() })
    const [home, database] = [await tx.one(homeById(tenant.home)), await tx.one(databaseById(tenant.databaseId))]
    await tx.run(lockDatabaseById(database.id))
    const facts = await tx.one(adoptedHome(home.id))
    const many = MODELS[home.isolation].manyTenants
    const busy = () => fail('CLUSTER_BUSY', { cluster: database.cluster, doing: `database ${database.name}` })
    // What migrations have made in a table set is nobody's to give back: that stays a home, without tenants.
    const adopted = many && facts.adoptedVersion !== null && facts.adoptedVersion === facts.version
    const sharing = adopted ? await tx.one(sharingWith(tenant.id, home.id)) : undefined
    if (sharing?.leaving) throw busy()
    const emptied = sharing?.others === 0
    if ((!many || emptied) && waitsForOthers(facts)) throw busy()
    const last = (home.isolation === 'schema' || emptied) && goesLast(facts)
    if (last) await tx.run(setDatabaseState(database.id, 'creating'))
    await tx.run(setTenantState(tenant.id, 'purging'))
    return {
      subject: tenant.id,
      memory: {
        tenant: tenant.id,
        slug: tenant.slug,
        adminRef: database.adminRef,
        database: { id: database.id, name: database.name },
        home: { id: home.id, isolation: home.isolation, track: home.track, schema: home.schema, role: home.role, login: home.login },
        superuser: database.hardened,
        ...(emptied ? { givesBack: facts.version } : {}),
        last,
        // A purge that was begun and failed is gone on with, not begun anew.
        ...(tenant.state === 'purging' ? { begun: true as const } : {}),
      },
    }
  },

  steps: [
    {
      name: 'inspect',
      async act(context: Context) {
        const what = await missedOutside(context)
        if (what.length > 0) throw fault('TENANT_DEPENDED', { tenant: context.memory.slug, what })
        return { destroyed: await measure(context) }
      },
    },
    { name: 'begin', final: true, act: async () => ({ begun: true as const }) },
    {
      name: 'destroy',
      final: true,
      async act({ platform, memory, by }: Context) {
        if (!memory.last && memory.givesBack === undefined) {
          await destroyTenant(platform, memory, by)
          return {}
        }
        const [server, database] = [platform.connect(memory.adminRef), databaseOf(platform, memory)]
        // Given back by a worker that died before it could say so.
        if (!(await isInstalled(server, database))) return {}
        if (memory.givesBack !== undefined && (await database.maybe(homeIsThere(memory.home.id))) === undefined) return {}
        await destroyTenant(platform, memory, by)
        await database.transaction(async (session) => {
          await session.run(assertFence(by))
          if (memory.givesBack !== undefined)
            await giveHomeBack(session, memory.database.name, { home: memory.home, tenant: memory.slug, version: memory.givesBack })
          if (memory.last) await giveDatabaseBack(session, memory.database.name, memory.slug, platform.config.extensions)
        })
        return {}
      },
    },
    {
      name: 'bury',
      final: true,
      async record({ memory, input: { waiveBackup }, by }: Context, tx) {
        await tx.run(insertTombstone(memory.tenant, by.operation, waiveBackup, memory.destroyed!))
        await tx.run(deleteTenant(memory.tenant))
        if (!MODELS[memory.home.isolation].manyTenants || memory.givesBack !== undefined) await tx.run(deleteHome(memory.home.id))
        if (memory.last || MODELS[memory.home.isolation].ownDatabase) await tx.run(deleteDatabase(memory.database.id))
      },
    },
  ],

  async release({ memory }, tx) {
    if (memory.begun !== undefined) return
    await tx.run(setTenantState(memory.tenant, 'deleted'))
    if (memory.last) await tx.run(setDatabaseState(memory.database.id, 'live'))
  },

  result: async ({ platform, memory }) => platform.catalog.one(findTombstone(memory.tenant)),
})

const databaseOf = (platform: Context['platform'], memory: Memory): Database => platform.connect(memory.adminRef, memory.database.name)

async function missedOutside({ platform, memory }: Context): Promise<readonly string[]> {
  const { home } = memory
  if (home.isolation === 'database') return usesOfDatabase(platform.connect(memory.adminRef), memory.database.name)
  if (home.isolation === 'shared') return []
  return databaseOf(platform, memory).transaction((session) => outsideOf(session, home))
}

async function measure({ platform, memory }: Context): Promise<Destroyed> {
  const { home } = memory
  const database = databaseOf(platform, memory)
  if (home.isolation === 'database' && !(await isInstalled(platform.connect(memory.adminRef), database)))
    return { tables: 0, rows: null, bytes: 0 }
  if (home.isolation !== 'shared') return { ...(await database.one(sizeOfHome(home.schema))), rows: null }
  return { ...(await countTenantRows(database, rowsOf(platform, memory)!)), bytes: null }
}

const amountOf = ({ tables, rows, bytes }: Destroyed): string =>
  rows === null ? `${tables} tables, ${Math.ceil((bytes ?? 0) / 1_024)} kB` : `${rows} rows of ${tables} tables`
