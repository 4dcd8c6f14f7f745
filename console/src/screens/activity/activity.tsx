import { type ReactElement, useState } from 'react'
import { useMay } from '../../data/may.js'
import { useRead } from '../../data/read.js'
import { Chips } from '../../parts/chips.js'
import { ChoiceBar } from '../../parts/choice-bar.js'
import { Deed } from '../../parts/deed.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { writeFilters } from '../../parts/filters.js'
import { countOf } from '../../parts/number-words.js'
import { ListPage, PageHead } from '../../parts/page.js'
import { Refused } from '../../parts/refusal.js'
import { Table } from '../../parts/table.js'
import { useAddress } from '../../shell/address.js'
import { lockColumns, type Meant, sessionColumns } from './columns.js'
import { activityFilters, listInput, locksInput, readActivityQuery } from './filters.js'

// No event tells what sessions do.
const EVERY_MS = 2_000

/** What goes on in the servers at this moment: who is at work, who waits for whom, and a way to stop one. */
export function Screen(): ReactElement {
  const { filter: asked, set } = useAddress(readActivityQuery)
  const noText = useMay('activity.list', { text: true })
  const { text, ...others } = asked.values
  // Whoever may not read statements sees the rest.
  const query = noText === undefined || text === undefined ? asked : { ...asked, values: others }
  const [meant, setMeant] = useState<Meant>()
  const clusters = useRead('cluster.list', {})
  const sessions = useRead('activity.list', listInput(query), { every: EVERY_MS })
  const locks = useRead('activity.locks', locksInput(query), { every: EVERY_MS })
  const filters = activityFilters(clusters.output?.data.map(({ name }) => name))
  const withText = query.values.text === true
  const waiting = locks.output?.data.filter(({ depth, again }) => depth > 0 && !again).length
  const shown = query.view === 'locks' ? locks : sessions
  const views = [
    ['sessions', `Sessions ${sessions.output?.data.length ?? ''}`],
    ['locks', `Who waits for whom ${waiting ?? ''}`],
  ] as const

  return (
    <ListPage>
      <PageHead
        beside={
          sessions.output === undefined || sessions.output.others === 0 ? null : (
            <span className="text-soft">and {countOf(sessions.output.others, 'session')} of others on the same servers</span>
          )
        }
        says="A session is a tenant's while it is in a scope of it."
        title="Activity"
      />
      <div className="flex flex-wrap items-center gap-2">
        <ChoiceBar at={query.view} label="Views" of={views} onGo={(view) => set({ view: view === 'sessions' ? undefined : view })} />
        <Chips
          filters={query.view === 'locks' ? filters.filter(({ name }) => name === 'cluster' || name === 'text') : filters}
          onChange={(values) => set(writeFilters(filters, values))}
          values={asked.values}
        />
      </div>
      {query === asked ? null : <p className="text-soft">Without statements. {noText}.</p>}
      {shown.fault === undefined ? null : <Trouble again={shown.again} error={shown.fault} />}
      {shown.output?.unseen.map((says) => (
        <p className="text-warn" key={says}>
          {says}
        </p>
      ))}
      {shown.refused !== undefined ? (
        <Refused why={shown.refused} />
      ) : query.view === 'locks' ? (
        <Table
          columns={lockColumns(withText, setMeant)}
          empty={
            locks.output === undefined ? null : (
              <Empty
                icon="check"
                says="A session that waits for a lock stands here below the one that holds it."
                title="Nobody waits for anybody"
              />
            )
          }
          keyOf={({ cluster, backend, pid, behind }) => `${cluster} ${backend ?? pid} ${behind ?? ''}`}
          label="Who waits for whom"
          nameOf={({ pid }) => `session ${pid}`}
          rows={locks.output?.data ?? []}
          stale={locks.previous}
        />
      ) : (
        <Table
          columns={sessionColumns(withText, setMeant)}
          empty={
            sessions.output === undefined ? null : (
              <Empty icon="activity" says="Nobody is connected who has all of what is asked for." title="No sessions" />
            )
          }
          keyOf={({ cluster, backend }) => `${cluster} ${backend}`}
          label="Sessions"
          nameOf={({ pid }) => `session ${pid}`}
          rows={sessions.output?.data ?? []}
          stale={sessions.previous}
        />
      )}
      {query.view === 'locks' ? (
        <EquivalentOf input={locksInput(query)} name="activity.locks" />
      ) : (
        <EquivalentOf input={listInput(query)} name="activity.list" />
      )}
      {meant === undefined ? null : <Stop meant={meant} onClose={() => setMeant(undefined)} />}
    </ListPage>
  )
}

const Stop = ({
  meant: { cluster, backend, who, end },
  onClose,
}: {
  readonly meant: Meant
  readonly onClose: () => void
}): ReactElement => (
  <Deed
    ask={[]}
    danger={end}
    fixed={{ cluster, backend, end }}
    name="activity.stop"
    onClose={onClose}
    says={
      <>
        {end
          ? 'The connection ends, and with it the transaction: what it has not committed is gone.'
          : 'The statement that it runs fails, and its application is told so. The connection stays.'}{' '}
        If it has gone on to something else meanwhile, nothing is done.
      </>
    }
    title={end ? `End ${who}` : `Cancel ${who}`}
    verb={end ? 'End it' : 'Cancel it'}
  />
)
