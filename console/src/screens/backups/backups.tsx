import { type ReactElement, useState } from 'react'
import type { InputOf, OutputOf } from 'tenantry/api'
import { usePages, useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Chips } from '../../parts/chips.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes, Count } from '../../parts/figures.js'
import { type Filter, type FilterValues, readFilters, writeFilters } from '../../parts/filters.js'
import { JsonView } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { countWords } from '../../parts/number-words.js'
import { PageHead, Panel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { Loading, Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import type { Column } from '../../parts/table.js'
import { Tabs } from '../../parts/tabs.js'
import { To } from '../../parts/to.js'
import { type Search, useAddress, useGo } from '../../shell/address.js'
import { BACKUP_KINDS, type Backup, momentOf, proofOf } from '../../words/backup-words.js'
import { AskedDeed, type BackupDeed } from './deeds.js'
import { Detail } from './detail.js'
import { Timeline } from './timeline.js'

const TABS = ['backups', 'policies', 'json'] as const
type TabName = (typeof TABS)[number]

const LABELS: Readonly<Record<TabName, string>> = { backups: 'Backups', policies: 'Policies', json: 'JSON' }

const FILTERS: readonly Filter[] = [
  { name: 'tenant', label: 'Tenant', kind: 'text', hint: 'acme' },
  { name: 'kind', label: 'Kind', kind: 'choice', choices: BACKUP_KINDS },
  { name: 'unverified', label: 'Never verified, or damaged', kind: 'switch' },
]

const readAddress = (search: Search) => ({
  tab: TABS.find((tab) => tab === search.tab) ?? ('backups' as TabName),
  values: readFilters(FILTERS, search),
  backup: search.backup,
})

const tenantOf = ({ tenant }: FilterValues): string | undefined => (typeof tenant === 'string' ? tenant : undefined)

const COLUMNS: readonly Column<Backup>[] = [
  {
    id: 'of',
    head: 'Of',
    cell: (backup) => (
      <To
        className="font-medium hover:underline"
        search={(before: Search) => ({ ...before, backup: backup.id })}
        tabIndex={-1}
        to="/backups"
      >
        {backup.of}
      </To>
    ),
  },
  { id: 'at', head: 'Made', cell: (backup) => <Moment at={momentOf(backup)} /> },
  { id: 'kind', head: 'Kind', cell: ({ kind }) => kind },
  {
    id: 'state',
    head: 'State',
    cell: (backup) => {
      const { words, tone } = proofOf(backup)
      return (
        <Badge live={backup.state !== 'kept'} tone={tone}>
          {words}
        </Badge>
      )
    },
  },
  { id: 'rows', head: 'Rows', align: 'right', cell: ({ rows }) => <Count of={rows} /> },
  { id: 'bytes', head: 'Size', align: 'right', cell: ({ bytes }) => <Bytes of={bytes} /> },
  { id: 'verified', head: 'Verified', cell: ({ verifiedAt }) => <Moment at={verifiedAt} /> },
  { id: 'proven', head: 'Proven', cell: ({ provenAt }) => <Moment at={provenAt} /> },
  { id: 'expires', head: 'May go', cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
  { id: 'note', head: 'Note', cell: ({ note }) => note },
]

/** All backups: how far the fleet is protected, what there is, and what can be made of it. */
export function Screen(): ReactElement {
  const navigate = useGo()
  const { filter, set } = useAddress(readAddress)
  const status = useRead('backup.status', {})
  const [asked, ask] = useState<BackupDeed>()
  return (
    <div className="flex flex-col gap-4">
      <PageHead
        actions={
          <>
            <Button icon="shield" of="backup.drill" onClick={() => ask({ deed: 'drill' })}>
              Drill
            </Button>
            <Button icon="archive" look="main" of="backup.create" onClick={() => ask({ deed: 'create', tenant: tenantOf(filter.values) })}>
              Back up now
            </Button>
          </>
        }
        title="Backups"
      />
      {status.fault === undefined ? null : <Trouble again={status.again} error={status.fault} />}
      {status.output === undefined ? null : <Protection status={status.output} />}
      <Tabs
        at={filter.tab}
        label="About backups"
        onGo={(id) => set({ tab: id === 'backups' ? undefined : id })}
        tabs={TABS.map((id) => ({ id, label: LABELS[id] }))}
      >
        <div className="py-4">
          {filter.tab === 'backups' ? <List ask={ask} filter={filter} set={set} /> : null}
          {filter.tab === 'policies' ? <Policies onSet={() => ask({ deed: 'schedule' })} /> : null}
          {filter.tab !== 'json' ? null : status.output !== undefined ? (
            <JsonView label="Status of backups as JSON" value={status.output} />
          ) : status.loading ? (
            <Loading />
          ) : null}
        </div>
      </Tabs>
      {asked === undefined ? null : (
        <AskedDeed
          asked={asked}
          onClose={() => ask(undefined)}
          onRestored={(tenant) => navigate('/restore/$tenant', { params: { tenant } })}
        />
      )}
    </div>
  )
}

function Protection({ status }: { readonly status: OutputOf<'backup.status'> }): ReactElement {
  const { tenants, backedUp, verified, proven, oldest, damaged, bytes, without } = status
  const figures = [
    ['Backed up', <Share key="backed-up" of={tenants} value={backedUp} />],
    ['Verified', <Share key="verified" of={tenants} value={verified} />],
    ['Proven restorable', <Share key="proven" of={tenants} value={proven} />],
    [
      'Damaged',
      damaged === 0 ? (
        'none'
      ) : (
        <span key="damaged" className="text-bad">
          {countWords(damaged)}
        </span>
      ),
    ],
    ['Newest of each, the oldest', <Moment at={oldest} key="oldest" />],
    ['Kept in one place', <Bytes key="bytes" of={bytes} />],
  ] as const
  return (
    <section aria-label="How the fleet is protected" className="flex flex-col gap-2">
      <dl className="grid grid-cols-2 gap-2 md:grid-cols-3 xl:grid-cols-6">
        {figures.map(([name, value]) => (
          <div className="rounded-lg border border-line bg-card px-3 py-2" key={name}>
            <dt className="text-xs text-soft">{name}</dt>
            <dd className="text-base font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {without.length === 0 ? null : (
        <p className="text-soft">
          Without any backup:{' '}
          {without.map((slug, at) => (
            <span key={slug}>
              {at === 0 ? '' : ', '}
              <To className="text-accent underline" params={{ tenant: slug }} to="/tenants/$tenant">
                {slug}
              </To>
            </span>
          ))}
          {without.length < tenants - backedUp ? ' and others' : ''}
        </p>
      )}
    </section>
  )
}

const Share = ({ value, of }: { readonly value: number; readonly of: number }): ReactElement => (
  <>
    {countWords(value)} <span className="font-normal text-soft">of {countWords(of)}</span>
  </>
)

interface ListProps {
  readonly filter: ReturnType<typeof readAddress>
  readonly set: (changes: Readonly<Record<string, string | undefined>>, options?: { readonly replace?: boolean }) => void
  readonly ask: (deed: BackupDeed) => void
}

function List({ filter: { values, backup }, set, ask }: ListProps): ReactElement {
  const input = values as InputOf<'backup.list'>
  const list = usePages('backup.list', input)
  const show = (next: FilterValues) => set(writeFilters(FILTERS, next))
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Chips filters={FILTERS} onChange={show} values={values} />
      </div>
      <Timeline backups={list.rows} onChoose={(id) => set({ backup: id })} />
      {backup === undefined ? null : <Detail ask={ask} id={backup} key={backup} onClose={() => set({ backup: undefined })} />}
      <PagedTable
        height="most"
        columns={COLUMNS}
        empty={<None narrowed={Object.keys(values).length > 0} onClear={() => show({})} />}
        keyOf={({ id }) => id}
        label="Backups"
        nameOf={({ of, id }) => `${of} ${id}`}
        onOpen={({ id }) => set({ backup: id })}
        list={list}
      />
      <EquivalentOf input={input} name="backup.list" />
    </div>
  )
}

const None = ({ narrowed, onClear }: { readonly narrowed: boolean; readonly onClear: () => void }): ReactElement =>
  narrowed ? (
    <Empty icon="search" step={<Button onClick={onClear}>Clear the filters</Button>} title="No backups match" />
  ) : (
    <Empty
      command="tenantry backup create --all"
      icon="archive"
      says="Nothing could be brought back. Back up now, or set a policy by which workers do it."
      title="No backups yet"
    />
  )

function Policies({ onSet }: { readonly onSet: () => void }): ReactElement {
  const { output, fault, refused, again } = useRead('backup.policies', {})
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const set = (
    <Button icon="plus" of="backup.schedule" onClick={onSet}>
      Set a policy
    </Button>
  )
  if (output.data.length === 0)
    return (
      <Empty
        command="tenantry backup schedule --all --daily 7"
        icon="archive"
        says="Without one, backups are only made by hand."
        step={set}
        title="No policies yet"
      />
    )
  return (
    <Panel actions={set} title="Policies, the narrowest first">
      <PlainTable
        heads={['For', '>Daily', '>Weekly', '>Monthly', '>Hour (UTC)', '>Tenants']}
        label="Policies"
        rows={output.data.map((policy) => ({
          key: `${policy.scope} ${policy.target}`,
          cells: [
            policy.target === null ? 'all that no other fits' : `${policy.scope} ${policy.target}`,
            policy.daily,
            policy.weekly,
            policy.monthly,
            policy.hour,
            countWords(policy.tenants),
          ],
        }))}
      />
    </Panel>
  )
}
