import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { durationWords } from '../../parts/moment-words.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import type { Tone } from '../../words/tone.js'

export type Session = OutputOf<'activity.list'>['data'][number]
export type LockLine = OutputOf<'activity.locks'>['data'][number]

/** What is to be stopped. */
export interface Meant {
  readonly cluster: string
  readonly backend: string
  readonly who: string
  readonly end: boolean
}

const NONE = <span className="text-soft">–</span>
const took = (ms: number | null) => (ms === null ? NONE : <span className="whitespace-nowrap">{durationWords(ms)}</span>)

/** A transaction that waits for its application keeps what it has locked; an idle connection keeps nothing. */
function toneOf(state: string | null): Tone {
  if (state === null || state === 'idle') return 'quiet'
  return state.startsWith('idle in transaction') ? 'warn' : 'accent'
}

const tenant = ({ slug, login, kind }: Pick<Session, 'slug' | 'login' | 'kind'>): ReactElement =>
  slug === null ? (
    <span className="text-soft">{login ?? kind}</span>
  ) : (
    <To className="font-medium hover:text-accent hover:underline" params={{ tenant: slug }} tabIndex={-1} to="/tenants/$tenant">
      {slug}
    </To>
  )

const state = ({ state: now }: Pick<Session, 'state'>): ReactElement => <Badge tone={toneOf(now)}>{now ?? 'not to be seen'}</Badge>

const FOREIGN = 'Only sessions of applications can be stopped'
const DOES_NOTHING = 'It runs no statement'

const stops =
  (onStop: (meant: Meant) => void) =>
  (row: Pick<Session, 'cluster' | 'pid' | 'slug' | 'ours' | 'state'> & { readonly backend: string | null }) => {
    const { cluster, backend, pid, slug, ours } = row
    if (backend === null) return NONE
    const who = slug === null ? `session ${pid}` : `session ${pid} of ${slug}`
    const idle = row.state?.startsWith('idle') ? DOES_NOTHING : undefined
    const ask = (end: boolean) => onStop({ cluster, backend, who, end })
    return (
      <span className="inline-flex gap-1">
        <Button aria-label={`Cancel ${who}`} look="bare" of="activity.stop" onClick={() => ask(false)} refused={ours ? idle : FOREIGN}>
          Cancel
        </Button>
        <Button aria-label={`End ${who}`} look="bare" of="activity.stop" onClick={() => ask(true)} refused={ours ? undefined : FOREIGN}>
          End
        </Button>
      </span>
    )
  }

const text = ({ text: said }: Pick<Session, 'text'>): ReactElement =>
  said === null || said === '' ? (
    NONE
  ) : (
    <code className="block max-w-xl truncate font-mono text-xs" title={said}>
      {said}
    </code>
  )

export const sessionColumns = (withText: boolean, onStop: (meant: Meant) => void): readonly Column<Session>[] => [
  { id: 'pid', head: 'Session', align: 'right', cell: ({ pid }) => pid },
  { id: 'tenant', head: 'Tenant or login', cell: tenant },
  { id: 'state', head: 'State', cell: state },
  { id: 'for', head: 'For', align: 'right', cell: ({ stateMs }) => took(stateMs) },
  { id: 'transaction', head: 'Transaction', align: 'right', cell: ({ transactionMs }) => took(transactionMs) },
  {
    id: 'wait',
    head: 'Waits for',
    cell: ({ wait, blockedBy }) => (blockedBy.length > 0 ? <Badge tone="bad">{`session ${blockedBy.join(', ')}`}</Badge> : (wait ?? NONE)),
  },
  { id: 'application', head: 'Application', cell: ({ application }) => (application === '' ? NONE : application) },
  { id: 'database', head: 'Database', cell: ({ cluster, database }) => `${cluster}/${database ?? ''}` },
  ...(withText ? [{ id: 'text', head: 'Statement', cell: text } satisfies Column<Session>] : []),
  { id: 'stop', head: 'Stop', cell: stops(onStop) },
]

export const lockColumns = (withText: boolean, onStop: (meant: Meant) => void): readonly Column<LockLine>[] => [
  {
    id: 'pid',
    head: 'Session',
    cell: ({ depth, pid, behind, again }) => (
      <span className="inline-flex items-center gap-1 whitespace-nowrap" style={{ paddingLeft: `${Math.min(depth, 20) * 1.25}rem` }}>
        {behind === null ? null : <span aria-hidden="true">└</span>}
        {pid}
        {behind === null ? null : <span className="sr-only">waits for {behind}</span>}
        {again ? <span className="text-soft">see above</span> : null}
      </span>
    ),
  },
  { id: 'tenant', head: 'Tenant or login', cell: tenant },
  { id: 'state', head: 'State', cell: state },
  {
    id: 'waits',
    head: 'Waits for',
    cell: ({ lock, mode, table, cycle }) => (
      <span className="inline-flex items-center gap-1 whitespace-nowrap">
        {lock === null ? NONE : `${mode ?? ''} on ${table ?? lock}`}
        {cycle ? <Badge tone="bad">ring</Badge> : null}
      </span>
    ),
  },
  { id: 'for', head: 'For', align: 'right', cell: ({ waitMs }) => took(waitMs) },
  { id: 'blocks', head: 'Wait for it', align: 'right', cell: ({ blocks }) => blocks },
  { id: 'transaction', head: 'Transaction', align: 'right', cell: ({ transactionMs }) => took(transactionMs) },
  { id: 'database', head: 'Database', cell: ({ cluster, database }) => `${cluster}/${database ?? ''}` },
  ...(withText ? [{ id: 'text', head: 'Statement', cell: text } satisfies Column<LockLine>] : []),
  { id: 'stop', head: 'Stop', cell: stops(onStop) },
]
