import { OPERATIONS } from '../../src/operations/registry.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet, FleetOptions } from '../../src/testing/fleet.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import type { Subject } from './checker.js'
import { writeConfig } from './children.js'
import { type Eyes, openEyes } from './eyes.js'

export const ISOLATIONS = ['shared', 'schema', 'database'] as const

/** A fleet with short leases, and independent eyes on it. */
export interface Rig {
  readonly fleet: Fleet
  readonly eyes: Eyes
  readonly subject: Subject
  /** The newest operation of the name about the tenant: its state, and how often it was taken up. */
  readonly operation: (name: string, slug: string) => Promise<SeenOperation>
  /** Waits for the operation to be over; answers how. */
  readonly end: (name: string, slug: string) => Promise<SeenOperation>
  /** The same by its id, for one that is about no tenant. */
  readonly endOf: (id: string) => Promise<{ readonly state: string }>
  /** Waits until so many sessions of the control plane, or more, wait for such a lock in this database; 0: until none does. */
  readonly waiting: (database: string, event: 'advisory' | 'transactionid' | 'any lock', sessions?: number) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface SeenOperation {
  readonly id: string
  readonly state: string
  readonly fault: string | null
  /** What the fault says in words. */
  readonly why: string | null
  readonly attempts: number
  readonly token: number
}

export type RigOptions = Pick<FleetOptions, 'secrets' | 'assurance' | 'failpoint'> & { readonly config?: FleetOptions['config'] }

/** On the server that the tests share. */
export async function startRig(tenants: FleetOptions['tenants'] = {}, options: RigOptions = {}): Promise<Rig> {
  // Drills have servers of their own, and nobody who would inject one.
  const { testServer } = await import('../support/servers-injected.js')
  return startRigOn(testServer(), tenants, options)
}

export async function startRigOn(server: TestServer, tenants: FleetOptions['tenants'] = {}, options: RigOptions = {}): Promise<Rig> {
  const { config, ...rest } = options
  const fleet = await fleetOn(server, {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN, lease: '1s', ...config },
    tenants,
    ...rest,
  })
  await writeConfig(fleet)
  return rigOf(fleet, urlOf(server))
}

export function rigOf(fleet: Fleet, superuserUrl: string, eyes = openEyes(superuserUrl), others: readonly string[] = []): Rig {
  const catalog = fleet.platform.config.catalog.database
  const subject: Subject = {
    eyes,
    catalog,
    prefix: catalog.replace(/catalog$/, ''),
    password: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
    migrations: fleet.platform.config.migrations,
    others,
  }
  const operation: Rig['operation'] = async (name, slug) => {
    const [found] = await eyes.see<SeenOperation>(
      catalog,
      `select id, state, fault ->> 'code' as fault, fault ->> 'message' as why, attempts, token::int as token from catalog.operation
       where name = $1 and $2 in (input ->> 'slug', input ->> 'tenant') order by created_at desc limit 1`,
      [name, slug],
    )
    if (found === undefined) throw new Error(`there was no ${name} of ${slug}`)
    return found
  }
  return {
    fleet,
    eyes,
    subject,
    operation,
    end: (name, slug) =>
      until(`${name} of ${slug} to end`, async () => {
        const found = await operation(name, slug)
        return found.state === 'running' || found.state === 'undoing' ? undefined : found
      }),
    endOf: (id) =>
      until(`operation ${id} to end`, async () => {
        const text = `select state from catalog.operation where id = $1 and state not in ('running', 'undoing')`
        return (await eyes.see<{ state: string }>(catalog, text, [id]))[0]
      }),
    waiting: (database, event, sessions = 1) =>
      until(`${sessions} sessions to wait for ${event} in ${database}`, async () => {
        const text = `
          select 1 from pg_stat_activity
          where datname = $1 and application_name = 'tenantry control' and wait_event_type = 'Lock' and ($2 = 'any lock' or wait_event = $2)`
        const found = (await eyes.see(database, text, [database, event])).length
        return (sessions === 0 ? found === 0 : found >= sessions) ? true : undefined
      }).then(() => {}),
    stop: async () => {
      await eyes.close()
      await fleet.stop()
    },
  }
}

/** Asks again and again; throws when the answer does not come in 25 seconds. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 25_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Steps of an operation as it declares them, so that a new one is covered by being there. */
const stepsOf = (name: string) => {
  const found = OPERATIONS.find((operation) => operation.name === name)
  if (found?.kind !== 'steps') throw new Error(`${name} has no steps`)
  return found.steps
}

/** Every failpoint on the way forward. */
export const pointsOf = (name: string): readonly string[] =>
  stepsOf(name).flatMap((step) => ['before', 'acted', 'after'].map((border) => `${name}/${step.name}:${border}`))

/** The same without those that are one with the next: between the end of a step and the beginning of the one after it nothing happens. */
export const bordersOf = (name: string): readonly string[] =>
  pointsOf(name).filter((point, n, all) => !point.endsWith(':after') || n === all.length - 1)

/** Every failpoint on the way back. */
export const undoPointsOf = (name: string, upTo?: string): readonly string[] => {
  const steps = stepsOf(name)
  const reached = upTo === undefined ? steps : steps.slice(0, steps.findIndex((step) => step.name === upTo) + 1)
  return reached
    .filter((step) => step.undo !== undefined)
    .flatMap((step) => ['before-undo', 'undone'].map((border) => `${name}/${step.name}:${border}`))
}

/** The end of a slug that names a point. */
export const slugOf = (start: string, point: string): string => `${start}-${point.replace(/^.*\//, '').replace(':', '-')}`

/** Does all of it, a few at a time. */
export async function atMost<T>(parallel: number, work: readonly (() => Promise<T>)[]): Promise<void> {
  const next = work.values()
  const worker = async (): Promise<void> => {
    for (const one of next) await one()
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}
