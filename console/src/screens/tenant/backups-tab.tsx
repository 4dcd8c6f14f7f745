import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes, Count } from '../../parts/figures.js'
import { Moment } from '../../parts/moment.js'
import { type Column, Table } from '../../parts/table.js'
import { MAY } from '../../words/tenant-words.js'
import type { TabProps } from './overview-tab.js'

type Backup = RowOf<'backup.list'>

const COLUMNS: readonly Column<Backup>[] = [
  {
    id: 'at',
    head: 'Of',
    cell: ({ id, at, keptAt }) => (
      <Link className="font-medium hover:underline" search={{ backup: id } as never} tabIndex={-1} to={'/backups' as never}>
        <Moment at={at ?? keptAt} />
      </Link>
    ),
  },
  { id: 'kind', head: 'Kind', cell: ({ kind }) => kind },
  {
    id: 'state',
    head: 'State',
    cell: ({ state, damage }) =>
      damage === null ? <Badge tone={state === 'kept' ? 'good' : 'accent'}>{state}</Badge> : <Badge tone="bad">damaged</Badge>,
  },
  { id: 'rows', head: 'Rows', align: 'right', cell: ({ rows }) => <Count of={rows} /> },
  { id: 'bytes', head: 'Size', align: 'right', cell: ({ bytes }) => <Bytes of={bytes} /> },
  { id: 'verified', head: 'Verified', cell: ({ verifiedAt }) => <Moment at={verifiedAt} /> },
  { id: 'proven', head: 'Proven', cell: ({ provenAt }) => <Moment at={provenAt} /> },
  { id: 'expires', head: 'May go', cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
  { id: 'note', head: 'Note', cell: ({ note }) => note },
]

export function BackupsTab({ tenant, ask }: TabProps): ReactElement {
  const list = usePages('backup.list', { tenant: tenant.id })
  const now = (
    <Button
      icon="archive"
      of="backup.create"
      onClick={() => ask('backup')}
      refused={MAY.backup.includes(tenant.state) ? undefined : 'Not in this state'}
    >
      Back up now
    </Button>
  )
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  if (!list.loading && list.rows.length === 0)
    return (
      <Empty
        command={`tenantry backup create ${tenant.slug}`}
        icon="archive"
        says="Nothing of it could be brought back."
        step={now}
        title="No backups yet"
      />
    )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex justify-end">{now}</div>
      <div className="flex max-h-[60vh] flex-col">
        <Table
          columns={COLUMNS}
          keyOf={({ id }) => id}
          label={`Backups of ${tenant.slug}`}
          more={list.hasMore ? { loading: list.loadingMore, ask: list.more } : undefined}
          nameOf={({ id }) => id}
          rows={list.rows}
          stale={list.previous}
        />
      </div>
      <EquivalentOf input={{ tenant: tenant.slug }} name="backup.list" />
    </div>
  )
}
