import { firstWord } from '../kernel/row-statements.js'
import type { ScopeOptions } from './options.js'

/** What drivers and ORMs say about transactions, with the options that they ask for. */
export type Control =
  | { readonly kind: 'begin'; readonly options: ScopeOptions }
  | { readonly kind: 'options'; readonly options: ScopeOptions }
  | { readonly kind: 'commit' | 'rollback' }
  | { readonly kind: 'savepoint' | 'release' | 'rollback to'; readonly name: string }

const WORDS: ReadonlySet<string> = new Set(['begin', 'start', 'commit', 'end', 'rollback', 'abort', 'savepoint', 'release', 'set'])

const NAME = '("(?:[^"]|"")+"|[a-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)'
const MODE =
  '(?:isolation\\s+level\\s+(?:read\\s+uncommitted|read\\s+committed|repeatable\\s+read|serializable)|read\\s+only|read\\s+write|not\\s+deferrable)'
const MODES = `${MODE}(?:(?:\\s*,\\s*|\\s+)${MODE})*`

const whole = (pattern: string): RegExp => new RegExp(`^\\s*${pattern}\\s*;?\\s*$`, 'i')

const BEGIN = whole(`(?:begin(?:\\s+(?:work|transaction))?|start\\s+transaction)(?:\\s+${MODES})?`)
const SET = whole(`set\\s+transaction\\s+${MODES}`)
const COMMIT = whole('(?:commit|end)(?:\\s+(?:work|transaction))?')
const ROLLBACK = whole('(?:rollback|abort)(?:\\s+(?:work|transaction))?')
const SAVEPOINT = whole(`savepoint\\s+${NAME}`)
const RELEASE = whole(`release\\s+(?:savepoint\\s+)?${NAME}`)
const BACK_TO = whole(`rollback\\s+(?:(?:work|transaction)\\s+)?to\\s+(?:savepoint\\s+)?${NAME}`)

/** Reads a statement that steers transactions; undefined for every other, and for those that a scope has no answer to. */
export function controlOf(text: string): Control | undefined {
  if (!WORDS.has(firstWord(text))) return undefined
  if (BEGIN.test(text)) return { kind: 'begin', options: optionsIn(text) }
  if (COMMIT.test(text)) return { kind: 'commit' }
  if (ROLLBACK.test(text)) return { kind: 'rollback' }
  if (SET.test(text)) return { kind: 'options', options: optionsIn(text) }
  const [savepoint, release, back] = [SAVEPOINT, RELEASE, BACK_TO].map((pattern) => pattern.exec(text)?.[1])
  if (savepoint !== undefined) return { kind: 'savepoint', name: folded(savepoint) }
  if (release !== undefined) return { kind: 'release', name: folded(release) }
  return back === undefined ? undefined : { kind: 'rollback to', name: folded(back) }
}

/** As PostgreSQL does: names without quotes are the same in any case. */
const folded = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase())

function optionsIn(text: string): ScopeOptions {
  const words = text.toLowerCase().replaceAll(/\s+/g, ' ')
  const level = /isolation level (read uncommitted|read committed|repeatable read|serializable)/.exec(words)?.[1]
  const readOnly = / read only/.test(words) ? true : / read write/.test(words) ? false : undefined
  return {
    // PostgreSQL's "read uncommitted" is its "read committed".
    ...(level === undefined
      ? {}
      : { isolation: (level === 'read uncommitted' ? 'read committed' : level) as NonNullable<ScopeOptions['isolation']> }),
    ...(readOnly === undefined ? {} : { readOnly }),
  }
}
