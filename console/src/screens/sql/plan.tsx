import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { Badge } from '../../parts/badge.js'
import { countWords } from '../../parts/number-words.js'
import { PlainTable } from '../../parts/plain-table.js'

export type Explained = OutputOf<'tenant.explain'>
type Tree = NonNullable<Explained['tree']>
type Node = Tree['nodes'][number]

// What was estimated is far from what came: where a plan goes wrong.
const FAR = 10
const NONE = <span className="text-soft">–</span>

const ms = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : `${value.toFixed(value < 10 ? 2 : 1)} ms`

/** The plan of a statement, node by node: what each reads, how many rows were estimated and came, and what it took by itself. */
export function Plan({ explained: { tree, notes, analyzed } }: { readonly explained: Explained }): ReactElement | null {
  if (tree === null) return null
  const all = tree.nodes.reduce((sum, { actual }) => sum + (actual?.ownMs ?? 0), 0)
  const settings = Object.entries(tree.settings).map(([name, value]) => `${name} = ${value}`)
  return (
    <section aria-label="Plan" className="flex flex-col gap-2">
      <p role="status">
        <span className="font-medium">{analyzed ? 'It was run, and taken back' : 'Estimated: nothing was run'}</span>{' '}
        <span className="text-soft">
          {[
            tree.planningMs === null ? '' : `planned in ${ms(tree.planningMs)}`,
            tree.executionMs === null ? '' : `run in ${ms(tree.executionMs)}`,
            ...settings,
          ]
            .filter((part) => part !== '')
            .join(', ')}
        </span>
      </p>
      {notes.map((note) => (
        <p className="text-warn" key={note}>
          {note}
        </p>
      ))}
      <div className="rounded-lg border border-line bg-card p-3">
        <PlainTable
          heads={['Node', '>Rows estimated', ...(analyzed ? ['>Rows', '>Loops', '>By itself', '>Pages read'] : []), '>Cost']}
          label="Nodes of the plan"
          rows={tree.nodes.map((node, at) => ({ key: String(at), cells: cellsOf(node, analyzed, all) }))}
        />
      </div>
    </section>
  )
}

function cellsOf(node: Node, analyzed: boolean, all: number): readonly (ReactElement | string)[] {
  const { actual, buffers, planRows, totalCost } = node
  const measured = [
    actual === null ? NONE : <Came estimated={planRows} key="rows" rows={actual.rows} />,
    actual === null ? NONE : countWords(actual.loops),
    actual?.ownMs == null ? NONE : <Share key="own" of={all} took={actual.ownMs} />,
    buffers === null ? (
      NONE
    ) : (
      <span key="read" title={`${countWords(buffers.hit)} found in memory`}>
        {countWords(buffers.read)}
      </span>
    ),
  ]
  return [<What key="what" node={node} />, countWords(planRows), ...(analyzed ? measured : []), countWords(totalCost)]
}

/** What a node does, below the one that asks it. */
function What({ node: { depth, type, role, relation, alias, index, details, removed } }: { readonly node: Node }): ReactElement {
  const where = [
    relation === null ? '' : `on ${relation}${alias === null || relation.endsWith(`.${alias}`) ? '' : ` as ${alias}`}`,
    index === null ? '' : `by ${index}`,
  ].filter((part) => part !== '')
  return (
    <div style={{ paddingLeft: `${Math.min(depth, 30) * 1.25}rem` }}>
      <span className="sr-only">Level {depth + 1}: </span>
      {depth === 0 ? null : (
        <span aria-hidden="true" className="text-soft">
          └{' '}
        </span>
      )}
      <span className="font-medium">{type}</span> {where.join(' ')}
      {role === 'InitPlan' || role === 'SubPlan' ? <span className="text-soft"> ({role})</span> : null}
      {details.length === 0 && removed === null ? null : (
        <details className="text-xs">
          <summary className="w-fit text-soft hover:text-ink">{summaryOf(details)}</summary>
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 pl-3">
            {details.map(({ name, text }) => (
              <div className="contents" key={name}>
                <dt className="text-soft">{name}</dt>
                <dd className="font-mono break-all">{text}</dd>
              </div>
            ))}
            {removed === null ? null : (
              <div className="contents">
                <dt className="text-soft">Rows left out</dt>
                <dd className="font-mono">{countWords(removed)}</dd>
              </div>
            )}
          </dl>
        </details>
      )}
    </div>
  )
}

const TOLD = [
  'Index Cond',
  'Recheck Cond',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'Filter',
  'Sort Key',
  'Group Key',
  'Subplan Name',
  'CTE Name',
]

/** The detail that says most, in short. */
function summaryOf(details: Node['details']): string {
  const found = TOLD.map((name) => details.find((detail) => detail.name === name)).find((detail) => detail !== undefined)
  if (found === undefined) return 'details'
  const text = `${found.name}: ${found.text}`
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

const Came = ({ rows, estimated }: { readonly rows: number; readonly estimated: number }): ReactElement => {
  const [low, high] = [Math.max(1, Math.min(rows, estimated)), Math.max(1, rows, estimated)]
  const far = high / low >= FAR
  return (
    <span className="inline-flex items-center gap-1">
      {far ? <Badge tone="warn">{`${countWords(high / low)} times ${rows > estimated ? 'more' : 'fewer'}`}</Badge> : null}
      {countWords(rows)}
    </span>
  )
}

const Share = ({ took, of }: { readonly took: number; readonly of: number }): ReactElement => (
  <span className="inline-flex items-center justify-end gap-2 whitespace-nowrap">
    <span aria-hidden="true" className="h-1.5 w-16 overflow-hidden rounded-full bg-hover">
      <span className="block h-full bg-accent" style={{ width: `${of === 0 ? 0 : (100 * took) / of}%` }} />
    </span>
    {ms(took)}
  </span>
)
