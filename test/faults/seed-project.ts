import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from '../../src/kernel/sql.js'
import type { Rig } from './rig.js'

export const SEEDS: Readonly<Record<string, string>> = {
  '010_authors.sql': `-- Runs for every tenant.
insert into author (name) values ('house');
insert into note (author_id, body) select id, 'by sql; ' || tenantry.fact('id') from author;
`,
  '020_notes.ts': `import { existsSync } from 'node:fs'
import { defineSeed, sql } from 'tenantry'
export default defineSeed(async ({ tx, tenant }) => {
  const { id } = await tx.one(sql\`select id from author where name = 'house'\`)
  await tx.copyFrom('note', ['author_id', 'body'], [[id, 'by program; ' + tenant.id]])
  // Killed with its rows written and not committed.
  if (existsSync(new URL('doomed', import.meta.url))) process.kill(process.pid, 'SIGKILL')
})
`,
  '500_owner.claim.sql': `insert into platform.account (email) values (tenantry.fact('slug') || '@example.org');
insert into note (body)
  values (concat_ws('; ', tenantry.fact('name'), tenantry.fact('tier'), tenantry.fact('region'), tenantry.fact('labels')::jsonb ->> 'plan'));
`,
  '510_greeting.claim.ts': `import { sql } from 'tenantry'
export default async ({ tx, tenant }) => {
  await tx.run(sql\`insert into author (name) values (\${[tenant.slug, tenant.name, tenant.labels.plan].join(' ')})\`)
}
`,
}

export const putSeed = (rig: Rig, name: string, text: string): Promise<void> => writeFile(join(rig.fleet.folder, 'seeds', name), text)
export const dropSeed = (rig: Rig, name: string): Promise<void> => rm(join(rig.fleet.folder, 'seeds', name))

export async function writeSeeds(rig: Rig): Promise<void> {
  await mkdir(join(rig.fleet.folder, 'seeds'))
  for (const [name, text] of Object.entries(SEEDS)) await putSeed(rig, name, text)
}

/** What a tenant has in the tables that the seeds write, before anything else does. */
export async function seededRows(rig: Rig, slug: string): Promise<readonly string[]> {
  const { id } = await rig.fleet.tenant(slug)
  const found = await rig.fleet.app.tenant(slug).query(sql<{ what: string }>`
    select 'author ' || name as what from author
    union all select 'note ' || body || case when tenant_id = (select tenantry.tenant()) then '' else ' of another' end from note
    union all select 'account ' || email from platform.account`)
  return found.map(({ what }) => what.replace(id, '<id>')).sort()
}

/** For a tenant that was created with this name, tier, region and plan. */
export const seedsFor = (slug: string, facts: readonly [name: string, tier?: string, region?: string, plan?: string]): readonly string[] =>
  [
    `account ${slug}@example.org`,
    'author house',
    `author ${slug} ${facts[0]} ${facts[3] ?? ''}`,
    'note by program; <id>',
    'note by sql; <id>',
    `note ${facts.filter((one) => one !== undefined).join('; ')}`,
  ].sort()
