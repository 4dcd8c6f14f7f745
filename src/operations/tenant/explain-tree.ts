import { z } from 'zod'

const amounts = z.object({
  hit: z.number().describe('Pages of 8 KB found in memory'),
  read: z.number(),
  dirtied: z.number(),
  written: z.number(),
  temporary: z.number().describe('Read from and written to temporary files'),
})

const node = z.object({
  depth: z.number().describe('0 is the root; children follow their parent'),
  type: z.string().describe('What it does, such as Index Scan'),
  role: z.string().nullable().describe('What it is to its parent: Outer, Inner, SubPlan …'),
  relation: z.string().nullable(),
  alias: z.string().nullable(),
  index: z.string().nullable(),
  startupCost: z.number(),
  totalCost: z.number(),
  planRows: z.number().describe('As it was estimated'),
  actual: z
    .object({
      startupMs: z.number().nullable(),
      totalMs: z.number().nullable().describe('Of one loop'),
      ownMs: z
        .number()
        .nullable()
        .describe('Of all loops, without its children, and without what it reads of a CTE or a value that was prepared'),
      rows: z.number().describe('Of one loop'),
      loops: z.number(),
    })
    .nullable()
    .describe('What it really took; null where nothing was run'),
  removed: z.number().nullable().describe('Rows that were looked at and left out, of one loop'),
  buffers: amounts.nullable().describe('Of the node and its children'),
  details: z.array(z.object({ name: z.string(), text: z.string() })).describe('All that PostgreSQL says besides, such as Filter'),
})

export const planTree = z.object({
  planningMs: z.number().nullable(),
  executionMs: z.number().nullable(),
  settings: z.record(z.string(), z.string()).describe('Planner settings that are not at their default'),
  nodes: z.array(node),
})

export type PlanNode = z.output<typeof node>

type Json = Readonly<Record<string, unknown>>

const KNOWN: ReadonlySet<string> = new Set([
  ...['Node Type', 'Parent Relationship', 'Schema', 'Relation Name', 'Alias', 'Index Name', 'Plans'],
  ...['Startup Cost', 'Total Cost', 'Plan Rows', 'Actual Startup Time', 'Actual Total Time', 'Actual Rows', 'Actual Loops'],
  ...['Rows Removed by Filter', 'Rows Removed by Join Filter', 'Rows Removed by Index Recheck'],
])
const REMOVED = ['Rows Removed by Filter', 'Rows Removed by Join Filter', 'Rows Removed by Index Recheck'] as const
const BUFFERS = /^(Shared|Local|Temp) (Hit|Read|Dirtied|Written) Blocks$/
// Of no use where they are off, and of every node.
const DULL: Readonly<Record<string, unknown>> = { 'Parallel Aware': false, 'Async Capable': false, Disabled: false }

/** What EXPLAIN (FORMAT JSON) answers, as rows of a tree. Undefined for what is no plan. */
export function readTree(answer: unknown): z.output<typeof planTree> | undefined {
  const [whole] = (Array.isArray(answer) ? answer : []) as readonly Json[]
  if (typeof whole?.Plan !== 'object' || whole.Plan === null) return undefined
  return {
    planningMs: number(whole, 'Planning Time'),
    executionMs: number(whole, 'Execution Time'),
    settings: Object.fromEntries(Object.entries((whole.Settings ?? {}) as Json).map(([name, value]) => [name, String(value)])),
    nodes: nodesOf(whole.Plan as Json, 0, ownTimes(whole.Plan as Json)),
  }
}

const number = (of: Json, name: string): number | null => (typeof of[name] === 'number' ? (of[name] as number) : null)
const text = (of: Json, name: string): string | null => (typeof of[name] === 'string' ? (of[name] as string) : null)
const childrenOf = (of: Json): readonly Json[] => (Array.isArray(of.Plans) ? (of.Plans as readonly Json[]) : [])

function nodesOf(of: Json, depth: number, own: ReadonlyMap<Json, number>): PlanNode[] {
  const [schema, relation] = [text(of, 'Schema'), text(of, 'Relation Name')]
  const removed = REMOVED.flatMap((name) => number(of, name) ?? [])
  const found: PlanNode = {
    depth,
    type: text(of, 'Node Type') ?? '',
    role: text(of, 'Parent Relationship'),
    relation: relation === null ? null : schema === null ? relation : `${schema}.${relation}`,
    alias: text(of, 'Alias'),
    index: text(of, 'Index Name'),
    startupCost: number(of, 'Startup Cost') ?? 0,
    totalCost: number(of, 'Total Cost') ?? 0,
    planRows: number(of, 'Plan Rows') ?? 0,
    actual: actualOf(of, own),
    removed: removed.length === 0 ? null : removed.reduce((sum, one) => sum + one, 0),
    buffers: buffersOf(of),
    details: Object.entries(of)
      .filter(([name, value]) => !KNOWN.has(name) && !BUFFERS.test(name) && DULL[name] !== value)
      .map(([name, value]) => ({ name, text: inWords(value) })),
  }
  return [found, ...childrenOf(of).flatMap((child) => nodesOf(child, depth + 1, own))]
}

