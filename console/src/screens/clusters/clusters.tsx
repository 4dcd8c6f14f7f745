import { type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { type Read, useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Count } from '../../parts/figures.js'
import { durationWords } from '../../parts/moment-words.js'
import { bytesWords } from '../../parts/number-words.js'
import { PageHead, Panel } from '../../parts/page.js'
import { Loading } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { To } from '../../parts/to.js'
import { ClusterDeed } from './deeds.js'
import { grown, latest, type Measured, NOW, NOW_OF_HOMES } from './measured.js'
import { Use } from './use.js'

type Line = OutputOf<'fleet.overview'>['clusters'][number]

// As often as samples are taken.
const EVERY_MS = 15_000
const HOMES_EVERY_MS = 60_000
const ASKED_NOW = { metric: 'cache-hit,replica-lag,up', since: NOW, every: '1min' } as const
const NONE = <span className="text-soft">–</span>
const WAITS = <span className="text-soft">…</span>

/** The servers: what lives on each, how much of it is used, and how it does. */
export function Screen(): ReactElement {
  const [adding, setAdding] = useState(false)
  const fleet = useRead('fleet.overview', {}, { every: EVERY_MS })
  const now = useRead('metric.show', ASKED_NOW, { every: EVERY_MS })
  // Homes are measured every five minutes; what is a week ago is kept in hours.
  const homes = useRead('metric.show', { metric: 'size', since: NOW_OF_HOMES }, { every: HOMES_EVERY_MS })
  const week = useRead('metric.show', { metric: 'size', since: '7d', every: '6h' })
  const clusters = fleet.output?.clusters
  const troubled = [fleet, now, homes, week].find(({ fault }) => fault !== undefined)
  return (
    <div className="flex flex-col gap-4">
      <PageHead
        actions={
          <Button icon="plus" of="cluster.add" onClick={() => setAdding(true)}>
            Add a cluster
          </Button>
        }
        says="New tenants go to the cluster with the fewest homes that is not draining, unless one is named."
        title="Clusters"
      />
      {troubled === undefined ? null : <Trouble again={troubled.again} error={troubled.fault} />}
      {clusters === undefined ? (
        fleet.loading ? (
          <Loading />
        ) : null
      ) : clusters.length === 0 ? (
        <Empty
          command="tenantry cluster add main"
          icon="cluster"
          says="A cluster is a PostgreSQL server that tenants live on. The first one is needed before the first tenant."
          step={
            <Button icon="plus" look="main" of="cluster.add" onClick={() => setAdding(true)}>
              Add the first cluster
            </Button>
          }
          title="No clusters yet"
        />
      ) : (
        <Panel title="Servers">
          <PlainTable
            heads={[
              ...['Cluster', 'State', 'PostgreSQL', '>Tenants', 'Homes', 'Connections', '>Size', '>In a week'],
              ...['>Cache hit', '>Replica lag', 'Pooler'],
            ]}
            label="Clusters"
            rows={clusters.map((one) => ({ key: one.name, cells: cellsOf(one, now, homes, week) }))}
          />
        </Panel>
      )}
      <EquivalentOf input={{}} name="fleet.overview" />
      <EquivalentOf input={ASKED_NOW} name="metric.show" />
      {adding ? <ClusterDeed deed="add" onClose={() => setAdding(false)} /> : null}
    </div>
  )
}

function cellsOf(one: Line, now: Read<Measured>, homes: Read<Measured>, week: Read<Measured>): readonly (ReactElement | string)[] {
  const { name, state, hardened, serverVersion, tenants, warm, homesBy, connections, pooler } = one
  const [size, more] = [latest(homes.output, 'size', name), grown(week.output, homes.output, 'size', name)]
  const [hit, lag] = [latest(now.output, 'cache-hit', name), latest(now.output, 'replica-lag', name)]
  const [ofNow, ofHomes] = [now.loading ? WAITS : NONE, homes.loading ? WAITS : NONE]
  return [
    <To className="font-medium hover:underline" key="name" params={{ cluster: name }} to="/clusters/$cluster">
      {name}
    </To>,
    <span className="inline-flex gap-1" key="state">
      <Badge tone={state === 'live' ? 'good' : 'warn'}>{state}</Badge>
      {latest(now.output, 'up', name) === 0 ? <Badge tone="bad">does not answer</Badge> : null}
      {hardened ? null : <Badge tone="bad">unhardened</Badge>}
    </span>,
    serverVersion,
    <Count key="tenants" of={tenants - warm} />,
    homesBy.length === 0 ? NONE : homesBy.map(({ isolation, homes }) => `${homes} ${isolation}`).join(', '),
    <Use key="use" of={connections} />,
    size === undefined ? ofHomes : bytesWords(size),
    more === undefined ? (week.loading ? WAITS : ofHomes) : `${more > 0 ? '+' : ''}${bytesWords(more)}`,
    hit === undefined ? ofNow : `${Number(hit.toFixed(1))} %`,
    lag === undefined ? ofNow : durationWords(lag * 1_000),
    pooler === 'none' ? NONE : pooler,
  ]
}
