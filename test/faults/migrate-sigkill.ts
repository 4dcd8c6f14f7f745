import { openFaultProxy } from '../support/fault-proxy.js'
import { urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import { checkPlatform } from './checker.js'
import { startChild } from './children.js'
import { endOfMigration, invalidIndexes, seedTraces, tracesOf, writeMigration } from './migrations-killed.js'
import { type Rig, startRigOn } from './rig.js'
import type { Tally } from './tally.js'
import { withWork } from './with-work.js'

const SLUGS = ['shared-a', 'shared-b', ...Array.from({ length: 8 }, (_, n) => `schema-${n}`), 'database-a', 'database-b']

/** Kills the process that migrates a fleet of several homes with SIGKILL, at every n-th message between it and the server. */
export async function killMigratorsAt(server: TestServer, every: number, atMost = Number.POSITIVE_INFINITY): Promise<Tally> {
  const rig = await startRigOn(server, Object.fromEntries(SLUGS.map((slug) => [slug, slug.split('-')[0]! as 'shared'])))
  try {
    await seedTraces(rig.fleet, SLUGS)
    const violations: string[] = []
    const convergedMs: number[] = []
    for (let [number, point] = [1, every]; convergedMs.length < atMost; number++, point += every) {
      const { killed, ms, wrong } = await killOne(rig, server, number, point)
      violations.push(...wrong.map((one) => `killed at message ${point}: ${one}`))
      if (!killed) break
      convergedMs.push(ms)
    }
    violations.push(...(await checkPlatform(rig.subject)))
    return { kills: convergedMs.length, violations, convergedMs }
  } finally {
    await rig.stop()
  }
}

async function killOne(rig: Rig, server: TestServer, number: number, point: number) {
  const written = await writeMigration(rig.fleet, number)
  const proxy = await openFaultProxy(server)
  const child = startChild(
    rig.fleet,
    { run: 'migrate.up', input: { parallel: 2 } },
    { secrets: { DATABASE_URL: urlOf({ ...server, port: proxy.port }) } },
  )
  try {
    await child.says('ready')
    // From here on nothing of it arrives, until it is dead.
    const watch = proxy.watch({ at: point, do: 'stall' })
    const over = child.ended()
    let ended = false
    void over.then(() => (ended = true))
    while (!ended && watch.hit() === undefined) await new Promise((resolve) => setTimeout(resolve, 2))
    const killed = watch.hit() !== undefined
    child.signal('SIGKILL')
    await over
    const between = [...(await tracesOf(rig.subject, written))].filter(([, traces]) => traces !== 'none' && traces !== 'all')
    const wrong = between.map(([slug, traces]) => `${slug} had ${traces}`)
    const startedAt = performance.now()
    await withWork(rig.fleet, () => endOfMigration(rig))
    // One that was killed before its operation was journaled has left nothing to go on with.
    await rig.fleet.run('migrate.up', {})
    const ms = performance.now() - startedAt
    for (const [slug, traces] of await tracesOf(rig.subject, written)) if (traces !== 'all') wrong.push(`${slug} has ${traces}`)
    wrong.push(...(await invalidIndexes(rig.subject)))
    return { killed, ms, wrong }
  } finally {
    await child.stop()
    await proxy.close()
  }
}
