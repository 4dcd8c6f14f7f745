import { rm } from 'node:fs/promises'
import { randomBytes } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { base32 } from '../kernel/identifiers.js'
import { type Log, silent } from '../kernel/log.js'
import { type FleetFacts, type FleetOptions, removeFleet } from './fleet-facts.js'
import { listenForClaims, takeLease } from './fleet-wire.js'
import { clearFolders, makeRunFolder } from './leftover-folders.js'
import { clearLeftovers, lightBeacons, serversOf } from './leftovers.js'
import { makeFleet } from './make-fleet.js'
import { type Fleet, type OpeningOptions, openFleet, platformOf } from './open-fleet.js'

/** Where processes that this one starts find out who prepares fleets: `<name>=<socket>`, one per line. */
const VARIABLE = 'TENANTRY_TEST_FLEETS'
const DEFAULT_NAME = 'default'

type Environment = Record<string, string | undefined>

export interface PrepareOptions extends Omit<FleetOptions, 'client' | 'failpoint' | 'files'> {
  /** Under which they are claimed, where a suite needs fleets of several kinds. Default `default`. */
  readonly name?: string
  /** How many fleets are kept ready. Default 2: about as many as test files run at once. */
  readonly spare?: number
}

export interface PreparedFleets extends AsyncDisposable {
  /** The same as `claimFleet` of other processes. */
  readonly claim: (options?: ClaimOptions) => Promise<Fleet>
  /** How many fleets are ready now, and how many are held by tests. */
  readonly counts: () => { readonly ready: number; readonly held: number }
  /** Removes all of its fleets, held ones as well. */
  readonly close: () => Promise<void>
}

export type ClaimOptions = Omit<OpeningOptions, 'files'> & {
  /** Of which kind. Default `default`. */
  readonly name?: string
}

/** Prepares fleets in the background of this process. See the door for what it promises. */
export async function prepareFleets(environment: Environment, options: PrepareOptions): Promise<PreparedFleets> {
  const { name = DEFAULT_NAME, spare = 2, log = silent, ...making } = options
  if (!/^[\w-]+$/.test(name)) throw fault('INPUT_INVALID', { issues: ['name: letters, digits, - and _ only'] })
  if (!Number.isInteger(spare) || spare < 1) throw fault('INPUT_INVALID', { issues: ['spare: a whole number, 1 or more'] })
  const run = `k${base32(randomBytes(5))}`
  const closed = new AbortController()
  const beacons = await lightBeacons(serversOf(options.url, options.catalogServer), run)
  const keeper = createKeeper(run, making, spare, log)
  const { folder, socket: path } = await makeRunFolder(run)
  const wire = await listenForClaims(path, keeper)
  const line = `${name}=${path}`
  setLines(environment, [...linesOf(environment), line])
  // Those of a killed run: nobody has to wait for it.
  const cleared = Promise.all([clearLeftovers(options.url, options.catalogServer, closed.signal), clearFolders()]).then(
    ([marks]) => marks.length > 0 && log.info({ fleets: marks.length }, 'removed what a killed run had left'),
    (error: unknown) => log.warn({ reason: String(error) }, 'what a killed run has left could not be removed'),
  )
  keeper.refill()

  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= (async () => {
      setLines(
        environment,
        linesOf(environment).filter((one) => one !== line),
      )
      closed.abort()
      await wire.close()
      await keeper.close()
      await cleared
      await beacons.putOut()
      await rm(folder, { recursive: true, force: true })
    })()
    return closing
  }
  return {
    claim: ({ name: _, ...opening } = {}) => open(path, opening),
    counts: keeper.counts,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const linesOf = (environment: Environment): readonly string[] => (environment[VARIABLE] ?? '').split('\n').filter((line) => line !== '')

function setLines(environment: Environment, lines: readonly string[]): void {
  if (lines.length === 0) delete environment[VARIABLE]
  else environment[VARIABLE] = lines.join('\n')
}

/** Claims a fleet from whoever prepares them. See the door. */
export async function claimFleet(environment: Environment, { name = DEFAULT_NAME, ...opening }: ClaimOptions = {}): Promise<Fleet> {
  const places = new Map(linesOf(environment).map((line) => line.split('=', 2) as [string, string]))
  const path = places.get(name)
  if (path === undefined) throw fault('FLEET_NOT_PREPARED', { reason: `nobody prepares fleets by the name "${name}"` })
  return open(path, opening)
}

async function open(path: string, options: OpeningOptions): Promise<Fleet> {
  const lease = await takeLease(path)
  try {
    return openFleet(lease.facts, await platformOf(lease.facts, options), options, lease.end)
  } catch (error) {
    await lease.end()
    throw error
  }
}

interface Waiting {
  readonly resolve: (facts: FleetFacts) => void
  readonly reject: (error: unknown) => void
}

/** Makes fleets one after the other, and removes one after the other what was given back. */
function createKeeper(run: string, options: FleetOptions, spare: number, log: Log) {
  const ready: FleetFacts[] = []
  const held = new Set<FleetFacts>()
  const waiting: Waiting[] = []
  let made = 0
  let closed = false
  let making: Promise<void> | undefined
  let removing: Promise<void> = Promise.resolve()

  const remove = (facts: FleetFacts): void => {
    removing = removing
      .then(() => removeFleet(facts))
      .catch((error: unknown) => log.warn({ database: facts.catalogName, reason: String(error) }, 'a fleet could not be removed'))
  }

  const makeAll = async (): Promise<void> => {
    while (!closed && ready.length < spare + waiting.length) {
      try {
        const { facts, platform } = await makeFleet(`${run}n${++made}`, options)
        await platform.close()
        const next = waiting.shift()
        if (next === undefined) ready.push(facts)
        else {
          held.add(facts)
          next.resolve(facts)
        }
      } catch (error) {
        log.warn({ reason: String(error) }, 'a fleet could not be made')
        // Nobody asked for this one: whoever does next is told, by trying again.
        if (waiting.length === 0) return
        for (const one of waiting.splice(0)) one.reject(error)
      }
    }
  }

  const refill = (): void => {
    making ??= makeAll().finally(() => {
      making = undefined
      if (waiting.length > 0 && !closed) refill()
    })
  }

  return {
    refill,
    counts: () => ({ ready: ready.length, held: held.size }),
    lend: async (): Promise<FleetFacts> => {
      const next = ready.shift()
      if (next !== undefined) held.add(next)
      const lent = next ?? new Promise<FleetFacts>((resolve, reject) => waiting.push({ resolve, reject }))
      refill()
      return lent
    },
    giveBack: (facts: FleetFacts): void => {
      if (held.delete(facts)) remove(facts)
    },
    close: async (): Promise<void> => {
      closed = true
      for (const one of waiting.splice(0)) one.reject(fault('FLEET_NOT_PREPARED', { reason: 'whoever prepares them is closing' }))
      await making
      for (const facts of [...ready.splice(0), ...held]) remove(facts)
      held.clear()
      await removing
    },
  }
}
