import { rm } from 'node:fs/promises'
import { type Figure, figure, report } from '../../bench/measuring/figures.js'
import { runSuite } from '../../src/engine/attacking/suite.js'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { isFault } from '../../src/kernel/faults.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { fleetOn } from '../support/fleet.js'
import { ENGINES, type EngineName, startTestServers, type TestServer } from '../support/servers.js'
import { makeServersFolder } from '../support/servers-folder.js'
import { askAsCaller } from './attack/callers.js'
import { FOUNDING, type Founding, startFounding } from './attack/founding.js'
import { type Attacked, publishedFor } from './attack/published.js'

/** Every attack, in every isolation, on every PostgreSQL; then the same on what the founding documents describe. */
async function main(argv: readonly string[]): Promise<number> {
  const folder = await makeServersFolder()
  const names = Object.keys(ENGINES) as EngineName[]
  const servers = await startTestServers({ from: process.cwd(), folder, engines: names })
  try {
    const missing = names.filter((name) => servers.servers[name] === undefined)
    for (const name of missing) process.stderr.write(`${name} is not there: ${servers.missing[name]}\n`)
    const results: Figure[] = [figure('attacks that are known', ATTACKS.length, '', 'higher', 150)]
    for (const name of names) {
      const server = servers.servers[name]
      if (server === undefined) continue
      for (const assurance of [undefined, 'standard'] as const) results.push(...(await attackProduct(server, assurance)))
      results.push(...(await attackFounding(server)))
    }
    return Math.max(report('drill', 'attack', results, argv), missing.length > 0 ? 1 : 0)
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const NOTHING = { data: [], residuals: [], closed: [], notes: [] } as const

async function attackProduct(server: TestServer, assurance: 'standard' | undefined): Promise<readonly Figure[]> {
  const fleet = await fleetOn(server, {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN, extensions: ['pg_trgm'] },
    tenants: { one: 'shared', two: 'schema' },
    ...(assurance === undefined ? {} : { assurance }),
  })
  const at = `PostgreSQL ${server.version}, ${assurance ?? 'the assurance that is preset'}`
  try {
    const attacked = await fleet.run<Attacked>('doctor.attack').catch((error: unknown) => {
      if (!isFault(error, 'ATTACK_BREACHED')) throw error
      process.stderr.write(`${at}: ${error.message}\n`)
      return Number(error.facts.breaches)
    })
    const asked = await askAsCaller(fleet, 'one', 'two')
    for (const line of asked) process.stderr.write(`${at}, the HTTP API: ${line}\n`)
    const breaches = typeof attacked === 'number' ? attacked : 0
    const { data, residuals, closed, notes }: Omit<Attacked, 'attacks'> = typeof attacked === 'number' ? NOTHING : attacked
    for (const note of [...notes, ...closed]) process.stderr.write(`${at}: ${note}\n`)
    const published = publishedFor(data)
    return [
      figure(`${at}: breaches`, breaches, '', 'lower', 0),
      ...data.flatMap(({ isolation, assurance, refused, residual, hole, otherwise }) => [
        figure(`  ${isolation}, ${assurance}: attempts that came to nothing`, refused, '', 'higher', 500),
        figure(`  ${isolation}, ${assurance}: attempts that are published residuals`, residual, '', 'lower'),
        figure(`  ${isolation}, ${assurance}: stopped by a newer minor only`, hole, '', 'lower', 0),
        figure(`  ${isolation}, ${assurance}: refused for another reason than published`, otherwise, '', 'lower', 0),
      ]),
      figure('  residuals that showed and are not published', residuals.filter((one) => !published.includes(one)).length, '', 'lower', 0),
      figure('  attacks that are published as residuals and came to nothing', closed.length, '', 'lower', 0),
      figure('  residuals that are published and did not show', published.filter((one) => !residuals.includes(one)).length, '', 'lower', 0),
      figure('  requests to the HTTP API that were not answered as published', asked.length, '', 'lower', 0),
    ]
  } finally {
    await fleet.stop()
  }
}

const LEAST: Readonly<Record<Founding, number>> = { schemas: 25, 'rows, as their owner': 25, 'rows, as another role': 25, databases: 8 }

async function attackFounding(server: TestServer): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const kind of FOUNDING) {
    const ground = await startFounding(server, kind)
    try {
      const { judged } = await runSuite(ground)
      const through = judged.filter(({ verdict }) => verdict === 'breach')
      const harmed = new Set(through.filter((one) => one.harmed).map(({ attack }) => attack))
      const at = `PostgreSQL ${server.version}, as the founding documents have it, ${kind}`
      figures.push(
        figure(`${at}: attacks that did harm`, harmed.size, '', 'higher', LEAST[kind]),
        figure('  and that ran, which Tenantry refuses', new Set(through.map(({ attack }) => attack)).size - harmed.size, '', 'higher'),
      )
    } finally {
      await ground.stop()
    }
  }
  return figures
}

process.exitCode = await main(process.argv.slice(2))
