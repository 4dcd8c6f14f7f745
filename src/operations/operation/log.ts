import { z } from 'zod'
import { listNotes, NOTE_LEVELS } from '../../catalog/notes.js'
import { operationById } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { mayReadOf, WITHHELD } from '../../engine/withheld.js'
import { operationRef } from './row.js'

export const operationLog = operation({
  kind: 'direct',
  name: 'operation.log',
  summary: 'Show what an operation has done, in words, oldest first; kept for 7 days.',
  effect: 'read',
  input: z.strictObject({ operation: operationRef, ...pageInput }),
  output: pageOf(z.object({ id: z.string(), time: z.date(), level: z.enum(NOTE_LEVELS), text: z.string() })),
  faults: ['OPERATION_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/operations/{operation}/log',
  words: {
    positionals: ['operation'],
    says: ({ data, nextCursor }) => (data.length === 0 ? 'nothing is noted' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['time', 'level', 'text'],
  },
  async call({ platform, caller, fail }, { operation: id, limit, cursor }) {
    const listing = `operation.log ${id}`
    const after = readCursor(cursor, listing)?.id ?? null
    const found = await platform.catalog.maybe(operationById(id))
    if (found === undefined) throw fail('OPERATION_NOT_FOUND', { operation: id })
    const { data, nextCursor } = pageFrom(await platform.catalog.rows(listNotes(id, after, limit + 1)), limit, listing)
    // Notes are words, and have the messages of faults among them.
    return { data: mayReadOf(platform, found, caller) ? data : data.map((note) => ({ ...note, text: WITHHELD })), nextCursor }
  },
})
