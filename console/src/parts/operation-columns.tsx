import type { RowOf } from 'tenantry/api'
import { isUnderWay, operationTone } from '../words/operation-words.js'
import { Badge } from './badge.js'
import { Moment, Took } from './moment.js'
import type { Column } from './table.js'
import { To } from './to.js'

type Operation = RowOf<'operation.list'>

const NONE = <span className="text-soft">–</span>

/** Of operations, wherever they are listed. */
export const OPERATION_COLUMNS: readonly Column<Operation>[] = [
  {
    id: 'name',
    head: 'Operation',
    cell: ({ id, name }) => (
      <To className="font-medium hover:text-accent hover:underline" params={{ operation: id }} tabIndex={-1} to="/operations/$operation">
        {name}
      </To>
    ),
  },
  {
    id: 'state',
    head: 'State',
    cell: ({ state, abandoned }) => (
      <span className="inline-flex items-center gap-1">
        <Badge live={isUnderWay(state)} tone={operationTone(state)}>
          {state}
        </Badge>
        {abandoned ? <Badge tone="warn">nobody has it</Badge> : null}
      </span>
    ),
  },
  {
    id: 'tenant',
    head: 'Tenant',
    cell: ({ subject }) =>
      subject === null ? (
        NONE
      ) : (
        <To
          className="font-mono text-xs hover:text-accent hover:underline"
          params={{ tenant: subject }}
          tabIndex={-1}
          title={subject}
          to="/tenants/$tenant"
        >
          {subject.slice(0, 8)}
        </To>
      ),
  },
  { id: 'fault', head: 'Fault', cell: ({ fault }) => (fault === null ? NONE : <span title={fault.message}>{fault.code}</span>) },
  { id: 'actor', head: 'By', cell: ({ actor }) => <span title={actor}>{actor}</span> },
  { id: 'begun', head: 'Begun', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { id: 'took', head: 'Took', align: 'right', cell: ({ createdAt, endedAt }) => <Took from={createdAt} to={endedAt} /> },
]
