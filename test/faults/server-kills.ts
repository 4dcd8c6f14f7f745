import type pg from 'pg'
import { submit } from '../../src/engine/submit.js'
import { gate } from '../support/gate.js'
import { openCaller } from './caller.js'
import { checkPlatform } from './checker.js'
import { type Doing, prepareDoing } from './doings.js'
import { ISOLATIONS, pointsOf, type Rig, type SeenOperation, until } from './rig.js'
import type { Stage } from './stage.js'
import type { Tally } from './tally.js'

// The server of the tenants is killed in the midst of creating, suspending and purging tenants of every isolation, all at once.

/** `postmaster`: the server is gone and is started again. `backend`: one session is killed, whereupon the server throws out all and recovers by itself. */
export type Victim = 'postmaster' | 'backend'

const OPERATIONS = ['tenant.create', 'tenant.suspend', 'tenant.purge'] as const

/** How many rounds it takes to have stood at every border of every step. */
export const ROUNDS = Math.max(...OPERATIONS.map((name) => pointsOf(name).length))

/** Each round has all operations wait at another border of their steps, lets them go, and kills the server a few milliseconds later. */
export async function killServer(stage: Stage, victim: Victim, round: number): Promise<Tally> {
  const doings = await prepare(stage, `${victim === 'backend' ? 'b' : 'p'}${round}`, round)
  const { opened, open } = gate()
  let waiting = 0
  const told: string[] = []
  const calls = doings.map(async ({ name, input, point }) => {
    const platform = await openCaller(stage.rig.fleet, async (at) => {
      if (at !== point) return
      waiting++
      await opened
    })
    // Whatever it is told, the operation must come to a good end.
    await submit(platform, platform.find(name)!, input, { actor: 'test', source: 'library' }).catch((error) => told.push(String(error)))
    await platform.close()
  })
  await until('all operations to be in their midst', async () => (waiting === doings.length ? true : undefined))
  open()
  await new Promise((resolve) => setTimeout(resolve, (round * 7) % 40))
  const killedAt = performance.now()
  if (victim === 'backend') await killBackend(stage)
  else {
    await stage.server.kill()
    // Longer than a lease: where the catalog is on it as well, nobody holds one any more.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await stage.server.restart()
  }
  const violations: string[] = []
  for (const { name, slug, point } of doings) {
    const { state, why } = await endOf(stage.rig, name, slug)
    if (state !== 'succeeded') violations.push(`${slug}, killed after ${point}: ${name} is ${state} with ${why} (${told})`)
  }
  const convergedMs = [performance.now() - killedAt]
  await Promise.all(calls)
  for (const { check } of doings) violations.push(...(await check()))
  violations.push(...(await checkPlatform(stage.rig.subject)))
  return { kills: 1, violations: violations.map((one) => `${victim}, round ${round}: ${one}`), convergedMs }
}

/** A tenant of each isolation for each of the operations, and where it waits for the others. */
async function prepare({ rig, cluster }: Stage, mark: string, round: number): Promise<readonly (Doing & { readonly point: string })[]> {
  const doings = await Promise.all(
    ISOLATIONS.map((isolation, i) =>
      Promise.all(
        OPERATIONS.map(async (name) => {
          const points = pointsOf(name)
          const slug = `${mark}-${name.slice(7)}-${isolation}`
          const doing = await prepareDoing(rig, name, isolation, slug, { like: `peace-${isolation}`, cluster })
          return { ...doing, point: points[(round + i * Math.round(points.length / 3)) % points.length]! }
        }),
      ),
    ),
  )
  return doings.flat()
}

/** One that is at work, if there is one. Ends when the server has thrown out everybody and is back. */
async function killBackend({ rig }: Stage): Promise<void> {
  const witness = await rig.eyes.session('postgres')
  let thrownOut = false
  witness.once('end', () => {
    thrownOut = true
  })
  // Whoever is chosen may end by itself before the signal comes, and then nobody else notices.
  await until('the server to throw out everybody', async () => {
    if (thrownOut) return true
    await killOne(witness).catch(() => {})
    return undefined
  })
  await until('the server to be back', async () => {
    const fresh = await rig.eyes.session('postgres').catch(() => undefined)
    await fresh?.end()
    return fresh
  })
}

async function killOne(witness: pg.Client): Promise<void> {
  const { rows } = await witness.query(
    `select pid from pg_stat_activity where application_name = 'tenantry control' order by state = 'active' desc, state_change desc limit 1`,
  )
  process.kill(rows[0].pid, 'SIGKILL')
}

/** The catalog itself may be away for a while. */
const endOf = (rig: Rig, name: string, slug: string): Promise<SeenOperation> =>
  until(`${name} of ${slug} to end`, async () => {
    const found = await rig.operation(name, slug).catch(() => undefined)
    return found === undefined || found.state === 'running' || found.state === 'undoing' ? undefined : found
  })
