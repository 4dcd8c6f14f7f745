import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { Chips } from '../../parts/chips.js'
import { ChoiceBar } from '../../parts/choice-bar.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { type FilterValues, withFilter, writeFilters } from '../../parts/filters.js'
import { OPERATION_COLUMNS } from '../../parts/operation-columns.js'
import { ListPage, PageHead } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { useAddress, useGo } from '../../shell/address.js'
import { filterInput, OPERATION_FILTERS, readOperationQuery } from './filters.js'

const PAGE = 100

/** What is asked for most, each a press away. */
const VIEWS: readonly (readonly [words: string, state: string | undefined])[] = [
  ['all', undefined],
  ['open', 'running,undoing,paused'],
  ['failed', 'failed'],
  ['paused', 'paused'],
]

/** All operations, newest first, with what is looked for in the address. */
export function Screen(): ReactElement {
  const navigate = useGo()
  const { filter: values, set } = useAddress(readOperationQuery)
  const list = usePages('operation.list', { ...filterInput(values), limit: PAGE })
  const go = (next: FilterValues) => set(writeFilters(OPERATION_FILTERS, next))
  return (
    <ListPage>
      <PageHead says="Everything that has changed the platform, newest first." title="Operations" />
      <div className="flex flex-wrap items-center gap-2">
        <ChoiceBar
          at={values.state}
          label="States"
          of={VIEWS.map(([words, state]) => [state, words] as const)}
          onGo={(state) => go(withFilter(values, 'state', state))}
        />
        <Chips filters={OPERATION_FILTERS} onChange={go} values={values} />
      </div>
      <PagedTable
        columns={OPERATION_COLUMNS}
        empty={<Nothing narrowed={Object.keys(values).length > 0} onClear={() => go({})} />}
        keyOf={({ id }) => id}
        label="Operations"
        nameOf={({ name, id }) => `${name} ${id}`}
        onOpen={({ id }) => navigate('/operations/$operation', { params: { operation: id } })}
        list={list}
      />
      <EquivalentOf input={filterInput(values)} name="operation.list" />
    </ListPage>
  )
}

const Nothing = ({ narrowed, onClear }: { readonly narrowed: boolean; readonly onClear: () => void }): ReactElement =>
  narrowed ? (
    <Empty
      icon="search"
      says="Nothing has all of what is asked for."
      step={<Button onClick={onClear}>Clear the filters</Button>}
      title="No operations match"
    />
  ) : (
    <Empty
      command="tenantry tenant create acme"
      icon="list"
      says="Whatever changes the platform is an operation: it is journaled, and taken up again after a crash."
      title="No operations yet"
    />
  )
