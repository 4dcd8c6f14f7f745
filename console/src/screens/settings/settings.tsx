import { type ReactElement, useState } from 'react'
import { PageHead } from '../../parts/page.js'
import { Tabs } from '../../parts/tabs.js'
import { type Search, useAddress } from '../../shell/address.js'
import { AskedDeed, type SettingsDeed } from './deeds.js'
import { MeTab } from './me-tab.js'
import { PeopleTab } from './people-tab.js'
import { ViewsTab } from './views-tab.js'
import { WebhooksTab } from './webhooks-tab.js'

const TABS = ['me', 'people', 'webhooks', 'views'] as const
type TabName = (typeof TABS)[number]

const LABELS: Readonly<Record<TabName, string>> = { me: 'You', people: 'People', webhooks: 'Webhooks', views: 'Saved views' }

const readTab = (search: Search): TabName => TABS.find((tab) => tab === search.tab) ?? 'me'

/** What is set for oneself and for everybody: password and sessions, people, webhooks, saved views. */
export function Screen(): ReactElement {
  const { filter: tab, set } = useAddress(readTab)
  const [asked, ask] = useState<SettingsDeed>()
  return (
    <div className="flex flex-col gap-4">
      <PageHead title="Settings" />
      <Tabs
        at={tab}
        label="About settings"
        onGo={(id) => set({ tab: id === 'me' ? undefined : id, person: undefined, webhook: undefined, state: undefined })}
        tabs={TABS.map((id) => ({ id, label: LABELS[id] }))}
      >
        <div className="py-4">
          <Body ask={ask} tab={tab} />
        </div>
      </Tabs>
      {asked === undefined ? null : <AskedDeed asked={asked} onClose={() => ask(undefined)} />}
    </div>
  )
}

export interface TabProps {
  readonly ask: (deed: SettingsDeed) => void
}

function Body({ tab, ask }: TabProps & { readonly tab: TabName }): ReactElement {
  switch (tab) {
    case 'me':
      return <MeTab ask={ask} />
    case 'people':
      return <PeopleTab ask={ask} />
    case 'webhooks':
      return <WebhooksTab ask={ask} />
    case 'views':
      return <ViewsTab ask={ask} />
  }
}
