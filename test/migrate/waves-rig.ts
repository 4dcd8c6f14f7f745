import { ident, type Sql, sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import { addMigration, type Fleet, type FleetOptions } from '../../src/testing.js'
import { fleetOn } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { testServer } from '../support/servers-injected.js'

export const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id int, body text, primary key (tenant_id, id));
`

/** Holds the next home that is migrated, after its commit and before its journal. */
export interface Gate {
  readonly failpoint: (name: string) => Promise<void>
  /** `reached` resolves when a home is held. */
  readonly hold: () => { readonly reached: Promise<void>; readonly release: () => void }
  /** Holds nobody any more. */
  readonly free: () => void
}

export function makeGate(): Gate {
  let next: (() => Promise<void>) | undefined
  let free = (): void => {}
  return {
    failpoint: async (name) => {
      if (!/^migrate\.up\/tenant\[.*\]:acted$/.test(name)) return
      const held = next
      next = undefined
      await held?.()
    },
    hold: () => {
      const { opened: released, open: release } = gate()
      const reached = new Promise<void>((resolve) => {
        next = () => {
          resolve()
          return released
        }
      })
      free = () => {
        next = undefined
        release()
      }
      return { reached, release }
    },
    free: () => free(),
  }
}

export const startWaves = (tenants: FleetOptions['tenants'], gate?: Gate): Promise<Fleet> =>
  fleetOn(testServer(), {
    ...(gate === undefined ? {} : { failpoint: gate.failpoint }),
    migrations: { 'tenant/1_note.sql': NOTE },
    config: { lease: '1s' },
    tenants: tenants ?? {},
  })

let version = 1
/** One more migration, such as every home can take. Answers its version. */
export async function nextMigration(fleet: Fleet, body = ''): Promise<string> {
  version++
  await addMigration(fleet, `tenant/${version}_more.sql`, `-- migrate:up\nalter table note add column c${version} text;\n${body}`)
  return String(version)
}

/** The versions of these tenants' homes by their own ledgers, which no operation writes but the migration itself. */
export async function ledgers(fleet: Fleet, ...slugs: readonly string[]): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    slugs.map(async (slug) => {
      const { home } = await fleet.tenant(slug)
      const witness = await fleet.witness(slug)
      const rows = await witness.rows(sql<{ version: string }>`select version from tenantry.migration where home_id = ${home}`)
      return rows
        .map((row) => row.version)
        .sort((a, b) => Number(a) - Number(b))
        .at(-1)
    }),
  )
}

export interface Thrown {
  readonly code: string
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly kind: { readonly exit: number }
  readonly remedy: string
}

export const thrown = (run: Promise<unknown>): Promise<Thrown> =>
  run.then(
    () => ({ code: 'none', message: '', facts: {}, kind: { exit: 0 }, remedy: '' }),
    (error: Thrown) => error,
  )

/** Holds the table of a tenant's home until `release`: whoever migrates the home waits. */
export async function holdHome(fleet: Fleet, slug: string): Promise<{ readonly release: () => Promise<void> }> {
  const { schema } = await fleet.tenant(slug)
  const witness: Database = await fleet.witness(slug)
  const { opened: released, open: release } = gate()
  const { opened: holding, open: held } = gate()
  const over = witness.transaction(async (session) => {
    await session.run(sql`lock table ${ident(schema, 'note')} in access exclusive mode`)
    held()
    await released
  })
  await holding
  return {
    release: async () => {
      release()
      await over
    },
  }
}

export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let turn = 0; turn < 2_000; turn++) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('it never came')
}

export interface SeenRun {
  readonly id: string
  readonly state: string
  readonly waitsFor: string | null
  readonly leased: boolean
  readonly attempts: number
}

const newest: Sql<SeenRun> = sql<SeenRun>`
  select id, state, waits_for as "waitsFor", lease_until is not null as leased, attempts
  from catalog.operation where name = 'migrate.up' order by created_at desc limit 1`

export const newestRun = (fleet: Fleet): Promise<SeenRun> => fleet.platform.catalog.one(newest)

export const itemsBy = (
  fleet: Fleet,
  operation: string,
): Promise<readonly { item: string; state: string; wave: number; attempts: number }[]> =>
  fleet.platform.catalog.rows(
    sql`select item, state, wave, attempts from catalog.operation_item where operation_id = ${operation} and wave > 0 order by wave, place`,
  )
