import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { readQuery } from '../../parts/filters.js'
import { JsonFold } from '../../parts/json-view.js'
import { Loading } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Refusal } from '../../parts/refusal.js'
import { To } from '../../parts/to.js'
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
      <Loading />
    ) : (
      <Empty
        icon="list"
        says="Look for something on a list, and keep it there under a name."
        step={
          <To className="text-accent underline" to="/tenants">
            To the tenants
          </To>
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
            <To className="font-medium break-all hover:underline" key="name" search={readQuery(view.query)} to={`/${view.screen}`}>
              {view.name}
            </To>,
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
