import type { ReactElement } from 'react'
import { useMay } from '../../data/may.js'
import { usePages, useReads } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { countOf } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { Loading } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Refusal } from '../../parts/refusal.js'
import { To } from '../../parts/to.js'
import { type AttackRun, groundWords, type LastGround, lastGrounds, runOf } from '../../words/attack-words.js'
import { isUnderWay, operationTone } from '../../words/operation-words.js'
import type { TabProps } from './security.js'

const INPUT = { name: 'doctor.attack', limit: 10 } as const

/** What came of attacking the walls: of each kind of wall the newest result, and the runs. */
export function AttacksTab({ ask }: TabProps): ReactElement {
  // What came of it is withheld from whoever may not look at findings.
  const why = useMay('doctor.run')
  const list = usePages('operation.list', INPUT)
  const read = useReads(
    'operation.show',
    list.rows.slice(0, INPUT.limit).map(({ id }) => ({ operation: id })),
  )
  const failed = read.find(({ output, fault }) => output === undefined && fault !== undefined)
  const unread = read.filter(({ output, fault }) => output === undefined && fault === undefined).length
  const runs = read.flatMap(({ output }) => (output === undefined ? [] : [runOf(output)]))
  const attack = (
    <Button icon="shield" look="main" of="doctor.attack" onClick={() => ask({ deed: 'attack', cluster: undefined })}>
      Attack the walls …
    </Button>
  )
  if (why !== undefined)
    return (
      <Panel actions={attack} title="How the walls stand">
        <Refusal name="doctor.run">{null}</Refusal>
      </Panel>
    )
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  if (list.loading) return <Loading />
  if (list.rows.length === 0)
    return (
      <Empty
        command="tenantry doctor --attack"
        icon="shield"
        says="Nobody has tried yet whether one tenant comes to the data of another here. Two scratch tenants try it in every way that is known."
        step={attack}
        title="The walls were never attacked"
      />
    )
  const last = lastGrounds(runs)
  return (
    <div className="flex flex-col gap-4">
      <Panel actions={attack} title="How the walls stand">
        {last.length === 0 ? (
          <p className="text-soft">{runs.some(({ state }) => isUnderWay(state)) ? 'They are attacked now …' : 'No run has been judged.'}</p>
        ) : (
          <Walls last={last} />
        )}
        {list.hasMore || list.rows.length > INPUT.limit ? (
          <p className="pt-2 text-soft">Of the newest {INPUT.limit} runs: what only earlier ones have attacked does not stand here.</p>
        ) : null}
        {failed === undefined ? null : <Trouble again={failed.again} error={failed.fault} />}
        {unread === 0 ? null : <p className="pt-2 text-warn">{countOf(unread, 'run')} not read yet: this may change.</p>}
      </Panel>
      {[...new Set(last.map(({ run }) => run))].map((run) => (
        <Told key={run.id} run={run} />
      ))}
      <Panel title="Runs, the newest first">
        <Runs runs={runs} />
      </Panel>
      <EquivalentOf input={INPUT} name="operation.list" />
    </div>
  )
}

const Walls = ({ last }: { readonly last: readonly LastGround[] }): ReactElement => (
  <PlainTable
    heads={['Cluster', 'Isolation', 'Assurance', 'State', '>Refused', '>Residual', '>Hole', '>Otherwise', '>Breach', 'Server', 'Attacked']}
    label="How the walls stand"
    rows={last.map((ground) => {
      const { words, tone } = groundWords(ground)
      return {
        key: `${ground.cluster} ${ground.isolation}`,
        cells: [
          ground.cluster,
          ground.isolation,
          ground.assurance,
          <span className="inline-flex flex-wrap gap-1" key="state">
            <Badge tone={tone}>{words}</Badge>
            {ground.run.partial ? <Badge>some attacks only</Badge> : null}
          </span>,
          ground.refused,
          ground.residual,
          ground.hole,
          ground.otherwise,
          ground.breach,
          ground.server,
          <Moment at={ground.run.at} key="at" />,
        ],
      }
    })}
  />
)

/** What people should read: what came through, what showed of the published residuals, what was stopped for another reason. */
function Told({ run: { id, breaches, moreBreaches, residuals, notes } }: { readonly run: AttackRun }): ReactElement | null {
  if (breaches.length + residuals.length + notes.length === 0) return null
  return (
    <section aria-label="What it has shown" className="flex flex-col gap-2">
      {breaches.length === 0 ? null : (
        <div className="rounded-md bg-bad-wash p-3 text-bad">
          <p className="font-medium">Came through</p>
          <ul className="list-disc pl-4 break-words">
            {breaches.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          {moreBreaches === 0 ? null : <p>and {moreBreaches} more</p>}
          <p className="text-ink">
            Upgrade PostgreSQL and Tenantry, look at the findings, then attack again; until then keep untrusted SQL away from it.{' '}
            <To className="underline" params={{ operation: id }} to="/operations/$operation">
              The operation
            </To>
          </p>
        </div>
      )}
      {residuals.length === 0 ? null : <p className="text-soft">Residuals that are published, and showed: {residuals.join(', ')}</p>}
      {notes.length === 0 ? null : (
        <ul
          aria-label="Stopped for another reason than expected, or by a newer minor alone"
          className="list-disc pl-4 break-words text-soft"
        >
          {notes.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

const sum = (run: AttackRun, of: 'refused' | 'residual' | 'breach'): number => run.grounds.reduce((total, ground) => total + ground[of], 0)

const Runs = ({ runs }: { readonly runs: readonly AttackRun[] }): ReactElement => (
  <PlainTable
    heads={['Run', 'State', 'By', 'Of', '>Refused', '>Residual', '>Breach', 'Failed']}
    label="Runs of the attacks"
    rows={runs.map((run) => ({
      key: run.id,
      cells: [
        <To className="font-medium hover:text-accent hover:underline" key="run" params={{ operation: run.id }} to="/operations/$operation">
          <Moment at={run.at} />
        </To>,
        <Badge key="state" live={isUnderWay(run.state)} tone={operationTone(run.state)}>
          {run.state}
        </Badge>,
        run.actor,
        [...new Set(run.grounds.map(({ cluster }) => cluster))].join(', ') || '–',
        sum(run, 'refused'),
        sum(run, 'residual'),
        sum(run, 'breach'),
        run.failed ?? '–',
      ],
    }))}
  />
)
