import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { Badge } from '../../parts/badge.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { countOf, countWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { PlainTable } from '../../parts/plain-table.js'
import { type Cell, standingOf, type VersionLine, versionLines } from '../../words/migration-words.js'
import { ISOLATIONS, versionWords } from '../../words/tenant-words.js'
import type { Tone } from '../../words/tone.js'
import type { Ask } from './deeds.js'
import { RunCard } from './run-card.js'

const TONES: Readonly<Record<ReturnType<typeof standingOf>, Tone>> = {
  current: 'good',
  behind: 'warn',
  'on request': 'accent',
  'past the files': 'bad',
  'no files': 'quiet',
}

/** Which version how many homes stand at, and the runs that change that. */
export function VersionsTab({ status, ask }: { readonly status: OutputOf<'migrate.status'>; readonly ask: Ask }): ReactElement {
  const lines = versionLines(status.data)
  const runs = new Set([...status.runs.map(({ operation }) => operation), ...status.troubled.map(({ operation }) => operation)])
  return (
    <div className="flex flex-col gap-4">
      {status.wishes.waiting + status.wishes.failed === 0 ? null : (
        <p className="text-soft">
          Scopes wait for {countOf(status.wishes.waiting, 'home')} that {status.wishes.waiting === 1 ? 'is' : 'are'} migrated on request;{' '}
          {countWords(status.wishes.failed)} have failed.
        </p>
      )}
      {[...runs].map((operation) => (
        <RunCard ask={ask} key={operation} operation={operation} />
      ))}
      <Panel title="Versions">
        {lines.length === 0 ? (
          <Empty
            command="tenantry tenant create acme"
            icon="database"
            says="A home is made with the first tenant in it."
            title="No homes yet"
          />
        ) : (
          <PlainTable
            heads={['Version', 'State', ...ISOLATIONS, '>Homes', '>Tenants']}
            label="Homes by version"
            rows={lines.map((line) => ({ key: `${line.track} ${line.version} ${line.current}`, cells: cellsOf(line) }))}
          />
        )}
      </Panel>
      <EquivalentOf input={{}} name="migrate.status" />
    </div>
  )
}

const cellsOf = (line: VersionLine) => [
  <span className="whitespace-nowrap" key="version">
    <span className="font-mono text-xs">{versionWords(line.version)}</span>
    {line.track === 'tenant' ? null : <span className="text-soft"> {line.track}</span>}
  </span>,
  <Badge key="state" tone={TONES[standingOf(line)]}>
    {standingOf(line)}
  </Badge>,
  ...ISOLATIONS.map((isolation) => <Homes cell={line.cells[isolation]} key={isolation} of={line.all.homes} />),
  countWords(line.all.homes),
  countWords(line.all.tenants),
]

/** How many, and which part of the line. */
const Homes = ({ cell, of }: { readonly cell: Cell | undefined; readonly of: number }): ReactElement =>
  cell === undefined ? (
    <span className="text-soft">–</span>
  ) : (
    <span className="flex items-center gap-2">
      <span aria-hidden="true" className="h-2 w-16 overflow-hidden rounded-full bg-hover">
        <span className="block h-full bg-accent" style={{ width: `${(100 * cell.homes) / of}%` }} />
      </span>
      <span className="whitespace-nowrap">
        {countOf(cell.homes, 'home')}
        {cell.tenants === cell.homes ? '' : `, ${countOf(cell.tenants, 'tenant')}`}
      </span>
    </span>
  )
