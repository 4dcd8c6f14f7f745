import { z } from 'zod'
import { type PlannedFile, planOf, waitsOf } from '../../engine/forecast/plan.js'
import { operation } from '../../engine/operation.js'
import { humanDuration } from '../../kernel/durations.js'
import { planSays } from './plan-says.js'

const place = { file: z.string(), line: z.number() }
const text = (length: number) => z.string().describe(`At most ${length} characters`)

const file = z.object({
  file: z.string(),
  track: z.string().describe('`tenant`, `platform`, or the name of a service'),
  homes: z.number(),
  shared: z.number().describe('Of the homes, those that several tenants share'),
  tenants: z.number().describe('Of all these homes; those of one shared home are served by one run'),
  program: z.boolean().describe('A program, of which neither locks nor time are known'),
  aboutMs: z.number().describe('How long others wait for it in its largest home: an estimate; of a program 0'),
  budgetMs: z.number().describe('How long they may, as its line `-- migrate:up` says'),
  fits: z.boolean(),
  advice: z.array(z.string()).describe('How to make others wait less'),
})

const home = {
  home: z.string().describe('Its schema'),
  tenant: z.string().nullable().describe('Slug of the tenant that it is of; null where there are many or none'),
  database: z.string(),
}

const finding = z.object({
  ...home,
  ...place,
  what: z.string(),
  rows: z.number().nullable().describe('How many; null where they cannot be counted'),
  keys: z.array(z.string()).describe('Primary keys of the first of them, and no other data'),
})

export const migrationPlan = operation({
  kind: 'direct',
  name: 'migrate.plan',
  summary: 'Show what pending migrations lock, rewrite and read, how long that takes, and what would fail in which home. Changes nothing.',
  effect: 'read',
  input: z.strictObject({
    service: z.string().min(1).max(39).optional().describe('Only the homes of this service of yours, and no platform tables'),
    forecast: z.boolean().default(true).describe('Ask every home for rows and objects that would make a file fail'),
  }),
  output: z.object({
    pendingHomes: z.number(),
    pendingPlatforms: z.number(),
    data: z.array(
      z.object({
        ...place,
        statement: text(80),
        waits: z.string().describe('Whose reads or writes wait, and from which line on; a lock is held to the end of its file'),
        work: z.string().describe('Tables that are written anew or read whole'),
        homes: z.number(),
        rows: z.number().describe('Of these tables, in all homes: about, as the server last counted them'),
        largest: z.number().describe('In the largest home: about'),
        about: z.string().describe('In the largest home: an estimate from bytes and usual speeds'),
        says: z.string(),
        locks: z.array(z.object({ table: z.string(), mode: z.string(), made: z.boolean() })),
        rewrites: z.array(z.string()),
        scans: z.array(z.string()),
      }),
    ),
    files: z.array(file),
    forecast: z.object({
      asked: z.boolean(),
      homes: z.number(),
      findings: z.array(finding),
      unanswered: z.array(z.object({ ...home, ...place, what: z.string(), why: z.string() })),
      unknowable: z.array(z.object({ ...place, what: z.string(), why: z.string() })).describe('What only the files in front decide'),
    }),
  }),
  faults: ['MIGRATION_INVALID', 'SERVICE_UNKNOWN'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'GET /v1/migrations/plan',
  words: {
    negated: { forecast: 'Do not ask the homes for rows and objects that would make a file fail' },
    says: planSays,
    columns: ['file', 'line', 'statement', 'waits', 'work', 'homes', 'rows', 'largest', 'about'],
    passes: ({ forecast }) => forecast.findings.length === 0,
  },
  async call({ platform }, { service, forecast: ask }) {
    const { files, classes, forecast } = await planOf(platform, { service, ask })
    const count = (platforms: boolean): number =>
      classes.filter(({ track }) => (track === 'platform') === platforms).reduce((sum, { homes }) => sum + homes.length, 0)
    return {
      pendingHomes: count(false),
      pendingPlatforms: count(true),
      data: files.flatMap(rowsOf),
      files: files.map(fileRow),
      forecast: { asked: ask, ...copy(forecast) },
    }
  },
})

// The output is declared with lists that may be written to.
const copy = <T>(value: T): Mutable<T> => structuredClone(value) as Mutable<T>
type Mutable<T> = T extends readonly (infer U)[] ? Mutable<U>[] : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T

const oneLine = (statement: string): string => {
  const words = statement.replace(/\s+/g, ' ')
  return words.length > 80 ? `${words.slice(0, 79)}…` : words
}

const UNKNOWN = 'not known'

const programRow = ({ migration, homes }: PlannedFile) => ({
  file: migration.file,
  line: 1,
  statement: 'a program',
  waits: UNKNOWN,
  work: UNKNOWN,
  homes: homes.length,
  rows: 0,
  largest: 0,
  about: UNKNOWN,
  says: 'a program: its locks and time are not known',
  locks: [],
  rewrites: [],
  scans: [],
})

const rowsOf = (file: PlannedFile) => (file.migration.kind === 'program' ? [programRow(file)] : statementRows(file))

const statementRows = ({ migration, homes, statements }: PlannedFile) =>
  statements.map(({ statement, effect, rows, largest, ms }) => ({
    file: migration.file,
    line: statement.line,
    statement: oneLine(statement.text),
    waits: waitsOf(effect).join(', '),
    work: [...effect.rewrites.map((table) => `rewrites ${table}`), ...effect.scans.map((table) => `reads ${table}`)].join(', '),
    homes: homes.length,
    rows,
    largest,
    about: effect.long ? `about ${humanDuration(Math.max(ms, 1))}` : 'an instant',
    says: effect.says,
    locks: copy(effect.locks),
    rewrites: [...effect.rewrites],
    scans: [...effect.scans],
  }))

const fileRow = ({ migration, track, homes, heldMs, budgetMs, advice }: PlannedFile) => ({
  file: migration.file,
  track,
  program: migration.kind === 'program',
  homes: homes.length,
  shared: homes.filter(({ isolation }) => isolation === 'shared').length,
  tenants: homes.reduce((sum, { tenants }) => sum + tenants, 0),
  aboutMs: heldMs,
  budgetMs,
  fits: heldMs <= budgetMs,
  advice: [...advice],
})
