import type { ReactElement } from 'react'
import type { InputOf, RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Chips } from '../../parts/chips.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Count } from '../../parts/figures.js'
import type { Filter, FilterValues } from '../../parts/filters.js'
import { PagedTable } from '../../parts/paged-table.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import { ISOLATIONS, versionWords } from '../../words/tenant-words.js'
import type { Tone } from '../../words/tone.js'

type Home = RowOf<'migrate.homes'>

export const HOME_FILTERS: readonly Filter[] = [
  { name: 'behind', label: 'Behind', kind: 'switch' },
  { name: 'version', label: 'Version', kind: 'text', hint: '20260101000000' },
  { name: 'isolation', label: 'Isolation', kind: 'choice', choices: ISOLATIONS },
  { name: 'cluster', label: 'Cluster', kind: 'text', hint: 'main' },
  { name: 'track', label: 'Service', kind: 'text', hint: 'billing' },
]

const TONES: Readonly<Record<Home['standing'], Tone>> = {
  current: 'good',
  behind: 'warn',
  different: 'bad',
  newer: 'bad',
  unnamed: 'quiet',
}

const mono = (text: string): ReactElement => <span className="font-mono text-xs">{text}</span>

const COLUMNS: readonly Column<Home>[] = [
  {
    id: 'home',
    head: 'Home',
    cell: ({ tenant, database, schema }) =>
      tenant === null ? (
        mono(`${database}.${schema}`)
      ) : (
        <To className="font-medium hover:underline" params={{ tenant }} tabIndex={-1} to="/tenants/$tenant">
          {tenant}
        </To>
      ),
  },
  { id: 'isolation', head: 'Isolation', cell: ({ isolation }) => isolation },
  { id: 'cluster', head: 'Cluster', cell: ({ cluster }) => cluster },
  { id: 'tenants', head: 'Tenants', align: 'right', cell: ({ tenants }) => <Count of={tenants} /> },
  {
    id: 'version',
    head: 'Version',
    cell: ({ version, track }) => mono(`${versionWords(version)}${track === 'tenant' ? '' : ` ${track}`}`),
  },
  { id: 'standing', head: 'State', cell: ({ standing }) => <Badge tone={TONES[standing]}>{standing}</Badge> },
  { id: 'where', head: 'Where', cell: ({ database, schema }) => mono(`${database}.${schema}`) },
]

export interface HomesTabProps {
  readonly values: FilterValues
  readonly onChange: (values: FilterValues) => void
}

/** Every home, with the version that it stands at. */
export function HomesTab({ values, onChange }: HomesTabProps): ReactElement {
  const input = values as InputOf<'migrate.homes'>
  const list = usePages('migrate.homes', input)
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Chips filters={HOME_FILTERS} onChange={onChange} values={values} />
      </div>
      <PagedTable
        height="most"
        columns={COLUMNS}
        empty={<Empty icon="home" title="No homes match" />}
        keyOf={({ id }) => id}
        label="Homes"
        nameOf={({ database, schema }) => `${database}.${schema}`}
        list={list}
      />
      <EquivalentOf input={input} name="migrate.homes" />
    </div>
  )
}
