import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Count } from '../../parts/figures.js'
import { JsonView } from '../../parts/json-view.js'
import { Menu, MenuLine } from '../../parts/menu.js'
import { Moment } from '../../parts/moment.js'
import { durationWords } from '../../parts/moment-words.js'
import { bytesWords, countOf } from '../../parts/number-words.js'
import { Facts, PageHead, Panel } from '../../parts/page.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Tabs } from '../../parts/tabs.js'
import { type Search, useAddress, useParam } from '../../shell/address.js'
import { To } from '../../shell/to.js'
import { ChartsTab, SINCE } from './charts-tab.js'
import { ClusterDeed, type DeedName } from './deeds.js'
import { FILES, FilesTab } from './files-tab.js'
import { grown, latest } from './measured.js'
import { PoolerTab } from './pooler-tab.js'
import { Use } from './use.js'

export type Cluster = OutputOf<'cluster.show'>

const TABS = ['overview', 'charts', 'pooler', 'files', 'json'] as const
const LABELS = { overview: 'Overview', charts: 'Charts', pooler: 'Pooler', files: 'Files', json: 'JSON' } as const

const readAddress = (search: Search) => ({
  tab: TABS.find((tab) => tab === search.tab) ?? 'overview',
  since: SINCE.find((one) => one === search.since) ?? '1h',
  file: FILES.find((one) => one === search.file) ?? 'postgresql',
})

/** One server: what lives on it, how it does, and what can be done. */
export function Screen(): ReactElement {
  const navigate = useNavigate()
  const name = useParam('cluster')
  const { filter, set } = useAddress(readAddress)
  const { output: cluster, etag, fault, again } = useRead('cluster.show', { cluster: name }, { keep: false })
  const [asked, setAsked] = useState<{ readonly deed: DeedName; readonly etag: string | undefined }>()
  if (cluster === undefined)
    return fault === undefined ? (
      <p className="text-soft" role="status">
        Loading…
      </p>
    ) : (
      <Trouble again={again} error={fault} />
    )
  // What is decided is decided about what is shown now.
  const ask = (deed: DeedName) => setAsked({ deed, etag })
  return (
    <div className="flex flex-col gap-4">
      <PageHead
        actions={<Actions ask={ask} cluster={cluster} />}
        beside={
          <>
            <Badge tone={cluster.state === 'live' ? 'good' : 'warn'}>{cluster.state}</Badge>
            {cluster.hardened ? null : <Badge tone="bad">unhardened</Badge>}
          </>
        }
        says={`PostgreSQL ${cluster.serverVersion} at ${cluster.address}`}
        title={cluster.name}
      />
      <Tabs
        at={filter.tab}
        label={`About ${cluster.name}`}
        onGo={(tab) => set({ tab: tab === 'overview' ? undefined : tab })}
        tabs={TABS.map((id) => ({ id, label: LABELS[id] }))}
      >
        <div className="py-4">
          {filter.tab === 'overview' ? <OverviewTab cluster={cluster} /> : null}
          {filter.tab === 'charts' ? (
            <ChartsTab cluster={cluster.name} pooler={cluster.pooler !== 'none'} onSince={(since) => set({ since })} since={filter.since} />
          ) : null}
          {filter.tab === 'pooler' ? <PoolerTab cluster={cluster} onSet={() => ask('set')} /> : null}
          {filter.tab === 'files' ? <FilesTab cluster={cluster.name} file={filter.file} onFile={(file) => set({ file })} /> : null}
          {filter.tab === 'json' ? <JsonView label={`${cluster.name} as JSON`} value={cluster} /> : null}
        </div>
      </Tabs>
      {filter.tab === 'overview' || filter.tab === 'json' ? <EquivalentOf input={{ cluster: cluster.name }} name="cluster.show" /> : null}
      {asked === undefined ? null : (
        <ClusterDeed
          {...asked}
          cluster={cluster.name}
          onClose={() => setAsked(undefined)}
          onRemoved={() => void navigate({ to: '/clusters' as never })}
          onStale={() => {
            setAsked(undefined)
            again()
          }}
        />
      )}
    </div>
  )
}

function Actions({
  cluster: { draining, tenants },
  ask,
}: {
  readonly cluster: Cluster
  readonly ask: (deed: DeedName) => void
}): ReactElement {
  return (
    <>
      {draining ? (
        <Button icon="play" of="cluster.undrain" onClick={() => ask('undrain')}>
          Take tenants
        </Button>
      ) : (
        <Button icon="pause" of="cluster.drain" onClick={() => ask('drain')}>
          Drain
        </Button>
      )}
      <Button icon="gear" of="cluster.set" onClick={() => ask('set')}>
        Change
      </Button>
      <Menu button={{ icon: 'more', look: 'plain', className: 'w-7 justify-center px-0' }} label={null} name="More to do" side="right">
        {(close) => {
          const line = (deed: DeedName, words: string, refused?: string) => (
            <MenuLine
              of={`cluster.${deed}`}
              onClick={() => {
                close()
                ask(deed)
              }}
              refused={refused}
            >
              {words}
            </MenuLine>
          )
          return (
            <>
              {line('observe', 'Count its statements …')}
              {line('rotate', 'Rotate its logins …')}
              {line('remove', 'Remove …', tenants === 0 ? undefined : `It holds ${countOf(tenants, 'tenant')}`)}
            </>
          )
        }}
      </Menu>
    </>
  )
}

