import { checkPlatform, placesOf } from './checker.js'
import { inWords, type Lane, type Proxied } from './proxied.js'
import { type Passage, prepare, type Scenario } from './proxied-scenarios.js'
import type { Tally } from './tally.js'

// Kills the caller's connection to the server at chosen messages of an operation, and looks at what became of it.

export interface MessageTally extends Tally {
  /** How many messages the operation has when nothing disturbs it. */
  readonly messages: number
}

/** Chooses from the messages 1 to `count`. */
export type Choice = (count: number) => readonly number[]

/** The fleet must have a tenant `peace-<isolation>`, made in peace, for the isolation that is created. */
export async function killAt(proxied: Proxied, scenario: Scenario, choose: Choice, lanes = 4): Promise<MessageTally> {
  const all = await Promise.all(Array.from({ length: lanes }, () => proxied.lane()))
  const prepared = await Promise.all(all.map(async (lane, n) => ({ lane, passage: await prepare(proxied, scenario, n) })))
  // The fewest: one that was slow has renewed its lease.
  let messages = Number.POSITIVE_INFINITY
  for (const { lane, passage } of prepared.slice(0, 2)) messages = Math.min(messages, (await ride(proxied, lane, passage, 0)).messages)
  const violations: string[] = []
  const convergedMs: number[] = []
  const next = choose(messages).values()
  await Promise.all(
    prepared.map(async ({ lane, passage }) => {
      for (const point of next) {
        try {
          const { ms, wrong } = await ride(proxied, lane, passage, point)
          violations.push(...wrong.map((one) => `${scenario}, message ${point}: ${one}`))
          // A retry or a renewed lease changes the numbers a little; near the end there may be no such message.
          if (ms !== undefined) convergedMs.push(ms)
        } catch (error) {
          violations.push(`${scenario}, message ${point}: ${(error as Error).message}`)
        }
      }
    }),
  )
  violations.push(...(await checkPlatform(proxied.subject)))
  return { messages, kills: convergedMs.length, violations, convergedMs }
}

async function ride({ fleet, subject }: Proxied, lane: Lane, passage: Passage, point: number) {
  const { before, operation, check, after = [] } = passage(point)
  for (const [name, input] of before) await fleet.run(name, input)
  const [name, input] = operation
  const about = 'slug' in input ? input.slug : input.tenant
  const [place] = await placesOf(subject, String(about))
  const asked = async (): Promise<number> => {
    const text = `select from catalog.operation where name = $1 and $2 in (input ->> 'slug', input ->> 'tenant')`
    return (await subject.eyes.see(subject.catalog, text, [name, about])).length
  }
  const earlier = await asked()
  // Before message n is after message n - 1 as well: what one side has sent until then has arrived, and nothing else.
  const { watch, hit, convergedMs, told, succeeded } = await lane.run(name, input, { fault: { at: point, do: 'kill', moment: 'before' } })
  if (!succeeded) throw new Error(`${inWords(watch)}: the caller was told ${told}`)
  const wrong = [...(await check(place))]
  const times = (await asked()) - earlier
  if (times !== 1) wrong.push(`${about}: was done ${times} times, not once`)
  for (const [back, input] of after) await fleet.run(back, input)
  return { messages: watch.messages.length, ms: hit === undefined ? undefined : convergedMs, wrong }
}
