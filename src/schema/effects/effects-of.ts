import { callsIn } from '../keeps-rows.js'
import type { Statement } from '../statements.js'
import { alterTable } from './alter-table.js'
import { create } from './create.js'
import { data } from './data.js'
import { drop, rename } from './drop.js'
import type { Effect } from './effect.js'
import { newNotes, newStory, type Reading, type Story } from './notes.js'
import { others } from './others.js'

const READINGS: Readonly<Record<string, Reading>> = { ...create, ...alterTable, ...drop, ...rename, ...data, ...others }

// These only write down what is called; nothing of it runs before somebody uses what was made.
const NOT_CALLED = new Set([
  'CreateStmt',
  'ViewStmt',
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'CreateDomainStmt',
  'CommentStmt',
  'DefineStmt',
])

/**
 * What each statement of a section locks, rewrites and scans, in order. It reads nothing but the text, so that what only the catalog of a database knows
 * (the table of an index, who references a table that is dropped) is said to be hidden. Given a story, it goes on from what that tells, and adds to it.
 */
export function effectsOf(statements: readonly Statement[], story: Story = newStory()): readonly Effect[] {
  return statements.map(({ kind, node }) => {
    const notes = newNotes(story)
    const reading = READINGS[kind]
    if (reading === undefined) {
      notes.uneven()
      notes.data('what it locks is not known')
      return notes.effect()
    }
    if (node.if_not_exists === true || node.missing_ok === true || node.skipIfNewValExists === true) notes.uneven()
    if (!NOT_CALLED.has(kind) && callsIn(node).own) notes.uneven()
    const done = reading(node, notes)
    const effect = notes.effect()
    // What a statement makes, renames or drops is known to the next one, not to itself.
    done?.()
    return effect
  })
}
