import { fault, isFault } from '../../kernel/faults.js'
import { isConnectionLoss, sqlstate } from '../../postgres/errors.js'
import type { LeakTenant } from './way.js'

/** What the clients have seen. */
export interface LeakTally {
  readonly units: number
  /** Returned rows that were compared with the tenant that asked. */
  readonly judged: number
  readonly wrong: number
  /** Rows that were written or changed, and the server said so. */
  readonly written: number
  /** Reads that found nothing, although every tenant has rows. */
  readonly empty: number
  /** Units that neither succeeded nor failed. */
  readonly hung: number
  readonly byIsolation: Readonly<Record<string, { readonly judged: number; readonly wrong: number }>>
  /** What went wrong on purpose, as the clients saw it. */
  readonly faults: { readonly failing: number; readonly unknown: number; readonly thrown: number; readonly lost: number }
  /** How often a server connection answered one tenant right after another one. */
  readonly handovers: number
  /** Errors that nothing here caused on purpose; the first few. */
  readonly unexpected: readonly string[]
}

export interface Judged {
  readonly owner: string
  readonly backend: number
}

// Also the mark by which it is told from every other error.
export const ON_PURPOSE = fault('INPUT_INVALID', { issues: ['thrown on purpose'] })

export interface Tally {
  readonly began: () => void
  readonly judge: (tenant: LeakTenant, rows: readonly Judged[]) => void
  readonly wrote: (rows: number) => void
  /** Answers whether a connection was lost. */
  readonly failed: (error: unknown) => boolean
  readonly hung: () => void
  readonly judged: () => number
  readonly soFar: () => { readonly judged: number; readonly wrong: number }
  /** Nearly everything fails: going on would not bring rows. */
  readonly hopeless: () => boolean
  readonly result: () => LeakTally
}

export function startTally(tenants: readonly LeakTenant[]): Tally {
  const byIsolation = Object.fromEntries(tenants.map(({ isolation }) => [isolation, { judged: 0, wrong: 0 }]))
  const faults = { failing: 0, unknown: 0, thrown: 0, lost: 0 }
  const sum = { units: 0, judged: 0, wrong: 0, written: 0, empty: 0, hung: 0, handovers: 0 }
  const unexpected: string[] = []
  let strange = 0
  const lastTenant = new Map<string, string>()

  return {
    began: () => {
      sum.units++
    },
    judge: (tenant, rows) => {
      if (rows.length === 0) sum.empty++
      const kind = byIsolation[tenant.isolation]!
      for (const { owner } of rows) {
        sum.judged++
        kind.judged++
        if (owner === tenant.id) continue
        sum.wrong++
        kind.wrong++
      }
      if (rows.length === 0) return
      const backend = `${tenant.database}/${rows[0]!.backend}`
      const before = lastTenant.get(backend)
      if (before !== undefined && before !== tenant.id) sum.handovers++
      lastTenant.set(backend, tenant.id)
    },
    failed: (error) => {
      const lost = isConnectionLoss(error) || isFault(error, 'SERVER_UNREACHABLE', 'CATALOG_UNREACHABLE', 'CONNECTION_LOST')
      if (error === ON_PURPOSE) faults.thrown++
      else if (sqlstate(error) === '22012') faults.failing++
      else if (sqlstate(error) === '42P01') faults.unknown++
      else if (lost) faults.lost++
      else if (strange++ < 10) unexpected.push(`${(error as { code?: string }).code ?? ''} ${(error as Error).message}`)
      return lost
    },
    hung: () => {
      sum.hung++
    },
    wrote: (rows) => {
      sum.written += rows
    },
    judged: () => sum.judged,
    soFar: () => ({ judged: sum.judged, wrong: sum.wrong }),
    hopeless: () => sum.hung > 200 || (strange + sum.empty > 200 && strange + sum.empty > sum.units / 2),
    result: () => ({ ...sum, byIsolation, faults, unexpected }),
  }
}
