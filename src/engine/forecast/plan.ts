import type { PendingHome } from '../../catalog/pending.js'
import { BUDGET_MS } from '../../schema/apply/patience.js'
import { blocks, type Effect } from '../../schema/effects/effect.js'
import { effectsOf } from '../../schema/effects/effects-of.js'
import { adviceOn, heldMs, millisecondsFor, workOf } from '../../schema/effects/estimate.js'
import { storyOfHome } from '../../schema/effects/known-home.js'
import { nextFile, type Story } from '../../schema/effects/notes.js'
import type { Migration } from '../../schema/migration.js'
import { type Statement, statementsOf } from '../../schema/statements.js'
import type { Platform } from '../platform.js'
import { visit } from '../visit.js'
import { type Forecast, forecast } from './forecast.js'
import { type PendingClass, pendingClasses } from './pending.js'
import { measure, type Sizes } from './sizes.js'

export interface PlannedStatement {
  readonly statement: Statement
  readonly effect: Effect
  /** Rows of the tables that decide how long it takes: in all homes, and in the largest. */
  readonly rows: number
  readonly largest: number
  /** In the largest home, and in all of them, one after the other. */
  readonly ms: number
  readonly allMs: number
}

export interface PlannedFile {
  readonly migration: Migration
  readonly track: string
  readonly homes: readonly PendingHome[]
  readonly statements: readonly PlannedStatement[]
  /** How long others wait for it in its largest home. */
  readonly heldMs: number
  readonly budgetMs: number
  readonly advice: readonly string[]
}

export interface Plan {
  readonly files: readonly PlannedFile[]
  readonly classes: readonly PendingClass[]
  readonly forecast: Forecast
}

interface Drafted {
  readonly migration: Migration
  readonly track: string
  readonly statements: readonly { readonly statement: Statement; readonly effect: Effect }[]
}

/** What is pending, what each statement of it does to the homes that it will run in, and what would go wrong. Throws MIGRATION_INVALID, SERVICE_UNKNOWN. */
export async function planOf(platform: Platform, options: { readonly service?: string | undefined; readonly ask: boolean }): Promise<Plan> {
  const classes = await pendingClasses(platform, options.service)
  const drafts = new Map<string, Drafted>()
  // The fewer files are before it, the closer a file is to the home that was looked at.
  for (const one of [...classes].sort((a, b) => a.files.length - b.files.length))
    for (const draft of await draftOf(platform, one)) if (!drafts.has(keyOf(draft))) drafts.set(keyOf(draft), draft)
  const sizes = new Map<string, Sizes>()
  const asked = await forecast(platform, {
    classes,
    ask: options.ask,
    also: async (database, homes) => {
      for (const track of new Set(homes.map((home) => home.track))) {
        if (!sizes.has(track)) sizes.set(track, new Map())
        const members = homes.filter((home) => home.track === track)
        await measure(database, members, tablesOf([...drafts.values()].filter((draft) => draft.track === track)), sizes.get(track)!)
      }
    },
  })
  const files = [...drafts.values()]
    .sort((a, b) => order(classes, a) - order(classes, b))
    .map((draft) => planned(draft, homesOf(classes, draft), sizes.get(draft.track) ?? new Map()))
  return { files, classes, forecast: asked }
}

const keyOf = ({ track, migration }: Pick<Drafted, 'track' | 'migration'>): string => `${track} ${migration.file}`

/** As they run: platform tables first, then each track from its oldest file. */
function order(classes: readonly PendingClass[], draft: Drafted): number {
  const all = [...classes]
    .sort((a, b) => b.files.length - a.files.length)
    .flatMap(({ track, files }) => files.map((migration) => keyOf({ track, migration })))
  const platform = draft.track === 'platform' ? 0 : all.length
  return platform + all.indexOf(keyOf(draft))
}

const homesOf = (classes: readonly PendingClass[], draft: Drafted): readonly PendingHome[] =>
  classes.filter(({ track, files }) => track === draft.track && files.includes(draft.migration)).flatMap(({ homes }) => homes)

async function draftOf(platform: Platform, { track, files, homes }: PendingClass): Promise<readonly Drafted[]> {
  if (files.length === 0) return []
  const sample = homes[0]!
  const seen: Story = await visit(platform, { adminRef: sample.adminRef, name: sample.database }, (database) =>
    storyOfHome(database, sample.schema),
  )
  const drafts: Drafted[] = []
  let story = seen
  for (const migration of files) {
    const statements =
      migration.kind === 'program' ? [] : await statementsOf({ file: migration.file, text: migration.up, line: migration.upLine })
    const effects = effectsOf(statements, story)
    drafts.push({ migration, track, statements: statements.map((statement, at) => ({ statement, effect: effects[at]! })) })
    story = nextFile(story)
  }
  return drafts
}

const tablesOf = (drafts: readonly Drafted[]): readonly string[] => [
  ...new Set(
    drafts.flatMap(({ statements }) => statements.flatMap(({ statement, effect }) => workOf(statement, effect).map(({ table }) => table))),
  ),
]

function planned({ migration, track, statements }: Drafted, homes: readonly PendingHome[], sizes: Sizes): PlannedFile {
  const list = statements.map(({ statement, effect }): PlannedStatement => {
    const work = workOf(statement, effect).flatMap(({ table, work: kind }) => {
      const size = sizes.get(table)
      return size === undefined ? [] : [{ kind, size }]
    })
    const sum = (of: (one: (typeof work)[number]) => number): number => Math.round(work.reduce((total, one) => total + of(one), 0))
    return {
      statement,
      effect,
      rows: sum(({ size }) => size.all.rows),
      largest: sum(({ size }) => size.largest.rows),
      ms: sum(({ kind, size }) => millisecondsFor(kind, size.largest)),
      allMs: sum(({ kind, size }) => millisecondsFor(kind, size.all)),
    }
  })
  const budgetMs = migration.options.budgetMs ?? BUDGET_MS
  const held = migration.options.transaction ? heldMs(list) : Math.max(0, ...list.map((one) => heldMs([one])))
  const advice = held > budgetMs ? adviceOn(list, budgetMs) : []
  return { migration, track, homes, statements: list, heldMs: Math.round(held), budgetMs, advice }
}

/** What of a statement others feel, as `orders: reads and writes`. */
export const waitsOf = ({ locks, hidden }: Effect): readonly string[] => [
  ...locks.filter(({ mode, made }) => !made && blocks(mode) !== 'nothing').map(({ table, mode }) => `${table}: ${blocks(mode)}`),
  ...hidden.filter(({ mode }) => blocks(mode) !== 'nothing').map(({ of, through, mode }) => `${through} of ${of}: ${blocks(mode)}`),
]
