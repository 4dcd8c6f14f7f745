import { seen, where } from '../restore/rig.js'
import { archivesOf, draftsOf, keptIds } from './archive-stores.js'
import { checkPlatform } from './checker.js'
import { runKilled, runKilledTogether, startChild } from './children.js'
import { checkHistory, connectionsOf, settleTo } from './invariants.js'
import { atMost, ISOLATIONS, type Rig, until } from './rig.js'
import type { Tally } from './tally.js'
import { withWork } from './with-work.js'

// SIGKILL in what makes, reads and removes archives and homes. What is judged afterwards is seen with plain SQL and in the stores' folders.

/** What a platform has, in numbers. */
export interface Stock {
  readonly tenants: number
  readonly besides: number
  readonly backups: number
}

/** An operation that is killed at a point, and what it should have become. */
export interface Victim {
  readonly point: string
  readonly run: string
  /** No other operation of the name has all of it. */
  readonly input: Readonly<Record<string, unknown>>
  /** It is cancelled where it waits, and killed on its way back. */
  readonly cancelAt?: string
  readonly adds?: Partial<Stock>
  /** What is wrong, once it has come to its end. */
  readonly check: () => Promise<readonly string[]>
}

export interface Killing {
  /** All of them in one process, which dies when each stands at its point. */
  readonly together?: boolean
  readonly secrets?: Readonly<Record<string, string>>
  /** Between the kills and the workers. */
  readonly between?: () => Promise<void>
}

// Each lot is killed by a few at a time and comes to its end before the next: otherwise it would be the queue that is measured.
const LOT = 6
const AT_ONCE = 3

/** Kills a process for each of them; then workers come, and every one is looked at. */
export async function killVictims(
  rig: Rig,
  victims: readonly Victim[],
  { secrets = {}, together = false, between }: Killing = {},
): Promise<Tally> {
  const violations: string[] = []
  const convergedMs: number[] = []
  for (let from = 0; from < victims.length; from += LOT) {
    const lot = victims.slice(from, from + LOT)
    const kills = lot.map((victim) => () => kill(rig, victim, secrets))
    if (together)
      await runKilledTogether(
        rig.fleet,
        lot.map(({ run, input, point }) => ({ run, input, killAt: point })),
        { secrets },
      )
    else await atMost(AT_ONCE, kills)
    await between?.()
    const startedAt = performance.now()
    await withWork(rig.fleet, async () => {
      for (const victim of lot) {
        const { state, fault } = await endOf(rig, victim)
        convergedMs.push(performance.now() - startedAt)
        const wanted = victim.cancelAt === undefined ? 'succeeded' : 'cancelled'
        if (state !== wanted) violations.push(`${victim.point}: it ended as ${state}, ${fault}`)
      }
    })
    for (const { point, check } of lot) {
      const wrong = await check().catch((error: Error) => [`cannot be looked at: ${error.message}`])
      violations.push(...wrong.map((one) => `${point}: ${one}`))
    }
  }
  return { kills: victims.length, violations, convergedMs }
}

async function kill(rig: Rig, { run, input, point, cancelAt }: Victim, secrets: Readonly<Record<string, string>>): Promise<void> {
  if (cancelAt === undefined) return runKilled(rig.fleet, run, input, point, { secrets })
  const child = startChild(rig.fleet, { run, input, waitAt: cancelAt, killAt: point }, { secrets })
  try {
    await child.says(`at ${cancelAt}`)
    const { id } = await operationOf(rig, run, input)
    await rig.fleet.run('operation.cancel', { operation: id })
    child.goOn()
    const { last, signal } = await child.ended()
    if (signal !== 'SIGKILL' || last !== `killed at ${point}`) throw new Error(`not killed at ${point}: it ended with "${last}"`)
  } finally {
    await child.stop()
  }
}

interface Seen {
  readonly id: string
  readonly state: string
  readonly fault: string | null
}

