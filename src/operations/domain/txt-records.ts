import { Resolver } from 'node:dns/promises'
import { fault } from '../../kernel/faults.js'

const TIMEOUT_MS = 2_000
const TRIES = 2

// What the servers say when they have answered, and there is nothing.
const ABSENT: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND'])

const REASONS: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no answer in time',
  ECONNREFUSED: 'the name server refuses connections',
  ESERVFAIL: 'the name server has failed',
  EREFUSED: 'the name server refuses to answer',
}

/** The TXT records under a name; none when there are none. Throws DNS_UNREACHABLE when nobody could say. */
export async function txtRecords(record: string, servers: readonly string[]): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  if (servers.length > 0) resolver.setServers(servers)
  try {
    return (await resolver.resolveTxt(record)).map((parts) => parts.join(''))
  } catch (error) {
    const code = String((error as { code?: unknown }).code)
    if (ABSENT.has(code)) return []
    throw fault('DNS_UNREACHABLE', { record, reason: REASONS[code] ?? code }, { cause: error })
  }
}

/** What was found instead, short and fit for a terminal: anybody may have written it. */
export function foundInstead(records: readonly string[]): string {
  if (records.length === 0) return 'there is no TXT record'
  const shown = records.slice(0, 3).map((text) => `"${text.replace(/\p{C}/gu, '?').slice(0, 80)}"`)
  return `found ${shown.join(', ')}${records.length > 3 ? ` and ${records.length - 3} more` : ''}`
}
