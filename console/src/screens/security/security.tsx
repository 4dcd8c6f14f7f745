import { type ReactElement, useState } from 'react'
import { PageHead } from '../../parts/page.js'
import { Tabs } from '../../parts/tabs.js'
import { type Search, useAddress } from '../../shell/address.js'
import { ApiKeysTab } from './api-keys-tab.js'
import { AttacksTab } from './attacks-tab.js'
import { DataKeysTab } from './data-keys-tab.js'
import { AskedDeed, type SecurityDeed } from './deeds.js'
import { FindingsTab } from './findings-tab.js'
import { TokenKeysTab } from './token-keys-tab.js'

const TABS = ['attacks', 'findings', 'api-keys', 'token-keys', 'data-keys'] as const
type TabName = (typeof TABS)[number]

const LABELS: Readonly<Record<TabName, string>> = {
  attacks: 'Attacks',
  findings: 'Findings',
  'api-keys': 'API keys',
  'token-keys': 'Token keys',
  'data-keys': 'Data keys',
}

const readTab = (search: Search): TabName => TABS.find((tab) => tab === search.tab) ?? 'attacks'

/** How the walls stand, what is to be mended, and the keys: of programs, of tokens, of archives. */
export function Screen(): ReactElement {
  const { filter: tab, set } = useAddress(readTab)
  const [asked, ask] = useState<SecurityDeed>()
  return (
    <div className="flex flex-col gap-4">
      <PageHead says="How the walls between tenants stand, and the keys to them." title="Security" />
      <Tabs
        at={tab}
        label="About security"
        onGo={(id) => set({ tab: id === 'attacks' ? undefined : id, severity: undefined, cluster: undefined, tenant: undefined })}
        tabs={TABS.map((id) => ({ id, label: LABELS[id] }))}
      >
        <div className="py-4">
          <Body ask={ask} tab={tab} />
        </div>
      </Tabs>
      {asked === undefined ? null : <AskedDeed asked={asked} ask={ask} />}
    </div>
  )
}

export interface TabProps {
  readonly ask: (deed: SecurityDeed) => void
}

function Body({ tab, ask }: TabProps & { readonly tab: TabName }): ReactElement {
  switch (tab) {
    case 'attacks':
      return <AttacksTab ask={ask} />
    case 'findings':
      return <FindingsTab ask={ask} />
    case 'api-keys':
      return <ApiKeysTab ask={ask} />
    case 'token-keys':
      return <TokenKeysTab ask={ask} />
    case 'data-keys':
      return <DataKeysTab ask={ask} />
  }
}