export async function operationOf({ eyes, subject }: Rig, name: string, input: object): Promise<Seen> {
  const text = `select id, state, fault ->> 'message' as fault from catalog.operation where name = $1 and input @> $2 order by created_at desc limit 1`
  const [found] = await eyes.see<Seen & Record<string, unknown>>(subject.catalog, text, [name, JSON.stringify(input)])
  if (found === undefined) throw new Error(`there was no ${name} of ${JSON.stringify(input)}`)
  return found
}

const endOf = (rig: Rig, { run, input }: Victim): Promise<Seen> =>
  until(`${run} of ${JSON.stringify(input)} to end`, async () => {
    const found = await operationOf(rig, run, input)
    return found.state === 'running' || found.state === 'undoing' ? undefined : found
  })

export const BYSTANDERS = ISOLATIONS.map((isolation) => `bystander-${isolation}`)

/** Everybody's rows who was not asked, by plain SQL. */
export async function seenOf(rig: Rig, slugs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = slugs.map(async (slug) => [slug, JSON.stringify(await seen(rig, await where(rig, slug)))] as const)
  return new Map(await Promise.all(rows))
}

/**
 * Lets `work` kill, and looks at everything afterwards: others have the rows that they had, there are as many tenants, homes and backups as there should be and
 * none by half, each archive in each store is known and whole, and nothing is left of those who died.
 */
export async function amongOthers(
  rig: Rig,
  { stores, bystanders = BYSTANDERS }: { readonly stores: readonly string[]; readonly bystanders?: readonly string[] },
  work: () => Promise<{ readonly tally: Tally; readonly victims: readonly Victim[] }>,
): Promise<Tally> {
  const [before, stock, connections] = [await seenOf(rig, bystanders), await stockOf(rig), await connectionsOf(rig.subject)]
  const { tally, victims } = await work()
  const violations = [...tally.violations]
  for (const [slug, rows] of await seenOf(rig, bystanders)) {
    if (rows !== before.get(slug)) violations.push(`${slug} has other rows: ${rows}, not ${before.get(slug)}`)
  }
  const now = await stockOf(rig)
  for (const kind of ['tenants', 'besides', 'backups'] as const) {
    const wanted = stock[kind] + victims.reduce((sum, { adds = {} }) => sum + (adds[kind] ?? 0), 0)
    if (now[kind] !== wanted) violations.push(`there are ${now[kind]} ${kind}, not ${wanted}`)
  }
  violations.push(...(await checkPlatform(rig.subject)), ...(await checkHistory(rig.subject)), ...(await checkStores(rig, stores)))
  violations.push(...(await settleTo(rig.subject, connections)))
  return { ...tally, violations }
}

async function stockOf({ eyes, subject }: Rig): Promise<Stock> {
  const [stock] = await eyes.see<Stock & Record<string, unknown>>(
    subject.catalog,
    `select (select count(*)::int from catalog.tenant) as tenants, (select count(*)::int from catalog.beside) as besides,
            (select count(*)::int from catalog.backup) as backups`,
  )
  return stock!
}

/** Each kept backup is whole in each place, nothing else is in any, and what a killed process was writing goes when it has not been touched for a day. */
export async function checkStores(rig: Rig, stores: readonly string[]): Promise<readonly string[]> {
  const wrong: string[] = []
  const half = `select id || ' ' || state as one from catalog.backup where state <> 'kept' or damage is not null`
  for (const { one } of await rig.eyes.see<{ one: string }>(rig.subject.catalog, half)) wrong.push(`a row of a backup that is none: ${one}`)
  const kept = await keptIds(rig)
  for (const store of stores) {
    const found = await archivesOf(rig, store)
    const more = found.filter((one) => !kept.includes(one))
    const less = kept.filter((one) => !found.includes(one))
    if (more.length + less.length > 0) wrong.push(`${store}: nobody knows of [${more}], missing are [${less}]`)
  }
  for (const draft of await draftsOf(rig, stores, 'two days ago')) {
    await rig.fleet.run('backup.prune', {})
    if ((await draftsOf(rig, stores)).length > 0) wrong.push(`${draft} is left`)
    break
  }
  return wrong
}
