import type { ReactElement } from 'react'
import { countWords } from './number-words.js'

export interface ProgressBarProps {
  /** What it is of. */
  readonly label: string
  readonly done: number
  readonly failed?: number
  readonly skipped?: number
  readonly total: number
}

/** How far something is: what is done, what has failed, and what is left. */
export function ProgressBar({ label, done, failed = 0, skipped = 0, total }: ProgressBarProps): ReactElement {
  const share = (count: number): string => `${total === 0 ? 0 : (100 * count) / total}%`
  const words = [
    `${countWords(done)} of ${countWords(total)} done`,
    ...(failed === 0 ? [] : [`${countWords(failed)} failed`]),
    ...(skipped === 0 ? [] : [`${countWords(skipped)} left out`]),
  ].join(', ')
  return (
    <div className="flex min-w-0 items-center gap-2">
      <div
        aria-label={label}
        aria-valuemax={total}
        aria-valuemin={0}
        aria-valuenow={done + failed + skipped}
        aria-valuetext={words}
        className="flex h-2 min-w-24 flex-1 overflow-hidden rounded-full bg-hover"
        role="progressbar"
      >
        <span className="bg-good" style={{ width: share(done) }} />
        <span className="bg-bad" style={{ width: share(failed) }} />
        <span className="bg-warn" style={{ width: share(skipped) }} />
      </div>
      <span className="whitespace-nowrap text-soft tabular-nums">{words}</span>
    </div>
  )
}
