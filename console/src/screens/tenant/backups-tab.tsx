import type { ReactElement } from 'react'
import type { RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes, Count } from '../../parts/figures.js'
import { Moment } from '../../parts/moment.js'
import { PagedTable } from '../../parts/paged-table.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import { refusalOf } from './acts.js'
import type { TabProps } from './overview-tab.js'

type Backup = RowOf<'backup.list'>

const COLUMNS: readonly Column<Backup>[] = [
  {
    id: 'at',
    head: 'Of',
    cell: ({ id, at, keptAt }) => (
      <To className="font-medium hover:underline" search={{ backup: id }} tabIndex={-1} to="/backups">
        <Moment at={at ?? keptAt} />
      </To>
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
    <Button icon="archive" of="backup.create" onClick={() => ask('backup')} refused={refusalOf('backup', tenant)}>
      Back up now
    </Button>
  )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex justify-end">{now}</div>
      <PagedTable
        height="most"
        columns={COLUMNS}
        empty={
          <Empty
            command={`tenantry backup create ${tenant.slug}`}
            icon="archive"
            says="Nothing of it could be brought back."
            step={now}
            title="No backups yet"
          />
        }
        keyOf={({ id }) => id}
        label={`Backups of ${tenant.slug}`}
        nameOf={({ id }) => id}
        list={list}
      />
      <EquivalentOf input={{ tenant: tenant.slug }} name="backup.list" />
    </div>
  )
}
