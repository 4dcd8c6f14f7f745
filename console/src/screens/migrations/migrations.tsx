import { type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { readFilters, writeFilters } from '../../parts/filters.js'
import { JsonView } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { countOf } from '../../parts/number-words.js'
import { PageHead } from '../../parts/page.js'
import { Loading } from '../../parts/pending.js'
import { Refusal } from '../../parts/refusal.js'
import { Tabs } from '../../parts/tabs.js'
import { type Search, useAddress } from '../../shell/address.js'
import { type Ask, AskedDeed, type MigrationDeed } from './deeds.js'
import { DriftTab } from './drift-tab.js'
import { HOME_FILTERS, HomesTab } from './homes-tab.js'
import { LintTab } from './lint-tab.js'
import { PlanTab } from './plan-tab.js'
import { VersionsTab } from './versions-tab.js'

const TABS = ['versions', 'homes', 'plan', 'lint', 'drift', 'json'] as const
type TabName = (typeof TABS)[number]

const LABELS: Readonly<Record<TabName, string>> = {
  versions: 'Versions and runs',
  homes: 'Homes',
  plan: 'Plan',
  lint: 'Lint',
  drift: 'Drift',
  json: 'JSON',
}

// While a run goes on, homes move from one version to the next without an event of their own.
const LOOK_MS = 2_000

const readAddress = (search: Search) => ({
  tab: TABS.find((tab) => tab === search.tab) ?? ('versions' as TabName),
  forecast: search.forecast === 'yes',
  chosen: search.class,
  homes: readFilters(HOME_FILTERS, search),
})

// Another tab begins with nothing chosen.
const NOTHING = { class: undefined, forecast: undefined, ...writeFilters(HOME_FILTERS, {}) }

/** Versions of all homes, what is to come, what has failed, and what was changed by hand. */
export function Screen(): ReactElement {
  const { filter, set } = useAddress(readAddress)
  const [busy, setBusy] = useState(false)
  const { output, fault, again } = useRead('migrate.status', {}, busy ? { every: LOOK_MS } : {})
  const [asked, ask] = useState<MigrationDeed>()
  const runs = output?.runs.some(({ state }) => state !== 'paused') === true
  if (runs !== busy) setBusy(runs)
  return (
    <div className="flex flex-col gap-4">
      <PageHead
        actions={<Actions ask={ask} status={output} />}
        beside={output === undefined ? undefined : <Standing status={output} />}
        title="Migrations"
      />
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      {output === undefined ? (
        fault === undefined ? (
          <Loading />
        ) : null
      ) : (
        <Tabs
          at={filter.tab}
          label="About migrations"
          onGo={(id) => set({ ...NOTHING, tab: id === 'versions' ? undefined : id })}
          tabs={TABS.map((id) => ({ id, label: LABELS[id] }))}
        >
          <div className="py-4">
            {filter.tab === 'versions' ? <VersionsTab ask={ask} status={output} /> : null}
            {filter.tab === 'homes' ? (
              <HomesTab onChange={(values) => set(writeFilters(HOME_FILTERS, values))} values={filter.homes} />
            ) : null}
            {filter.tab === 'lint' ? (
              <Refusal name="migrate.review">
                <LintTab />
              </Refusal>
            ) : null}
            {filter.tab === 'plan' ? (
              <Refusal name="migrate.plan">
                <PlanTab forecast={filter.forecast} onForecast={() => set({ forecast: 'yes' })} />
              </Refusal>
            ) : null}
            {filter.tab === 'drift' ? (
              <Refusal name="drift.show">
                <DriftTab
                  ask={ask}
                  chosen={filter.chosen}
                  onChoose={(name) => set({ class: name })}
                  onGone={() => set({ class: undefined }, { replace: true })}
                />
              </Refusal>
            ) : null}
            {filter.tab === 'json' ? <JsonView label="Status of migrations as JSON" value={output} /> : null}
          </div>
        </Tabs>
      )}
      {asked === undefined ? null : <AskedDeed asked={asked} onClose={() => ask(undefined)} />}
    </div>
  )
}

function Standing({ status: { pendingHomes, pendingPlatforms, freeze } }: { readonly status: OutputOf<'migrate.status'> }): ReactElement {
  const pending = [
    ...(pendingHomes === 0 ? [] : [countOf(pendingHomes, 'home')]),
    ...(pendingPlatforms === 0 ? [] : [countOf(pendingPlatforms, 'platform schema')]),
  ].join(' and ')
  return (
    <>
      <Badge tone={pending === '' ? 'good' : 'warn'}>{pending === '' ? 'all current' : `${pending} behind`}</Badge>
      {freeze === null ? null : (
        <span className="inline-flex items-center gap-1" title={freeze.reason}>
          <Badge tone="bad">frozen</Badge>
          <span className="max-w-80 truncate text-soft">{freeze.reason}</span>
          {freeze.until === null ? null : (
            <span className="text-soft">
              until <Moment at={freeze.until} />
            </span>
          )}
        </span>
      )}
    </>
  )
}

function Actions({ status, ask }: { readonly status: OutputOf<'migrate.status'> | undefined; readonly ask: Ask }): ReactElement {
  const frozen = status !== undefined && status.freeze !== null
  return (
    <>
      {frozen ? (
        <Button icon="play" of="migrate.unfreeze" onClick={() => ask({ deed: 'unfreeze' })}>
          Unfreeze
        </Button>
      ) : (
        <Button icon="lock" of="migrate.freeze" onClick={() => ask({ deed: 'freeze' })}>
          Freeze
        </Button>
      )}
      <Button
        icon="play"
        look="main"
        of="migrate.up"
        onClick={() => ask({ deed: 'migrate' })}
        refused={
          status !== undefined && status.pendingHomes + status.pendingPlatforms === 0 ? 'Every home is at the newest version' : undefined
        }
      >
        Migrate
      </Button>
    </>
  )
}
