import { z } from 'zod'
import { homeBySchema, lockDatabase } from '../../catalog/adoption.js'
import { deleteDatabase, findCluster, insertDatabase, listClusters } from '../../catalog/clusters.js'
import { deleteHome, insertHome, nextHomeNumber, sharedHomeOf, TENANT_TRACK } from '../../catalog/homes.js'
import { deleteTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { CHOOSING_FAULTS, chooseCluster, chooseLogin } from '../../engine/placing.js'
import { glance, visit } from '../../engine/visit.js'
import { anyTenantIn, inspectSchema } from '../../isolation/adoption/home.js'
import { homeRole } from '../../isolation/names.js'
import { newId } from '../../kernel/clock.js'
import { checkSlug } from '../../kernel/identifiers.js'
import { addressOf } from '../../postgres/connection.js'
import { checkMigrations } from '../../schema/check.js'
import { readIds } from './adopt-ids.js'
import { ADOPTION_STEPS, type Adoption, enterTenants } from './adopt-steps.js'

const objectNameText = (max: number) => z.string().min(1).max(max)

const input = z.strictObject({
  slug: z.string().min(1).max(60).optional().describe('Short name of the tenant; not for a table set, which has many'),
  isolation: z
    .enum(['shared', 'schema', 'database'])
    .default('schema')
    .describe('What is there: a schema of one tenant, a database of one tenant, or a table set that tenants share'),
  database: objectNameText(63).describe('Database that it is in'),
  schema: objectNameText(63).default('public').describe('Schema that it is in'),
  cluster: objectNameText(63).optional().describe('Cluster that it is on (may be left out where there is one)'),
  column: objectNameText(63).optional().describe("Column that says whose a row is; must be the configuration's tenantColumn"),
  ids: z.string().max(5_000_000).optional().meta({
    description: 'File of lines "id,slug" for the tenants of a table set; others are called t-<id>',
    contentMediaType: 'text/csv',
  }),
  baseline: z
    .string()
    .regex(/^(\d{1,20}|all|none)$/, 'must be a version, all or none')
    .optional()
    .describe('Migrations up to this version count as applied (default: all if they would have made exactly this, else none)'),
  revokeOthers: z.boolean().default(false).describe('Take away what other roles may do there, and their policies, until it is given back'),
  revokePublic: z
    .boolean()
    .default(false)
    .describe('Take from PUBLIC in that database what leads around the walls, until it is given back'),
  dryRun: z.boolean().default(false).describe('Change nothing; say what would change, and what stands against it'),
})

const output = z.object({
  dryRun: z.boolean(),
  isolation: z.enum(['shared', 'schema', 'database']),
  cluster: z.string(),
  database: z.string(),
  schema: z.string(),
  tenants: z.array(z.object({ id: z.string(), slug: z.string() })),
  version: z.string().describe('The last migration that counts as applied'),
  baseline: z.string().describe('How many migrations count as applied, and why'),
  changes: z.array(z.string()),
  findings: z.array(z.string()),
})

export const adoptTenant = operation({
  kind: 'steps',
  name: 'tenant.adopt',
  summary: 'Make an existing schema, database or table set a tenant, or tenants, without copying data.',
  effect: 'change',
  input,
  output,
  faults: [
    'ADOPTION_REFUSED',
    'INPUT_INVALID',
    'TENANT_EXISTS',
    'SLUG_INVALID',
    'ONE_DATABASE',
    'DATABASE_MISSING',
    'DATABASE_OCCUPIED',
    'PRIVILEGE_MISSING',
    ...CHOOSING_FAULTS,
    'MIGRATION_INVALID',
    'MIGRATION_REFUSED',
    'MIGRATION_FAILED',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/adoptions',
  words: { positionals: ['slug'], says, passes: ({ findings }) => findings.length === 0 },

  async accept(context, given) {
    const { platform, tx, fail } = context
    const { tenantColumn } = platform.config
    const shared = given.isolation === 'shared'
    const refuse = (issue: string) => fail('INPUT_INVALID', { issues: [issue] })
    if (shared !== (given.slug === undefined))
      throw refuse(shared ? 'slug: a table set has many tenants; name them with ids' : 'slug: name the tenant that this becomes')
    if (given.ids !== undefined) {
      if (!shared) throw refuse('ids: is for table sets')
      readIds(given.ids)
    }
    if (given.column !== undefined && given.column !== tenantColumn)
      throw refuse(`column: the configuration's tenantColumn is ${tenantColumn ?? 'not set'}; the column must be called the same`)
    if (/^(pg_.*|information_schema|tenantry|tenantry_pooler|platform|ext)$/.test(given.schema))
      throw refuse(`schema: ${given.schema} is not a tenant's`)
    const migrations = (await checkMigrations(platform.config, [TENANT_TRACK])).tracks.get(TENANT_TRACK)!
    if (/^\d/.test(given.baseline ?? '') && migrations.every(({ version }) => version !== given.baseline))
      throw refuse(`baseline: there is no migration ${given.baseline}`)
    const slug = given.slug === undefined ? undefined : checkSlug(given.slug)

    const clusters = await tx.rows(listClusters)
    if (given.cluster === undefined && clusters.length > 1) throw refuse('cluster: there are several; say which')
    const cluster = await chooseCluster(context, given.isolation, given.cluster ?? clusters[0]?.name)
    const facts = await tx.one(findCluster(cluster.name))
    const server = platform.connect(facts.adminRef)
    if (!cluster.hardened) throw fail('PRIVILEGE_MISSING', { server: addressOf(server.config), what: 'change what others own' })
    if (given.database === platform.config.catalog.database) throw fail('ONE_DATABASE', { database: given.database })

    const known = await tx.maybe(lockDatabase(cluster.id, given.database))
    if (known?.state === 'creating') throw fail('CLUSTER_BUSY', { cluster: cluster.name, doing: `database ${given.database}` })
    const occupied = (what: string) => fail('DATABASE_OCCUPIED', { database: given.database, what })
    if (known !== undefined && given.isolation === 'database')
      throw occupied('holds tenants already; one of isolation database has a database to itself')
    if (known !== undefined && (await tx.maybe(homeBySchema(known.id, given.schema))) !== undefined)
      throw occupied(`its schema ${given.schema} is a home of tenants already`)
    if (known !== undefined && shared && (await tx.maybe(sharedHomeOf(known.id))) !== undefined)
      throw occupied('has a table set already, and can have one only')
    const place = { adminRef: facts.adminRef, name: given.database }
    const { there, otherType } = await glance(platform, place, (visited) => visited.one(inspectSchema(given.schema, tenantColumn)))
    if (!there) throw refuse(`schema: there is no schema ${given.schema} in the database ${given.database}`)
    if (otherType !== null)
      throw fail('ADOPTION_REFUSED', { what: `schema ${given.schema} of database ${given.database}`, findings: [keyOf(otherType)] })

    const id = newId()
    // It may have to look through a whole table.
    const someRow =
      tenantColumn === null || shared ? undefined : await visit(platform, place, (it) => anyTenantIn(it, given.schema, tenantColumn))
    const tenant = someRow ?? newId()
    const { login, newLogin } = await chooseLogin(platform, tx, cluster)
    const home = { id, track: TENANT_TRACK, isolation: given.isolation, schema: given.schema, role: homeRole(platform.id, id), login }
    const database = { id: known?.id ?? newId(), name: given.database }
    const tenants = slug === undefined ? [] : [{ id: tenant, slug }]
    if (!given.dryRun) {
      if (known === undefined) await tx.run(insertDatabase(database.id, cluster.id, database.name, 'standard'))
      const { number } = await tx.one(nextHomeNumber)
      await tx.run(insertHome({ ...home, number, databaseId: database.id }))
    }
    await enterTenants(tx, { home, database }, tenants, given.dryRun)
    const memory: Adoption = {
      cluster: cluster.name,
      adminRef: facts.adminRef,
      appSecret: facts.appSecretRef,
      database,
      ownDatabase: known === undefined,
      newLogin,
      home,
      tenants,
    }
    return { memory, ...(shared || given.dryRun ? {} : { subject: tenant }) }
  },

  steps: ADOPTION_STEPS,

  async release({ memory, input: { dryRun } }, tx) {
    if (dryRun) return
    if (memory.home.isolation !== 'shared') await tx.run(deleteTenant(memory.tenants[0]!.id))
    await tx.run(deleteHome(memory.home.id))
    if (memory.ownDatabase) await tx.run(deleteDatabase(memory.database.id))
  },

  async result({ memory, input: { dryRun } }) {
    const { findings, changes, version, applied, because } = memory.report!
    return {
      dryRun,
      isolation: memory.home.isolation,
      cluster: memory.cluster,
      database: memory.database.name,
      schema: memory.home.schema,
      tenants: memory.tenants.map(({ id, slug }) => ({ id, slug })),
      version,
      baseline: `${applied === 0 ? 'none' : applied}: ${because}`,
      changes: [...changes],
      findings: [...findings],
    }
  },
})

const keyOf = (type: string): string =>
  [
    `${type}, and tenants are known by UUIDs: add a column of type uuid with one value for each of them to every table, fill it,`,
    'let the keys begin with it, and name it in the configuration (tenantColumn)',
  ].join(' ')

function says(adopted: z.output<typeof output>): string {
  const { dryRun, tenants, schema, database, changes, findings, baseline } = adopted
  const who = tenants.length === 1 ? `tenant ${tenants[0]!.slug}` : `${tenants.length} tenants`
  const head = dryRun
    ? findings.length === 0
      ? `schema ${schema} of ${database} can become ${who}; nothing has been changed`
      : `schema ${schema} of ${database} cannot become ${who} as it is; nothing has been changed`
    : `schema ${schema} of ${database} is now ${who}`
  return [
    head,
    ...findings.map((finding) => `  against it: ${finding}`),
    ...(dryRun
      ? changes.map((change) => `  change: ${change}`)
      : [`  ${changes.length} objects changed; \`tenantry tenant unadopt\` gives them back as they were`]),
    `  migrations that count as applied: ${baseline}`,
  ].join('\n')
}
