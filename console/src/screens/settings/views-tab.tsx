import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { readQuery } from '../../parts/filters.js'
import { JsonFold } from '../../parts/json-view.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Refusal } from '../../parts/refusal.js'
import type { TabProps } from './settings.js'

/** Filters that were kept under a name: one's own, and those that others share. */
export function ViewsTab({ ask }: TabProps): ReactElement {
  return (
    <div className="flex flex-col gap-3">
      <Refusal name="view.list">
        <List ask={ask} />
      </Refusal>
      <EquivalentOf input={{}} name="view.list" />
    </div>
  )
}

function List({ ask }: TabProps): ReactElement {
  const list = usePages('view.list', { limit: 200 })
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  if (list.rows.length === 0)
    return list.loading ? (
      <p className="text-soft" role="status">
        Loading…
      </p>
    ) : (
      <Empty
        icon="list"
        says="Look for something on a list, and keep it there under a name."
        step={
          <Link className="text-accent underline" to={'/tenants' as never}>
            To the tenants
          </Link>
        }
        title="No saved views yet"
      />
    )
  return (
    <div className="flex flex-col gap-3">
      <PlainTable
        heads={['Name', 'Screen', 'Filters', 'Of', 'Remove']}
        label="Saved views"
        rows={list.rows.map((view) => ({
          key: view.id,
          cells: [
            <Link
              className="font-medium break-all hover:underline"
              key="name"
              search={readQuery(view.query) as never}
              to={`/${view.screen}` as never}
            >
              {view.name}
            </Link>,
            view.screen,
            <code className="font-mono text-xs break-all" key="query">
              {view.query === '' ? '–' : view.query}
            </code>,
            <span className="inline-flex items-center gap-1" key="of">
              {view.mine ? 'you' : view.owner}
              {view.shared ? <Badge>shared</Badge> : null}
            </span>,
            <Button
              aria-label={`Remove the view ${view.name}`}
              given={view.mine ? {} : { shared: true }}
              key="remove"
              look="bare"
              of="view.remove"
              onClick={() => ask({ deed: 'remove-view', view })}
            >
              Remove …
            </Button>,
          ],
        }))}
      />
      <JsonFold label="Saved views as JSON" value={list.rows} />
    </div>
  )
}
