import { TENANT_TRACK } from '../../catalog/homes.js'
import { lockFleetRuns, type Operation, openNamed } from '../../catalog/operations.js'
import { wishInHandOn } from '../../catalog/wishes.js'
import { systemClock } from '../../kernel/clock.js'
import { fault, faultFromData } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'

const RUNS = ['migrate.up', 'migrate.down', 'migrate.redo', 'migrate.baseline'] as const

/** A run over the fleet, by what its input says. */
export interface Run {
  readonly name: string
  readonly input: {
    readonly service?: string | undefined
    readonly platform?: boolean | undefined
    readonly tenant?: string | undefined
    readonly home?: string | undefined
    readonly mode?: string | undefined
  } & { readonly [slower in (typeof CAUTION)[number]]?: unknown }
}

// What makes a run go slower than it could, to find out early: another one would go past it.
const CAUTION = ['canaries', 'canary', 'waves', 'soak', 'pauseBetween', 'errorBudget', 'rate'] as const

/**
 * Refuses a run while another one over the same homes is open that it would contradict, and keeps others from beginning until the transaction ends. Throws
 * OPERATION_PAUSED when the same stands still, MIGRATIONS_OVERLAP otherwise.
 */
export async function assertAlone(tx: Session, asked: Run): Promise<void> {
  await tx.run(lockFleetRuns)
  const open = await tx.rows(openNamed(RUNS))
  const found = open.find((one) => overlap(asked, one) && !goTogether(asked, one))
  if (found === undefined) return
  if (found.state === 'paused' && found.name === asked.name && found.fault !== null) throw faultFromData(found.fault, found.id)
  throw fault('MIGRATIONS_OVERLAP', { operation: found.id, name: found.name, state: found.state })
}

const PAUSE_MS = 100
const PATIENCE_MS = 5_000

/** Behind `assertAlone` no scope has another home brought up; those in hand are done in a moment. Throws MIGRATIONS_OVERLAP when they are not. */
export async function assertNoneInHand(tx: Session, track: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    const found = await tx.maybe(wishInHandOn(track))
    if (found === undefined) return
    if (waitedMs >= PATIENCE_MS) throw fault('MIGRATIONS_OVERLAP', { ...found, name: 'migrate.home', state: 'running' })
    await systemClock.sleep(PAUSE_MS)
  }
}

function overlap(one: Run, other: Run): boolean {
  const [a, b] = [reachOf(one), reachOf(other)]
  return a === undefined || b === undefined || a === b
}

/** Undefined: everything there is. No service has a name with a space. */
function reachOf({ name, input }: Run): string | undefined {
  if (input.platform === true) return 'platform tables'
  return input.service ?? (name === 'migrate.up' ? undefined : TENANT_TRACK)
}

/**
 * Two that go forward as fast as they can take turns at each home, and the second finds it done. But beside one that stands still, or feels its way, it would
 * do what that is not to do yet.
 */
function goTogether(asked: Run, open: Run & Pick<Operation, 'state'>): boolean {
  // It mends a home that the fleet's run cannot bring up.
  if (isBaselineOfOne(asked)) return open.name === 'migrate.up' || open.name === 'migrate.baseline'
  if (isBaselineOfOne(open)) return asked.name === 'migrate.up' || asked.name === 'migrate.baseline'
  const forward = asked.name === 'migrate.up' || asked.name === 'migrate.baseline'
  return forward && asked.name === open.name && open.state !== 'paused' && isHasty(open)
}

const isHasty = ({ input }: Run): boolean => input.mode !== 'progressive' && CAUTION.every((field) => !input[field])

const isBaselineOfOne = ({ name, input }: Run): boolean =>
  name === 'migrate.baseline' && (input.tenant !== undefined || input.home !== undefined)
