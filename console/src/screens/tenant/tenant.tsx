import { type ReactElement, useState } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { JsonView } from '../../parts/json-view.js'
import { Menu, MenuLine } from '../../parts/menu.js'
import { PageHead } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { Tabs } from '../../parts/tabs.js'
import { type Act, Acts } from '../../shell/acts.js'
import { useAddress, useGo, useParam } from '../../shell/address.js'
import { isMoving, stateTone, stateWords, type Tenant } from '../../words/tenant-words.js'
import { ACTS, refusalOf } from './acts.js'
import { AuditTab } from './audit-tab.js'
import { BackupsTab } from './backups-tab.js'
import { ConnectTab } from './connect-tab.js'
import { DangerTab } from './danger-tab.js'
import { DEEDS, type DeedName, TenantDeed } from './deeds.js'
import { DomainsTab } from './domains-tab.js'
import { GrowthTab } from './growth-tab.js'
import { OperationsTab } from './operations-tab.js'
import { OverviewTab } from './overview-tab.js'
import { SessionsTab } from './sessions-tab.js'

const TABS = ['overview', 'growth', 'domains', 'backups', 'operations', 'sessions', 'audit', 'connect', 'danger', 'json'] as const
type TabName = (typeof TABS)[number]

const LABELS: Readonly<Record<TabName, string>> = {
  overview: 'Overview',
  growth: 'Size and growth',
  domains: 'Domains',
  backups: 'Backups',
  operations: 'Operations',
  sessions: 'Sessions',
  audit: 'Audit',
  connect: 'Connect',
  danger: 'Danger zone',
  json: 'JSON',
}

const readTab = (search: Readonly<Record<string, string>>): TabName => TABS.find((tab) => tab === search.tab) ?? 'overview'

/** One tenant: what it is, where it lives, what happens to it, and what can be done. */
export function Screen(): ReactElement {
  const navigate = useGo()
  const ref = useParam('tenant')
  const { filter: tab, search, set } = useAddress(readTab)
  const { output: tenant, etag, fault, refused, again, previous } = useRead('tenant.show', { tenant: ref }, { keep: false })
  const [asked, setAsked] = useState<{ readonly deed: DeedName; readonly tenant: Tenant; readonly etag: string | undefined }>()

  if (tenant === undefined) return <Pending again={again} fault={fault} refused={refused} />
  // What is decided is decided about what is shown now, whatever the page learns while somebody decides.
  const ask = (deed: DeedName) => setAsked({ deed, tenant, etag })
  return (
    <div aria-busy={previous} className="flex flex-col gap-4">
      <Acts of={DEEDS.map((deed) => actOf(deed, tenant, ask))} />
      <PageHead
        actions={<Actions ask={ask} tenant={tenant} />}
        beside={
          <>
            <Badge live={isMoving(tenant.state)} tone={stateTone(tenant.state)}>
              {stateWords(tenant.state)}
            </Badge>
            {tenant.heldFor === null ? null : <Badge tone="warn">held</Badge>}
            {tenant.service === null ? null : <Badge tone="accent">service {tenant.service}</Badge>}
          </>
        }
        says={tenant.name === tenant.slug ? undefined : tenant.name}
        title={tenant.slug}
      />
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      <Tabs
        at={tab}
        label={`About ${tenant.slug}`}
        onGo={(id) => set({ tab: id === 'overview' ? undefined : id })}
        tabs={TABS.map((id) => ({ id, label: LABELS[id] }))}
      >
        <div className="py-4">
          <Body ask={ask} tab={tab} tenant={tenant} />
        </div>
      </Tabs>
      {asked === undefined ? null : (
        <TenantDeed
          {...asked}
          onClose={() => setAsked(undefined)}
          onRenamed={(slug) => navigate('/tenants/$tenant', { params: { tenant: slug }, search, replace: true })}
          onStale={() => {
            setAsked(undefined)
            again()
          }}
        />
      )}
    </div>
  )
}

const actOf = (deed: DeedName, tenant: Tenant, ask: (deed: DeedName) => void): Act => ({
  name: ACTS[deed].says(tenant.slug),
  of: ACTS[deed].of,
  refused: refusalOf(deed, tenant),
  does: () => ask(deed),
})

interface PartProps {
  readonly tenant: Tenant
  readonly ask: (deed: DeedName) => void
}

function Actions({ tenant, ask }: PartProps): ReactElement {
  const navigate = useGo()
  const { slug, heldFor } = tenant
  const refused = (deed: DeedName): string | undefined => refusalOf(deed, tenant)
  return (
    <>
      {refused('resume') === undefined ? (
        <Button icon="play" of="tenant.resume" onClick={() => ask('resume')}>
          Resume
        </Button>
      ) : (
        <Button icon="pause" of="tenant.suspend" onClick={() => ask('suspend')} refused={refused('suspend')}>
          Suspend
        </Button>
      )}
      <Button icon="archive" of="backup.create" onClick={() => ask('backup')} refused={refused('backup')}>
        Back up
      </Button>
      <Button icon="copy" of="tenant.clone" onClick={() => ask('clone')} refused={refused('clone')}>
        Clone
      </Button>
      <Button icon="terminal" onClick={() => navigate('/sql', { search: { tenant: slug } })}>
        SQL
      </Button>
      <Menu button={{ icon: 'more', look: 'plain', className: 'w-7 justify-center px-0' }} label={null} name="More to do" side="right">
        {(close) => {
          const line = (deed: 'set' | 'rename' | 'hold' | 'unhold' | 'domain', words: string) => (
            <MenuLine
              of={ACTS[deed].of}
              onClick={() => {
                close()
                ask(deed)
              }}
              refused={refused(deed)}
            >
              {words}
            </MenuLine>
          )
          return (
            <>
              {line('set', 'Change tier, region, labels, limits …')}
              {line('rename', 'Rename …')}
              {line('domain', 'Add a domain …')}
              {heldFor === null ? line('hold', 'Hold …') : line('unhold', 'Lift the hold …')}
            </>
          )
        }}
      </Menu>
    </>
  )
}

function Body({ tab, tenant, ask }: PartProps & { readonly tab: TabName }): ReactElement {
  switch (tab) {
    case 'overview':
      return <OverviewTab ask={ask} tenant={tenant} />
    case 'growth':
      return <GrowthTab tenant={tenant} />
    case 'domains':
      return <DomainsTab ask={ask} tenant={tenant} />
    case 'backups':
      return <BackupsTab ask={ask} tenant={tenant} />
    case 'operations':
      return <OperationsTab tenant={tenant} />
    case 'sessions':
      return <SessionsTab tenant={tenant} />
    case 'audit':
      return <AuditTab tenant={tenant} />
    case 'connect':
      return <ConnectTab tenant={tenant} />
    case 'danger':
      return <DangerTab ask={ask} tenant={tenant} />
    case 'json':
      return (
        <div className="flex flex-col gap-3">
          <JsonView label={`${tenant.slug} as JSON`} value={tenant} />
          <EquivalentOf input={{ tenant: tenant.slug }} name="tenant.show" />
        </div>
      )
  }
}
