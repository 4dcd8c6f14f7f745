import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isDay } from '../kernel/durations.js'
import { fault } from '../kernel/faults.js'

export const pageInput = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Rows per page'),
  cursor: z.string().max(200).optional().describe('Where the page before ended: its nextCursor'),
}

/** A page: `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(row: T) => z.object({ data: z.array(row), nextCursor: z.string().nullable() })

export interface Position {
  readonly at: string
  readonly id: string
}

const MOMENT = /^\d{4}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/
const ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,18})$/

/** The position that a cursor of this listing stands for. Throws INPUT_INVALID on anything that the listing did not hand out. */
export function readCursor(cursor: string | undefined, listing: string): Position | null {
  if (cursor === undefined) return null
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('|')
  if (writeCursor({ at, id }, listing) !== cursor || !MOMENT.test(at) || !isDay(at.slice(0, 10)) || !ID.test(id)) {
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
