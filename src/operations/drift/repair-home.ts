import type { TenantDatabase } from '../../catalog/clusters.js'
import type { Home } from '../../catalog/homes.js'
import type { StepContext } from '../../engine/operation.js'
import { assertFence } from '../../isolation/fence.js'
import { tenantColumnOf } from '../../isolation/model.js'
import { fault, isFault } from '../../kernel/faults.js'
import { sqlstate } from '../../postgres/errors.js'
import { lockTimeout, type Session } from '../../postgres/session.js'
import { difference } from '../../schema/drift/difference.js'
import { fingerprintOfFacts } from '../../schema/drift/facts.js'
import { look } from '../../schema/drift/look.js'
import { mendHome, remaining, rolesOf } from '../../schema/drift/mend.js'
import type { Mend } from '../../schema/drift/plan.js'
import { holdVersion } from '../../schema/drift/standing.js'
import { gate, gateTexts } from '../../schema/gate.js'
import type { Expectations } from './fingerprinting.js'

interface Asked {
  readonly class: string
  readonly destructive: boolean
}
type Context = StepContext<Asked, { readonly fingerprint: string }>

const LOCK_TIMEOUT_MS = 5_000
const MOST_TOLD = 5

/** Brings one home to what is expected of it, and answers that fingerprint. Throws DRIFT_CHANGED, DRIFT_DESTRUCTIVE, DRIFT_REMAINS; the home is as it was then. */
export async function repairHome(context: Context, place: TenantDatabase, home: Home, expectations: Expectations): Promise<string> {
  const { platform, by, memory } = context
  const { names, config } = platform
  const label = `${place.name}.${home.schema}`
  const { database } = await platform.tenantDatabase(home.databaseId)
  const expected = await expectations(database, place, home)
  if (!('facts' in expected)) throw fault('DRIFT_REMAINS', { home: label, reason: expected.reason })
  const changed = () => fault('DRIFT_CHANGED', { home: label, class: context.input.class })
  let at: Mend | undefined
  try {
    await database.transaction(async (session) => {
      await session.run(assertFence(by))
      // As migrations do, so that the two take turns.
      const standing = await session.maybe(holdVersion(home.id))
      if (standing?.version !== home.version) throw changed()
      await session.run(lockTimeout(LOCK_TIMEOUT_MS))
      const actual = await look(session, home, names)
      const found = fingerprintOfFacts(actual, 'all')
      // The worker before has committed, and died before it could say so.
      if (found === expected.fingerprint) return
      if (found !== memory.fingerprint) throw changed()
      const { mends } = difference(expected.facts, actual, rolesOf(home, names))
      refuseLosses(context.input, mends)
      await mendHome(session, home, names, mends, (mend) => {
        at = mend
      })
      at = undefined
      await assertMended(session, label)
    })
  } catch (error) {
    // The statement of a file has a line; that of a repair is its own place.
    if (isFault(error) || at === undefined || sqlstate(error) === undefined) throw error
    throw fault(
      'DRIFT_REMAINS',
      { home: label, reason: `${at.sql}: ${(error as Error).message} (SQLSTATE ${sqlstate(error)})` },
      { cause: error },
    )
  }
  return expected.fingerprint

  async function assertMended(session: Session, where: string): Promise<void> {
    if (!('facts' in expected)) return
    const after = await look(session, home, names)
    if (fingerprintOfFacts(after, 'all') !== expected.fingerprint)
      throw fault('DRIFT_REMAINS', { home: where, reason: remaining(expected.facts, after).slice(0, MOST_TOLD).join('; ') })
    const tenantColumn = tenantColumnOf(home, config.tenantColumn)
    const findings = await gate(session, { schemas: [home.schema], platform: false, tenantColumn, projectColumn: config.tenantColumn })
    if (findings.length > 0) throw fault('DRIFT_REMAINS', { home: where, reason: gateTexts(findings).join('; ') })
  }
}

function refuseLosses({ class: name, destructive }: Asked, mends: readonly Mend[]): void {
  const loses = mends.flatMap((mend) => (mend.loses === undefined ? [] : [mend.loses]))
  if (loses.length > 0 && !destructive) throw fault('DRIFT_DESTRUCTIVE', { class: name, loses })
}
