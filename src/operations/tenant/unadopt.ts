import { z } from 'zod'
import {
  adoptedHome,
  busyTenantOf,
  deleteTenants,
  goesLast,
  lockDatabaseById,
  setDatabaseState,
  setTenantStates,
  tenantsOf,
  waitsForOthers,
} from '../../catalog/adoption.js'
import { besidesAbout } from '../../catalog/beside.js'
import { databaseById, deleteDatabase } from '../../catalog/clusters.js'
import { deleteHome, homeById } from '../../catalog/homes.js'
import { lockTenant } from '../../catalog/tenants.js'
import { assertIdle } from '../../engine/idle.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { databaseOf } from '../../engine/platform.js'
import { giveDatabaseBack } from '../../isolation/adoption/database.js'
import { closeHome, giveHomeBack, type Leaving, placeTenants } from '../../isolation/adoption/home.js'
import { assertFence } from '../../isolation/fence.js'
import { isInstalled } from '../../isolation/install.js'
import { type HomePlace, homePlaceOf } from '../../isolation/model.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { batches } from './adopt-steps.js'
import { LOCAL_STATE, type SettledState } from './lifecycle.js'
import { tenantResource } from './resource.js'
import { tenantRef } from './row.js'

const input = z.strictObject({
  tenant: tenantRef,
  neighbours: z.boolean().default(false).describe('Also all other tenants of its table set, which goes back as a whole'),
})

interface Memory {
  readonly [key: string]: unknown
  readonly slug: string
  readonly adminRef: string
  readonly database: { readonly id: string; readonly name: string }
  readonly home: HomePlace
  readonly tenants: readonly { readonly id: string; readonly state: SettledState; readonly epoch: number }[]
  /** The one that it was adopted with. */
  readonly version: string
  /** No other home is in the database, which was adopted itself. */
  readonly last: boolean
}

type Context = StepContext<z.output<typeof input>, Memory>

export const unadoptTenant = operation({
  kind: 'steps',
  name: 'tenant.unadopt',
  summary: 'Give an adopted tenant back: owners, rights, policies and row-level security as they were before.',
  effect: 'change',
  input,
  output: z.object({ tenant: z.string(), tenants: z.number(), database: z.string(), schema: z.string(), databaseGivenBack: z.boolean() }),
  faults: [
    'TENANT_NOT_FOUND',
    'TENANT_STATE',
    'TENANT_BUSY',
    'TENANT_DEPENDED',
    'CONFIRMATION_NEEDED',
    'CLUSTER_BUSY',
    'SLUG_INVALID',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/unadopt',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    confirm: 'This takes the tenant out of the platform and gives its tables back to whose they were',
    says: (back) =>
      `${back.tenants === 1 ? `tenant ${back.tenant} is` : `${back.tenants} tenants are`} no longer of this platform; schema ${back.schema} of ${back.database} is as it was before`,
  },

  async accept({ tx, fail }, { tenant: ref, neighbours }) {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const not = (state: string, wanted: string) => fail('TENANT_STATE', { tenant: ref, state, wanted })
    if (tenant.state === 'creating' || tenant.state === 'warm' || tenant.state === 'purging') throw not(tenant.state, 'a settled tenant')
    await assertIdle({ tx, fail }, tenant.id, ref)
    const database = await tx.one(databaseById(tenant.databaseId))
    const known = await tx.one(lockDatabaseById(database.id))
    const facts = await tx.one(adoptedHome(tenant.home))
    if (facts.adoptedVersion === null) throw not('one that Tenantry has made', 'a tenant that was adopted')
    if (facts.adoptedVersion !== facts.version)
      throw not(
        `at schema version ${facts.version}`,
        `version "${facts.adoptedVersion}", as it was adopted: what migrations have made is nobody's to give back`,
      )
    if ((await tx.one(besidesAbout(tenant.home))).homes > 0)
      throw not(
        'one with homes beside, or shares its tables with one that has left them',
        'that none is left: `tenantry tenant dropbeside`',
      )
    if (facts.tenants > 1 && !neighbours)
      throw fail('CONFIRMATION_NEEDED', {
        what: `its table set has ${facts.tenants} tenants and goes back with all of them; say so with --neighbours`,
      })
    const busy = await tx.maybe(busyTenantOf(tenant.home))
    if (busy !== undefined)
      throw fail('TENANT_STATE', { tenant: busy.slug, state: `being changed (${busy.name})`, wanted: 'no operation on it' })
    if (known.state === 'creating' || waitsForOthers(facts))
      throw fail('CLUSTER_BUSY', { cluster: database.cluster, doing: `database ${database.name}` })
    const home = await tx.one(homeById(tenant.home))
    const last = goesLast(facts)
    if (last) await tx.run(setDatabaseState(database.id, 'creating'))
    const tenants = await tx.rows(tenantsOf(home.id))
    return {
      subject: tenant.id,
      memory: {
        slug: tenant.slug,
        adminRef: database.adminRef,
        database: { id: database.id, name: database.name },
        home: homePlaceOf(home),
        tenants: tenants.map(({ id, state, epoch }) => ({ id, state: state as SettledState, epoch })),
        version: facts.version,
        last,
      },
    }
  },

  steps: [
    {
      name: 'close',
      async act({ platform, memory, by, journal }: Context) {
        for (const some of batches(memory.tenants)) await journal((tx) => tx.run(setTenantStates(idsOf(some), 'creating')))
        await closeHome(databaseOf(platform, memory), leavingOf(memory), by)
        return {}
      },
      async undo({ platform, memory, by, journal }: Context) {
        await databaseOf(platform, memory).transaction(async (session) => {
          await session.run(assertFence(by))
          const placed = memory.tenants.map(({ id, state, epoch }) => ({ tenant: id, epoch, state: LOCAL_STATE[state] }))
          await session.run(placeTenants(memory.home.id, placed))
        })
        for (const state of new Set(memory.tenants.map((tenant) => tenant.state)))
          for (const some of batches(memory.tenants.filter((tenant) => tenant.state === state)))
            await journal((tx) => tx.run(setTenantStates(idsOf(some), state)))
      },
    },
    { name: 'begin', final: true, act: async () => ({}) },
    {
      name: 'restore',
      final: true,
      async act({ platform, memory, by }: Context) {
        const database = databaseOf(platform, memory)
        if (!(await isInstalled(platform.connect(memory.adminRef), database))) return {}
        await database.transaction(async (session) => {
          await session.run(assertFence(by))
          await giveHomeBack(session, memory.database.name, leavingOf(memory))
          if (memory.last) await giveDatabaseBack(session, memory.database.name, memory.slug, platform.config.extensions)
        })
        return {}
      },
    },
    {
      name: 'forget',
      final: true,
      async act({ memory, journal }: Context) {
        for (const some of batches(memory.tenants)) await journal((tx) => tx.run(deleteTenants(idsOf(some))))
        return {}
      },
      async record({ memory }: Context, tx) {
        await tx.run(deleteHome(memory.home.id))
        if (memory.last) await tx.run(deleteDatabase(memory.database.id))
      },
    },
  ],

  async release({ memory }, tx) {
    if (memory.last) await tx.run(setDatabaseState(memory.database.id, 'live'))
  },

  result: async ({ memory }) => ({
    tenant: memory.slug,
    tenants: memory.tenants.length,
    database: memory.database.name,
    schema: memory.home.schema,
    databaseGivenBack: memory.last,
  }),
})

const leavingOf = ({ home, slug, version }: Memory): Leaving => ({ home, tenant: slug, version })

const idsOf = (tenants: readonly { readonly id: string }[]): readonly string[] => tenants.map(({ id }) => id)
