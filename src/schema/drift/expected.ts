import type { HomePlace } from '../../isolation/model.js'
import type { RoleNames } from '../../isolation/names.js'
import { raiseHomeWalls } from '../../isolation/walls.js'
import { newId } from '../../kernel/clock.js'
import { lockTimeout, type Session } from '../../postgres/session.js'
import type { Migration } from '../migration.js'
import { inScratchHome } from '../scratch-home.js'
import type { Fact } from './facts.js'
import { look } from './look.js'

const LOCK_TIMEOUT_MS = 5_000

/**
 * What the files make, with its walls: built in a schema that is gone again. `like` is a home of the same kind, whose role gets the grants meanwhile. Part
 * of a transaction, as the administrator. Throws what a file throws.
 */
export async function expectedFacts(
  session: Session,
  files: readonly Migration[],
  like: Pick<HomePlace, 'role' | 'login' | 'isolation'>,
  names: RoleNames,
  tenantColumn: string | null,
): Promise<readonly Fact[]> {
  const schema = `tenantry_scratch_${newId().slice(0, 8)}`
  // A file that refers to a platform table locks it for a moment.
  await session.run(lockTimeout(LOCK_TIMEOUT_MS))
  return inScratchHome(session, schema, files, names, async () => {
    await raiseHomeWalls(session, { ...like, schema }, names, tenantColumn)
    return look(session, { schema, role: like.role, login: like.login }, names)
  })
}
