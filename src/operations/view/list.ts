import { z } from 'zod'
import { listViews } from '../../catalog/views.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { describeView, screenName, viewRow } from './row.js'

const LISTING = 'view.list'

export const listAllViews = operation({
  kind: 'direct',
  name: 'view.list',
  summary: 'List your saved views, and those that others share, by name.',
  effect: 'read',
  input: z.strictObject({ screen: screenName.optional(), ...pageInput }),
  output: pageOf(viewRow),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/views',
  words: {
    says: ({ data, nextCursor }) => (data.length === 0 ? 'no saved views' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['screen', 'name', 'query', 'shared', 'mine', 'id'],
  },
  async call({ platform, caller }, { screen, limit, cursor }) {
    const page = { after: readCursor(cursor, LISTING, 'text'), limit: limit + 1 }
    const { data, nextCursor } = pageFrom(await platform.catalog.rows(listViews(caller.actor, screen ?? null, page)), limit, LISTING)
    return { data: data.map((row) => describeView(row, caller.actor)), nextCursor }
  },
})
