import type { ReactElement } from 'react'
import { Button } from '../../parts/button.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import type { Past } from './history.js'

interface HistoryListProps {
  readonly past: readonly Past[]
  readonly here: string
  readonly onTake: (past: Past) => void
  readonly onForget: () => void
}

/** What was run from this browser; a click puts it back into the field, and runs nothing. What was meant for other tenants stands behind a fold. */
export function HistoryList({ past, here, onTake, onForget }: HistoryListProps): ReactElement {
  const [mine, others] = [past.filter(({ tenant }) => tenant === here), past.filter(({ tenant }) => tenant !== here)]
  return (
    <Panel
      actions={
        <Button icon="trash" look="bare" onClick={onForget}>
          Forget
        </Button>
      }
      title="History"
    >
      <p className="pb-2 text-xs text-soft">
        Kept in this browser alone, and gone when you sign out. What looks as if it held a secret is not kept.
      </p>
      {mine.length === 0 ? (
        <p className="text-soft">{past.length === 0 ? 'Nothing was run yet.' : 'Nothing was run here yet.'}</p>
      ) : (
        <Statements label="Statements that were run" of={mine} onTake={onTake} />
      )}
      {others.length === 0 ? null : (
        <details className="pt-2">
          <summary className="cursor-pointer text-soft">Of other tenants: {others.length}</summary>
          <Statements label="Statements of other tenants" named of={others} onTake={onTake} />
        </details>
      )}
    </Panel>
  )
}

interface StatementsProps {
  readonly label: string
  readonly of: readonly Past[]
  readonly named?: boolean
  readonly onTake: (past: Past) => void
}

const Statements = ({ label, of, named = false, onTake }: StatementsProps): ReactElement => (
  <ol aria-label={label} className="flex max-h-96 flex-col gap-1 overflow-y-auto">
    {of.map((one) => (
      <li key={`${one.at} ${one.tenant}`}>
        <button
          className="flex w-full flex-col rounded px-2 py-1 text-left -outline-offset-2 hover:bg-hover"
          onClick={() => onTake(one)}
          title={one.statement}
          type="button"
        >
          <code className="w-full truncate font-mono text-xs">{one.statement}</code>
          <span className="text-xs text-soft">
            {named ? `${one.tenant}, ` : ''}
            {one.write ? 'with changes, ' : ''}
            {one.went}, <Moment at={new Date(one.at).toISOString()} />
          </span>
        </button>
      </li>
    ))}
  </ol>
)
