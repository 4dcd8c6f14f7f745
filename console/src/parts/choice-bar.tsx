import type { ReactElement } from 'react'

export interface ChoiceBarProps<Id extends string | undefined> {
  readonly label: string
  readonly of: readonly (readonly [id: Id, words: string])[]
  /** Where it is none of them, none is pressed. */
  readonly at: string | true | undefined
  readonly onGo: (id: Id) => void
}

/** A few ways to look at the same thing, of which one holds. */
export const ChoiceBar = <Id extends string | undefined>({ label, of, at, onGo }: ChoiceBarProps<Id>): ReactElement => (
  <nav aria-label={label} className="flex flex-wrap gap-1">
    {of.map(([id, words]) => (
      <button
        aria-pressed={at === id}
        className="rounded-md px-2 py-1 whitespace-nowrap text-soft tabular-nums hover:bg-hover hover:text-ink aria-pressed:bg-hover aria-pressed:font-medium aria-pressed:text-ink"
        key={id ?? ''}
        onClick={() => onGo(id)}
        type="button"
      >
        {words}
      </button>
    ))}
  </nav>
)
