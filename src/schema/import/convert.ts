import { createHash } from 'node:crypto'
import { isFault } from '../../kernel/faults.js'
import type { Migration } from '../migration-files.js'
import { PLAIN } from '../section-options.js'
import { statementsOf } from '../statements.js'
import { examine, isTooDeep, type Problem } from './examine.js'
import { type Format, invalid, shown } from './foreign.js'
import { type Mended, mend } from './mend.js'
import type { Named } from './versions.js'

/** One of our files, ready to be written. */
export interface Converted {
  readonly name: string
  readonly from: string
  readonly text: string
  readonly mended: readonly Problem[]
  /** What must be corrected by hand. */
  readonly problems: readonly Problem[]
  readonly extensions: readonly string[]
  /** Nothing of it is left to run. */
  readonly empty: boolean
}

export interface ConvertOptions {
  readonly format: Format
  /** The folder as messages name it. */
  readonly label: string
  readonly tenantColumn: string | null
}

/** Puts a migration of another tool into our form. Throws IMPORT_INVALID when it holds the marks of our own. */
export async function convert({ foreign, name }: Named, { format, label, tenantColumn }: ConvertOptions): Promise<Converted> {
  const { from, up = '', down = '' } = foreign
  if (/^-- migrate:/m.test(`${up}\n${down}`))
    throw invalid(from, 'has a line "-- migrate:…", which is the mark of our own files: one that is in our form already is copied as it is')
  const [above, below] = [await mended(trimmed(up), 'up'), await mended(trimmed(down), 'down')]
  const kind = foreign.repeatable ? 'repeatable' : 'sql'
  // A repeatable file is one section, without a mark.
  const head = [
    `-- From ${format}: ${shown(from)}`,
    ...(kind === 'sql' ? [`-- migrate:up${above.outside ? ' transaction:false' : ''}`] : []),
  ]
  const upper = [...head, above.text, '']
  const whole = below.state === 'empty' ? upper : [...upper, '-- migrate:down', below.text, '']
  const text = whole.join('\n')
  const lines = { up: head.length + 1, down: upper.join('\n').split('\n').length + 2 }
  const migration: Migration = {
    ...{
      version: name.replace(/_.*/, ''),
      title: name.replace(/^[^_]*_+|\.sql$/g, ''),
      file: `${label}/${name}`,
      kind,
      program: undefined,
    },
    ...{ up: above.text, upLine: lines.up, options: { ...PLAIN, transaction: !above.outside } },
    ...{ down: below.state === 'empty' ? undefined : below.text, downLine: lines.down, downOptions: PLAIN },
    checksum: createHash('sha256').update(text).digest('hex'),
  }
  const moved = (section: MendedSection, by: number): readonly Problem[] =>
    section.mended.map(({ line, says }) => ({ line: line + by - 1, says }))
  return {
    ...{ name, from, text, extensions: above.extensions, empty: above.state === 'empty' },
    mended: [...moved(above, lines.up), ...moved(below, lines.down)],
    problems: above.state === 'empty' ? [] : await examine({ migration, format, tenantColumn }),
  }
}

const trimmed = (text: string): string => text.replace(/^\s*\n/, '').trimEnd()

interface MendedSection extends Mended {
  /** `broken`: does not parse, and so is left as it is; its place is told with the other problems. */
  readonly state: 'sound' | 'empty' | 'broken'
}

async function mended(text: string, section: 'up' | 'down'): Promise<MendedSection> {
  const state = await stateOf(text)
  if (state !== 'sound') return { text, mended: [], extensions: [], outside: false, state }
  const found = await mend(text, section)
  return { ...found, state: await stateOf(found.text) }
}

async function stateOf(text: string): Promise<MendedSection['state']> {
  try {
    await statementsOf({ file: '', text, line: 1 })
    return 'sound'
  } catch (error) {
    if (isTooDeep(error)) return 'broken'
    if (!isFault(error, 'MIGRATION_INVALID')) throw error
    return (error.facts as { reason: string }).reason === 'holds no statement' ? 'empty' : 'broken'
  }
}
