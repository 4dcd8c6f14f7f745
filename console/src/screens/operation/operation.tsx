import { type ReactElement, useState } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { JsonView } from '../../parts/json-view.js'
import { Moment, Took } from '../../parts/moment.js'
import { Facts, PageHead, Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { StepList } from '../../parts/step-list.js'
import { Tabs } from '../../parts/tabs.js'
import { To } from '../../parts/to.js'
import { type Act, Acts } from '../../shell/acts.js'
import { useAddress, useParam } from '../../shell/address.js'
import { isUnderWay, operationTone } from '../../words/operation-words.js'
import { type Asked, type Detail, OperationDeed, refusedOf } from './deeds.js'
import { ItemsTab } from './items-tab.js'
import { LogTab } from './log-tab.js'
import { Progress } from './progress.js'

const LOOK_MS = 700
const TABS = ['progress', 'items', 'log', 'json'] as const
type TabName = (typeof TABS)[number]
const LABELS: Readonly<Record<TabName, string>> = { progress: 'Progress', items: 'Items', log: 'Log', json: 'JSON' }

const readAddress = (search: Readonly<Record<string, string>>) => ({
  tab: TABS.find((tab) => tab === search.tab) ?? 'progress',
  items: search.items,
})

/** One operation: how far it is while it goes on, what has become of each item, and what can be done about it. */
export function Screen(): ReactElement {
  const id = useParam('operation')
  const [ended, setEnded] = useState(false)
  const {
    output: operation,
    fault,
    refused,
    again,
  } = useRead('operation.show', { operation: id }, { every: ended ? undefined : LOOK_MS, keep: false })
  // One that has ended may be taken up again, by an event about it.
  if (operation !== undefined && ended === isUnderWay(operation.state)) setEnded(!ended)
  if (operation === undefined) return <Pending again={again} fault={fault} refused={refused} />
  return <Shown key={id} operation={operation} />
}

function Shown({ operation }: { readonly operation: Detail }): ReactElement {
  const { filter: at, set } = useAddress(readAddress)
  const [asked, ask] = useState<Asked>()
  const { id, name, state, abandoned, items } = operation
  const live = isUnderWay(state)
  const refused = refusedOf(operation)
  const act = (deed: 'cancel' | 'pause' | 'resume' | 'retry', verb: string): Act => ({
    name: `${verb} ${name} …`,
    of: `operation.${deed}`,
    refused: refused[deed],
    does: () => ask({ deed }),
  })
  return (
    <div className="flex flex-col gap-4">
      <Acts of={[act('pause', 'Pause'), act('resume', 'Resume'), act('retry', 'Retry'), act('cancel', 'Cancel')]} />
      <PageHead
        actions={
          <>
            {refused.resume === undefined ? (
              <Button icon="play" of="operation.resume" onClick={() => ask({ deed: 'resume' })}>
                Resume
              </Button>
            ) : (
              <Button icon="pause" of="operation.pause" onClick={() => ask({ deed: 'pause' })} refused={refused.pause}>
                Pause
              </Button>
            )}
            <Button icon="refresh" of="operation.retry" onClick={() => ask({ deed: 'retry' })} refused={refused.retry}>
              Retry
            </Button>
            <Button icon="close" look="danger" of="operation.cancel" onClick={() => ask({ deed: 'cancel' })} refused={refused.cancel}>
              Cancel
            </Button>
          </>
        }
        beside={
          <>
            <span role="status">
              <Badge live={live} tone={operationTone(state)}>
                {state}
              </Badge>
            </span>
            {abandoned ? <Badge tone="warn">nobody has it</Badge> : null}
          </>
        }
        title={name}
      />
      {operation.fault === null ? null : (
        <p className={`rounded-md p-3 break-words ${state === 'paused' ? 'bg-warn-wash text-warn' : 'bg-bad-wash text-bad'}`}>
          <span className="font-medium">{operation.fault.message}</span> <code className="font-mono text-xs">{operation.fault.code}</code>
        </p>
      )}
      <Tabs
        at={at.tab}
        label={`About ${name}`}
        onGo={(tab) => set({ tab: tab === 'progress' ? undefined : tab })}
        tabs={TABS.map((tab) => ({ id: tab, label: LABELS[tab], ...(tab === 'items' ? { count: items.total } : {}) }))}
      >
        <div className="py-4">
          {at.tab === 'progress' ? <ProgressTab operation={operation} /> : null}
          {at.tab === 'items' ? (
            <ItemsTab
              live={live}
              onSkip={refused.skip === undefined ? (item) => ask({ deed: 'skip', item }) : undefined}
              onState={(items) => set({ items })}
              operation={operation}
              state={at.items}
            />
          ) : null}
          {at.tab === 'log' ? <LogTab live={live} operation={id} /> : null}
          {at.tab === 'json' ? (
            <div className="flex flex-col gap-3">
              <JsonView label={`${name} as JSON`} value={operation} />
              <EquivalentOf input={{ operation: id }} name="operation.show" />
            </div>
          ) : null}
        </div>
      </Tabs>
      {asked === undefined ? null : <OperationDeed asked={asked} onClose={() => ask(undefined)} operation={operation} />}
    </div>
  )
}

function ProgressTab({ operation }: { readonly operation: Detail }): ReactElement {
  const { id, subject, actor, attempts, createdAt, endedAt, input, result } = operation
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title="Steps">
          <StepList operation={operation} />
        </Panel>
        <Progress operation={operation} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title="Facts">
          <Facts
            of={[
              [
                'Id',
                <code className="font-mono text-xs" key="id">
                  {id}
                </code>,
              ],
              [
                'Tenant',
                subject === null ? null : (
                  <To className="font-mono text-xs text-accent underline" key="tenant" params={{ tenant: subject }} to="/tenants/$tenant">
                    {subject}
                  </To>
                ),
              ],
              ['By', actor],
              ['Begun', <Moment at={createdAt} key="begun" />],
              ['Took', <Took from={createdAt} key="took" to={endedAt} />],
              ['Taken up', attempts < 2 ? undefined : `${attempts} times`],
            ]}
          />
        </Panel>
        <JsonView label="Input" value={input} />
        {result === null || result === undefined ? null : <JsonView label="Result" value={result} />}
      </div>
    </div>
  )
}
