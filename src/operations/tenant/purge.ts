import { z } from 'zod'
import { adoptedHome, goesLast, lockDatabaseById, setDatabaseState, sharingWith, waitsForOthers } from '../../catalog/adoption.js'
import { expireBackupsOf } from '../../catalog/backup-expiries.js'
import { besidesIn, besidesOf } from '../../catalog/beside.js'
import { insertCertificate } from '../../catalog/certificates.js'
import { databaseById, deleteDatabase } from '../../catalog/clusters.js'
import { deleteHome, homeById } from '../../catalog/homes.js'
import { journalOf } from '../../catalog/operations.js'
import { deleteTenant, graceIsOver, lockTenant, setTenantState } from '../../catalog/tenants.js'
import { type Destroyed, findTombstone, insertTombstone } from '../../catalog/tombstones.js'
import { type DoomedBeside, doomedBeside, forgetBeside, markGoing, markKept, needsHome } from '../../engine/dropping-beside.js'
import { assertIdle } from '../../engine/idle.js'
import type { Signed } from '../../engine/offboarding/certificate.js'
import { type DestroyedHome, destroyHomes, type Measured, measureHomes, type Purged, sumOf } from '../../engine/offboarding/homes.js'
import { certifyPurge, type FinalBackup, finalBackup, type Kept, keptOf } from '../../engine/offboarding/purge-certificate.js'
import { openSigner } from '../../engine/offboarding/signer.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { homePlaceOf, MODELS } from '../../isolation/model.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { amountOf } from './destroyed.js'
import { tenantResource } from './resource.js'
import { tenantRef } from './row.js'
import { tombstoneRow } from './tombstones.js'

const input = z.strictObject({
  tenant: tenantRef,
  waiveBackup: plainText(200)
    .optional()
    .describe('Why no final backup is made; kept with the tombstone (default: one is made and verified, or nothing is destroyed)'),
  keepBackup: z
    .string()
    .refine(isDuration, 'must be a duration such as 12h or 90d')
    .optional()
    .describe(
      'How long the final backup and all others of the tenant are kept, such as 90d (default: until `backup expire` says otherwise)',
    ),
  skipGrace: z.boolean().default(false).describe('Do not wait for the end of the grace'),
})

interface Memory extends Purged {
  readonly [key: string]: unknown
  /** Whatever fails after this is not taken back. */
  readonly begun?: true
  /** Why there is no final backup. */
  readonly waiver?: string | null
  readonly backup?: FinalBackup | null
  readonly measured?: readonly Measured[]
  readonly destroyed?: Destroyed
  readonly kept?: Kept
  readonly homes?: readonly DestroyedHome[]
  readonly certificate?: Signed
  /** Homes beside that were being destroyed already: tables of them may be gone. */
  readonly goingBefore?: readonly string[]
}

/** Of a purge that was begun and failed: what it knew cannot be found out any more. */
const EARLIER = ['waiver', 'backup', 'measured', 'destroyed', 'kept'] as const

// A purge that an older release had begun knows nothing of archives.
const NOTHING_KEPT: Kept = { copies: [], unasked: [] }

type Context = StepContext<z.output<typeof input>, Memory>

