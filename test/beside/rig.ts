import { ident } from '../../src/kernel/sql.js'
import type { Rig } from '../faults/rig.js'

export const KINDS = ['shared', 'schema', 'database'] as const
export type Kind = (typeof KINDS)[number]

export interface Made {
  readonly home: string
  readonly database: string
  readonly schema: string
  readonly isolation: Kind
  readonly cluster: string
}

export const beside = (rig: Rig, tenant: string, input: object = {}): Promise<Made> =>
  rig.fleet.run<Made>('tenant.beside', { tenant, ...input })

type Place = Pick<Made, 'database' | 'schema'>

/** A row by plain SQL, past everything of ours. */
export async function fill(rig: Rig, slug: string, { database, schema }: Place, body: string): Promise<void> {
  const { id } = await rig.fleet.tenant(slug)
  await rig.eyes.see(database, `insert into ${ident(schema, 'note').text} (tenant_id, body) values ($1, $2)`, [id, body])
}

/** What the tenant has in this home, by a superuser. */
export async function bodiesIn(rig: Rig, tenantId: string, { database, schema }: Place): Promise<readonly string[]> {
  const text = `select body from ${ident(schema, 'note').text} where tenant_id = $1 order by body`
  return (await rig.eyes.see<{ body: string }>(database, text, [tenantId])).map(({ body }) => body)
}

/** Every database that says that the tenant may enter there, and where. */
export async function letIn(rig: Rig, tenantId: string): Promise<readonly string[]> {
  const databases = await rig.eyes.see<{ name: string }>(rig.subject.catalog, `select name from catalog.database where state = 'live'`)
  const found = databases.map(async ({ name }) => {
    const text = `select home_id::text as home from tenantry.placement where tenant_id = $1 and state <> 'moved'`
    return (await rig.eyes.see<{ home: string }>(name, text, [tenantId])).map(({ home }) => `${name} ${home}`)
  })
  return (await Promise.all(found)).flat()
}
