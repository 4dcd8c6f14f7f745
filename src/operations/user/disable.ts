import { z } from 'zod'
import { disablePerson, findPerson, voidInvitations } from '../../catalog/people.js'
import { endSessionsOf } from '../../catalog/sessions.js'
import { operation } from '../../engine/operation.js'
import { userResource } from './resource.js'
import { describeUser, holdUser, userName, userRow } from './row.js'

export const disableUser = operation({
  kind: 'change',
  name: 'user.disable',
  summary: 'Sign somebody out everywhere, and let them sign in no more. Their link, if they had one, works no more.',
  effect: 'change',
  input: z.strictObject({ user: userName }),
  output: userRow,
  faults: ['USER_NOT_FOUND'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/users/{user}/disable',
  resource: userResource,
  words: { positionals: ['user'], says: (u) => `"${u.name}" is disabled` },
  async change({ tx, fail }, { user }) {
    const { id, name } = await holdUser(tx, user, fail)
    await tx.run(disablePerson(id))
    await tx.run(voidInvitations(id))
    await tx.rows(endSessionsOf(id, null))
    return { output: describeUser(await tx.one(findPerson(name))) }
  },
})
