import { insertWatchdogAudit, type WatchdogEntry } from '../../catalog/audit.js'
import { claimAct } from '../../catalog/watchdog.js'
import type { Platform } from '../platform.js'
import { soon } from './soon.js'

/** Where acts are told of: in the log at once, in the audit as soon as the catalog takes them. */
export interface Recorder {
  /** Is an act ours to do, and not being done by another worker? A catalog that cannot say so stops nobody. */
  readonly claim: (act: string) => Promise<boolean>
  readonly record: (entry: WatchdogEntry) => void
  /** Writes what waits; what cannot be written goes on waiting. Never throws. */
  readonly flush: () => Promise<void>
}

// While the catalog is down, the log has them all; a fleet under attack must not fill our memory.
const MOST_WAITING = 10_000

export function createRecorder({ catalog, log }: Platform): Recorder {
  const waiting: WatchdogEntry[] = []
  let writing: Promise<void> | undefined

  const write = async (): Promise<void> => {
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await catalog.run(insertWatchdogAudit(next))
        waiting.shift()
      }
    } catch (error) {
      log.error({ error: (error as Error).message, waiting: waiting.length }, 'what the watchdog did could not be audited yet')
    } finally {
      writing = undefined
    }
  }

  const flush = (): Promise<void> => {
    if (waiting.length === 0) return Promise.resolve()
    writing ??= write()
    return writing
  }

  return {
    claim: async (act) => {
      const found = await soon(catalog.rows(claimAct(act)))
      return found === undefined || found.length > 0
    },
    record: (entry) => {
      log.warn({ operation: entry.operation, tenant: entry.tenantId, ...entry.facts }, `watchdog: ${entry.facts.says}`)
      if (waiting.length < MOST_WAITING) waiting.push(entry)
      void flush()
    },
    flush,
  }
}
