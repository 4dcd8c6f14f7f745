import { findPerson, lockPerson } from '../../catalog/people.js'
import { nameOf } from '../../catalog/people-format.js'
import type { Resource } from '../../engine/resource.js'
import { fault } from '../../kernel/faults.js'
import { describeUser } from './row.js'

/** One person, as `user show` answers them. */
export const userResource = {
  called: ({ user }) => `user "${nameOf(user)}"`,
  async lock(tx, { user }) {
    await tx.maybe(lockPerson(nameOf(user)))
  },
  async show(session, { user }) {
    const found = await session.maybe(findPerson(nameOf(user)))
    if (found === undefined) throw fault('USER_NOT_FOUND', { user: nameOf(user) })
    return describeUser(found)
  },
} satisfies Resource<{ readonly user: string }>
