import { type ReactNode, useEffect } from 'react'
import { type Doing, dismiss, useDoings } from '../data/doings.js'
import { To } from '../parts/to.js'
import { SCREENS } from '../screens.js'

const OPERATION = '/operations/$operation'
const DONE_FOR_MS = 6_000

const WORDS = { asked: 'is asked for', running: 'is under way', done: 'is done', failed: 'has failed' } as const
const EDGES = { asked: 'border-l-edge', running: 'border-l-accent', done: 'border-l-good', failed: 'border-l-bad' } as const

/** What was asked for on this page and how it went, newest below. What failed stays until it is dismissed. */
export function Toasts(): ReactNode {
  const doings = useDoings()
  return (
    <section
      aria-label="What was done"
      className="pointer-events-none fixed right-4 bottom-4 z-40 flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2"
    >
      {/* Each is read out by itself as it comes and changes, not all of them again. */}
      <div aria-live="polite" className="contents">
        {doings.map((doing) => (
          <Toast key={doing.id} doing={doing} />
        ))}
      </div>
    </section>
  )
}

function Toast({ doing: { id, title, state, operation, failure } }: { readonly doing: Doing }): ReactNode {
  useEffect(() => {
    if (state !== 'done') return
    const timer = setTimeout(() => dismiss(id), DONE_FOR_MS)
    return () => clearTimeout(timer)
  }, [id, state])
  return (
    <div
      data-toast={state}
      className={`pointer-events-auto flex items-start gap-2 rounded-md border border-line border-l-4 bg-raised p-3 shadow-lg ${EDGES[state]}`}
    >
      <div aria-atomic="true" className="min-w-0 flex-1 break-words">
        <p>
          <span className="font-medium">{title}</span> {WORDS[state]}.
        </p>
        {failure !== undefined && (
          <p className="mt-1 text-soft">
            <code className="font-mono text-bad">{failure.code}</code>: {failure.cause}. {failure.remedy}
          </p>
        )}
        {operation !== undefined && SCREENS.some(({ path }) => path === OPERATION) && (
          <To to={OPERATION} params={{ operation }} className="text-accent underline">
            Operation
          </To>
        )}
      </div>
      <button
        type="button"
        aria-label={`Dismiss: ${title}`}
        onClick={() => dismiss(id)}
        className="rounded px-1.5 text-soft hover:bg-hover"
      >
        ×
      </button>
    </div>
  )
}