/** All loops of a node together. What ran beside others in a parallel plan took less of the clock than that. */
const spentMs = (of: Json): number => (number(of, 'Actual Total Time') ?? 0) * (number(of, 'Actual Loops') ?? 0)

// A CTE, or a value that is found once. It hangs on the top of its query, and runs while whoever reads it first waits for it, which may be far below.
const isPrepared = (of: Json): boolean => of['Parent Relationship'] === 'InitPlan'

/** What each node took by itself. What was prepared counts where it was made, and not once more in its reader. */
function ownTimes(root: Json): ReadonlyMap<Json, number> {
  const nodes = allOf(root)
  const own = new Map(
    nodes.map((of): [Json, number] => [
      of,
      childrenOf(of)
        .filter((child) => !isPrepared(child))
        .reduce((left, child) => left - spentMs(child), spentMs(of)),
    ]),
  )
  for (const of of nodes) {
    for (const prepared of childrenOf(of).filter(isPrepared)) {
      let left = spentMs(prepared)
      // Whoever has waited for it has taken at least as long; the others found it ready.
      for (const reader of readersOf(prepared, of).toSorted((a, b) => own.get(b)! - own.get(a)!)) {
        const waited = Math.min(left, Math.max(0, own.get(reader)!))
        own.set(reader, own.get(reader)! - waited)
        left -= waited
      }
    }
  }
  return own
}

const allOf = (of: Json): readonly Json[] => [of, ...childrenOf(of).flatMap(allOf)]

/** Who reads what hangs prepared on a node: scans of a CTE by its name, others by the sign of the value (from 17 on its name, before that a parameter). */
function readersOf(prepared: Json, on: Json): readonly Json[] {
  const name = text(prepared, 'Subplan Name') ?? ''
  const nodes = allOf(on)
  const cte = /^CTE (.*)$/s.exec(name)?.[1]
  if (cte !== undefined) return nodes.filter((of) => of['Node Type'] === 'CTE Scan' && of['CTE Name'] === cte)
  const signs = [...name.matchAll(/\$\d+/g)].map(([sign]) => sign)
  const named = new RegExp(
    signs.length > 0 ? `\\$(${signs.map((sign) => sign.slice(1)).join('|')})(?!\\d)` : `\\(${name.replace(/[^\w ]/g, '\\$&')}\\)\\.`,
  )
  const below = new Set(allOf(prepared))
  const found = nodes.filter((of) => !below.has(of) && Object.values(of).some((value) => mentions(value, named)))
  return found.length === 0 ? [on] : found
}

const mentions = (value: unknown, sign: RegExp): boolean =>
  typeof value === 'string' ? sign.test(value) : Array.isArray(value) && value.some((one) => typeof one === 'string' && sign.test(one))

function actualOf(of: Json, own: ReadonlyMap<Json, number>): PlanNode['actual'] {
  const loops = number(of, 'Actual Loops')
  if (loops === null) return null
  const totalMs = number(of, 'Actual Total Time')
  return {
    startupMs: number(of, 'Actual Startup Time'),
    totalMs,
    ownMs: totalMs === null ? null : Math.max(0, Math.round(own.get(of)! * 1_000) / 1_000),
    rows: number(of, 'Actual Rows') ?? 0,
    loops,
  }
}

function buffersOf(of: Json): PlanNode['buffers'] {
  if (!Object.keys(of).some((name) => BUFFERS.test(name))) return null
  const sum = (...names: readonly string[]): number => names.reduce((total, name) => total + (number(of, `${name} Blocks`) ?? 0), 0)
  return {
    hit: sum('Shared Hit', 'Local Hit'),
    read: sum('Shared Read', 'Local Read'),
    dirtied: sum('Shared Dirtied', 'Local Dirtied'),
    written: sum('Shared Written', 'Local Written'),
    temporary: sum('Temp Read', 'Temp Written'),
  }
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null

function inWords(value: unknown): string {
  if (Array.isArray(value) && value.every(isPlain)) return value.join(', ')
  return isPlain(value) ? String(value) : JSON.stringify(value)
}

/** As lines for people. */
export const treeInWords = ({ nodes }: z.output<typeof planTree>): readonly string[] =>
  nodes.map(({ depth, type, relation, index, totalCost, planRows, actual }) => {
    const where = `${index === null ? '' : ` by ${index}`}${relation === null ? '' : ` on ${relation}`}`
    const took = actual === null ? '' : `, took ${actual.totalMs ?? '?'} ms for ${actual.rows} rows × ${actual.loops}`
    return `${'  '.repeat(depth)}${type}${where} (cost ${totalCost}, ${planRows} rows${took})`
  })
