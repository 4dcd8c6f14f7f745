import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { durationWords } from '../../parts/moment-words.js'
import { bytesWords, countWords, shortWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { PlainTable } from '../../parts/plain-table.js'

const EVERY_MS = 5_000

/** What the pooler in front of a server is at. */
export function PoolerTab({ cluster, onSet }: { readonly cluster: OutputOf<'cluster.show'>; readonly onSet: () => void }): ReactElement {
  const there = cluster.pooler !== 'none'
  const input = { cluster: cluster.name }
  const { output, fault, again } = useRead('pooler.show', input, { enabled: there, every: EVERY_MS })
  if (!there)
    return (
      <Empty
        command={`tenantry cluster config ${cluster.name} pgbouncer`}
        icon="cluster"
        says="Applications connect to the server itself. Where they are many, a PgBouncer in transaction mode lets them share its connections: write its configuration, start it, then say where it is."
        step={
          <Button of="cluster.set" onClick={onSet}>
            Say where it is …
          </Button>
        }
        title="No pooler"
      />
    )
  return (
    <div className="flex flex-col gap-4">
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      {output?.unseen.map((says) => (
        <p className="text-warn" key={says}>
          {says}
        </p>
      ))}
      {output === undefined || output.poolers.length === 0 ? null : (
        <>
          <Panel title={`PgBouncer ${output.poolers[0]!.version}: pools`}>
            <PlainTable
              heads={[
                'Database',
                'Login',
                'Mode',
                '>Clients served',
                '>Clients that wait',
                '>Longest wait',
                '>Server connections',
                '>Idle',
              ]}
              label="Pools"
              rows={output.data.map((pool) => ({
                key: `${pool.database} ${pool.user}`,
                cells: [
                  pool.database,
                  pool.user,
                  pool.mode,
                  countWords(pool.clientsActive),
                  pool.clientsWaiting === 0 ? '0' : <Badge key="waiting" tone="warn">{`${countWords(pool.clientsWaiting)} wait`}</Badge>,
                  pool.maxWaitMs === 0 ? '–' : durationWords(pool.maxWaitMs),
                  countWords(pool.serversActive),
                  countWords(pool.serversIdle + pool.serversUnproven),
                ],
              }))}
            />
          </Panel>
          <Panel title="What goes through it">
            <PlainTable
              heads={['Database', '>Transactions a second', '>Statements a second', '>In', '>Out', '>A transaction', '>Waited in a second']}
              label="Traffic"
              rows={output.stats.map((one) => ({
                key: one.database,
                cells: [
                  one.database,
                  shortWords(one.transactions),
                  shortWords(one.queries),
                  `${bytesWords(one.receivedBytes)}/s`,
                  `${bytesWords(one.sentBytes)}/s`,
                  durationWords(one.transactionMs),
                  durationWords(one.waitMs),
                ],
              }))}
            />
          </Panel>
        </>
      )}
      <EquivalentOf input={input} name="pooler.show" />
    </div>
  )
}
