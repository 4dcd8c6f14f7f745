import type { OutputOf } from 'tenantry/api'
import type { Tone } from './tone.js'

export type Finding = OutputOf<'doctor.run'>['data'][number]

export const SEVERITIES = ['error', 'warning', 'advice'] as const

const TONES: Readonly<Record<Finding['severity'], Tone>> = { error: 'bad', warning: 'warn', advice: 'quiet' }

export const severityTone = (severity: Finding['severity']): Tone => TONES[severity]

const SQL = /^(alter|analyze|comment|create|delete|drop|grant|reassign|reindex|reset|revoke|set|update|vacuum)\s/i

// What the advisor says of a kind of finding has gaps, and some of it is advice to a person: neither is a statement that runs.
const PROSE = /…|`|[,;] (and|or) /
const QUOTED = /"([^"]|"")*"|'([^']|'')*'/g

export interface Fix {
  readonly kind: 'sql' | 'command' | 'words'
  /** What is to be copied; of `words` there is nothing. */
  readonly line: string | undefined
  readonly says: string
}

/** What mends it: a statement, a command that stands between backticks in a sentence, or a sentence alone. */
export function fixOf(fix: string): Fix {
  const command = /`(tenantry [^`]+)`/.exec(fix)?.[1]
  if (SQL.test(fix) && !PROSE.test(fix.replace(QUOTED, ''))) return { kind: 'sql', line: fix, says: fix }
  return command === undefined ? { kind: 'words', line: undefined, says: fix } : { kind: 'command', line: command, says: fix }
}

/** Where a statement is to be run: cluster and database, as far as `where` goes. */
export const databaseOf = (where: string): string => where.split('/').slice(0, 2).join('/')
