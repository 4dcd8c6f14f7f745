import type { ReactElement, ReactNode } from 'react'
import type { Tone } from '../words/tone.js'

const TONES: Readonly<Record<Tone, string>> = {
  quiet: 'bg-hover text-soft',
  good: 'bg-good-wash text-good',
  warn: 'bg-warn-wash text-warn',
  bad: 'bg-bad-wash text-bad',
  accent: 'bg-accent-wash text-accent',
}

/** A state in a word: told by the word, and by the colour beside it. */
export const Badge = ({
  tone = 'quiet',
  children,
  live = false,
}: {
  readonly tone?: Tone
  readonly children: ReactNode
  readonly live?: boolean
}): ReactElement => (
  <span className={`inline-flex h-5 items-center gap-1.5 whitespace-nowrap rounded px-1.5 text-xs font-medium ${TONES[tone]}`}>
    <span aria-hidden="true" className={`size-1.5 rounded-full bg-current ${live ? 'animate-pulse' : ''}`} />
    {children}
  </span>
)
