import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isDay } from '../kernel/durations.js'
import { fault } from '../kernel/faults.js'

export const pageInput = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Rows per page'),
  cursor: z.string().max(1_200).optional().describe('Where the page before ended: its nextCursor'),
}

/** A page: `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(row: T) => z.object({ data: z.array(row), nextCursor: z.string().nullable() })

/** What a list may be sorted by, in either direction: `name`, `-name`. */
export const sortInput = <const By extends string>(fields: readonly [By, ...By[]]) =>
  z
    .enum([fields[0], ...fields.slice(1), ...fields.map((field): `-${By}` => `-${field}`)])
    .describe('What comes first: the smallest or oldest; with - in front the largest or newest')

export interface Sort<By extends string> {
  readonly by: By
  readonly descending: boolean
}

export const readSort = <By extends string>(sort: By | `-${By}`): Sort<By> =>
  sort.startsWith('-') ? { by: sort.slice(1) as By, descending: true } : { by: sort as By, descending: false }

/** A place in a list: what the list is sorted by, in PostgreSQL's own text, and the id that tells those apart that are equal in it. */
export interface Position {
  readonly at: string
  readonly id: string
}

/** What a list is sorted by. */
export type PositionKind = keyof typeof FITS

const MOMENT = /^\d{4}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/
const ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,18}|\d{6,12}-[0-9a-f]{16})$/
const LONGEST_TEXT = 400

// What PostgreSQL reads without an error. A cursor is UTF-8, so its text has no half of a surrogate pair.
const FITS = {
  moment: (at: string): boolean => MOMENT.test(at) && isDay(at.slice(0, 10)),
  text: (at: string): boolean => at.length <= LONGEST_TEXT && !at.includes('\0'),
  number: (at: string): boolean => /^(0|-?[1-9]\d{0,17})$/.test(at),
} as const

/**
 * The position that a cursor of this listing stands for. A listing that is sorted in several ways has a name for each, so that a cursor of one order is
 * none of another. Throws INPUT_INVALID on anything that the listing did not hand out.
 */
export function readCursor(cursor: string | undefined, listing: string, kind: PositionKind = 'moment'): Position | null {
  if (cursor === undefined) return null
  const [, at = '', id = ''] = /^(.*)\|([^|]*)\|[^|]*$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (writeCursor({ at, id }, listing) !== cursor || !FITS[kind](at) || !ID.test(id)) {
    throw fault('INPUT_INVALID', { issues: ['cursor: is not one that this listing handed out'] })
  }
  return { at, id }
}

/**
 * The digest tells a cursor that was altered, cut or meant for another listing, so that a mistake is told as one. It needs no key: a cursor is a
 * place in a list, and what its bearer may see there is asked anew.
 */
export function writeCursor({ at, id }: Position, listing: string): string {
  const digest = createHash('sha256').update(`${listing}|${at}|${id}`).digest('base64url').slice(0, 8)
  return Buffer.from(`${at}|${id}|${digest}`).toString('base64url')
}

/** Of a listing that is sorted by a number which no two of its rows have. */
export const writeNumber = (number: string, listing: string): string => writeCursor({ at: number, id: number }, listing)

/** Cuts the extra row that tells whether there is a next page. */
export function pageFrom<T extends Position>(
  rows: readonly T[],
  limit: number,
  listing: string,
): { data: Omit<T, 'at'>[]; nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    data: page.map(({ at: _, ...row }) => row),
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(last, listing) : null,
  }
}
