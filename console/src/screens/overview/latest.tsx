import type { ReactNode } from 'react'
import { usePages } from '../../data/read.js'
import { Trouble } from '../../parts/empty.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { To } from '../../parts/to.js'

const SHOWN = 12

/** What happened last, newest first. */
export function Latest(): ReactNode {
  const { rows, fault, loading, again } = usePages('event.list', { limit: SHOWN })
  return (
    <Panel title="Latest events">
      {fault !== undefined && rows.length === 0 && <Trouble error={fault} again={again} />}
      {!loading && fault === undefined && rows.length === 0 && <p className="text-soft">Nothing has happened in the last seven days.</p>}
      <ul className="divide-y divide-line">
        {rows.slice(0, SHOWN).map(({ id, time, type, slug, cluster, operationId, code, actor }) => (
          <li key={id} className="flex flex-wrap items-baseline gap-x-3 py-1">
            <span className="w-28 shrink-0 text-soft">
              <Moment at={time} />
            </span>
            <span className={code === null ? 'font-medium' : 'font-medium text-bad'}>
              {operationId === null ? (
                type
              ) : (
                <To to="/operations/$operation" params={{ operation: operationId }}>
                  {type}
                </To>
              )}
            </span>
            {slug !== null && (
              <To to="/tenants/$tenant" params={{ tenant: slug }}>
                {slug}
              </To>
            )}
            {cluster !== null && <span>{cluster}</span>}
            {code !== null && <code className="font-mono text-xs">{code}</code>}
            {actor !== null && <span className="ml-auto text-soft">{actor}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
