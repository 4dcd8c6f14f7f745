import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react'
import type { InputOf } from 'tenantry/api'
import { useMay } from '../../data/may.js'
import { useRead } from '../../data/read.js'
import { useWho } from '../../data/session.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Confirm } from '../../parts/confirm.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { FailureNote } from '../../parts/failure-note.js'
import { FIELD } from '../../parts/fields.js'
import { PageHead } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { To } from '../../parts/to.js'
import { type Search, useAddress } from '../../shell/address.js'
import { MAY, stateTone, stateWords, type Tenant } from '../../words/tenant-words.js'
import { ChooseTenant } from './choose.js'
import { draftOf, keepDraft } from './history.js'
import { HistoryList } from './history-list.js'
import { Plan } from './plan.js'
import { Rows } from './rows.js'
import { useRunning } from './running.js'
import { TableList } from './table-list.js'

const LIMITS = ['100', '1000', '10000'] as const
const TIMEOUTS = ['30', '120', '600'] as const

const readAddress = (search: Search) => ({
  tenant: search.tenant ?? '',
  limit: LIMITS.find((one) => one === search.limit) ?? '1000',
  timeout: TIMEOUTS.find((one) => one === search.timeout) ?? '30',
})
type Query = ReturnType<typeof readAddress>

/** Statements in the scope of one tenant. They only read, unless somebody says otherwise each time. */
export function Screen(): ReactElement {
  const { filter, set } = useAddress(readAddress)
  const actor = useWho()?.actor
  const {
    output: tenant,
    fault,
    refused,
    again,
  } = useRead('tenant.show', { tenant: filter.tenant }, { enabled: filter.tenant !== '', keep: false })
  if (filter.tenant === '') return <ChooseTenant onChoose={(slug) => set({ tenant: slug })} />
  if (tenant === undefined || actor === undefined) return <Pending again={again} fault={fault} refused={refused} />
  // Another tenant begins with an empty page: nobody is to run here what was meant for there.
  return (
    <Console
      actor={actor}
      key={`${actor} ${tenant.id}`}
      onSet={(changes) => set(changes, { replace: true })}
      query={filter}
      tenant={tenant}
    />
  )
}

type Asked = 'run' | 'analyze'

interface ConsoleProps {
  readonly actor: string
  readonly tenant: Tenant
  readonly query: Query
  readonly onSet: (changes: Readonly<Record<string, string | undefined>>) => void
}

