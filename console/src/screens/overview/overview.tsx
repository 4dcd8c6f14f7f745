import type { ReactNode } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Bytes, Count } from '../../parts/figures.js'
import { Icon } from '../../parts/icon.js'
import { JsonView } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { Facts, PageHead, Panel } from '../../parts/page.js'
import { Loading } from '../../parts/pending.js'
import { To } from '../../parts/to.js'
import { useAddress } from '../../shell/address.js'
import { attentionOf, type Fleet, tenantsBy } from './attention.js'
import { Clusters } from './clusters.js'
import { Latest } from './latest.js'

// What no event tells of: time that goes by, and backups that become overdue by it.
const EVERY_MS = 15_000

const readView = ({ view }: Readonly<Record<string, string>>): 'json' | undefined => (view === 'json' ? view : undefined)

/** The fleet at a glance: what asks for attention, how many there are of what, and what happened last. */
export function Screen(): ReactNode {
  const { output, fault, loading, again } = useRead('fleet.overview', {}, { every: EVERY_MS })
  const { filter: view, set } = useAddress(readView)
  return (
    <>
      <PageHead
        title="Overview"
        says={
          output === undefined ? undefined : (
            <>
              As of <Moment at={output.at} />
            </>
          )
        }
        actions={
          <button
            type="button"
            aria-pressed={view === 'json'}
            onClick={() => set({ view: view === 'json' ? undefined : 'json' })}
            className="rounded border border-edge px-2 py-1 hover:bg-hover aria-pressed:bg-accent-wash"
          >
            JSON
          </button>
        }
      />
      {loading && <Loading />}
      {fault !== undefined && <Trouble error={fault} again={again} />}
      {output !== undefined && (view === 'json' ? <JsonView value={output} label="The fleet" /> : <Glance fleet={output} />)}
      <div className="mt-4">
        <EquivalentOf name="fleet.overview" input={{}} />
      </div>
    </>
  )
}

const Glance = ({ fleet }: { readonly fleet: Fleet }): ReactNode => (
  <div className="grid gap-4 xl:grid-cols-2">
    <div className="xl:col-span-2">
      <Attention fleet={fleet} />
    </div>
    <div className="grid content-start gap-4 sm:grid-cols-2">
      <Figures fleet={fleet} />
    </div>
    <Latest />
    <div className="min-w-0 xl:col-span-2">
      <Clusters of={fleet.clusters} />
    </div>
  </div>
)

function Attention({ fleet }: { readonly fleet: Fleet }): ReactNode {
  const points = attentionOf(fleet)
  return (
    <Panel title="Attention">
      {points.length === 0 ? (
        <p className="flex items-center gap-2 text-good">
          <Icon name="check" /> Everything is as it should be.
        </p>
      ) : (
        <ul className="grid gap-1.5">
          {points.map(({ tone, says, next, to, search }) => (
            <li key={says} className="flex flex-wrap items-baseline gap-x-3">
              <Badge tone={tone}>{tone === 'bad' ? 'wrong' : 'look'}</Badge>
              <span className="min-w-0 font-medium break-words">{says}</span>
              <span className="text-soft">
                <To to={to} {...(search === undefined ? {} : { search })}>
                  {next}
                </To>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Figures({ fleet: { tenants, operations, migrations, backups } }: { readonly fleet: Fleet }): ReactNode {
  return (
    <>
      <Panel title="Tenants">
        <p className="mb-2 text-3xl font-semibold tabular-nums">
          <To to="/tenants" className="hover:underline">
            <Count of={tenants.total} />
          </To>
        </p>
        {tenants.total === 0 ? (
          <p className="text-soft">
            None yet. <To to="/create">Make the first</To>
          </p>
        ) : (
          <Facts
            of={(['state', 'isolation'] as const).flatMap((field) =>
              tenantsBy(field, tenants.data).map(
                ([name, number]) =>
                  [
                    name.replace('_', '-'),
                    <To key={name} to="/tenants" search={{ [field]: name }}>
                      <Count of={number} />
                    </To>,
                  ] as const,
              ),
            )}
          />
        )}
      </Panel>
      <Panel title="Operations">
        <p className="mb-2 text-3xl font-semibold tabular-nums">
          <Count of={operations.running} /> <span className="text-base font-normal text-soft">under way</span>
        </p>
        <Facts
          of={[
            ['paused', <Count key="paused" of={operations.paused} />],
            ['done in a day', <Count key="done" of={operations.succeeded} />],
            ['failed in a day', <Count key="failed" of={operations.failed} />],
            ['cancelled in a day', <Count key="cancelled" of={operations.cancelled} />],
          ]}
        />
      </Panel>
      <Panel title="Migrations">
        <p className="mb-2 text-3xl font-semibold tabular-nums">
          <Count of={migrations.homes - migrations.behind} />{' '}
          <span className="text-base font-normal text-soft">
            of <Count of={migrations.homes} /> homes at the newest
          </span>
        </p>
        <Facts
          of={[
            ['behind', <Count key="behind" of={migrations.behind} />],
            ['databases behind', <Count key="platforms" of={migrations.platformsBehind} />],
            ['frozen', migrations.frozen ?? 'no'],
          ]}
        />
      </Panel>
      <Panel title="Backups">
        <p className="mb-2 text-3xl font-semibold tabular-nums">
          <Count of={backups.tenants - backups.without} />{' '}
          <span className="text-base font-normal text-soft">
            of <Count of={backups.tenants} /> tenants backed up
          </span>
        </p>
        <Facts
          of={[
            ['proven by restoring', <Count key="proven" of={backups.proven} />],
            [
              'without',
              <To key="without" to="/tenants" search={{ withoutBackup: 'true' }}>
                <Count of={backups.without} />
              </To>,
            ],
            ['overdue', <Count key="overdue" of={backups.overdue} />],
            ['oldest newest', <Moment key="oldest" at={backups.oldest} />],
            ['size', <Bytes key="bytes" of={backups.bytes} />],
          ]}
        />
      </Panel>
    </>
  )
}
