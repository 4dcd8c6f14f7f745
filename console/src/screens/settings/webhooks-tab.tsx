import { type ReactElement, useState } from 'react'
import type { InputOf, OutputOf, RowOf } from 'tenantry/api'
import { usePages, useRead } from '../../data/read.js'
import { useChange } from '../../data/run.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Chips } from '../../parts/chips.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { FailureNote } from '../../parts/failure-note.js'
import { type Filter, readFilters } from '../../parts/filters.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { countWords } from '../../parts/number-words.js'
import { DetailPanel, Facts } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { Pending } from '../../parts/pending.js'
import { Refusal } from '../../parts/refusal.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import { type Search, useAddress } from '../../shell/address.js'
import type { Tone } from '../../words/tone.js'
import type { Webhook } from './deeds.js'
import type { TabProps } from './settings.js'

type Row = RowOf<'webhook.list'>
type Delivery = RowOf<'webhook.deliveries'>

const FILTERS: readonly Filter[] = [{ name: 'state', label: 'State', kind: 'choice', choices: ['waiting', 'delivered', 'failed'] }]

const read = (search: Search) => ({ webhook: search.webhook, values: readFilters(FILTERS, search) })

// No event tells of deliveries: each would be an event to be delivered.
const EVERY_MS = 3_000

/** Addresses that are told of events, and what came of telling them. */
export function WebhooksTab({ ask }: TabProps): ReactElement {
  const { filter, set } = useAddress(read)
  const add = (
    <Button icon="plus" look="main" of="webhook.add" onClick={() => ask({ deed: 'add-webhook' })}>
      Add a webhook …
    </Button>
  )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-soft">Addresses of yours that are told of events, by messages that are signed and sent until they arrive.</p>
        {add}
      </div>
      <Refusal name="webhook.list">
        {filter.webhook === undefined ? null : (
          <Detail ask={ask} key={filter.webhook} name={filter.webhook} onClose={() => set({ webhook: undefined, state: undefined })} />
        )}
        <List add={add} onOpen={(id) => set({ webhook: id, state: undefined })} />
      </Refusal>
      <EquivalentOf input={{}} name="webhook.list" />
    </div>
  )
}

function List({ add, onOpen }: { readonly add: ReactElement; readonly onOpen: (id: string) => void }): ReactElement {
  const list = usePages('webhook.list', {}, { every: EVERY_MS })
  return (
    <PagedTable
      height="half"
      columns={COLUMNS}
      empty={
        <Empty
          command="tenantry webhook add NAME https://example.com/hooks"
          icon="bolt"
          says="Whatever changes a tenant or fails can be told to a program of yours."
          step={add}
          title="No webhooks yet"
        />
      }
      keyOf={({ id }) => id}
      label="Webhooks"
      nameOf={({ name }) => name}
      onOpen={({ id }) => onOpen(id)}
      list={list}
    />
  )
}

const BECAUSE: Readonly<Record<NonNullable<Webhook['because']>, string>> = {
  asked: 'disabled',
  failing: 'disabled: nothing arrived for three days',
  gone: 'disabled: it has answered 410',
}

function state({ state: now, because, failingSince }: Webhook): ReactElement {
  if (now === 'disabled') return <Badge tone="bad">{BECAUSE[because ?? 'asked']}</Badge>
  return failingSince === null ? <Badge tone="good">live</Badge> : <Badge tone="warn">failing</Badge>
}

const count = (number: number, bad: boolean): ReactElement => (
  <span className={bad && number > 0 ? 'text-bad' : ''}>{countWords(number)}</span>
)

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    head: 'Name',
    cell: ({ id, name }) => (
      <To
        className="font-medium hover:underline"
        search={(before: Search) => ({ ...before, webhook: id, state: undefined })}
        tabIndex={-1}
        to="/settings"
      >
        {name}
      </To>
    ),
  },
  { id: 'url', head: 'Address', cell: ({ url }) => url },
  { id: 'state', head: 'State', cell: state },
  { id: 'types', head: 'Told of', cell: ({ types }) => types?.join(', ') ?? 'everything' },
  { id: 'waiting', head: 'Waiting', align: 'right', cell: ({ waiting }) => count(waiting, false) },
  { id: 'failed', head: 'Failed', align: 'right', cell: ({ failed }) => count(failed, true) },
]

interface DetailProps extends TabProps {
  readonly name: string
  readonly onClose: () => void
}

/** One webhook: what it is told of, what came of it, and what can be done. */
function Detail({ name, ask, onClose }: DetailProps): ReactElement {
  const { output: webhook, etag, fault, refused, again } = useRead('webhook.show', { webhook: name }, { keep: false, every: EVERY_MS })
  if (webhook === undefined) return <Pending again={again} fault={fault} refused={refused} />
  return (
    <DetailPanel closes="Close the webhook" onClose={onClose} title={webhook.name}>
      <div className="flex flex-col gap-4">
        <Actions again={again} ask={ask} etag={etag} onClose={onClose} webhook={webhook} />
        <Facts
          of={[
            [
              'Address',
              <span className="font-mono text-xs break-all" key="url">
                {webhook.url}
              </span>,
            ],
            ['State', state(webhook)],
            ['Failing since', webhook.failingSince === null ? undefined : <Moment at={webhook.failingSince} key="failing" />],
            ['Told of', webhook.types?.join(', ') ?? 'everything'],
            ['Secret', webhook.generation === 1 ? 'the first one' : `number ${webhook.generation}`],
            [
              'Signed with the one before',
              webhook.beforeUntil === null ? undefined : (
                <span key="before">
                  as well, until <Moment at={webhook.beforeUntil} />
                </span>
              ),
            ],
            [
              'Made',
              <span key="made">
                <Moment at={webhook.createdAt} /> by {webhook.createdBy}
              </span>,
            ],
          ]}
        />
        <Deliveries ask={ask} webhook={webhook} />
        <JsonFold label={`${webhook.name} as JSON`} value={webhook} />
        <EquivalentOf input={{ webhook: webhook.id }} name="webhook.show" />
      </div>
    </DetailPanel>
  )
}