const EVERY_MS = 15_000

function OverviewTab({ cluster }: { readonly cluster: Cluster }): ReactElement {
  const { name } = cluster
  const { output: fleet } = useRead('fleet.overview', {}, { every: EVERY_MS })
  const { output: now } = useRead(
    'metric.show',
    { metric: 'cache-hit,replica-lag,waiting', cluster: name, since: '1h', every: '1min' },
    { every: EVERY_MS },
  )
  const { output: sizes } = useRead('metric.show', { metric: 'size,dead-share', cluster: name, since: '1h' })
  const { output: week } = useRead('metric.show', { metric: 'size', cluster: name, since: '7d', every: '6h' })
  const { output: walls } = useRead('assurance.show', {})
  const { output: stock } = useRead('stock.show', {})
  const one = fleet?.clusters.find((found) => found.name === name)
  const of = (metric: string, words: (value: number) => string) => {
    const found = latest(metric === 'size' || metric === 'dead-share' ? sizes : now, metric, name)
    return found === undefined ? null : words(found)
  }
  const more = grown(week, sizes, 'size', name)
  const share = (value: number): string => `${Number(value.toFixed(1))} %`
  const databases = walls?.data.filter((found) => found.cluster === name) ?? []
  const warm = stock?.data.filter((found) => found.cluster === name) ?? []
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Panel title="What it has room for">
        <Facts
          of={[
            ['Connections', one === undefined ? null : <Use key="use" of={one.connections} />],
            ['Wait for a lock', of('waiting', String)],
            ['Cache hit', of('cache-hit', share)],
            ['Replica lag', of('replica-lag', (value) => durationWords(value * 1_000)) ?? 'no replica is seen'],
            ['Size of homes', of('size', bytesWords)],
            ['In a week', more === undefined ? null : `${more > 0 ? '+' : ''}${bytesWords(more)}`],
            ['Dead rows', of('dead-share', share)],
          ]}
        />
      </Panel>
      <Panel title="Who lives there">
        <Facts
          of={[
            [
              'Tenants',
              <To key="tenants" search={{ cluster: name }} to="/tenants">
                {countOf(cluster.tenants - cluster.warm, 'tenant')}
              </To>,
            ],
            [
              'Homes',
              one === undefined ? null : one.homesBy.map(({ isolation, homes }) => `${homes} ${isolation}`).join(', ') || 'none yet',
            ],
            [
              'Warm',
              warm.length === 0 ? `${cluster.warm}` : warm.map((kind) => `${kind.warm} of ${kind.target} ${kind.isolation}`).join(', '),
            ],
            ['Placement', cluster.draining ? 'takes no new tenants' : 'takes new tenants while no other has fewer homes'],
            ['Databases', <Count key="databases" of={cluster.databases} />],
          ]}
        />
      </Panel>
      <Panel title="How applications reach it">
        <Facts
          of={[
            ['Address', cluster.address],
            ['TLS', cluster.sslmode],
            ['Authorities', cluster.appCaRef ?? 'the usual ones'],
            [
              'Pooler',
              cluster.pooler === 'none' ? 'none' : `${cluster.pooler}${cluster.poolerVersion === null ? '' : ` ${cluster.poolerVersion}`}`,
            ],
            ['Password', cluster.appSecretRef],
            ['Old logins', cluster.oldLoginsSince === null ? undefined : <Moment at={cluster.oldLoginsSince} key="old" />],
            ['Administrator', cluster.adminRef],
            ['Since', <Moment at={cluster.createdAt} key="since" />],
          ]}
        />
      </Panel>
      <Panel
        actions={
          <To search={{ tab: 'findings' }} to="/security">
            Check its walls
          </To>
        }
        title="Walls"
      >
        {cluster.missing.length === 0 ? null : (
          <ul className="list-disc pb-3 pl-4 text-bad">
            {cluster.missing.map((wall) => (
              <li key={wall}>{wall}</li>
            ))}
          </ul>
        )}
        <PlainTable
          heads={['Database', 'Wall', '>Tenants']}
          label="Databases"
          rows={databases.map(({ database, assurance, tenants }) => ({ key: database, cells: [database, assurance, String(tenants)] }))}
        />
      </Panel>
    </div>
  )
}
