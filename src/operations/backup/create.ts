import { z } from 'zod'
import { backupById, madeBy } from '../../catalog/backups.js'
import { databaseById } from '../../catalog/clusters.js'
import { type TenantToBackUp, tenantsToBackUp } from '../../catalog/protection.js'
import { findTenant } from '../../catalog/tenants.js'
import { ARCHIVING_FAULTS, backUp, backUpPlatform } from '../../engine/backup/back-up.js'
import { tellOf, tellOfAll } from '../../engine/backup/telling.js'
import { workThroughItems } from '../../engine/items.js'
import { LABEL } from '../../engine/labels.js'
import { LANES_OF_MANY } from '../../engine/lanes.js'
import { SNAPSHOT_FAULTS } from '../../engine/living-snapshot.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { milliseconds } from '../../kernel/durations.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { databasePlace, findDatabase, making } from './making.js'
import { backupRow, describeBackup } from './row.js'

const input = z
  .strictObject({
    tenant: z.string().min(2).max(39).optional().describe('Tenant id or slug'),
    all: z.boolean().default(false).describe('Every tenant'),
    label: z.string().max(300).regex(LABEL, 'must be key=value').optional().describe('Every tenant with this label: plan=gold'),
    tier: z.string().min(1).max(39).optional().describe('Every tenant of this tier'),
    platform: databasePlace.optional().describe('The tables that all tenants of this database share: CLUSTER/DATABASE'),
    ...making,
    parallel: z.coerce.number().int().min(1).max(64).default(2).describe('Tenants at once, on each cluster'),
  })
  .refine(
    ({ all, ...given }) =>
      [all, given.tenant, given.label, given.tier, given.platform].filter((one) => one !== undefined && one !== false).length === 1,
    'say what: one of a tenant, --label, --tier, --all and --platform',
  )

interface Memory extends Record<string, unknown> {
  /** The one that it is of. */
  readonly tenant: string | null
  readonly database?: string
  readonly backup?: string
}
type Context = StepContext<z.output<typeof input>, Memory>

export const createBackup = operation({
  kind: 'steps',
  name: 'backup.create',
  summary: 'Back up a tenant, or many: each as of one moment, while its users go on.',
  effect: 'change',
  input,
  output: z.object({
    backup: backupRow.nullable().describe('The one that was made; null for many'),
    backups: z.number(),
    rows: z.number(),
    bytes: z.number().describe('In one store'),
  }),
  faults: [
    'TENANT_NOT_FOUND',
    'DATABASE_UNKNOWN',
    'TENANT_STATE',
    'SLUG_INVALID',
    'FLEET_PARTIAL',
    'OPERATION_PAUSED',
    'BACKUP_MISCOUNT',
    ...SNAPSHOT_FAULTS,
    ...ARCHIVING_FAULTS,
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/backups',
  words: {
    positionals: ['tenant'],
    says: ({ backup, backups, rows, bytes }) =>
      backup === null
        ? `made ${counted(backups, 'backup')}: ${counted(rows, 'row')}, ${humanBytes(bytes)}`
        : `backup ${backup.id} of ${backup.of}: ${counted(rows, 'row')}, ${humanBytes(bytes)}${backup.verifiedAt === null ? '' : ', verified'}${backup.encrypted ? '' : ', not encrypted'}`,
  },
  pausable: true,
  background: ({ background }) => background,
  async accept(context, { tenant: ref, platform: place }) {
    const { tx, fail } = context
    if (place !== undefined) return { memory: { tenant: null, database: (await findDatabase(context, place)).id } as Memory }
    if (ref === undefined) return { memory: { tenant: null } as Memory }
    const tenant = await tx.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined || tenant.slug.startsWith('~')) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (tenant.state === 'creating' || tenant.state === 'warm' || tenant.state === 'purging')
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a tenant that is there' })
    return { memory: { tenant: tenant.id } as Memory }
  },
  steps: [
    {
      name: 'archive',
      act: (context: Context) => {
        const { tenant, database } = context.memory
        if (database !== undefined) return ofPlatform(context, database)
        return tenant === null ? ofMany(context) : ofOne(context, tenant)
      },
    },
  ],
  async result({ platform, by, memory }) {
    const made = await platform.catalog.one(madeBy(by.operation))
    const backup = memory.backup === undefined ? undefined : await platform.catalog.maybe(backupById(memory.backup))
    return { backup: backup === undefined ? null : describeBackup(backup), ...made }
  },
})

const optionsOf = ({ keep, note, verify }: Context['input']) => ({
  note: note ?? null,
  keepMs: keep === undefined ? null : milliseconds(keep),
  verify,
})

async function ofOne(context: Context, tenant: string): Promise<Partial<Memory>> {
  const { platform, input: given } = context
  const { id } = await backUp(context, {
    ...optionsOf(given),
    tenant,
    kind: 'demand',
    onProgress: tellOf(platform),
    atBorder: (border) => platform.failpoint(`backup.create/archive:${border}`),
  })
  return { backup: id }
}

async function ofPlatform(context: Context, id: string): Promise<Partial<Memory>> {
  const { platform, input: given } = context
  const database = await platform.catalog.one(databaseById(id))
  const backup = await backUpPlatform(context, {
    ...optionsOf(given),
    database,
    onProgress: tellOf(platform),
    atBorder: (border) => platform.failpoint(`backup.create/archive:${border}`),
  })
  return { backup: backup.id }
}

async function ofMany(context: Context): Promise<Partial<Memory>> {
  const { platform, input: given } = context
  const found = await platform.catalog.rows(tenantsToBackUp({ label: given.label ?? null, tier: given.tier ?? null }))
  const items = new Map<string, TenantToBackUp>(found.map((one) => [`${one.slug} ${one.id}`, one]))
  const tell = tellOfAll(platform, 'tenants')
  await workThroughItems(
    context,
    items,
    async ({ id }, key) => {
      const { bytes } = await backUp(context, {
        ...optionsOf(given),
        tenant: id,
        kind: 'demand',
        lanes: LANES_OF_MANY,
        atBorder: (border) => platform.failpoint(`backup.create/archive[${key}]:${border}`),
      })
      tell.add(bytes ?? 0)
      // Nothing is left to record: the catalog knows the backup.
      return async () => {}
    },
    { parallel: given.parallel, groupOf: (key) => items.get(key)?.cluster ?? '', rounds: 2, what: 'tenants', onItem: tell.onItem },
  )
  return {}
}
