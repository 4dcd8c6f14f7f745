import pg from 'pg'
import { newId } from '../../../src/kernel/clock.js'
import { ident, literal, type Sql } from '../../../src/kernel/sql.js'
import type { LeakStored, LeakTenant, LeakWay } from '../../../src/testing/leak-meter.js'
import type { Wire } from '../../../src/testing/leak-meter-wire.js'
import { addPoolerUser, type TestServer } from '../../support/servers.js'

/** What people do without a library, as it is written down in many places: it must be seen to fail. */
export interface Control {
  readonly way: LeakWay
  readonly stop: () => Promise<void>
}

export type Pattern = 'schemas' | 'rows'

interface Place extends LeakTenant {
  readonly schema: string
}

/**
 * One role of the application with all grants on everything, a plain client per client of the meter, and before every query a session-level setting:
 * `set search_path` after a look whether the schema exists, or `set app.current_tenant` under row-level security. No transaction.
 */
export async function startControl(
  server: TestServer,
  wire: Wire,
  pattern: Pattern,
  options: { readonly tenants: number; readonly clients: number },
): Promise<Control> {
  const mark = newId().slice(0, 8)
  const [role, database, password] = [`control_${mark}`, `test_control_${mark}`, newId()]
  const asSuperuser = { host: server.host, port: server.port, user: server.superuser, password: server.password }
  const tenants: readonly Place[] = Array.from({ length: options.tenants }, (_, i) => ({
    ...{ id: newId(), isolation: pattern, database },
    schema: pattern === 'schemas' ? `tenant_${i + 1}` : 'public',
  }))
  const placeOf = new Map(tenants.map((tenant) => [tenant.id, tenant]))

  await once({ ...asSuperuser, database: 'postgres' }, [
    `create role ${role} login password ${literal(password).text}`,
    `create database ${database}`,
  ])
  await once({ ...asSuperuser, database }, pattern === 'schemas' ? schemaHomes(role, tenants) : sharedHome(role))
  await addPoolerUser(server, role, password)

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ host: wire.host, port: wire.port, user: role, password, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const clients = new Map<number, pg.Client>()
  const one: LeakWay['one'] = async <Row>(number: number, tenant: LeakTenant, statement: Sql<Row>) => {
    const client = clients.get(number) ?? (await connect())
    clients.set(number, client)
    const { schema } = placeOf.get(tenant.id)!
    try {
      if (pattern === 'schemas') {
        const { rowCount } = await client.query('select 1 from information_schema.schemata where schema_name = $1', [schema])
        if (rowCount === 0) throw new Error(`no schema ${schema}`)
        await client.query(`set search_path to ${ident(schema).text}`)
      } else {
        await client.query(`set app.current_tenant = ${literal(tenant.id).text}`)
      }
      return (await client.query(statement.text, [...statement.values])).rows as Row[]
    } catch (error) {
      // Whatever it was: a lost connection must not be asked again.
      if (!(error instanceof pg.DatabaseError)) clients.delete(number)
      throw error
    }
  }

  return {
    way: {
      name: `control, ${pattern}`,
      tenants,
      one,
      several: (number, tenant, body) => body((statement) => one(number, tenant, statement)),
      stored: () => stored({ ...asSuperuser, database }, pattern, tenants),
    },
    stop: async () => {
      await Promise.all([...clients.values()].map((client) => client.end().catch(() => {})))
      await once({ ...asSuperuser, database: 'postgres' }, [`drop database ${database} with (force)`, `drop role ${role}`])
    },
  }
}

const COLUMNS =
  'id bigint generated always as identity primary key, owner text not null, toucher text not null, doomed boolean not null default false'

const schemaHomes = (role: string, tenants: readonly Place[]): readonly string[] =>
  tenants.flatMap(({ schema }) => [
    `create schema ${schema}`,
    `create table ${schema}.parcel (${COLUMNS})`,
    `grant all on schema ${schema} to ${role}`,
    `grant all on all tables in schema ${schema} to ${role}`,
  ])

const sharedHome = (role: string): readonly string[] => [
  `create table public.parcel (tenant_id uuid not null default current_setting('app.current_tenant')::uuid, ${COLUMNS})`,
  'create index on public.parcel (tenant_id, id)',
  'alter table public.parcel enable row level security',
  `create policy tenant_isolation on public.parcel using (tenant_id = current_setting('app.current_tenant')::uuid)`,
  `grant all on public.parcel to ${role}`,
]

async function stored(config: pg.ClientConfig, pattern: Pattern, tenants: readonly Place[]): Promise<LeakStored> {
  const homes = pattern === 'schemas' ? tenants.map(({ schema, id }) => [schema, literal(id).text]) : [['public', 'tenant_id::text']]
  const counts = homes.map(
    ([schema, owner]) => `select count(*) as rows, count(*) filter (where owner <> ${owner} or toucher <> ${owner}) as misplaced,
      count(*) filter (where doomed) as doomed from ${schema}.parcel`,
  )
  const [sum] = await once(config, [
    `select sum(rows)::int as rows, sum(misplaced)::int as misplaced, sum(doomed)::int as doomed from (${counts.join(' union all ')}) as homes`,
  ])
  return sum as LeakStored
}

/** Answers the rows of the last statement. */
async function once(config: pg.ClientConfig, statements: readonly string[]): Promise<readonly unknown[]> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    let rows: readonly unknown[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
