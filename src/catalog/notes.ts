import { type Sql, sql } from '../kernel/sql.js'

export const NOTE_LEVELS = ['info', 'warn', 'error'] as const
export type NoteLevel = (typeof NOTE_LEVELS)[number]

export interface NewNote {
  readonly level: NoteLevel
  readonly text: string
  /** How long ago it was: the time itself is by the catalog's clock. */
  readonly msAgo: number
}

/** An operation has as many notes as this at most; the last one says that there are no more. */
export const MOST_NOTES = 1_000

export const insertNotes = (operation: string, notes: readonly NewNote[]): Sql => sql`
  insert into catalog.operation_note (operation_id, at, level, text)
  select ${operation}, clock_timestamp() - make_interval(secs => n.ms / 1000), n.level,
         case when n.place + k.kept < ${MOST_NOTES} then n.text else 'more than this is not kept' end
  from unnest(
    ${notes.map(({ level }) => level)}::text[],
    ${notes.map(({ text }) => text)}::text[],
    ${notes.map(({ msAgo }) => msAgo)}::float8[]
  ) with ordinality as n (level, text, ms, place),
  (select count(*) as kept from catalog.operation_note where operation_id = ${operation}) k
  where n.place + k.kept <= ${MOST_NOTES}
  order by n.place`

export interface Note {
  readonly id: string
  readonly time: Date
  readonly level: NoteLevel
  readonly text: string
}

/** In the order in which they were written. */
export const listNotes = (operation: string, after: string | null, limit: number): Sql<Note & { at: string }> => sql<Note & { at: string }>`
  select n.id::text as id, n.at as time, n.level, n.text, n.at::text as at
  from catalog.operation_note n
  where n.operation_id = ${operation} and (${after}::bigint is null or n.id > ${after}::bigint)
  order by n.id
  limit ${limit}`

export const removeOldNotes = (keptMs: number, most: number): Sql => sql`
  delete from catalog.operation_note
  where (operation_id, id) in (
    select n.operation_id, n.id
    from catalog.operation_note n
    -- By now(), which indexes can be asked for.
    where n.at < now() - make_interval(secs => ${keptMs / 1_000})
    order by n.at
    limit ${most}
  )`
