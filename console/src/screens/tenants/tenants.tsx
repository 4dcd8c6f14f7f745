import { type ReactElement, useRef, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { usePages, useRead } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { Chips } from '../../parts/chips.js'
import { ChoiceBar } from '../../parts/choice-bar.js'
import { ColumnsMenu, useColumns } from '../../parts/columns-menu.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { readQuery } from '../../parts/filters.js'
import { countWords } from '../../parts/number-words.js'
import { ListPage, PageHead } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { SearchField } from '../../parts/search-field.js'
import { useAddress, useGo } from '../../shell/address.js'
import { stateWords, TENANT_STATES } from '../../words/tenant-words.js'
import { BulkBar } from './bulk.js'
import { COLUMNS, type Listed, PRESET_COLUMNS } from './columns.js'
import { addressOf, filterInput, readTenantQuery, type TenantQuery, tenantFilters, viewOf } from './filters.js'
import { ViewsMenu } from './views-menu.js'

const PAGE = 100

/** All tenants: looked for, sorted and paged by the server, with everything that is chosen in the address. */
export function Screen(): ReactElement {
  const navigate = useGo()
  const { filter: query, set } = useAddress(readTenantQuery)
  const filter = filterInput(query)
  const { state: _, ...anyState } = filter
  const list = usePages('tenant.list', { ...filter, sort: query.sort as 'created', limit: PAGE })
  const counts = useRead('tenant.count', filter)
  const facets = useRead('tenant.count', anyState)
  const [shown, show] = useColumns(
    'tenants',
    COLUMNS.map(({ id }) => id),
    PRESET_COLUMNS,
  )
  const search = useRef<HTMLInputElement>(null)
  const [chosen, choose] = useChosen(JSON.stringify(filter))
  const go = (next: TenantQuery, replace = false) => set(addressOf(next), { replace })
  const open = (tenant: Listed) => navigate('/tenants/$tenant', { params: { tenant: tenant.slug } })
  const narrowed = query.search !== '' || Object.keys(query.values).length > 0
  const total = counts.previous ? undefined : counts.output?.total
  const meant = { tenants: chosen, filter, count: chosen === 'all' ? (total ?? 0) : chosen.size }

  return (
    <ListPage>
      <PageHead
        actions={
          <>
            <ViewsMenu onOpen={(text) => go(readTenantQuery(readQuery(text)))} query={viewOf(query)} />
            <ColumnsMenu columns={COLUMNS} onShow={show} shown={shown} />
            <Button icon="plus" look="main" of="tenant.create" onClick={() => navigate('/create')}>
              New tenant
            </Button>
          </>
        }
        beside={total === undefined ? null : <span className="text-soft tabular-nums">{countWords(total)}</span>}
        title="Tenants"
      />
      <States facets={facets.output} onGo={(state) => go({ ...query, values: withState(query, state) })} query={query} />
      <div className="flex flex-wrap items-center gap-2">
        <SearchField
          inputRef={search}
          label="Search tenants by slug or name"
          onChange={(text) => go({ ...query, search: text }, true)}
          value={query.search}
        />
        <Chips filters={tenantFilters(facets.output?.data)} onChange={(values) => go({ ...query, values })} values={query.values} />
      </div>
      {meant.count === 0 ? null : <BulkBar meant={meant} onAll={() => choose('all')} onNone={() => choose(NOBODY)} total={total} />}
      <PagedTable
        columns={COLUMNS.filter(({ id }) => shown.includes(id))}
        empty={
          <NoTenants
            narrowed={narrowed}
            onClear={() => go({ search: '', sort: query.sort, values: {} })}
            onCreate={() => navigate('/create')}
          />
        }
        keyOf={(tenant) => tenant.id}
        label="Tenants"
        nameOf={(tenant) => tenant.slug}
        onOpen={open}
        onSearch={() => search.current?.select()}
        onSort={(sort) => go({ ...query, sort })}
        selection={{ chosen: chosen === 'all' ? new Set(list.rows.map(({ id }) => id)) : chosen, onChoose: choose }}
        sort={query.sort}
        list={list}
      />
      <EquivalentOf input={{ ...filter, sort: query.sort as 'created' }} name="tenant.list" />
    </ListPage>
  )
}

type Chosen = ReadonlySet<string> | 'all'

const NOBODY: ReadonlySet<string> = new Set()

/** What is chosen, as long as the same is looked for. */
function useChosen(of: string): readonly [Chosen, (chosen: Chosen) => void] {
  const [{ chosen, looked }, set] = useState<{ readonly chosen: Chosen; readonly looked: string }>({ chosen: NOBODY, looked: of })
  // Another list is another choice.
  if (looked !== of) set({ chosen: NOBODY, looked: of })
  return [looked === of ? chosen : NOBODY, (next) => set({ chosen: next, looked: of })]
}

function withState(query: TenantQuery, state: string | undefined): TenantQuery['values'] {
  const { state: _, ...rest } = query.values
  return state === undefined ? rest : { ...rest, state }
}

/** How many there are of each state, and a way to see only these. */
function States({
  facets,
  query,
  onGo,
}: {
  readonly facets: OutputOf<'tenant.count'> | undefined
  readonly query: TenantQuery
  readonly onGo: (state: string | undefined) => void
}): ReactElement | null {
  if (facets === undefined) return null
  const of = (state: string): number => facets.data.find((facet) => facet.by === 'state' && facet.value === state)?.tenants ?? 0
  const states = TENANT_STATES.filter((state) => of(state) > 0 || query.values.state === state)
  if (states.length === 0) return null
  const lines = [[undefined, 'all', facets.total] as const, ...states.map((state) => [state, stateWords(state), of(state)] as const)]
  return (
    <ChoiceBar
      at={query.values.state}
      label="States"
      of={lines.map(([state, words, count]) => [state, `${words} ${countWords(count)}`] as const)}
      onGo={onGo}
    />
  )
}

const NoTenants = ({
  narrowed,
  onClear,
  onCreate,
}: {
  readonly narrowed: boolean
  readonly onClear: () => void
  readonly onCreate: () => void
}): ReactElement =>
  narrowed ? (
    <Empty
      icon="search"
      says="Nothing has all of what is asked for."
      step={<Button onClick={onClear}>Clear search and filters</Button>}
      title="No tenants match"
    />
  ) : (
    <Empty
      command="tenantry tenant create acme"
      icon="tenants"
      says="A tenant is a customer of your application, with a home of its own in PostgreSQL."
      step={
        <Button icon="plus" look="main" of="tenant.create" onClick={onCreate}>
          Create the first tenant
        </Button>
      }
      title="No tenants yet"
    />
  )
