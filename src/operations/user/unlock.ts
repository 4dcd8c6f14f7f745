import { z } from 'zod'
import { forgetAttempts } from '../../catalog/people.js'
import { digestOfName } from '../../catalog/people-format.js'
import { operation } from '../../engine/operation.js'
import { describeUser, holdUser, userName, userRow } from './row.js'

export const unlockUser = operation({
  kind: 'change',
  name: 'user.unlock',
  summary: 'Forget how often signing in with this name has failed, so that it is looked at again at once.',
  effect: 'change',
  input: z.strictObject({ user: userName }),
  output: userRow,
  faults: ['USER_NOT_FOUND'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/users/{user}/unlock',
  words: { positionals: ['user'], says: (u) => `"${u.name}" may try again` },
  async change({ platform, tx, fail }, { user }) {
    const person = await holdUser(tx, user, fail)
    await tx.run(forgetAttempts(digestOfName(platform.id, person.name)))
    return { output: describeUser(person) }
  },
})
