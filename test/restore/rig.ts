import { randomUUID } from 'node:crypto'
import { backUp } from '../../src/engine/backup/back-up.js'
import { ident } from '../../src/kernel/sql.js'
import type { Session } from '../../src/postgres/session.js'
import type { Rig } from '../faults/rig.js'

/** Where a tenant's rows are. */
export interface Where {
  readonly tenant: string
  readonly database: string
  readonly schema: string
}

export const where = async (rig: Rig, slug: string): Promise<Where> => {
  const { id, database, schema } = await rig.fleet.tenant(slug)
  return { tenant: id, database, schema }
}

/** Rows of all kinds by plain SQL, as a superuser: authors, notes of theirs, events in two partitions, measures that are hard to write, an account. */
export async function fill(rig: Rig, slug: string, word: string): Promise<void> {
  const { tenant, database, schema } = await where(rig, slug)
  const s = ident(schema).text
  const statements = [
    `insert into ${s}.author (tenant_id, name) select $1, '${word} ' || n from generate_series(1, 3) n`,
    `insert into ${s}.note (tenant_id, author_id, body, size) select $1, id, name || E'\\t\\\\\\n' || chr(1), id * 7 from ${s}.author where tenant_id = $1`,
    `insert into ${s}.event (tenant_id, at, kind) values ($1, '2010-02-03 04:05:06.789', '${word}'), ($1, '294000-01-01', '${word}')`,
    `insert into ${s}.measure (tenant_id, value, raw) values ($1, 'NaN', '\\x00ff'), ($1, '-Infinity', null), ($1, 1e-30, '\\x')`,
    `insert into platform.account (tenant_id, email, password_hash) values ($1, '${word}@example.com', 'secret')`,
  ]
  for (const statement of statements) await rig.eyes.see(database, statement, [tenant])
}

const TABLES = ['author', 'note', 'event', 'measure'] as const

/** What a superuser sees of a tenant in a home, without whose it is. */
export async function seen(rig: Rig, { tenant, database, schema }: Where): Promise<Readonly<Record<string, string>>> {
  const names = [...TABLES.map((name) => [name, ident(schema, name).text] as const), ['platform.account', 'platform.account'] as const]
  const found = await Promise.all(
    names.map(async ([name, table]) => {
      const text = `
        select count(*) || ' ' || md5(coalesce(string_agg(r, E'\\x02' order by r collate "C"), '')) as told
        from (select (to_jsonb(t) - 'tenant_id')::text as r from ${table} t where tenant_id = $1) rows`
      return [name, (await rig.eyes.see<{ told: string }>(database, text, [tenant]))[0]!.told] as const
    }),
  )
  return Object.fromEntries(found)
}

/** A backup, by the engine alone. */
export async function backedUp(rig: Rig, slug: string): Promise<string> {
  const { platform } = rig.fleet
  const { tenant } = await where(rig, slug)
  const journal = <T>(body: (tx: Session) => Promise<T>): Promise<T> => platform.catalog.transaction(body)
  const { id } = await backUp({ platform, by: { operation: randomUUID(), token: 1 }, journal }, { tenant, kind: 'demand' })
  return id
}
