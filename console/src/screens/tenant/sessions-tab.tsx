import type { ReactElement } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { durationWords } from '../../parts/moment-words.js'
import { Loading } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { To } from '../../parts/to.js'
import type { Tenant } from '../../words/tenant-words.js'

// No event tells what sessions do.
const EVERY_MS = 5_000

const took = (ms: number | null): string => (ms === null ? '–' : durationWords(ms))

/** Who is in a scope of it at this moment. One is stopped on the screen of activity. */
export function SessionsTab({ tenant: { slug } }: { readonly tenant: Tenant }): ReactElement {
  const { output, fault, again } = useRead('activity.list', { tenant: slug }, { every: EVERY_MS, keep: false })
  return (
    <div className="flex flex-col gap-3">
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      {output?.unseen.map((says) => (
        <p className="text-warn" key={says}>
          {says}
        </p>
      ))}
      {output === undefined ? (
        fault === undefined ? (
          <Loading />
        ) : null
      ) : output.data.length === 0 ? (
        <p className="text-soft">Nobody is in a scope of it at this moment.</p>
      ) : (
        <PlainTable
          heads={['>Session', 'State', '>For', '>Transaction', 'Waits for', 'Application']}
          label={`Sessions of ${slug}`}
          rows={output.data.map(({ cluster, backend, pid, state, stateMs, transactionMs, wait, blockedBy, application }) => ({
            key: `${cluster} ${backend}`,
            cells: [
              pid,
              <Badge key="state" tone={state === null || state === 'idle' ? 'quiet' : state === 'active' ? 'accent' : 'warn'}>
                {state ?? 'not to be seen'}
              </Badge>,
              took(stateMs),
              took(transactionMs),
              blockedBy.length > 0 ? `session ${blockedBy.join(', ')}` : (wait ?? '–'),
              application === '' ? '–' : application,
            ],
          }))}
        />
      )}
      <p>
        <To className="text-accent underline" search={{ tenant: slug }} to="/activity">
          All of it, and a way to stop one
        </To>
      </p>
      <EquivalentOf input={{ tenant: slug }} name="activity.list" />
    </div>
  )
}
