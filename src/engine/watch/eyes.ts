import { type Database, openDatabase } from '../../postgres/session.js'
import { type Platform, serverOf } from '../platform.js'

/** Connections of whoever watches: it must not queue behind the work that it watches over, and never waits for long. */
export interface Eyes {
  readonly on: (adminRef: string, database?: string) => Database
  readonly close: () => Promise<void>
}

export const ANSWER_MS = 3_000

/** As the server is told: whoever only looks changes nothing, and waits for nobody's lock. */
const LOOKING = { default_transaction_read_only: 'on', lock_timeout: '50ms', statement_timeout: '2s' }

export function openEyes(
  { config, secrets }: Pick<Platform, 'config' | 'secrets'>,
  applicationName = 'tenantry watchdog',
  { onlyLooks = false, queueMs }: { readonly onlyLooks?: boolean; readonly queueMs?: number } = {},
): Eyes {
  const open = new Map<string, { readonly line: string; readonly database: Database }>()
  return {
    on: (adminRef, database) => {
      const connection = serverOf(config, secrets, adminRef)
      const target = { ...connection, database: database ?? connection.database }
      const key = `${adminRef} ${target.database}`
      const line = JSON.stringify(target)
      const known = open.get(key)
      if (known?.line === line) return known.database
      // What the reference stands for was changed in its place.
      void known?.database.end().catch(() => {})
      const options = {
        applicationName,
        max: 1,
        connectTimeoutMs: ANSWER_MS,
        answerTimeoutMs: ANSWER_MS,
        ...(queueMs === undefined ? {} : { queueMs }),
        ...(onlyLooks ? { settings: LOOKING } : {}),
      }
      const made = openDatabase(target, options)
      open.set(key, { line, database: made })
      return made
    },
    close: async () => {
      await Promise.all([...open.values()].map(({ database }) => database.end()))
    },
  }
}
