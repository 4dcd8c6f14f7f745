import { type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { type Read, useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Count } from '../../parts/figures.js'
import { JsonView } from '../../parts/json-view.js'
import { Menu, MenuLine } from '../../parts/menu.js'
import { Moment } from '../../parts/moment.js'
import { durationWords } from '../../parts/moment-words.js'
import { bytesWords, countOf, countWords } from '../../parts/number-words.js'
import { Facts, PageHead, Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Tabs } from '../../parts/tabs.js'
import { To } from '../../parts/to.js'
import { type Act, Acts } from '../../shell/acts.js'
import { type Search, useAddress, useGo, useParam } from '../../shell/address.js'
import { ChartsTab, SINCE } from './charts-tab.js'
import { ClusterDeed, DEEDS, type DeedName } from './deeds.js'
import { FILES, FilesTab } from './files-tab.js'
import { grown, latest, type Measured, NOW, NOW_OF_HOMES } from './measured.js'
import { PoolerTab } from './pooler-tab.js'
import { STATEMENT_SORTS, STATEMENTS_SINCE, StatementsTab } from './statements-tab.js'
import { Use } from './use.js'

export type Cluster = OutputOf<'cluster.show'>

const TABS = ['overview', 'charts', 'statements', 'pooler', 'files', 'json'] as const
const LABELS = { overview: 'Overview', charts: 'Charts', statements: 'Statements', pooler: 'Pooler', files: 'Files', json: 'JSON' } as const

const readAddress = (search: Search) => ({
  tab: TABS.find((tab) => tab === search.tab) ?? 'overview',
  since: SINCE.find((one) => one === search.since) ?? '1h',
  statementsSince: STATEMENTS_SINCE.find((one) => one === search.since) ?? '24h',
  sort: STATEMENT_SORTS.find((one) => one === search.sort) ?? 'total',
  file: FILES.find((one) => one === search.file) ?? 'postgresql',
})

/** One server: what lives on it, how it does, and what can be done. */
export function Screen(): ReactElement {
  const navigate = useGo()
  const name = useParam('cluster')
  const { filter, set } = useAddress(readAddress)
  const { output: cluster, etag, fault, refused, again } = useRead('cluster.show', { cluster: name }, { keep: false })
  const [asked, setAsked] = useState<{ readonly deed: DeedName; readonly etag: string | undefined }>()
  // One that was removed is not shown as if it were there.
  if (cluster === undefined || fault?.code === 'CLUSTER_NOT_FOUND') return <Pending again={again} fault={fault} refused={refused} />
  // What is decided is decided about what is shown now.
  const ask = (deed: DeedName) => setAsked({ deed, etag })
  return (
    <div className="flex flex-col gap-4">
      <Acts of={DEEDS.map((deed) => actOf(deed, cluster, ask))} />
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
          {filter.tab === 'statements' ? (
            <StatementsTab
              cluster={cluster.name}
              onObserve={() => ask('observe')}
              onSet={set}
              since={filter.statementsSince}
              sort={filter.sort}
            />
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
          onRemoved={() => navigate('/clusters')}
          onStale={() => {
            setAsked(undefined)
            again()
          }}
        />
      )}
    </div>
  )
}

const SAYS: Readonly<Record<DeedName, (cluster: string) => string>> = {
  drain: (cluster) => `Drain ${cluster} …`,
  undrain: (cluster) => `Let ${cluster} take tenants …`,
  set: (cluster) => `Change how applications reach ${cluster} …`,
  observe: (cluster) => `Count the statements of ${cluster} …`,
  rotate: (cluster) => `Rotate the logins of ${cluster} …`,
  remove: (cluster) => `Remove ${cluster} …`,
}

const actOf = (deed: DeedName, cluster: Cluster, ask: (deed: DeedName) => void): Act => ({
  name: SAYS[deed](cluster.name),
  of: `cluster.${deed}`,
  refused: refusalOf(deed, cluster),
  does: () => ask(deed),
})

/** Why it cannot be asked for as it stands; undefined where it can. */
function refusalOf(deed: DeedName, { draining, tenants, warm }: Cluster): string | undefined {
  if (deed === 'drain') return draining ? 'It takes no new tenants already' : undefined
  if (deed === 'undrain') return draining ? undefined : 'It takes new tenants already'
  return deed === 'remove' && tenants > 0 ? holds(tenants, warm) : undefined
}

function Actions({ cluster, ask }: { readonly cluster: Cluster; readonly ask: (deed: DeedName) => void }): ReactElement {
  return (
    <>
      {cluster.draining ? (
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
          const line = (deed: DeedName, words: string) => (
            <MenuLine
              of={`cluster.${deed}`}
              onClick={() => {
                close()
                ask(deed)
              }}
              refused={refusalOf(deed, cluster)}
            >
              {words}
            </MenuLine>
          )
          return (
            <>
              {line('observe', 'Count its statements …')}
              {line('rotate', 'Rotate its logins …')}
              {line('remove', 'Remove …')}
            </>
          )
        }}
      </Menu>
    </>
  )
}

const EVERY_MS = 15_000
const HOMES_EVERY_MS = 60_000
const WAITS = <span className="text-soft">…</span>
const UNSEEN = <span className="text-soft">not seen lately</span>

/** Warm ones are tenants to whoever removes a cluster, and to nobody else. */
const holds = (tenants: number, warm: number): string => {
  const [all, of] = [`It holds ${countOf(tenants, 'tenant')}`, countWords(warm)]
  return warm === 0 ? all : `${all}, ${warm < tenants ? of : tenants === 1 ? 'which is' : 'all'}${tenants === 1 ? '' : ' of them'} warm`
}

function OverviewTab({ cluster }: { readonly cluster: Cluster }): ReactElement {
  const { name } = cluster
  const fleet = useRead('fleet.overview', {}, { every: EVERY_MS })
  const now = useRead(
    'metric.show',
    { metric: 'cache-hit,replica-lag,up,waiting', cluster: name, since: NOW, every: '1min' },
    { every: EVERY_MS, keep: false },
  )
  const sizes = useRead(
    'metric.show',
    { metric: 'size,dead-share', cluster: name, since: NOW_OF_HOMES },
    { every: HOMES_EVERY_MS, keep: false },
  )
  const week = useRead('metric.show', { metric: 'size', cluster: name, since: '7d', every: '6h' }, { keep: false })
  const walls = useRead('assurance.show', {})
  const stock = useRead('stock.show', {})
  const troubled = [fleet, now, sizes, week, walls, stock].find(({ fault }) => fault !== undefined)
  const one = fleet.output?.clusters.find((found) => found.name === name)
  const of = ({ output, loading }: Read<Measured>, metric: string, words: (value: number) => string, unknown = UNSEEN) => {
    const found = latest(output, metric, name)
    if (found !== undefined) return words(found)
    return output === undefined ? (loading ? WAITS : null) : unknown
  }
  const more = grown(week.output, sizes.output, 'size', name)
  const share = (value: number): string => `${Number(value.toFixed(1))} %`
  const databases = walls.output?.data.filter((found) => found.cluster === name) ?? []
  const warm = stock.output?.data.filter((found) => found.cluster === name) ?? []
  const answers = latest(now.output, 'up', name) === 1
  return (
    <>
      {troubled === undefined ? null : <Trouble again={troubled.again} error={troubled.fault} />}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel title="What it has room for">
          <Facts
            of={[
              ['Connections', one === undefined ? fleet.loading ? WAITS : null : <Use key="use" of={one.connections} />],
              ['Wait for a lock', of(now, 'waiting', String)],
              ['Cache hit', of(now, 'cache-hit', share)],
              [
                'Replica lag',
                of(
                  now,
                  'replica-lag',
                  (value) => durationWords(value * 1_000),
                  answers ? <span key="none">no replica is seen</span> : UNSEEN,
                ),
              ],
              ['Size of homes', of(sizes, 'size', bytesWords)],
              [
                'In a week',
                more === undefined ? (week.loading || sizes.loading ? WAITS : null) : `${more > 0 ? '+' : ''}${bytesWords(more)}`,
              ],
              ['Dead rows', of(sizes, 'dead-share', share)],
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
                one === undefined
                  ? fleet.loading
                    ? WAITS
                    : null
                  : one.homesBy.map(({ isolation, homes }) => `${homes} ${isolation}`).join(', ') || 'none yet',
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
                cluster.pooler === 'none'
                  ? 'none'
                  : `${cluster.pooler}${cluster.poolerVersion === null ? '' : ` ${cluster.poolerVersion}`}`,
              ],
              ['Password', cluster.appSecretRef],
              [
                'Old logins',
                cluster.oldLoginsSince === null ? undefined : (
                  <span key="old">
                    from before the rotation still work, since <Moment at={cluster.oldLoginsSince} />
                  </span>
                ),
              ],
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
          {walls.output === undefined ? (
            <p className="text-soft">{walls.loading ? 'Loading…' : 'It is not known how they stand.'}</p>
          ) : (
            <PlainTable
              heads={['Database', 'Wall', '>Tenants']}
              label="Databases"
              rows={databases.map(({ database, assurance, tenants }) => ({ key: database, cells: [database, assurance, String(tenants)] }))}
            />
          )}
        </Panel>
      </div>
    </>
  )
}
