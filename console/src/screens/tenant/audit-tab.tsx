import { type ReactElement, useState } from 'react'
import type { RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { csvOf } from '../../parts/csv.js'
import { Dialog } from '../../parts/dialog.js'
import { download } from '../../parts/download.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { JsonView } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { PagedTable } from '../../parts/paged-table.js'
import { Refusal } from '../../parts/refusal.js'
import type { Column } from '../../parts/table.js'
import { outcomeTone } from '../../words/operation-words.js'
import type { Tenant } from '../../words/tenant-words.js'

type Entry = RowOf<'audit.log'>

const COLUMNS: readonly Column<Entry>[] = [
  { id: 'time', head: 'When', cell: ({ time }) => <Moment at={time} /> },
  { id: 'operation', head: 'Operation', cell: ({ operation }) => <span className="font-medium">{operation}</span> },
  { id: 'outcome', head: 'Outcome', cell: ({ outcome, fault }) => <Badge tone={outcomeTone(outcome)}>{fault ?? outcome}</Badge> },
  { id: 'changed', head: 'Changed', cell: ({ changed }) => <span title={changed}>{changed}</span> },
  { id: 'actor', head: 'By', cell: ({ actor }) => actor },
  { id: 'source', head: 'From', cell: ({ source }) => source },
]

const CSV = ['time', 'actor', 'source', 'operation', 'outcome', 'fault', 'changed', 'operationId'] as const

export const AuditTab = ({ tenant }: { readonly tenant: Tenant }): ReactElement => (
  <Refusal name="audit.log">
    <Audit tenant={tenant} />
  </Refusal>
)

function Audit({ tenant }: { readonly tenant: Tenant }): ReactElement {
  const list = usePages('audit.log', { tenant: tenant.id })
  const [shown, show] = useState<Entry>()
  const save = () =>
    download(
      `audit-${tenant.slug}.csv`,
      csvOf(
        CSV,
        list.rows.map((row) => CSV.map((field) => row[field])),
      ),
      'text/csv',
    )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex justify-end">
        <Button icon="download" onClick={save}>
          What is shown, as CSV
        </Button>
      </div>
      <PagedTable
        height="most"
        columns={COLUMNS}
        empty={<Empty icon="list" title="Nothing was done to it yet" />}
        keyOf={({ id }) => id}
        label={`Audit of ${tenant.slug}`}
        nameOf={({ operation, time }) => `${operation} ${time}`}
        onOpen={show}
        list={list}
      />
      <EquivalentOf input={{ tenant: tenant.slug }} name="audit.log" />
      {shown === undefined ? null : (
        <Dialog onClose={() => show(undefined)} title={`${shown.operation}, ${shown.outcome}`} wide>
          <JsonView label="The entry" value={shown} />
        </Dialog>
      )}
    </div>
  )
}
