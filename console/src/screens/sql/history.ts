import { forgetAll, keep, readKept } from '../../data/kept.js'
import { looksSecret } from './looks-secret.js'

/** A statement that was run from this browser. Never what it answered. */
export interface Past {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly tenant: string
  readonly statement: string
  readonly write: boolean
  /** How it went, in a word or two: `3 rows`, `SQL_FAILED`; `not answered` while it runs, and where nobody has waited for the answer. */
  readonly went: string
}

const MOST = 50
const LONGEST = 20_000
const [HISTORY, DRAFT] = ['sql.history', 'sql.draft'] as const

const mayBeKept = (statement: string): boolean => statement.length <= LONGEST && !looksSecret(statement)

const isPast = (one: unknown): one is Past =>
  typeof one === 'object' && one !== null && 'statement' in one && typeof one.statement === 'string' && 'tenant' in one

/** What somebody has run here, newest first. */
export function historyOf(actor: string): readonly Past[] {
  const found = readKept(actor, HISTORY)
  return Array.isArray(found) ? found.filter(isPast) : []
}

/** The same statement of the same tenant is in it once. What is too long, or looks as if it held a secret, is left out. */
export function remember(actor: string, past: Past): readonly Past[] {
  const before = historyOf(actor)
  if (!mayBeKept(past.statement)) return before
  const others = before.filter(({ tenant, statement }) => tenant !== past.tenant || statement !== past.statement)
  const next = [past, ...others].slice(0, MOST)
  keep(actor, HISTORY, next)
  return next
}

/** What was run, and what was typed in for whichever tenant. */
export function forgetHistory(actor: string): void {
  keep(actor, HISTORY, undefined)
  forgetAll(actor, `${DRAFT}.`)
}

/** What was typed in and not run yet, so that a reload loses nothing. It stands in no address: those are logged on their way. */
export function draftOf(actor: string, tenant: string): string {
  const found = readKept(actor, `${DRAFT}.${tenant}`)
  return typeof found === 'string' ? found : ''
}

export const keepDraft = (actor: string, tenant: string, statement: string): void =>
  keep(actor, `${DRAFT}.${tenant}`, statement !== '' && mayBeKept(statement) ? statement : undefined)
