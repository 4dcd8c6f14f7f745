import type { Node } from '../statements.js'
import { type Foreseen, keyOf, type ObjectCheck, type ObjectKind, type Place, type RowCheck, type Unknowable } from './check.js'

/** What is foreseen statement by statement, and what the statements before have made, taken away or written. */
export interface Outlook {
  readonly foreseen: () => Foreseen
  /** The object must be there. False when the files themselves make it, so that there is nothing to ask a home for. */
  readonly need: (kind: ObjectKind, name: string, of?: string) => boolean
  /** The object must not be there: the statement makes it. */
  readonly make: (kind: ObjectKind, name: string, of?: string, sure?: boolean) => void
  readonly gone: (kind: ObjectKind, name: string, of?: string) => void
  /** Rows of a table have been written, or its columns are others now, so nothing can be asked about them. */
  readonly touch: (table: string, why: string) => void
  readonly touchAll: (why: string) => void
  readonly made: (table: string) => boolean
  /** Asks for rows, unless what it asks about is not knowable before. */
  readonly ask: (check: RowCheckWithoutPlace) => void
  /** Constraints that were added without being checked, for when they are validated. */
  readonly unproved: Map<string, readonly RowCheckWithoutPlace[]>
}

type WithoutPlace<T> = T extends unknown ? Omit<T, keyof Place> : never
export type RowCheckWithoutPlace = WithoutPlace<RowCheck>
export type Foresight = (node: Node, outlook: Outlook, text: string) => void

export function newOutlook(place: () => Place): Outlook {
  const [objects, rows, unknowable]: [ObjectCheck[], RowCheck[], Unknowable[]] = [[], [], []]
  const standing = new Map<string, 'made' | 'gone' | 'unsure'>()
  const touched = new Map<string, string>()
  let [all, unsureOfAll]: [string | undefined, boolean] = [undefined, false]
  const standingOf = (kind: ObjectKind, name: string, of?: string) => {
    const own = standing.get(keyOf({ kind, of, name }))
    if (own !== undefined || of === undefined) return own
    // Of a table that the files make, everything is theirs.
    return standing.get(keyOf({ kind: 'relation', of: undefined, name: of }))
  }
  const made = (table: string): boolean => standingOf('relation', table) !== undefined
  return {
    foreseen: () => ({ objects, rows, unknowable }),
    unproved: new Map(),
    made,
    need: (kind, name, of) => {
      if (name === '' || name.includes('.') || of?.includes('.') || standingOf(kind, name, of) !== undefined) return false
      if (!unsureOfAll) objects.push({ ...place(), kind, of, name, wanted: true })
      return true
    },
    make: (kind, name, of, sure = true) => {
      if (name === '' || name.includes('.') || of?.includes('.')) return
      const found = standingOf(kind, name, of)
      if (found === undefined && sure && !unsureOfAll) objects.push({ ...place(), kind, of, name, wanted: false })
      standing.set(keyOf({ kind, of, name }), sure ? 'made' : 'unsure')
    },
    gone: (kind, name, of) => {
      standing.set(keyOf({ kind, of, name }), 'gone')
    },
    touch: (table, why) => {
      if (!made(table) && !touched.has(table)) touched.set(table, why)
    },
    touchAll: (why) => {
      all ??= why
      unsureOfAll = true
    },
    ask: (check) => {
      const tables = check.kind === 'orphan' ? [check.table, check.target] : [check.table]
      if (tables.some((table) => table.includes('.'))) return
      // A table that the files make holds what they put there.
      if (made(check.table) && !touched.has(check.table)) return
      const columns = check.columns.filter((name) => standingOf('column', name, check.table) !== undefined)
      const why =
        all ??
        tables.map((table) => touched.get(table)).find((reason) => reason !== undefined) ??
        (columns.length > 0 ? `an earlier statement makes ${columns.join(', ')}` : undefined) ??
        (check.kind === 'orphan' && made(check.target) ? `an earlier statement makes ${check.target}` : undefined)
      if (why === undefined) rows.push({ ...check, ...place() })
      else unknowable.push({ ...place(), what: check.what, why })
    },
  }
}
