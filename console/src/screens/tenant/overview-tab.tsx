import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Copy } from '../../parts/copy.js'
import { Trouble } from '../../parts/empty.js'
import { Icon } from '../../parts/icon.js'
import { Moment } from '../../parts/moment.js'
import { exactDurationWords } from '../../parts/moment-words.js'
import { Facts, Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { To } from '../../parts/to.js'
import { operationTone } from '../../words/operation-words.js'
import { isolationWords, labelWords, stateWords, type Tenant, versionWords } from '../../words/tenant-words.js'
import type { DeedName } from './deeds.js'

export interface TabProps {
  readonly tenant: Tenant
  readonly ask: (deed: DeedName) => void
}

const limit = (ms: number | null): string | null => (ms === null ? null : exactDurationWords(ms))

const mono = (text: string): ReactElement => <span className="font-mono text-xs break-all">{text}</span>

export function OverviewTab({ tenant }: TabProps): ReactElement {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <UnderWay tenant={tenant} />
      <Panel title="State">
        <Facts
          of={[
            ['State', `${stateWords(tenant.state)}${tenant.reason === null ? '' : `: ${tenant.reason}`}`],
            ['Since', <Moment at={tenant.since} key="since" />],
            ['Held for', tenant.heldFor ?? undefined],
            ['May be purged', tenant.purgeAfter === null ? undefined : <Moment at={tenant.purgeAfter} key="purge" />],
            ['Created', <Moment at={tenant.createdAt} key="created" />],
            [
              'Id',
              <span className="inline-flex items-center gap-1" key="id">
                {mono(tenant.id)}
                <Copy label="Copy the id" text={tenant.id} />
              </span>,
            ],
            [
              'Former slugs',
              tenant.formerSlugs.length === 0
                ? undefined
                : tenant.formerSlugs.map(({ slug, redirects }) => `${slug}${redirects ? '' : ' (refused)'}`).join(', '),
            ],
          ]}
        />
      </Panel>
      <Panel title="Home">
        <Facts
          of={[
            ['Isolation', `${tenant.isolation}: ${isolationWords(tenant.isolation)}`],
            ['Cluster', tenant.cluster],
            ['Database', mono(tenant.database)],
            ['Schema', mono(tenant.schema)],
            ['Version', mono(versionWords(tenant.version))],
            ['Epoch', tenant.epoch],
          ]}
        />
      </Panel>
      <Panel title="What it pays for">
        <Facts
          of={[
            ['Tier', tenant.tier],
            ['Region', tenant.region],
            [
              'Labels',
              labelWords(tenant.labels).length === 0 ? null : (
                <span className="flex flex-wrap gap-1" key="labels">
                  {labelWords(tenant.labels).map((label) => (
                    <span className="rounded bg-hover px-1.5 font-mono text-xs break-all" key={label}>
                      {label}
                    </span>
                  ))}
                </span>
              ),
            ],
            ['Statements at most', limit(tenant.statementTimeoutMs)],
            ['Idle at most', limit(tenant.idleTimeoutMs)],
          ]}
        />
      </Panel>
      <Recent tenant={tenant} />
    </div>
  )
}

/** What goes on with it right now, or waits for somebody. */
function UnderWay({ tenant }: { readonly tenant: Tenant }): ReactElement | null {
  const { rows, fault, again } = usePages('operation.list', { tenant: tenant.id, state: 'running,undoing,paused', limit: 10 })
  // Nobody may take it for one that nothing goes on with.
  if (fault !== undefined && rows.length === 0)
    return (
      <div className="lg:col-span-2">
        <Trouble again={again} error={fault} />
      </div>
    )
  if (rows.length === 0) return null
  return (
    <ul className="flex flex-col gap-1 lg:col-span-2">
      {rows.map(({ id, name, state, createdAt }) => (
        <li className="flex items-center gap-2 rounded-lg bg-accent-wash px-3 py-2" key={id}>
          <Icon className="text-accent" name="bolt" />
          <To className="font-medium hover:underline" params={{ operation: id }} to="/operations/$operation">
            {name}
          </To>
          <span className="text-soft">
            is {state}, begun <Moment at={createdAt} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function Recent({ tenant }: { readonly tenant: Tenant }): ReactElement {
  const { rows, loading, fault, refused, again } = usePages('operation.list', { tenant: tenant.id, limit: 6 })
  return (
    <Panel title="Last operations">
      {rows.length === 0 && (loading || fault !== undefined || refused !== undefined) ? (
        <Pending again={again} fault={fault} refused={refused} />
      ) : rows.length === 0 ? (
        <p className="text-soft">None yet.</p>
      ) : (
        <ul className="flex flex-col gap-1.5">
          {rows.slice(0, 6).map(({ id, name, state, createdAt, actor }) => (
            <li className="flex items-center gap-2" key={id}>
              <Badge tone={operationTone(state)}>{state}</Badge>
              <To className="min-w-0 truncate font-medium hover:underline" params={{ operation: id }} to="/operations/$operation">
                {name}
              </To>
              <span className="ml-auto min-w-0 truncate text-soft">
                {actor} · <Moment at={createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
