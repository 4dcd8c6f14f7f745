import { z } from 'zod'
import { homesOfTrack } from '../../catalog/home-versions.js'
import { homeById, recordHomeVersion, TENANT_TRACK } from '../../catalog/homes.js'
import { findTenant } from '../../catalog/tenants.js'
import { applyContextOf } from '../../engine/apply-context.js'
import { workThroughItems } from '../../engine/items.js'
import { type AcceptContext, operation, type StepContext } from '../../engine/operation.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { readTrack } from '../../schema/check.js'
import { recordBaseline } from '../../schema/forms/baseline.js'
import { homeTarget } from '../../schema/forms/target.js'
import { ledgerDigest, type Migration, newestVersion } from '../../schema/migration-files.js'
import { assertAlone } from './overlap.js'
import { assertUnchanged } from './unchanged.js'
import { isAfter } from './undoing.js'

const input = z.strictObject({
  version: z
    .string()
    .regex(/^\d{1,20}$/, 'must be the version of a file')
    .describe('The newest file that is taken as applied'),
  tenant: z.string().min(1).max(63).optional().describe('Only the home of this tenant; a shared one serves others as well'),
  home: z.string().min(1).max(200).optional().describe('Only this home: its id, its schema, or database.schema'),
  service: z.string().min(1).max(39).optional().describe('The homes of this service of yours, instead of those of tenants'),
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Homes in work at once'),
})

type Input = z.output<typeof input>

interface Memory {
  readonly [key: string]: unknown
  readonly only: string | null
  readonly some: readonly string[]
  readonly homes?: number
}

type Context = StepContext<Input, Memory>

const SOME = 10

export const migrationBaseline = operation({
  kind: 'steps',
  name: 'migrate.baseline',
  summary: 'Record files as applied in homes that somebody else has made, without running them.',
  effect: 'change',
  input,
  output: z.object({
    homes: z.number().describe('Homes in which something was recorded'),
    version: z.string(),
    some: z.array(z.string()).describe(`The first ${SOME} of them; all are items of the operation`),
  }),
  faults: [
    'INPUT_INVALID',
    'TENANT_NOT_FOUND',
    'SERVICE_UNKNOWN',
    'MIGRATION_INVALID',
    'MIGRATION_CHANGED',
    'MIGRATION_REFUSED',
    'MIGRATIONS_OVERLAP',
    'FLEET_PARTIAL',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/migrations/baseline',
  words: {
    positionals: ['version'],
    says: ({ homes, version, some }) =>
      homes === 0
        ? `nothing to record: every home has the files up to ${version}`
        : `recorded the files up to ${version} in ${homes} homes: ${some.join(', ')}${homes > some.length ? ', …' : ''}`,
    confirm: 'This takes files as applied that were not run here',
  },
  async accept({ platform, tx, fail }, given) {
    if (given.tenant !== undefined && given.home !== undefined)
      throw fail('INPUT_INVALID', { issues: ['home: say the tenant or the home, not both'] })
    const track = given.service ?? TENANT_TRACK
    const migrations = await readTrack(platform.config, track)
    const files = upTo(migrations, given.version)
    await assertAlone(tx, { name: 'migrate.baseline', input: given })
    const only = given.tenant === undefined ? (given.home ?? null) : await homeOf(tx, given.tenant)
    const found = await tx.rows(homesOfTrack(track, only))
    if (only !== null && found.length === 0)
      throw fail('INPUT_INVALID', { issues: [`home: no home of the track ${track} is called ${only}`] })
    const newer = found.filter(({ version }) => isAfter(version, given.version))
    if (newer.length > 0) {
      const names = newer.slice(0, SOME).map(({ label, version }) => `${label} at ${version}`)
      const findings = [`newer files have been applied: ${names.join(', ')}${newer.length > SOME ? ', …' : ''}`]
      throw fail('MIGRATION_REFUSED', { file: files.at(-1)!.file, home: `${newer.length} homes`, findings })
    }
    await assertUnchanged(platform, tx, new Map([[track, migrations]]))
    const some = found.filter(({ digest }) => digest !== ledgerDigest(files)).map(({ label }) => label)
    return { memory: { only, some: some.slice(0, SOME) } as Memory }
  },
  steps: [{ name: 'record', act: record }],
  result: async ({ input: { version }, memory: { homes = 0, some } }) => ({ homes, version, some: [...some] }),
})

/** Throws INPUT_INVALID where no file has this version. */
function upTo(migrations: readonly Migration[], version: string): readonly Migration[] {
  const versioned = migrations.filter(({ kind }) => kind !== 'repeatable')
  if (!versioned.some((migration) => migration.version === version))
    throw fault('INPUT_INVALID', { issues: [`version: there is no file of version ${version}`] })
  return versioned.filter((migration) => !isAfter(migration.version, version))
}

async function homeOf(tx: AcceptContext<never>['tx'], ref: string): Promise<string> {
  const tenant = await tx.maybe(findTenant(checkTenantRef(ref)))
  if (tenant === undefined) throw fault('TENANT_NOT_FOUND', { tenant: ref })
  return tenant.home
}

async function record(context: Context): Promise<{ homes: number }> {
  const { platform, input: given, memory, by } = context
  const track = given.service ?? TENANT_TRACK
  const files = upTo(await readTrack(platform.config, track), given.version)
  const found = await platform.catalog.rows(homesOfTrack(track, memory.only))
  const items = new Map(found.filter(({ digest }) => digest !== ledgerDigest(files)).map(({ id, label }) => [`${label} ${id}`, id]))
  const { done } = await workThroughItems(
    context,
    items,
    async (id) => {
      const home = await platform.catalog.one(homeById(id))
      const { database } = await platform.tenantDatabase(home.databaseId)
      const fleetContext = applyContextOf(platform, by)
      const entries = await recordBaseline(database, homeTarget(database, home, fleetContext), files, fleetContext)
      return (tx) => tx.run(recordHomeVersion(id, newestVersion(entries), entries.length, ledgerDigest(entries))).then(() => {})
    },
    { parallel: given.parallel },
  )
  return { homes: done }
}
