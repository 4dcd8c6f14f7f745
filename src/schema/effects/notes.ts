import type { Volatility } from '../keeps-rows.js'
import type { Node } from '../statements.js'
import { blocks, type Effect, type HiddenLock, type Lock, type LockMode, strength } from './effect.js'

/** What earlier statements of a section told about the home. */
export interface Story {
  readonly made: Set<string>
  /** From a table's name now to its name before the section. */
  readonly before: Map<string, string>
  readonly tableOfIndex: Map<string, string>
  /** `table.column` of columns that a valid constraint holds free of nulls. */
  readonly nullFree: Set<string>
  /** `table.constraint` to the column that a check holds free of nulls once it is valid. */
  readonly nullChecks: Map<string, string>
  /** `table.constraint` to the table that the foreign key points to. */
  readonly foreignKeys: Map<string, string>
  /** Domains with constraints, which make a new column of them a rewrite. */
  readonly strictDomains: Set<string>
  /** `table.constraint` of those that every row is known to meet. */
  readonly valid: Set<string>
  /** `table.column` to its type as `format_type` writes it. */
  readonly types: Map<string, string>
  /** The home's own functions, by what each promises. */
  readonly functions: Map<string, Volatility>
  /** Which tables stand behind a hidden lock, as `through:name`. Undefined when only the text is known. */
  readonly relatives: ReadonlyMap<string, readonly string[]> | undefined
}

export const newStory = (relatives?: ReadonlyMap<string, readonly string[]>): Story => ({
  made: new Set(),
  before: new Map(),
  tableOfIndex: new Map(),
  nullFree: new Set(),
  nullChecks: new Map(),
  foreignKeys: new Map(),
  strictDomains: new Set(),
  valid: new Set(),
  types: new Map(),
  functions: new Map(),
  relatives,
})

/** The story as the file after this one finds it: what was made is there, with the rows that the file gave it. */
export const nextFile = (story: Story): Story => ({ ...story, made: new Set(), before: new Map(), relatives: renamed(story) })

/** What is known of tables that were renamed is known by their new names. */
function renamed({ relatives, before }: Story): Story['relatives'] {
  if (relatives === undefined || before.size === 0) return relatives
  const found = new Map(relatives)
  const now = new Map([...before].map(([to, from]) => [from, to]))
  for (const [key, tables] of relatives) {
    const [through, of] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)]
    found.set(
      `${through}:${now.get(of) ?? of}`,
      tables.map((table) => now.get(table) ?? table),
    )
  }
  return found
}

/** What is written down about one statement while it is read. */
export interface Notes {
  readonly story: Story
  readonly lock: (table: string, mode: LockMode) => void
  readonly hide: (of: string, through: HiddenLock['through'], mode: LockMode) => void
  readonly rewrite: (table: string, why: string) => void
  /** `below`: the partitions as well, and there is nothing to read in a partitioned table itself. */
  readonly scan: (table: string, why: string, below?: boolean) => void
  readonly data: (says: string) => void
  readonly uneven: () => void
  /** The tables behind a name, as far as they are known. */
  readonly behind: (of: string, through: HiddenLock['through']) => readonly string[]
  readonly say: (sentence: string) => void
  readonly effect: () => Effect
}

/** Reads one statement. What it gives back is called when its effect is known, and tells the next statement of the story. */
// biome-ignore lint/suspicious/noConfusingVoidType: most statements have nothing to tell
export type Reading = (node: Node, notes: Notes) => (() => void) | void

// What a cascade reaches and what code does is known when it has happened.
const UNKNOWABLE: ReadonlySet<HiddenLock['through']> = new Set(['code', 'dependents'])

export function newNotes(story: Story): Notes {
  const [locks, rewrites, scans] = [new Map<string, LockMode>(), new Set<string>(), new Set<string>()]
  const [hidden, sentences]: [HiddenLock[], Set<string>] = [[], new Set()]
  let [plain, long] = [true, false]
  const slow = (found: Set<string>, table: string, why: string): void => {
    // A table that this section made holds what the section itself put there.
    if (table === '' || story.made.has(table)) return
    found.add(nameBefore(story, table))
    long = true
    sentences.add(why)
  }
  const note = (table: string, mode: LockMode): void => {
    const held = locks.get(table)
    if (table !== '' && (held === undefined || strength(held) < strength(mode))) locks.set(table, mode)
  }
  return {
    story,
    lock: note,
    hide: (of, through, mode) => {
      if (of === '' || story.made.has(of)) return
      const before = nameBefore(story, of)
      if (story.relatives === undefined || UNKNOWABLE.has(through)) hidden.push({ of: before, through, mode })
      else for (const table of story.relatives.get(`${through}:${before}`) ?? []) note(table, mode)
    },
    rewrite: (table, why) => slow(rewrites, table, why),
    scan: (table, why, below = true) => {
      const leaves = story.relatives?.get(`leaves:${nameBefore(story, table)}`)
      if (leaves === undefined) slow(scans, table, why)
      else if (below) for (const leaf of leaves) slow(scans, leaf, why)
    },
    data: (says) => {
      long = true
      sentences.add(says)
    },
    uneven: () => {
      plain = false
    },
    behind: (of, through) => story.relatives?.get(`${through}:${nameBefore(story, of)}`) ?? [],
    say: (sentence) => {
      sentences.add(sentence)
    },
    effect: () => {
      const found = [...locks].map(([table, mode]): Lock => ({ table: nameBefore(story, table), mode, made: story.made.has(table) }))
      const read = [...scans].filter((table) => !rewrites.has(table))
      return { locks: found, hidden, rewrites: [...rewrites], scans: read, plain, long, says: [...waits(found), ...sentences].join('; ') }
    },
  }
}

export const nameBefore = (story: Story, table: string): string => story.before.get(table) ?? table

function waits(locks: readonly Lock[]): readonly string[] {
  const felt = locks.filter(({ mode, made }) => !made && blocks(mode) !== 'nothing')
  return felt.map(({ table, mode }) => `${blocks(mode)} of ${table} wait`)
}
