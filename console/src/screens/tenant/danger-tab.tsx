import type { ReactElement, ReactNode } from 'react'
import { Button } from '../../parts/button.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { refusalOf } from './acts.js'
import type { TabProps } from './overview-tab.js'

export function DangerTab({ tenant, ask }: TabProps): ReactElement {
  const { state, purgeAfter } = tenant
  const line = (deed: 'suspend' | 'rename' | 'delete' | 'undelete' | 'purge', verb: string, says: ReactNode) => (
    <div className="flex flex-wrap items-center justify-between gap-3 border-b border-line py-3 first:pt-0 last:border-0 last:pb-0">
      <p className="min-w-0 max-w-prose flex-1">{says}</p>
      <Button look="danger" of={`tenant.${deed}`} onClick={() => ask(deed)} refused={refusalOf(deed, tenant)}>
        {verb} …
      </Button>
    </div>
  )
  return (
    <Panel danger title="Danger zone">
      {line('suspend', 'Suspend', 'Refuse every scope of it. Nothing is deleted, and it can be resumed.')}
      {line('rename', 'Rename', 'Give it another slug. Applications that ask by the old one are led on, or refused if you say so.')}
      {state === 'deleted'
        ? line(
            'undelete',
            'Take back',
            <>
              It is deleted, and may be purged <Moment at={purgeAfter} />. Until it is, it can be taken back whole.
            </>,
          )
        : line('delete', 'Delete', 'Close it for good, with a grace in which it can be taken back. Its data stay until it is purged.')}
      {state === 'deleted' ? line('purge', 'Purge', 'Destroy it and all its data, after a final backup that was verified.') : null}
    </Panel>
  )
}
