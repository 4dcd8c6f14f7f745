import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { InputOf, RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Chips } from '../../parts/chips.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Count } from '../../parts/figures.js'
import type { Filter, FilterValues } from '../../parts/filters.js'
import { type Column, Table } from '../../parts/table.js'
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
        <Link className="font-medium hover:underline" params={{ tenant } as never} tabIndex={-1} to={'/tenants/$tenant' as never}>
          {tenant}
        </Link>
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
      {list.fault === undefined ? null : <Trouble again={list.again} error={list.fault} />}
      <div className="flex max-h-[65vh] flex-col">
        <Table
          columns={COLUMNS}
          empty={list.loading || list.fault !== undefined ? null : <Empty icon="home" title="No homes match" />}
          keyOf={({ id }) => id}
          label="Homes"
          more={list.hasMore ? { loading: list.loadingMore, ask: list.more } : undefined}
          nameOf={({ database, schema }) => `${database}.${schema}`}
          rows={list.rows}
          stale={list.previous}
        />
      </div>
      <EquivalentOf input={input} name="migrate.homes" />
    </div>
  )
}
