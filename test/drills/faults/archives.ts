import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { amongOthers, BYSTANDERS, type Killing, killVictims, type Victim } from '../../faults/archive-kills.js'
import {
  allBackups,
  checkExport,
  DUE_POINTS,
  databaseBackups,
  dueBackup,
  EXPORT_POINTS,
  pruned,
  purges,
  tenantBackups,
} from '../../faults/backup-victims.js'
import { runKilled } from '../../faults/children.js'
import { besides, merges, newTenants } from '../../faults/home-victims.js'
import { ISOLATIONS, type Rig, startRigOn } from '../../faults/rig.js'
import { sum, type Tally } from '../../faults/tally.js'
import { fill, seen, where } from '../../restore/rig.js'
import { startTestServers, type TestServer } from '../../support/servers.js'
import { makeServersFolder } from '../../support/servers-folder.js'
import { everyNth, type Scenario } from './scenario.js'

const STORES = ['archives', 'copies']

/** SIGKILL at every failpoint of what makes, reads and removes archives, and of what is made of them. The long form of test/restore/kill.test.ts and its like. */
export async function* killArchives(server: TestServer, every: number): AsyncGenerator<Scenario> {
  const choose = everyNth(every)
  const master = randomBytes(32).toString('hex')
  const archives = {
    copies: [{ folder: 'copies' }],
    keys: { provider: { secrets: ['env:MASTER'] }, store: { folder: 'keys' }, copies: [{ folder: 'more-keys' }] },
  }
  const start = async (on: TestServer): Promise<Rig> => {
    const bystanders = Object.fromEntries(ISOLATIONS.map((isolation, n) => [BYSTANDERS[n]!, isolation]))
    const rig = await startRigOn(on, bystanders, { config: { archives }, secrets: { 'env:MASTER': master } })
    for (const slug of BYSTANDERS) await fill(rig, slug, slug)
    return rig
  }
  const secrets = { MASTER: master }
  const scenario = async (rig: Rig, name: string, victims: readonly Victim[], more: Killing = {}): Promise<Scenario> => {
    const tally = await amongOthers(rig, { stores: STORES }, async () => ({
      tally: await killVictims(rig, victims, { secrets, ...more }),
      victims,
    }))
    return { name: `${name}, killed at a failpoint`, tally, atLeast: victims.length }
  }

  const rig = await start(server)
  try {
    yield await scenario(rig, 'backup.create --all', await allBackups(rig, BYSTANDERS, choose))
    yield await scenario(rig, 'backup.create', await tenantBackups(rig, choose))
    yield await scenario(rig, 'backup.create --platform', await databaseBackups(rig, 'backup.create', choose))
    yield await killDue(rig, choose(DUE_POINTS), secrets)
    yield await scenario(rig, 'backup.prune', await pruned(rig, STORES, choose))
    yield await killExports(rig, choose(EXPORT_POINTS), secrets)

    await rig.fleet.run('tenant.create', { slug: 'origin', isolation: 'schema' })
    await fill(rig, 'origin', 'origin')
    const rows = await seen(rig, await where(rig, 'origin'))
    const { backup } = await rig.fleet.run<{ backup: { id: string } }>('backup.create', { tenant: 'origin' })
    const of = { backup: backup.id }
    for (const isolation of ['schema', 'shared'] as const) {
      const victims = newTenants(rig, 'backup.restore', of, rows, { prefix: `r${isolation.slice(0, 2)}`, isolation, choose })
      yield await scenario(rig, `backup.restore as a new tenant (${isolation})`, victims)
    }
    for (const isolation of ISOLATIONS) {
      const clones = newTenants(rig, 'tenant.clone', { tenant: 'origin' }, rows, { prefix: `c${isolation.slice(0, 2)}`, isolation, choose })
      yield await scenario(rig, `tenant.clone (${isolation})`, clones)
    }
    for (const isolation of ['schema', 'database'] as const) {
      const victims = await besides(rig, { prefix: `b${isolation.slice(0, 2)}`, isolation, choose })
      yield await scenario(rig, `backup.restore beside (${isolation})`, victims)
    }
    const { victims, between } = await merges(rig, choose)
    yield await scenario(rig, 'tenant.merge', victims, { between })
    yield await scenario(rig, 'tenant.purge with its final backup', await purges(rig, choose))

    // From here on backups are of an older version: into a shared home they go through a schema.
    await addMigration(rig)
    for (const isolation of ['shared', 'database'] as const) {
      const older = newTenants(rig, 'backup.restore', of, rows, { prefix: `o${isolation.slice(0, 2)}`, isolation, choose })
      yield await scenario(rig, `backup.restore of an older version (${isolation})`, older)
    }
  } finally {
    await rig.stop()
  }
  yield* killDumps(start, scenario, choose)
}

async function killDue(rig: Rig, points: readonly string[], secrets: Readonly<Record<string, string>>): Promise<Scenario> {
  const tally = await amongOthers(rig, { stores: STORES }, async () => {
    const tallies: Tally[] = []
    const victims: Victim[] = []
    for (const [n, point] of points.entries()) {
      const { victim } = await dueBackup(rig, point, n)
      victims.push(victim)
      tallies.push(await killVictims(rig, [victim], { secrets }))
    }
    return { tally: sum(tallies), victims }
  })
  return { name: 'backup.due, killed at a failpoint', tally, atLeast: points.length }
}

/** Nobody goes on with an export: it is made anew. */
async function killExports(rig: Rig, points: readonly string[], secrets: Readonly<Record<string, string>>): Promise<Scenario> {
  const tally = await amongOthers(rig, { stores: STORES }, async () => {
    const violations: string[] = []
    for (const [n, point] of points.entries()) {
      const to = join(rig.fleet.folder, `exports-${n}`, 'one')
      await runKilled(rig.fleet, 'tenant.export', { tenant: BYSTANDERS[n % BYSTANDERS.length], to }, point, { secrets })
      const wrong = await checkExport(rig, BYSTANDERS[n % BYSTANDERS.length]!, to, point)
      violations.push(...wrong.map((one) => `${point}: ${one}`))
    }
    return { tally: { kills: points.length, violations, convergedMs: [] }, victims: [] }
  })
  return { name: 'tenant.export, killed at a failpoint', tally, atLeast: points.length }
}

/** On Debian's server, where its own pg_dump is. */
async function* killDumps(
  start: (on: TestServer) => Promise<Rig>,
  scenario: (rig: Rig, name: string, victims: readonly Victim[]) => Promise<Scenario>,
  choose: (points: readonly string[]) => readonly string[],
): AsyncGenerator<Scenario> {
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['debian-15'] })
  try {
    const server = servers.servers['debian-15']
    if (server === undefined) {
      process.stderr.write(`no database is dumped: ${servers.missing['debian-15']}\n`)
      return
    }
    const rig = await start(server)
    try {
      yield await scenario(rig, 'backup.database', await databaseBackups(rig, 'backup.database', choose))
    } finally {
      await rig.stop()
    }
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function addMigration({ fleet }: Rig): Promise<void> {
  const text =
    '-- migrate:up\ncreate table more (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));\n-- migrate:down\ndrop table more;\n'
  await writeFile(join(fleet.folder, 'migrations', 'tenant', '20260202000000_more.sql'), text)
  await fleet.run('migrate.up', {})
}
