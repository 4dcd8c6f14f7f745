import { z } from 'zod'
import { countViews, findView, lockViewsOf, saveView } from '../../catalog/views.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { newId } from '../../kernel/clock.js'
import { UNFIT } from '../../kernel/plain-text.js'
import { describeView, screenName, viewRow } from './row.js'

const MOST = 100
const QUERY = new RegExp(`^[^${UNFIT}]*$`, 'u')

export const saveAView = operation({
  kind: 'change',
  name: 'view.save',
  summary: 'Keep the filters of a list under a name; one of your own with that name is replaced.',
  effect: 'change',
  input: z.strictObject({
    screen: screenName,
    name: plainText(100).describe('What to call it'),
    query: z
      .string()
      .max(2_000)
      .regex(QUERY, 'must not contain control characters')
      .refine((text) => !/tny_[0-9A-Za-z]{16}/.test(text), 'must not hold an API key; this one should be revoked')
      .describe('The filters, as they stand in the address of the list: state=suspended&sort=-since'),
    shared: z.boolean().default(false).describe('Show it to others as well'),
  }),
  output: viewRow,
  faults: ['VIEWS_FULL'],
  access: {
    own: true,
    roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'],
    stronger: { shared: ['operator', 'fleet-admin'] },
  },
  http: 'POST /v1/views',
  words: {
    positionals: ['screen', 'name', 'query'],
    says: (view) => `"${view.name}" of ${view.screen} is saved${view.shared ? ', and shared' : ''}`,
  },
  async change({ tx, caller, fail }, { screen, name, query, shared }) {
    const owner = caller.actor
    await tx.run(lockViewsOf(owner))
    const before = await tx.maybe(findView({ owner, screen, name }))
    if (before === undefined && (await tx.one(countViews(owner))).views >= MOST) throw fail('VIEWS_FULL', { most: MOST })
    return { output: describeView(await tx.one(saveView({ id: newId(), owner, screen, name, query, shared })), owner) }
  },
})
