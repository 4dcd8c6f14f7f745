import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment, Took } from '../../parts/moment.js'
import { type Column, Table } from '../../parts/table.js'
import { isUnderWay, operationTone } from '../../words/operation-words.js'
import type { Tenant } from '../../words/tenant-words.js'

type Operation = RowOf<'operation.list'>

const COLUMNS: readonly Column<Operation>[] = [
  {
    id: 'name',
    head: 'Operation',
    cell: ({ id, name }) => (
      <Link
        className="font-medium hover:underline"
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
    cell: ({ state }) => (
      <Badge live={isUnderWay(state)} tone={operationTone(state)}>
        {state}
      </Badge>
    ),
  },
  { id: 'fault', head: 'Fault', cell: ({ fault }) => (fault === null ? null : <span title={fault.message}>{fault.code}</span>) },
  { id: 'actor', head: 'By', cell: ({ actor }) => actor },
  { id: 'begun', head: 'Begun', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { id: 'took', head: 'Took', align: 'right', cell: ({ createdAt, endedAt }) => <Took from={createdAt} to={endedAt} /> },
]

export function OperationsTab({ tenant }: { readonly tenant: Tenant }): ReactElement {
  const navigate = useNavigate()
  const list = usePages('operation.list', { tenant: tenant.id })
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  return (
    <div className="flex flex-col gap-3">
      <div className="flex max-h-[60vh] flex-col">
        <Table
          columns={COLUMNS}
          empty={list.loading ? null : <Empty icon="list" title="No operations yet" />}
          keyOf={({ id }) => id}
          label={`Operations of ${tenant.slug}`}
          more={list.hasMore ? { loading: list.loadingMore, ask: list.more } : undefined}
          nameOf={({ name, id }) => `${name} ${id}`}
          onOpen={({ id }) => void navigate({ to: '/operations/$operation' as never, params: { operation: id } as never })}
          rows={list.rows}
          stale={list.previous}
        />
      </div>
      <EquivalentOf input={{ tenant: tenant.slug }} name="operation.list" />
    </div>
  )
}
