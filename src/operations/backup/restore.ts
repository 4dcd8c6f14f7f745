import { z } from 'zod'
import { type Backup, backupById, newestBackup, tenantsEver } from '../../catalog/backups.js'
import { ISOLATIONS, TENANT_TRACK } from '../../catalog/homes.js'
import { findTenant, type NewTenantFacts } from '../../catalog/tenants.js'
import { type AcceptContext, operation, type StepContext } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import type { Filling } from '../../engine/restore/filling.js'
import { backupFacts } from '../../engine/restore/origin.js'
import { RESTORING_FAULTS, reserveNewTenant, reserveRestored } from '../../engine/restore/reserving.js'
import { RESTORE_STEPS, releaseRestored } from '../../engine/restore/steps.js'
import { plainText } from '../../engine/text-input.js'
import { counted } from '../../kernel/counted.js'

const input = z.strictObject({
  backup: z.string().min(2).max(63).describe('Id of a backup; or a tenant, of which the newest one is taken'),
  at: z.iso.datetime({ offset: true }).optional().describe('With a tenant: the newest one that is of a moment up to this one'),
  as: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe('Make a new tenant with this slug of it (default: a home beside the one that it lives in)'),
  name: plainText(200).optional().describe('Display name of the new tenant (default: its slug)'),
  isolation: z
    .enum(ISOLATIONS)
    .optional()
    .describe('How the tables are kept apart (default: as those of the tenant; of a shared one that gets a home beside, a schema)'),
  cluster: z.string().min(1).max(63).optional().describe('Cluster to restore to (default: the one that the tenant lives on)'),
  table: z
    .array(z.string().min(1).max(140))
    .max(100)
    .optional()
    .describe('Only this table, into a home beside whose other tables stay empty; several may be given'),
  note: plainText(200).optional().describe('What the home beside is for; shown with it'),
})

export const restoreBackup = operation({
  kind: 'steps',
  name: 'backup.restore',
  summary: 'Restore a tenant: beside the home it lives in, or as a new tenant.',
  effect: 'change',
  input,
  output: z.object({
    backup: z.string(),
    at: z.string().describe('The moment that the rows are of, by the clock of their server'),
    tenant: z.string(),
    tenantId: z.string(),
    beside: z.boolean().describe('It is a home beside the one that the tenant lives in, which goes on as it is'),
    home: z.string(),
    isolation: z.enum(ISOLATIONS),
    database: z.string(),
    schema: z.string(),
    version: z.string().describe('The schema version that it stands at now'),
    from: z.string().describe('The schema version that the rows were of'),
    tables: z.number(),
    rows: z.number(),
    partial: z.boolean().describe('Only the tables that were asked for have their rows: nobody is to live there'),
  }),
  faults: [...RESTORING_FAULTS, 'TENANT_AMBIGUOUS'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/backups/{backup}/restore',
  words: {
    positionals: ['backup'],
    says: (r) =>
      r.beside
        ? `${r.tenant} as of ${r.at} is in schema ${r.schema} of ${r.database} (${counted(r.rows, 'row')} of ${counted(r.tables, 'table')}), beside the home that it lives in\n\`tenantry tenant compare ${r.tenant}\` shows how they differ, ${next(r)}`
        : `tenant ${r.tenant} has the ${counted(r.rows, 'row')} of backup ${r.backup} of ${r.at}: ${r.isolation}, schema ${r.schema} of ${r.database}`,
  },

  async accept(context, { backup: ref, at, as: slug, name, isolation, cluster, table, note }) {
    const { tx, fail } = context
    const backup = await chosen(context, ref, at)
    const { tenant } = backup
    if (tenant === null || backup.isolation === null || backup.version === null)
      throw fail('BACKUP_STATE', {
        backup: backup.id,
        state: 'of the tables that all tenants of a database share',
        wanted: 'one of a tenant',
      })
    const rows = { origin: { of: 'backup', backup: backup.id } as const, version: backup.version, track: backup.track ?? TENANT_TRACK }
    if (slug === undefined) {
      if ((await tx.maybe(findTenant(tenant))) === undefined)
        throw fail('BACKUP_STATE', {
          backup: backup.id,
          state: `of ${backup.slug}, which is gone`,
          wanted: '--as SLUG, which makes a new tenant of it',
        })
      const about = note ?? (table === undefined ? null : `only ${table.join(', ')}`.slice(0, 200))
      const memory = await reserveRestored(context, { ...rows, tenant, isolation, cluster, backup: backup.id, only: table, note: about })
      return { subject: tenant, memory }
    }
    if (table !== undefined) throw fail('INPUT_INVALID', { issues: ['table: goes into a home beside; a tenant has all tables'] })
    const live = await tx.maybe(findTenant(tenant))
    const facts = await factsFor(context.platform, backup)
    const memory = await reserveNewTenant(context, {
      ...rows,
      slug,
      name: name ?? slug,
      facts,
      isolation: isolation ?? backup.isolation,
      cluster: cluster ?? live?.cluster,
    })
    return { subject: memory.tenant, memory }
  },
  steps: RESTORE_STEPS,
  release: releaseRestored,
  async result({ platform, memory }: StepContext<unknown, Filling>) {
    const { slug, tenant, home, database, beside, origin, only, filled, standing } = memory
    const live = await platform.catalog.one(findTenant(tenant))
    const { at, tables, rows, version } = filled!
    return {
      backup: origin.of === 'backup' ? origin.backup : '',
      at,
      tenant: slug,
      tenantId: tenant,
      beside,
      home: home.id,
      isolation: home.isolation,
      database: database.name,
      schema: home.schema,
      version: standing?.version ?? live.version,
      from: version,
      tables,
      rows,
      partial: only !== undefined,
    }
  },
})

/** What to do with a home beside. One with only some tables has nothing to live on. */
const next = ({ tenant, partial }: { readonly tenant: string; readonly partial: boolean }): string =>
  partial
    ? `\`tenantry tenant merge ${tenant} <table> --dry-run\` shows which of these rows it could have back`
    : `\`tenantry tenant repoint ${tenant}\` has it live there`

async function chosen(
  { tx, fail }: AcceptContext<'BACKUP_NOT_FOUND' | 'BACKUP_STATE' | 'INPUT_INVALID' | 'TENANT_AMBIGUOUS'>,
  ref: string,
  at: string | undefined,
): Promise<Backup> {
  const named = await tx.maybe(backupById(ref))
  if (named !== undefined && at !== undefined) throw fail('INPUT_INVALID', { issues: ['at: goes with a tenant, and this is a backup'] })
  if (named !== undefined && named.state !== 'kept')
    throw fail('BACKUP_STATE', { backup: ref, state: named.state, wanted: 'one that is kept' })
  const ids = named === undefined ? (await tx.rows(tenantsEver(ref))).map(({ id }) => id) : []
  if (ids.length > 1) throw fail('TENANT_AMBIGUOUS', { tenant: ref, ids })
  const found = named ?? (await tx.maybe(newestBackup(ref, at === undefined ? null : new Date(at))))
  if (found === undefined) throw fail('BACKUP_NOT_FOUND', { backup: at === undefined ? ref : `of ${ref} up to ${at}` })
  return found
}

/** What the tenant was when it was backed up. A tier that the configuration has no more is left out. */
async function factsFor(platform: Platform, backup: Backup): Promise<NewTenantFacts> {
  const { tier, region, labels } = (await backupFacts(platform, backup)).tenant
  const { tiers } = platform.config
  const known = tier !== null && (Object.keys(tiers).length === 0 || Object.hasOwn(tiers, tier))
  return { tier: known ? tier : null, region, labels }
}
