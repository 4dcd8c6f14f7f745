import { isDuration, milliseconds } from '../kernel/durations.js'
import { fault } from '../kernel/faults.js'

/** What the line of a section says beside `-- migrate:up` or `-- migrate:down`. */
export interface SectionOptions {
  /** False: each statement runs by itself, outside of a transaction block. */
  readonly transaction: boolean
  /** How long it may make others wait, and wait for them; undefined: as Tenantry thinks right for its kind. */
  readonly budgetMs: number | undefined
}

export const PLAIN: SectionOptions = { transaction: true, budgetMs: undefined }

const ALLOWED = 'allowed are transaction:false and budget:<duration>, such as budget:30s'

/** The words of a marker's line. Throws MIGRATION_INVALID with what is allowed, `place` being file and line. */
export function readOptions(words: string, place: string): SectionOptions {
  const refuse = (reason: string): never => {
    throw fault('MIGRATION_INVALID', { file: place, reason: `${reason}; ${ALLOWED}` })
  }
  const read: { transaction?: boolean; budgetMs?: number } = {}
  for (const word of words.split(/\s+/).filter((part) => part !== '')) {
    const [name, value = ''] = [word.split(':', 1)[0]!, word.slice(word.indexOf(':') + 1)]
    if (name === 'transaction') {
      if (read.transaction !== undefined) refuse('says transaction twice')
      if (value !== 'true' && value !== 'false') refuse(`does not understand "${word.slice(0, 60)}"`)
      read.transaction = value === 'true'
    } else if (name === 'budget') {
      if (read.budgetMs !== undefined) refuse('says budget twice')
      if (!isDuration(value) || milliseconds(value) === 0) refuse(`does not understand "${word.slice(0, 60)}"`)
      read.budgetMs = milliseconds(value)
    } else refuse(`does not know the word "${word.slice(0, 60)}"`)
  }
  return { transaction: read.transaction ?? true, budgetMs: read.budgetMs }
}

/** Where a line begins a section, or gives a file of a pair its options: `-- migrate:up budget:30s`. */
export function markerOf(line: string): { readonly section: 'up' | 'down'; readonly words: string } | undefined {
  const found = /^-- migrate:(up|down)(?:\s+(.*))?$/.exec(line.trimEnd())
  return found === null ? undefined : { section: found[1] as 'up' | 'down', words: found[2] ?? '' }
}
