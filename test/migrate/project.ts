import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'

/** Tenants of a project by isolation; each witness asks as a superuser. */
export const TENANTS = { one: 'shared', two: 'shared', three: 'schema', four: 'database' } as const
export const HOMES = ['one', 'three', 'four'] as const

export const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id int, body text, kind text, primary key (tenant_id, id));
create type colour as enum ('red');
-- migrate:down
drop table note;
drop type colour;
`

export const put = async (fleet: Fleet, path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(fleet.folder, 'migrations', path)), { recursive: true })
  await writeFile(join(fleet.folder, 'migrations', path), text)
}

export const take = (fleet: Fleet, path: string): Promise<void> => rm(join(fleet.folder, 'migrations', path))

export const failureOf = (
  run: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string; readonly remedy: string; readonly facts: Record<string, unknown> }> =>
  run.then(
    () => ({ code: 'none', message: '', remedy: '', facts: {} }),
    (error) => error,
  )

/** The home of a tenant as the database itself shows it. */
export interface Eye {
  readonly database: Database
  readonly schema: string
  readonly home: string
  readonly ledger: () => Promise<readonly string[]>
  /** Names of indexes, with `!` where one is not valid. */
  readonly indexes: () => Promise<readonly string[]>
  /** Of the placements in the home: at which version scopes are told that it is. */
  readonly told: () => Promise<readonly string[]>
  readonly insert: (id: number, body: string) => Promise<unknown>
  readonly bodies: () => Promise<readonly (string | null)[]>
}

export async function eyeOn(fleet: Fleet, slug: string): Promise<Eye> {
  const { id, home } = await fleet.tenant(slug)
  const database = await fleet.witness(slug)
  const { schema } = await database.one(sql<{ schema: string }>`select schema_name as schema from tenantry.home where id = ${home}`)
  return {
    database,
    schema,
    home,
    ledger: async () =>
      (await database.rows(sql<{ version: string }>`select version from tenantry.migration where home_id = ${home} order by version`)).map(
        ({ version }) => version,
      ),
    indexes: async () =>
      (
        await database.rows(sql<{ name: string }>`
          select c.relname || case when i.indisvalid then '' else '!' end as name
          from pg_index i join pg_class c on c.oid = i.indexrelid
          where c.relnamespace = ${schema}::regnamespace order by 1`)
      ).map(({ name }) => name),
    told: async () =>
      (await database.rows(sql<{ version: string }>`select version from tenantry.placement where home_id = ${home}`)).map(
        ({ version }) => version,
      ),
    insert: (key, body) => database.run(sql`insert into ${ident(schema, 'note')} (tenant_id, id, body) values (${id}, ${key}, ${body})`),
    bodies: async () =>
      (
        await database.rows(sql<{ body: string | null }>`select body from ${ident(schema, 'note')} where tenant_id = ${id} order by id`)
      ).map(({ body }) => body),
  }
}
