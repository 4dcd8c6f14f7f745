import { type FormEvent, type ReactElement, useState } from 'react'
import type { RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { useChange } from '../../data/run.js'
import { Button, IconButton } from '../../parts/button.js'
import { FIELD } from '../../parts/fields.js'
import { Menu } from '../../parts/menu.js'
import { Pending } from '../../parts/pending.js'

type View = RowOf<'view.list'>

const SCREEN = 'tenants'

export interface ViewsMenuProps {
  /** What the list shows now, as a view keeps it; empty when that is everything. */
  readonly query: string
  readonly onOpen: (query: string) => void
}

/** Filters that were kept under a name: one's own, and those that others share. */
export function ViewsMenu({ query, onOpen }: ViewsMenuProps): ReactElement {
  const { rows, loading, fault, refused, again } = usePages('view.list', { screen: SCREEN, limit: 200 })
  const at = rows.find((view) => view.query === query)
  return (
    <Menu button={{ icon: 'list' }} label={at === undefined ? 'Views' : at.name} side="right">
      {(close) => (
        <div className="flex w-72 flex-col gap-1">
          {rows.length === 0 && (loading || fault !== undefined || refused !== undefined) ? (
            <Pending again={again} fault={fault} refused={refused} />
          ) : rows.length === 0 ? (
            <p className="px-2 py-1 text-soft">No views yet. Look for something, and keep it here under a name.</p>
          ) : null}
          <ul>
            {rows.map((view) => (
              <ViewLine
                key={view.id}
                onOpen={() => {
                  close()
                  onOpen(view.query)
                }}
                shown={view.query === query}
                view={view}
              />
            ))}
          </ul>
          {query === '' || refused !== undefined || at?.mine === true ? null : <Save query={query} />}
        </div>
      )}
    </Menu>
  )
}

function ViewLine({ view, shown, onOpen }: { readonly view: View; readonly shown: boolean; readonly onOpen: () => void }): ReactElement {
  const { run, running } = useChange('view.remove')
  return (
    <li className="flex items-center">
      <Button
        aria-pressed={shown}
        className={`min-w-0 flex-1 justify-start ${shown ? 'text-accent' : 'text-ink'}`}
        look="bare"
        onClick={onOpen}
      >
        <span className="truncate">{view.name}</span>
        {view.shared ? <span className="text-xs font-normal text-soft">{view.mine ? 'shared' : `of ${view.owner}`}</span> : null}
      </Button>
      {view.mine ? (
        <IconButton
          icon="trash"
          label={`Remove the view ${view.name}`}
          onClick={() => void run({ view: view.id }, { title: `Remove the view ${view.name}`, quiet: true })}
          refused={running ? 'It is under way' : undefined}
        />
      ) : null}
    </li>
  )
}

function Save({ query }: { readonly query: string }): ReactElement {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const { run, running, failure } = useChange('view.save')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '' || running) return
    const title = `Keep the view ${name.trim()}`
    const outcome = await run({ screen: SCREEN, name: name.trim(), query, ...(shared ? { shared } : {}) }, { title, quiet: true })
    if (outcome.ok) setName('')
  }
  return (
    <form className="flex flex-col gap-1.5 border-t border-line p-2" onSubmit={submit}>
      <div className="flex gap-1">
        <input
          aria-label="Name of the view"
          className={`h-7 min-w-0 flex-1 ${FIELD}`}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          placeholder="Keep what is shown as …"
          value={name}
        />
        <Button given={{ shared }} look="main" of="view.save" refused={running ? 'It is under way' : undefined} type="submit">
          Keep
        </Button>
      </div>
      <label className="flex items-center gap-2 text-soft">
        <input checked={shared} className="size-3.5 accent-accent" onChange={(event) => setShared(event.target.checked)} type="checkbox" />
        Show it to others as well
      </label>
      {failure === undefined ? null : (
        <p className="text-bad" role="alert">
          {failure.cause}: {failure.remedy}
        </p>
      )}
    </form>
  )
}
