import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { OPERATION_COLUMNS } from '../../parts/operation-columns.js'
import { PagedTable } from '../../parts/paged-table.js'
import { useGo } from '../../shell/address.js'
import type { Tenant } from '../../words/tenant-words.js'

const COLUMNS = OPERATION_COLUMNS.filter(({ id }) => id !== 'tenant')

/** What was done to it, newest first. */
export function OperationsTab({ tenant }: { readonly tenant: Tenant }): ReactElement {
  const navigate = useGo()
  const list = usePages('operation.list', { tenant: tenant.id })
  return (
    <div className="flex flex-col gap-3">
      <PagedTable
        height="most"
        columns={COLUMNS}
        empty={<Empty icon="list" title="No operations yet" />}
        keyOf={({ id }) => id}
        label={`Operations of ${tenant.slug}`}
        nameOf={({ name, id }) => `${name} ${id}`}
        onOpen={({ id }) => navigate('/operations/$operation', { params: { operation: id } })}
        list={list}
      />
      <EquivalentOf input={{ tenant: tenant.slug }} name="operation.list" />
    </div>
  )
}
