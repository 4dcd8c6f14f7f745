import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireFault, WireMessage } from '../support/fault-proxy.js'
import { testServer } from '../support/servers-injected.js'
import { checkGone, checkPlatform, checkTenant } from './checker.js'
import { type Lane, type Proxied, startProxied } from './proxied.js'
import { atMost, ISOLATIONS } from './rig.js'

// The server has committed, and whoever asked for it will never be told.

let proxied: Proxied
beforeAll(async () => {
  const tenants = Object.fromEntries(ISOLATIONS.map((isolation) => [`peace-${isolation}`, isolation]))
  // Longer than this process may stand still: nobody is to be taken for dead.
  proxied = await startProxied(testServer(), tenants, 3, '5s')
})
afterAll(() => proxied?.stop())

const isCommitted = ({ from, type, text }: WireMessage): boolean => from === 'server' && type === 'C' && text === 'COMMIT'

/** Loses the answer to the n-th commit, counted from 1. */
const lose = (n: number): WireFault => {
  let seen = 0
  return { at: (message) => isCommitted(message) && ++seen === n, do: 'kill', moment: 'before' }
}

const stepsOf = (slug: string) =>
  proxied.subject.eyes.see<{ name: string; position: number; attempts: number }>(
    proxied.subject.catalog,
    `select s.name, s.position, o.attempts from catalog.operation o join catalog.operation_step s on s.operation_id = o.id
     where o.name = 'tenant.create' and o.input ->> 'slug' = $1 order by s.position`,
    [slug],
  )

describe.concurrent.each(ISOLATIONS)('tenant.create, %s', (isolation) => {
  test('the answer to any one COMMIT is lost: no step is recorded twice, none that is recorded is done again', async () => {
    const lane = await proxied.lane()
    const slug = (n: number): string => `lost-${isolation}-${n}`
    const calm = await lane.run('tenant.create', { slug: slug(0), isolation })
    const steps = await stepsOf(slug(0))
    const commits = calm.watch.messages.filter(isCommitted)
    // One for each step, the acceptance, the end, and one at least in the tenant's database.
    expect(commits.length).toBeGreaterThan(calm.acted.length + 2)

    // A database takes long to make, and its journal is that of the others: there, the first answer and those of its own databases.
    const chosen = commits.flatMap(({ database }, i) =>
      isolation !== 'database' || i === 0 || database !== proxied.subject.catalog ? [i] : [],
    )
    expect(chosen.length).toBeGreaterThan(2)
    const lanes: Lane[] = [lane, await proxied.lane()]
    await atMost(
      lanes.length,
      chosen.map((i) => async () => {
        const mine = lanes.pop()!
        const name = slug(i + 1)
        const { hit, succeeded, told, acted } = await mine.run('tenant.create', { slug: name, isolation }, { fault: lose(i + 1) })
        lanes.push(mine)
        expect({ name, hit: hit?.text, succeeded }).toEqual({ name, hit: 'COMMIT', succeeded: true })
        // The first of all accepts the operation: whoever asks again is told that it exists, and a worker does it.
        const first = i === 0
        expect(told).toEqual(first ? ['CATALOG_UNREACHABLE', 'OPERATION_STATE'] : [])
        expect(acted).toEqual(first ? [] : calm.acted)
        expect(await stepsOf(name)).toEqual(steps.map((step) => ({ ...step, attempts: first ? 2 : 1 })))
        expect(await checkTenant(proxied.subject, name, { state: 'active', isolation, like: `peace-${isolation}` })).toEqual([])
      }),
    )
  })
})

test('tenant.create, cancelled half-way, and the answer to any one COMMIT is lost: it is taken back once, and its caller is told why', async () => {
  const isolation = 'schema'
  const lane = await proxied.lane()
  const cancel = async (slug: string, n: number) => {
    let cancelled = false
    let seen = 0
    const fault: WireFault = {
      at: (message) => cancelled && isCommitted(message) && ++seen === n,
      do: 'kill',
      moment: 'before',
    }
    const failpoint = async (point: string): Promise<void> => {
      if (point !== 'tenant.create/activate:before') return
      const find = "select id from catalog.operation where input ->> 'slug' = $1"
      const [found] = await proxied.subject.eyes.see<{ id: string }>(proxied.subject.catalog, find, [slug])
      await proxied.fleet.run('operation.cancel', { operation: found!.id })
      cancelled = true
    }
    return lane.run('tenant.create', { slug, isolation }, { fault, failpoint })
  }
  for (let n = 1; ; n++) {
    const slug = `back-${isolation}-${n}`
    const { hit, told } = await cancel(slug, n)
    expect({ slug, told }).toEqual({ slug, told: ['OPERATION_CANCELLED'] })
    expect(await checkGone(proxied.subject, slug)).toEqual([])
    // There was no such commit any more.
    if (hit === undefined) {
      expect(n).toBeGreaterThan(4)
      break
    }
  }
})

test('afterwards the platform is in order', async () => {
  expect(await checkPlatform(proxied.subject)).toEqual([])
})
