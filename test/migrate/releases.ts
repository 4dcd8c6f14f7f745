import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'

/** Versions of a home in the order of their files. */
export const V1 = '20260101000000'
export const V2 = '20260201000000'
export const V3 = '20260301000000'

export const fileOf = (version: string): string => `tenant/${version}_release.sql`

/** In a home at a version, `mark` is that version: whoever writes a note writes down what the home was at that moment. */
export const marks = (version: string, more = ''): string => `-- migrate:up
alter table note alter column mark set default '${version}';
${more}
`

export const FIRST = `-- migrate:up
create table note (
  tenant_id uuid not null default tenantry.tenant(), id uuid not null default gen_random_uuid(), app text, mark text default '${V1}',
  primary key (tenant_id, id)
);
`

export const addFile = (fleet: Fleet, version: string, text: string): Promise<void> =>
  writeFile(join(fleet.folder, 'migrations', fileOf(version)), text)

export const note = (app: string) => sql<{ mark: string }>`insert into note (app) values (${app}) returning mark`

/** What a superuser finds: which application has written at which versions of the home, and how often. */
export async function written(fleet: Fleet, slug: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { schema } = await fleet.tenant(slug)
  const witness = await fleet.witness(slug)
  const rows = await witness.rows(
    sql<{ app: string; marks: string[] }>`
      select n.app, array_agg(distinct n.mark) as marks
      from ${ident(schema, 'note')} n
      group by n.app`,
  )
  return Object.fromEntries(rows.map(({ app, marks }) => [app, marks]))
}

export const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'let in',
    (error: { code?: string }) => error,
  )