function Console({ actor, tenant: { slug, state }, query, onSet }: ConsoleProps): ReactElement {
  const [statement, setStatement] = useState(() => draftOf(actor, slug))
  const [write, setWrite] = useState(false)
  const [asked, setAsked] = useState<Asked>()
  const { found, running, past, run, explain, cancel, forget } = useRunning(actor)
  const field = useRef<HTMLTextAreaElement>(null)
  const refused = { run: useMay('tenant.sql'), write: useMay('tenant.sql', { write: true }) }
  useEffect(() => keepDraft(actor, slug, statement), [actor, slug, statement])
  const stop = useRef(cancel)
  stop.current = cancel
  useEffect(() => {
    if (!running) return
    // Wherever the focus is, save in a dialog, which closes by it.
    const listen = ({ key }: globalThis.KeyboardEvent) => {
      if (key === 'Escape' && document.querySelector('dialog[open]') === null) stop.current()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [running])

  const away = refused.run ?? (MAY.connect.includes(state) ? undefined : `Not while it is ${stateWords(state)}`)
  const why = away ?? (statement.trim() === '' ? 'There is no statement yet' : undefined)
  const [limit, timeout] = [Number(query.limit), Number(query.timeout)]
  const input: InputOf<'tenant.sql'> = { tenant: slug, statement, limit, timeout, ...(write ? { write } : {}) }
  const planned = (analyze: boolean): InputOf<'tenant.explain'> => ({
    ...{ tenant: slug, statement, tree: true, timeout },
    ...(analyze ? { analyze, ...(write ? { write } : {}) } : {}),
  })
  const start = (what: Asked) => {
    // The next one only reads again.
    setWrite(false)
    setAsked(undefined)
    void (what === 'run' ? run(input) : explain(planned(true)))
  }
  const ask = (what: Asked) => (write ? setAsked(what) : start(what))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    if (why !== undefined || running) return
    if (event.shiftKey) void explain(planned(false))
    else ask('run')
  }
  const take = (text: string) => {
    setStatement(text)
    setWrite(false)
    field.current?.focus()
  }
  return (
    <div className="flex flex-col gap-4">
      <PageHead
        beside={
          <>
            <To params={{ tenant: slug }} to="/tenants/$tenant">
              {slug}
            </To>
            <Badge tone={stateTone(state)}>{stateWords(state)}</Badge>
            {write ? <Badge tone="bad">may change data</Badge> : <Badge>read-only</Badge>}
          </>
        }
        says="One statement at a time, as the application of this tenant would run it. Each is audited, by its digest."
        title="SQL"
        actions={<Button onClick={() => onSet({ tenant: undefined })}>Another tenant</Button>}
      />
      {away === undefined ? null : (
        <p className="rounded-md bg-warn-wash p-3 text-warn" id="sql-away">
          {away}
        </p>
      )}
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="flex min-w-0 flex-col gap-3">
          <label className="flex flex-col gap-1">
            <span className="font-medium">Statement</span>
            <textarea
              aria-describedby={away === undefined ? 'sql-keys' : 'sql-away'}
              autoCapitalize="off"
              autoComplete="off"
              className={`min-h-36 resize-y py-2 font-mono text-[13px] leading-5 disabled:opacity-60 ${FIELD}`}
              disabled={away !== undefined}
              onChange={(event) => setStatement(event.target.value)}
              onKeyDown={onKeyDown}
              placeholder="select …"
              ref={field}
              spellCheck={false}
              value={statement}
            />
          </label>
          <p className="text-xs text-soft" id="sql-keys">
            Ctrl Enter runs it, Ctrl Shift Enter shows its plan, Escape cancels.
          </p>
          <div className="flex flex-wrap items-center gap-2">
            <Button
              icon="play"
              look={write ? 'danger' : 'main'}
              of="tenant.sql"
              onClick={() => ask('run')}
              refused={running ? 'One is running' : why}
            >
              Run
            </Button>
            {/* Beside it, and never in its place: the second click of two would end what the first has begun. */}
            <Button icon="close" look="danger" onClick={cancel} refused={running ? undefined : 'Nothing runs'}>
              Cancel
            </Button>
            <Button icon="list" of="tenant.explain" onClick={() => void explain(planned(false))} refused={running ? 'One is running' : why}>
              Explain
            </Button>
            <Button icon="activity" of="tenant.explain" onClick={() => ask('analyze')} refused={running ? 'One is running' : why}>
              Explain and run
            </Button>
            <Pick label="Rows at most" onPick={(value) => onSet({ limit: value })} values={LIMITS} value={query.limit} />
            <Pick label="Seconds at most" onPick={(value) => onSet({ timeout: value })} values={TIMEOUTS} value={query.timeout} />
            <label className="flex items-center gap-1.5" title={refused.write}>
              <input
                aria-describedby={refused.write === undefined ? undefined : 'sql-no-write'}
                aria-disabled={refused.write !== undefined}
                checked={write}
                className="size-3.5 accent-accent aria-disabled:cursor-not-allowed aria-disabled:opacity-60"
                onChange={(event) => setWrite(event.target.checked && refused.write === undefined)}
                type="checkbox"
              />
              Let it change data
            </label>
            {refused.write === undefined ? null : (
              <span className={refused.run === undefined ? 'text-xs text-soft' : 'sr-only'} id="sql-no-write">
                ({refused.write})
              </span>
            )}
          </div>
          {running ? (
            <p className="text-soft" role="status">
              It runs …
            </p>
          ) : null}
          {found?.kind === 'failed' ? <FailureNote failure={found.failure} /> : null}
          {found?.kind === 'rows' ? <Rows answer={found.answer} /> : null}
          {found?.kind === 'plan' ? <Plan explained={found.explained} /> : null}
          {found?.kind === 'plan' ? (
            <EquivalentOf input={planned(found.explained.analyzed)} name="tenant.explain" />
          ) : (
            <EquivalentOf input={input} name="tenant.sql" />
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <TableList onTake={take} refused={away} tenant={slug} />
          <HistoryList here={slug} onForget={forget} onTake={(one) => take(one.statement)} past={past} />
        </div>
      </div>
      {asked === undefined ? null : (
        <Confirm
          danger
          onClose={() => setAsked(undefined)}
          onGo={() => start(asked)}
          says={
            <div className="flex flex-col gap-2">
              <p>
                {asked === 'run'
                  ? `It may change the data of ${slug}, and what it changes stays.`
                  : `It runs in a scope of ${slug} that may write, and is rolled back. What sequences have counted is not.`}
              </p>
              <pre className="max-h-40 overflow-auto rounded bg-hover p-2 font-mono text-xs break-all whitespace-pre-wrap text-ink">
                {statement}
              </pre>
            </div>
          }
          title={`Change data of ${slug}`}
          types={slug}
          verb={`Run it in ${slug}`}
        />
      )}
    </div>
  )
}

const Pick = ({
  label,
  values,
  value,
  onPick,
}: {
  readonly label: string
  readonly values: readonly string[]
  readonly value: string
  readonly onPick: (value: string) => void
}): ReactElement => (
  <label className="flex items-center gap-1.5 text-soft">
    {label}
    <select className={`h-7 ${FIELD}`} onChange={(event) => onPick(event.target.value)} value={value}>
      {values.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  </label>
)
