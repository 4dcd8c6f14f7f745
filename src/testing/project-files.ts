import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fleet } from './fleet.js'

/** Adds a migration to a fleet's project. `name` is `tenant/<file>` or `platform/<file>`. */
export const addMigration = (fleet: Fleet, name: string, text: string): Promise<void> =>
  writeFile(join(fleet.folder, 'migrations', name), text)
