import { z } from 'zod'
import { enablePerson, findPerson } from '../../catalog/people.js'
import { operation } from '../../engine/operation.js'
import { userResource } from './resource.js'
import { describeUser, holdUser, userName, userRow } from './row.js'

export const enableUser = operation({
  kind: 'change',
  name: 'user.enable',
  summary: 'Let somebody who was disabled sign in again, with the password that they had.',
  effect: 'change',
  input: z.strictObject({ user: userName }),
  output: userRow,
  faults: ['USER_NOT_FOUND'],
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/users/{user}/enable',
  resource: userResource,
  words: {
    positionals: ['user'],
    says: (u) => `"${u.name}" may sign in${u.state === 'active' ? '' : '; they have no password: make a link with `tenantry user invite`'}`,
  },
  async change({ tx, fail }, { user }) {
    const { id, name } = await holdUser(tx, user, fail)
    await tx.run(enablePerson(id))
    return { output: describeUser(await tx.one(findPerson(name))) }
  },
})
