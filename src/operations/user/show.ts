import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { userResource } from './resource.js'
import { userName, userRow } from './row.js'

export const showUser = operation({
  kind: 'direct',
  name: 'user.show',
  summary: 'Show one person who may sign in.',
  effect: 'read',
  input: z.strictObject({ user: userName }),
  output: userRow,
  faults: ['USER_NOT_FOUND'],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/users/{user}',
  words: {
    positionals: ['user'],
    says: (u) =>
      [
        `${u.name} (${u.shownAs})`,
        `  id         ${u.id}`,
        `  role       ${u.role}${u.tenant === null ? '' : ` of ${u.tenant}`}`,
        `  state      ${u.state}`,
        ...(u.breakGlass === null ? [] : [`  may break  glass, and be ${u.breakGlass} for a while`]),
        `  signed in  ${u.signedInAt?.toISOString() ?? 'never'}`,
      ].join('\n'),
  },
  call: ({ platform }, input) => userResource.show(platform.catalog, input),
})
