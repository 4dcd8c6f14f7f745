import type { Statement } from '../statements.js'
import { blocks, type Effect } from './effect.js'

/** What a table has of rows and bytes, in the largest home or in all of them. */
export interface Extent {
  readonly rows: number
  readonly bytes: number
}

/**
 * Bytes of a table in a second, on a server that does little else: guesses for a disk of today with a warm cache, on the slow side. What a plan says
 * with them is "about".
 */
const RATES = { rewrite: 40_000_000, index: 40_000_000, scan: 250_000_000, data: 15_000_000 } as const
const STATEMENT_MS = 3

export type Work = keyof typeof RATES

/** The tables whose size decides how long a statement takes, and what is done to them. */
export function workOf({ kind, node }: Statement, effect: Effect): readonly { readonly table: string; readonly work: Work }[] {
  if (!effect.long) return []
  const builds = kind === 'IndexStmt' || JSON.stringify(node).match(/CONSTR_(UNIQUE|PRIMARY|EXCLUSION)/) !== null
  const found = [
    ...effect.rewrites.map((table) => ({ table, work: 'rewrite' as const })),
    ...effect.scans.map((table) => ({ table, work: builds ? ('index' as const) : ('scan' as const) })),
  ]
  if (found.length > 0) return found
  return effect.locks.filter(({ made }) => !made).map(({ table, mode }) => ({ table, work: mode === 'row exclusive' ? 'data' : 'scan' }))
}

export const millisecondsFor = (work: Work, { bytes }: Extent): number => (bytes / RATES[work]) * 1_000

/** Of statements in one transaction: a lock is held to the end. The first that others feel begins to count. */
export function heldMs(statements: readonly { readonly effect: Effect; readonly ms: number }[]): number {
  const first = statements.findIndex(({ effect }) => effect.locks.some(({ mode, made }) => !made && blocks(mode).endsWith('writes')))
  return first < 0 ? 0 : statements.slice(first).reduce((sum, { ms }) => sum + ms + STATEMENT_MS, 0)
}

/** How a file could make others wait less; empty when nothing is better than what it does. */
export function adviceOn(
  statements: readonly { readonly statement: Statement; readonly effect: Effect; readonly ms: number }[],
  budgetMs: number,
): readonly string[] {
  const advice = new Set<string>()
  for (const { statement, effect, ms } of statements) {
    if (ms < budgetMs || effect.locks.every(({ made }) => made)) continue
    const line = `line ${statement.line}`
    const text = JSON.stringify(statement.node)
    if (statement.kind === 'IndexStmt' && statement.node.concurrent !== true)
      advice.add(`${line}: create the index concurrently, in a file of its own with \`-- migrate:up transaction:false\``)
    else if (/CONSTR_(FOREIGN|CHECK)/.test(text) && !text.includes('skip_validation'))
      advice.add(`${line}: add the constraint NOT VALID, and validate it in a file of its own`)
    else if (text.includes('AT_SetNotNull'))
      advice.add(`${line}: add CHECK (… IS NOT NULL) NOT VALID and validate it in a file before; SET NOT NULL then reads nothing`)
    else if (/CONSTR_(UNIQUE|PRIMARY)/.test(text))
      advice.add(
        `${line}: create the unique index concurrently in a file with \`-- migrate:up transaction:false\`, then add the constraint USING INDEX`,
      )
    else if (effect.rewrites.length > 0)
      advice.add(`${line}: add a new column, fill it in small steps and change over, in place of writing the table anew`)
    else if (effect.locks.some(({ mode }) => mode === 'row exclusive'))
      advice.add(`${line}: change the rows in small steps, in a file of their own or a program`)
  }
  return [...advice]
}
