import type { ReactElement } from 'react'
import { useRead } from '../../data/read.js'
import { Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** The tables of the tenant; a click begins a statement over one, and runs nothing. */
export function TableList({
  tenant,
  refused,
  onTake,
}: {
  readonly tenant: string
  readonly refused: string | undefined
  readonly onTake: (statement: string) => void
}): ReactElement {
  const { output, fault, refused: unseen, again } = useRead('tenant.tables', { tenant })
  if (output === undefined)
    return (
      <Panel title="Tables">
        <Pending again={again} fault={fault} refused={unseen} />
      </Panel>
    )
  return (
    <Panel title="Tables">
      {output.data.length === 0 ? (
        <p className="text-soft">There are none yet: a migration makes them.</p>
      ) : (
        <ul aria-label="Tables" className="flex max-h-60 flex-col overflow-y-auto">
          {output.data.map(({ table }) => (
            <li key={table}>
              <button
                className="w-full truncate rounded px-2 py-0.5 text-left font-mono text-xs -outline-offset-2 hover:bg-hover aria-disabled:cursor-not-allowed aria-disabled:opacity-60"
                aria-disabled={refused !== undefined}
                onClick={() => (refused === undefined ? onTake(`select * from ${quoted(table)} limit 100`) : undefined)}
                title={refused ?? `Begin a statement over ${table}`}
                type="button"
              >
                {table}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
