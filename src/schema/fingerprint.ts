import type { RoleNames } from '../isolation/names.js'
import type { Session } from '../postgres/session.js'
import { fingerprintOfFacts } from './drift/facts.js'
import { look } from './drift/look.js'
import type { Migration } from './migration-files.js'
import { inScratchHome } from './scratch-home.js'

/** Equal for two schemas of which the same migrations were the making, on any version. Owners, rights, policies and comments do not count, nor does the order of columns. */
export async function fingerprintOf(session: Session, schema: string): Promise<string> {
  return fingerprintOfFacts(await look(session, { schema, role: null, login: null }, undefined), 'shape')
}

/** The fingerprint of a home built from the files. Undefined where they cannot be run: then they say nothing about this schema. Part of a transaction. */
export function fingerprintOfFiles(
  session: Session,
  schema: string,
  migrations: readonly Migration[],
  names: RoleNames,
): Promise<string | undefined> {
  return inScratchHome(session, schema, migrations, names, () => fingerprintOf(session, schema)).catch(() => undefined)
}
