import type { Statement } from '../statements.js'

/** A line `-- lint:ignore rule reason`, or `-- lint:ignore-file rule reason`. */
export interface Ignore {
  readonly rule: string
  readonly reason: string
  /** Where it is written. */
  readonly line: number
  /** The line of the statement that it speaks of; undefined for the whole file. */
  readonly of: number | undefined
  /** Why it cannot be heeded. */
  readonly wrong: string | undefined
}

const LINE = /^\s*--\s*lint:ignore(?<file>-file)?\b[ \t]*(?<rule>\S*)[ \t]*(?<reason>.*)$/

/** The ignores of a section, whose text begins on `first`. */
export function ignoresIn(section: string, first: number, statements: readonly Statement[], known: ReadonlySet<string>): readonly Ignore[] {
  return section.split('\n').flatMap((text, index): readonly Ignore[] => {
    const match = LINE.exec(text)
    if (match === null) return []
    const line = first + index
    const { file, rule = '', reason = '' } = match.groups!
    const within = statements.find((one) => one.line < line && line <= one.line + one.text.split('\n').length - 1)
    const next = statements.find((one) => one.line > line)
    const wrong = wrongWith({ rule, reason: reason.trim(), known })
    if (within !== undefined) return [{ rule, reason, line, of: line, wrong: 'stands inside a statement: write it on a line before' }]
    if (file === undefined && next === undefined) return [{ rule, reason, line, of: line, wrong: 'stands behind the last statement' }]
    return [{ rule, reason: reason.trim(), line, of: file === undefined ? next!.line : undefined, wrong }]
  })
}

function wrongWith({ rule, reason, known }: { rule: string; reason: string; known: ReadonlySet<string> }): string | undefined {
  if (rule === '') return 'names no rule'
  if (!known.has(rule)) return `names "${rule.slice(0, 60)}", which is no rule`
  return reason === '' ? `gives no reason for ignoring ${rule}` : undefined
}
