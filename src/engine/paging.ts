import { z } from 'zod'
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

/** The position that a cursor stands for; ids are UUIDs unless `shape` says otherwise. Throws INPUT_INVALID on anything that we did not hand out. */
export function readCursor(cursor: string | undefined, shape = /^[0-9a-f-]{36}$/): Position | null {
  if (cursor === undefined) return null
  const [at, id] = Buffer.from(cursor, 'base64url').toString('utf8').split('|')
  if (at === undefined || id === undefined || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[\d.]*[+-][\d:]+$/.test(at) || !shape.test(id)) {
    throw fault('INPUT_INVALID', { issues: ['cursor: is not one that was handed out'] })
  }
  return { at, id }
}

/** Cuts the extra row that tells whether there is a next page. */
export function pageFrom<T extends Position>(rows: readonly T[], limit: number): { data: Omit<T, 'at'>[]; nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    data: page.map(({ at: _, ...row }) => row),
    nextCursor: rows.length > limit && last !== undefined ? Buffer.from(`${last.at}|${last.id}`).toString('base64url') : null,
  }
}
