import { z } from 'zod'
import type { Destroyed } from '../../catalog/tombstones.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'

/** How much was destroyed: rows where tables are shared, bytes where they were its own. */
export const destroyedRow = z.object({ tables: z.number(), rows: z.number().nullable(), bytes: z.number().nullable() })

export const amountOf = ({ tables, rows, bytes }: Destroyed): string =>
  rows === null ? `${counted(tables, 'table')}, ${humanBytes(bytes ?? 0)}` : `${counted(rows, 'row')} of ${counted(tables, 'table')}`