interface ActionsProps extends TabProps {
  readonly webhook: Webhook
  readonly etag: string | undefined
  readonly again: () => void
  readonly onClose: () => void
}

function Actions({ webhook, etag, again, ask, onClose }: ActionsProps): ReactElement {
  const test = useChange('webhook.test')
  const [tested, setTested] = useState<OutputOf<'webhook.test'>>()
  const input = { webhook: webhook.id }
  const send = async (): Promise<void> => {
    setTested(undefined)
    const outcome = await test.run(input, { title: `Test ${webhook.name}`, quiet: true })
    if (outcome.ok) setTested(outcome.output)
  }
  const live = webhook.state === 'live'
  const deed = (name: 'rotate' | 'redeliver') => () => ask({ deed: name, webhook })
  const change = (name: 'set-webhook' | 'live' | 'still') => () => ask({ deed: name, webhook, etag, again })
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-2">
        <Button icon="play" of="webhook.test" onClick={() => void send()} refused={test.running ? 'It is under way' : undefined}>
          {test.running ? 'Sending …' : 'Send a test'}
        </Button>
        <Button of="webhook.set" onClick={change('set-webhook')}>
          Change …
        </Button>
        <Button icon="refresh" of="webhook.rotate" onClick={deed('rotate')}>
          Rotate the secret …
        </Button>
        <Button of="webhook.redeliver" onClick={deed('redeliver')} refused={live ? undefined : 'It is disabled: have it live before'}>
          Send what it has missed …
        </Button>
        <Button of="webhook.set" onClick={change(live ? 'still' : 'live')}>
          {live ? 'Disable …' : 'Have it live …'}
        </Button>
        <Button
          look="danger"
          of="webhook.remove"
          onClick={() => {
            // What is about to go is not asked for any more.
            onClose()
            ask({ deed: 'remove', webhook })
          }}
        >
          Remove …
        </Button>
      </div>
      {tested === undefined ? null : (
        <>
          <p className={tested.delivered ? 'text-good' : 'text-bad'} role="status">
            {tested.delivered ? `It has answered ${tested.status} in ${tested.tookMs} ms.` : `Not delivered: ${tested.failure}`}
          </p>
          <EquivalentOf input={input} name="webhook.test" />
        </>
      )}
      {test.failure === undefined ? null : <FailureNote failure={test.failure} />}
    </div>
  )
}

function Deliveries({ webhook, ask }: TabProps & { readonly webhook: Webhook }): ReactElement {
  const { filter, set } = useAddress(read)
  const input = { webhook: webhook.id, ...filter.values } as InputOf<'webhook.deliveries'>
  const list = usePages('webhook.deliveries', input, { every: EVERY_MS })
  return (
    <section aria-label="Deliveries" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-medium">Deliveries of the last 7 days</h3>
        <Chips
          filters={FILTERS}
          onChange={({ state: chosen }) => set({ state: chosen === undefined ? undefined : String(chosen) })}
          values={filter.values}
        />
      </div>
      <PagedTable
        height="low"
        columns={deliveryColumns(webhook, ask)}
        empty={<p className="p-4 text-soft">It was told of nothing yet. Send a test, or change a tenant.</p>}
        keyOf={({ event }) => event}
        label="Deliveries"
        nameOf={({ event }) => event}
        list={list}
      />
      <EquivalentOf input={input} name="webhook.deliveries" />
    </section>
  )
}

const DELIVERED: Readonly<Record<Delivery['state'], Tone>> = { waiting: 'accent', delivered: 'good', failed: 'bad' }

const deliveryColumns = (webhook: Webhook, ask: TabProps['ask']): readonly Column<Delivery>[] => [
  { id: 'type', head: 'Event', cell: ({ type }) => type },
  { id: 'time', head: 'Happened', cell: ({ time }) => <Moment at={time} /> },
  { id: 'state', head: 'State', cell: (one) => <Badge tone={DELIVERED[one.state]}>{one.state}</Badge> },
  { id: 'attempts', head: 'Tries', align: 'right', cell: ({ attempts }) => attempts },
  { id: 'status', head: 'Answer', align: 'right', cell: ({ status }) => status },
  { id: 'next', head: 'Next try', cell: ({ nextAt }) => <Moment at={nextAt} /> },
  { id: 'failure', head: 'What it said', cell: ({ failure, excerpt }) => failure ?? excerpt },
  {
    id: 'again',
    head: 'Again',
    cell: ({ event }) => (
      <Button
        aria-label={`Send event ${event} again`}
        look="bare"
        of="webhook.redeliver"
        onClick={() => ask({ deed: 'again', webhook, event })}
        refused={webhook.state === 'live' ? undefined : 'It is disabled: have it live before'}
      >
        Again …
      </Button>
    ),
  },
]
