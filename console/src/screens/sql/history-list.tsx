import type { ReactElement } from 'react'
import { Button } from '../../parts/button.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import type { Past } from './history.js'

/** What was run from this browser; a click puts it back into the field, and runs nothing. */
export const HistoryList = ({
  past,
  here,
  onTake,
  onForget,
}: {
  readonly past: readonly Past[]
  readonly here: string
  readonly onTake: (past: Past) => void
  readonly onForget: () => void
}): ReactElement => (
  <Panel
    actions={
      past.length === 0 ? null : (
        <Button icon="trash" look="bare" onClick={onForget}>
          Forget
        </Button>
      )
    }
    title="History"
  >
    <p className="pb-2 text-xs text-soft">
      Kept in this browser alone, and gone when you sign out. What looks as if it held a secret is not kept.
    </p>
    {past.length === 0 ? (
      <p className="text-soft">Nothing was run yet.</p>
    ) : (
      <ol aria-label="Statements that were run" className="flex max-h-96 flex-col gap-1 overflow-y-auto">
        {past.map((one) => (
          <li key={`${one.at} ${one.tenant}`}>
            <button
              className="flex w-full flex-col rounded px-2 py-1 text-left -outline-offset-2 hover:bg-hover"
              onClick={() => onTake(one)}
              title={one.statement}
              type="button"
            >
              <code className="w-full truncate font-mono text-xs">{one.statement}</code>
              <span className="text-xs text-soft">
                {one.tenant === here ? '' : `${one.tenant}, `}
                {one.write ? 'with changes, ' : ''}
                {one.went}, <Moment at={new Date(one.at).toISOString()} />
              </span>
            </button>
          </li>
        ))}
      </ol>
    )}
  </Panel>
)
