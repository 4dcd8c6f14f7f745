import { Link } from '@tanstack/react-router'
import type { RowOf } from 'tenantry/api'
import { Badge } from '../../parts/badge.js'
import { Moment, Took } from '../../parts/moment.js'
import type { Column } from '../../parts/table.js'
import { isUnderWay, operationTone } from '../../words/operation-words.js'

export type Operation = RowOf<'operation.list'>

const NONE = <span className="text-soft">–</span>

export const COLUMNS: readonly Column<Operation>[] = [
  {
    id: 'name',
    head: 'Operation',
    cell: ({ id, name }) => (
      <Link
        className="font-medium hover:text-accent hover:underline"
        params={{ operation: id } as never}
        tabIndex={-1}
        to={'/operations/$operation' as never}
      >
        {name}
      </Link>
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
        <Link
          className="font-mono text-xs hover:text-accent hover:underline"
          params={{ tenant: subject } as never}
          tabIndex={-1}
          title={subject}
          to={'/tenants/$tenant' as never}
        >
          {subject.slice(0, 8)}
        </Link>
      ),
  },
  { id: 'fault', head: 'Fault', cell: ({ fault }) => (fault === null ? NONE : <span title={fault.message}>{fault.code}</span>) },
  { id: 'actor', head: 'By', cell: ({ actor }) => <span title={actor}>{actor}</span> },
  { id: 'begun', head: 'Begun', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { id: 'took', head: 'Took', align: 'right', cell: ({ createdAt, endedAt }) => <Took from={createdAt} to={endedAt} /> },
]