export const purgeTenant = operation({
  kind: 'steps',
  name: 'tenant.purge',
  summary: 'Destroy a deleted tenant and all its data, after a final backup, and certify it.',
  effect: 'destroy',
  input,
  output: tombstoneRow,
  faults: [
    'TENANT_NOT_FOUND',
    'TENANT_STATE',
    'TENANT_HELD',
    'TENANT_GRACE',
    'TENANT_DEPENDED',
    'FINAL_BACKUP_FAILED',
    'DATA_REMAINS',
    'SECRET_MISSING',
    'CLUSTER_BUSY',
    'SLUG_INVALID',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/purge',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) =>
      [
        `${t.slug} is no more: ${amountOf(t.destroyed)} destroyed at ${t.purgedAt.toISOString()}`,
        t.backup === null ? `no final backup was made: ${t.waiver}` : `its final backup is ${t.backup}`,
        `\`tenantry tenant certificate ${t.id}\` prints what was destroyed where`,
      ].join('\n'),
    confirm:
      'This destroys the tenant and all its data. A final backup is made and verified first, unless it is waived: then nothing brings them back',
  },

  async accept({ tx, fail }, { tenant: ref, waiveBackup, skipGrace }): Promise<{ memory: Memory; subject: string }> {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    // A warm tenant that is being taken away is purging too, and leaves no tombstone.
    if ((tenant.state !== 'deleted' && tenant.state !== 'purging') || tenant.deletedAt === null)
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a deleted tenant' })
    await assertIdle({ tx, fail }, tenant.id, ref)
    if (tenant.heldFor !== null) throw fail('TENANT_HELD', { tenant: ref, reason: tenant.heldFor })
    if (!skipGrace && tenant.state === 'deleted' && !(await tx.one(graceIsOver(tenant.id))).over)
      throw fail('TENANT_GRACE', { tenant: ref, until: tenant.purgeAfter!.toISOString() })
    const beside = await tx.rows(besidesOf(tenant.id))
    if (beside.some(({ standing }) => standing === 'making'))
      throw fail('TENANT_STATE', { tenant: ref, state: 'being given a home beside', wanted: 'no other operation on it' })
    const [home, database] = [await tx.one(homeById(tenant.home)), await tx.one(databaseById(tenant.databaseId))]
    const besides: DoomedBeside[] = []
    for (const one of beside) {
      const last = one.isolation === 'schema' && one.databaseId !== database.id && goesLast(await tx.one(adoptedHome(one.id)))
      besides.push(doomedBeside(tenant.slug, one, one.databaseId === database.id, last))
    }
    await tx.run(lockDatabaseById(database.id))
    const facts = await tx.one(adoptedHome(home.id))
    const many = MODELS[home.isolation].manyTenants
    const busy = () => fail('CLUSTER_BUSY', { cluster: database.cluster, doing: `database ${database.name}` })
    // What migrations have made in a table set is nobody's to give back: that stays a home, without tenants.
    const adopted = many && facts.adoptedVersion !== null && facts.adoptedVersion === facts.version
    const sharing = adopted ? await tx.one(sharingWith(tenant.id, home.id)) : undefined
    if (sharing?.leaving) throw busy()
    // Whoever left it and may be pointed back has rows in it still.
    const emptied = sharing?.others === 0 && (await tx.one(besidesIn(home.id))).homes === 0
    if ((!many || emptied) && waitsForOthers(facts)) throw busy()
    const last = (home.isolation === 'schema' || emptied) && goesLast(facts)
    if (last) await tx.run(setDatabaseState(database.id, 'creating'))
    for (const one of besides) await markGoing(tx, one)
    await tx.run(setTenantState(tenant.id, 'purging'))
    const before = tenant.state === 'purging' ? await tx.maybe(journalOf(tenant.id, 'tenant.purge', 'begin')) : undefined
    const known = Object.fromEntries(EARLIER.flatMap((one) => (before?.memory[one] == null ? [] : [[one, before.memory[one]]])))
    return {
      subject: tenant.id,
      memory: {
        tenant: tenant.id,
        slug: tenant.slug,
        adminRef: database.adminRef,
        database: { id: database.id, name: database.name },
        home: homePlaceOf(home),
        superuser: database.hardened,
        besides,
        goingBefore: beside.filter(({ standing }) => standing === 'going').map(({ id }) => id),
        clusters: Object.fromEntries([[home.id, database.cluster], ...beside.map((one) => [one.id, one.cluster])]),
        waiver: waiveBackup ?? null,
        ...(emptied ? { givesBack: facts.version } : {}),
        last,
        // A purge that was begun and failed is gone on with, not begun anew.
        ...(tenant.state === 'purging' ? { ...known, begun: true as const } : {}),
      },
    }
  },

  steps: [
    {
      name: 'inspect',
      async act(context: Context) {
        const { platform, memory } = context
        const what: string[] = []
        for (const one of [memory, ...(memory.besides ?? [])]) what.push(...(await needsHome(platform, one)))
        if (what.length > 0) throw fault('TENANT_DEPENDED', { tenant: memory.slug, what })
        // What cannot be signed afterwards is better not begun.
        await openSigner(platform)
        if (memory.measured !== undefined) return {}
        const measured = await measureHomes(platform, memory)
        return { measured, destroyed: sumOf(measured) }
      },
    },
    {
      name: 'archive',
      async act(context: Context) {
        const { platform, memory, input } = context
        // Of what was begun to be destroyed there is no backup to be had any more.
        if (memory.begun !== undefined) return {}
        const keepMs = input.keepBackup === undefined ? null : milliseconds(input.keepBackup)
        const backup = memory.waiver == null ? await finalBackup(context, memory.slug, memory.tenant, keepMs) : null
        return { backup, kept: await keptOf(platform, memory.tenant) }
      },
    },
    { name: 'begin', final: true, act: async () => ({ begun: true as const }) },
    {
      name: 'destroy',
      final: true,
      act: async ({ platform, memory, by }: Context) => ({ homes: await destroyHomes(platform, memory, by) }),
    },
    {
      name: 'certify',
      final: true,
      async act({ platform, memory, input, by }: Context) {
        const { tenant, measured = [], homes, kept = NOTHING_KEPT } = memory
        const archives = { kept, keptFor: input.keepBackup ?? null }
        return { certificate: await certifyPurge(platform, by, { tenant, ...keptOrWaived(memory), ...archives, measured, homes: homes! }) }
      },
    },
    {
      name: 'bury',
      final: true,
      async record({ memory, by, input: { keepBackup } }: Context, tx) {
        const { tenant, slug, destroyed, certificate } = memory
        if (keepBackup !== undefined) await tx.run(expireBackupsOf(tenant, milliseconds(keepBackup)))
        const { waiver, backup } = keptOrWaived(memory)
        await tx.run(insertTombstone(tenant, by.operation, { waiver, backup: backup?.id ?? null, destroyed: destroyed! }))
        await tx.run(insertCertificate({ operation: by.operation, tenant, slug, kind: 'purge', ...certificate! }))
        await tx.run(deleteTenant(memory.tenant))
        for (const one of memory.besides ?? []) await forgetBeside(tx, one)
        if (!MODELS[memory.home.isolation].manyTenants || memory.givesBack !== undefined) await tx.run(deleteHome(memory.home.id))
        if (memory.last || MODELS[memory.home.isolation].ownDatabase) await tx.run(deleteDatabase(memory.database.id))
      },
    },
  ],

  async release({ memory }, tx) {
    if (memory.begun !== undefined) return
    for (const one of memory.besides ?? []) if (!memory.goingBefore?.includes(one.home.id)) await markKept(tx, one)
    await tx.run(setTenantState(memory.tenant, 'deleted'))
    if (memory.last) await tx.run(setDatabaseState(memory.database.id, 'live'))
  },

  result: async ({ platform, memory }) => platform.catalog.one(findTombstone(memory.tenant)),
})

// A purge that an older release had begun was waived one in its input, which is not always journaled any more.
function keptOrWaived({ backup = null, waiver }: Memory): { readonly backup: FinalBackup | null; readonly waiver: string | null } {
  return { backup, waiver: backup === null ? (waiver ?? 'waived when the purge was begun') : null }
}
