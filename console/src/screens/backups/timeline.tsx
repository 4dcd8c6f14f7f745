import type { ReactElement } from 'react'
import { Moment, useNow } from '../../parts/moment.js'
import { countOf } from '../../parts/number-words.js'
import { type Backup, type Mark, marksOf } from '../../words/backup-words.js'

const COLOURS: Readonly<Record<Mark['proof']['tone'], string>> = {
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  accent: 'bg-accent',
  quiet: 'bg-edge',
}

/** When backups were made, up to now. The list below has the same in words. */
export function Timeline({
  backups,
  onChoose,
}: {
  readonly backups: readonly Backup[]
  readonly onChoose: (id: string) => void
}): ReactElement | null {
  const { from, marks } = marksOf(backups, useNow())
  if (marks.length === 0) return null
  return (
    <figure className="rounded-lg border border-line bg-card px-4 pt-3 pb-2">
      <div aria-hidden="true" className="relative mx-1 h-6">
        <span className="absolute top-1/2 h-px w-full bg-edge" />
        {marks.map(({ id, place, proof }) => (
          <button
            className={`absolute top-1/2 size-3 -translate-1/2 cursor-pointer rounded-full border-2 border-card ${COLOURS[proof.tone]}`}
            key={id}
            onClick={() => onChoose(id)}
            style={{ left: `${100 * place}%` }}
            tabIndex={-1}
            type="button"
          />
        ))}
      </div>
      <figcaption className="flex justify-between text-xs text-soft">
        <Moment at={new Date(from).toISOString()} />
        <span>{countOf(marks.length, 'backup')}, by when they were made</span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}
