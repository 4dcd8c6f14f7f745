import { type FormEvent, type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { useChange } from '../../data/run.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { FailureNote } from '../../parts/failure-note.js'
import { FIELD } from '../../parts/fields.js'
import { durationWords } from '../../parts/moment-words.js'
import { countOf, countWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { To } from '../../parts/to.js'

type Plan = OutputOf<'migrate.plan'>

const code = (text: string): ReactElement => <span className="font-mono text-xs break-all">{text}</span>

/** What the files that wait would do: locks and time, what would fail where, and in which order homes would come. */
export function PlanTab({ forecast, onForecast }: { readonly forecast: boolean; readonly onForecast: () => void }): ReactElement {
  const { output, fault, refused, again, previous } = useRead('migrate.plan', { forecast })
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  if (output.pendingHomes + output.pendingPlatforms === 0)
    return (
      <Empty
        command="tenantry migrate new add_colour"
        icon="check"
        says="Every home has what there is. The next file that the server finds is planned here."
        title="Nothing is to be done"
      />
    )
  return (
    <div aria-busy={previous} className="flex flex-col gap-4">
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      <Panel title="Files">
        <PlainTable
          heads={['File', '>Homes', '>Tenants', 'Others wait', 'What would help']}
          label="Files that wait"
          rows={output.files.map((file) => ({ key: `${file.track} ${file.file}`, cells: fileCells(file) }))}
        />
      </Panel>
      <Panel title="Statements">
        <PlainTable
          heads={['Where', 'Statement', 'Who waits', 'Work', '>Homes', 'About', 'What it means']}
          label="Statements"
          rows={output.data.map((one) => ({
            key: `${one.file}:${one.line} ${one.statement}`,
            cells: [
              code(`${one.file}:${one.line}`),
              code(one.statement),
              one.waits,
              one.work,
              countWords(one.homes),
              <span className="whitespace-nowrap" key="about">
                {one.about}
              </span>,
              one.says,
            ],
          }))}
        />
      </Panel>
      <Forecast forecast={output.forecast} loading={previous} onForecast={onForecast} />
      <Waves />
      <EquivalentOf input={{ forecast }} name="migrate.plan" />
    </div>
  )
}

const fileCells = (file: Plan['files'][number]) => [
  code(file.file),
  countWords(file.homes),
  countWords(file.tenants),
  file.program ? (
    'not known of a program'
  ) : (
    <span className="inline-flex items-center gap-2 whitespace-nowrap" key="waits">
      <Badge tone={file.fits ? 'good' : 'bad'}>{file.fits ? 'fits' : 'too long'}</Badge>
      {durationWords(file.aboutMs)} of {durationWords(file.budgetMs)}
    </span>
  ),
  file.advice.length === 0 ? (
    <span className="text-soft" key="advice">
      –
    </span>
  ) : (
    <ul className="list-disc pl-4" key="advice">
      {file.advice.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  ),
]

function Forecast({
  forecast,
  loading,
  onForecast,
}: {
  readonly forecast: Plan['forecast']
  readonly loading: boolean
  readonly onForecast: () => void
}): ReactElement {
  const { asked, homes, findings, unanswered, unknowable } = forecast
  if (!asked)
    return (
      <Panel title="What would fail">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-soft">Every home can be asked for rows and objects that would make a file fail. It is only looked at.</p>
          <Button onClick={onForecast} refused={loading ? 'Every home is being asked' : undefined}>
            {loading ? 'Asking …' : 'Ask every home'}
          </Button>
        </div>
      </Panel>
    )
  return (
    <Panel title="What would fail">
      <div className="flex flex-col gap-3">
        <p>
          {countOf(homes, 'home')} asked. {findings.length === 0 ? 'In none of them anything stands in the way.' : ''}
        </p>
        {findings.length === 0 ? null : (
          <PlainTable
            heads={['Home', 'Where', 'What', '>Rows', 'Keys of the first']}
            label="What would fail"
            rows={findings.map((one) => ({
              key: `${one.home} ${one.file}:${one.line} ${one.what}`,
              cells: [
                one.tenant === null ? (
                  code(`${one.database}.${one.home}`)
                ) : (
                  <To className="font-medium hover:underline" key="tenant" params={{ tenant: one.tenant }} to="/tenants/$tenant">
                    {one.tenant}
                  </To>
                ),
                code(`${one.file}:${one.line}`),
                one.what,
                one.rows === null ? '–' : countWords(one.rows),
                code(one.keys.join(', ')),
              ],
            }))}
          />
        )}
        {[
          ...unanswered.map((one) => `${one.database}.${one.home}, ${one.file}:${one.line}: ${one.what} (${one.why})`),
          ...unknowable.map((one) => `${one.file}:${one.line}: ${one.what} (${one.why})`),
        ].map((line) => (
          <p className="text-soft" key={line}>
            Not known: {line}
          </p>
        ))}
      </div>
    </Panel>
  )
}

/** In which order homes would come: what `--dry-run` says. */
function Waves(): ReactElement {
  const [waves, setWaves] = useState('')
  const { run, running, failure } = useChange('migrate.up')
  const [shown, setShown] = useState<NonNullable<OutputOf<'migrate.up'>>['waves']>()
  const input = { dryRun: true, ...(waves.trim() === '' ? {} : { waves: waves.trim() }) }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const outcome = await run(input, { title: 'Show the waves', quiet: true })
    setShown(outcome.ok ? outcome.output?.waves : undefined)
  }
  return (
    <Panel title="Waves">
      <form className="flex flex-wrap items-end gap-2" onSubmit={submit}>
        <label className="flex min-w-60 flex-1 flex-col gap-1">
          <span className="font-medium">Waves</span>
          <input
            autoComplete="off"
            className={`h-8 ${FIELD}`}
            onChange={({ target }) => setWaves(target.value)}
            placeholder="5%,25%,100% or canary:label=ring=early,rest"
            spellCheck={false}
            value={waves}
          />
        </label>
        <Button of="migrate.up" refused={running ? 'It is under way' : undefined} type="submit">
          Show in which order
        </Button>
      </form>
      {failure === undefined ? null : (
        <div className="mt-3">
          <FailureNote failure={failure} />
        </div>
      )}
      {shown === undefined ? null : (
        <div className="mt-3 flex flex-col gap-3">
          <PlainTable
            heads={['Wave', '>Homes', '>Tenants']}
            label="Homes by wave"
            rows={shown.map((one) => ({
              key: String(one.wave),
              cells: [`${one.wave}. ${one.name}`, countWords(one.homes), countWords(one.tenants)],
            }))}
          />
          <EquivalentOf input={input} name="migrate.up" />
        </div>
      )}
    </Panel>
  )
}
