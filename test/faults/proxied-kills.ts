import { checkPlatform, checkTenant, type Expected } from './checker.js'
import { inWords, type Lane, type Proxied } from './proxied.js'

// Kills the caller's connection to the server at chosen messages of an operation, and looks at what became of it.

export type Scenario = 'tenant.create shared' | 'tenant.create schema' | 'tenant.create database' | 'tenant.suspend' | 'tenant.resume'

export const SCENARIOS: readonly Scenario[] = [
  'tenant.create shared',
  'tenant.create schema',
  'tenant.create database',
  'tenant.suspend',
  'tenant.resume',
]

export interface Tally {
  /** How many messages the operation has when nothing disturbs it. */
  readonly messages: number
  readonly kills: number
  readonly violations: readonly string[]
  readonly convergedMs: readonly number[]
}

/** Chooses from the messages 1 to `count`. */
export type Choice = (count: number) => readonly number[]

/** The fleet must have a tenant `peace-<isolation>`, made in peace, for the isolation that is created. */
export async function killAt(proxied: Proxied, scenario: Scenario, choose: Choice, lanes = 4): Promise<Tally> {
  const [first, ...others] = await Promise.all(Array.from({ length: lanes }, () => proxied.lane()))
  const prepared = await Promise.all([first!, ...others].map((lane, n) => prepare(proxied, scenario, lane, n)))
  // The fewest: one that was slow has renewed its lease.
  let messages = Number.POSITIVE_INFINITY
  for (const { rehearse } of prepared) messages = Math.min(messages, await rehearse())
  const points = choose(messages)
  const violations: string[] = []
  const convergedMs: number[] = []
  let kills = 0
  const next = points.values()
  await Promise.all(
    prepared.map(async ({ once }) => {
      for (const point of next) {
        try {
          const { hit, ms, wrong } = await once(point)
          violations.push(...wrong.map((one) => `${scenario}, message ${point}: ${one}`))
          // A retry or a renewed lease changes the numbers a little; near the end there may be no such message.
          if (!hit) continue
          kills++
          convergedMs.push(ms)
        } catch (error) {
          violations.push(`${scenario}, message ${point}: ${(error as Error).message}`)
        }
      }
    }),
  )
  violations.push(...(await checkPlatform(proxied.subject)))
  return { messages, kills, violations, convergedMs }
}

interface Prepared {
  readonly rehearse: () => Promise<number>
  readonly once: (point: number) => Promise<{ readonly hit: boolean; readonly ms: number; readonly wrong: readonly string[] }>
}

async function prepare({ fleet, subject }: Proxied, scenario: Scenario, lane: Lane, number: number): Promise<Prepared> {
  const [name, isolation = 'schema'] = scenario.split(' ') as [string, string?]
  const short = scenario.replace('tenant.', '').replace(' ', '-')

  // Before message n is after message n - 1 as well: what one side has sent until then has arrived, and nothing else.
  const at = (point: number) => ({ at: point, do: 'kill', moment: 'before' }) as const
  const ride = async (input: unknown, slug: string, expected: Expected, point: number) => {
    const { watch, hit, convergedMs, told, succeeded } = await lane.run(name, input, { fault: at(point) })
    if (!succeeded) throw new Error(`${inWords(watch)}: the caller was told ${told}`)
    const wrong = [...(await checkTenant(subject, slug, expected))]
    if (name === 'tenant.create') {
      const all = "select from catalog.operation where name = 'tenant.create' and input ->> 'slug' = $1"
      const created = (await subject.eyes.see(subject.catalog, all, [slug])).length
      if (created !== 1) wrong.push(`${slug}: was created ${created} times, not once`)
    }
    return { messages: watch.messages.length, hit: hit !== undefined, ms: convergedMs, wrong }
  }

  if (name === 'tenant.create') {
    const expected: Expected = { state: 'active', isolation, like: `peace-${isolation}` }
    const create = (slug: string, point: number) => ride({ slug, isolation }, slug, expected, point)
    return {
      rehearse: async () => (await create(`${short}-r${number}`, 0)).messages,
      once: (point) => create(`${short}-${point}`, point),
    }
  }
  // The same tenant again and again: suspended at the point and resumed in peace, or the other way round.
  const slug = `${short}-${number}`
  await fleet.run('tenant.create', { slug, isolation })
  const suspending = name === 'tenant.suspend'
  const suspend = { tenant: slug, reason: 'unpaid' }
  if (!suspending) await fleet.run('tenant.suspend', suspend)
  const change = async (point: number) => {
    const answer = await ride(
      suspending ? suspend : { tenant: slug },
      slug,
      { state: suspending ? 'suspended' : 'active', isolation },
      point,
    )
    if (suspending) await fleet.run('tenant.resume', { tenant: slug })
    else await fleet.run('tenant.suspend', suspend)
    return answer
  }
  return { rehearse: async () => (await change(0)).messages, once: change }
}
