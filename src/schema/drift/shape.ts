import type { RoleNames } from '../../isolation/names.js'
import { newId } from '../../kernel/clock.js'
import { fault, isFault } from '../../kernel/faults.js'
import { lockTimeout, type Session } from '../../postgres/session.js'
import type { Migration } from '../migration-files.js'
import { inScratchHome } from '../scratch-home.js'
import type { Fact } from './facts.js'
import { look } from './look.js'

const LOCK_TIMEOUT_MS = 5_000

/** What the files make, without walls, so that it is the same for every isolation. Part of a transaction. Throws MIGRATION_FAILED. */
export async function shapeOfFiles(session: Session, files: readonly Migration[], names: RoleNames): Promise<readonly Fact[]> {
  const schema = `tenantry_scratch_${newId().slice(0, 8)}`
  let file = ''
  try {
    await session.run(lockTimeout(LOCK_TIMEOUT_MS))
    const read = () => look(session, { schema, role: null, login: null }, names)
    return await inScratchHome(session, schema, files, names, read, (migration) => {
      file = migration.file
    })
  } catch (error) {
    if (isFault(error)) throw error
    throw fault('MIGRATION_FAILED', { file, home: 'a scratch home', reason: (error as Error).message }, { cause: error })
  }
}
