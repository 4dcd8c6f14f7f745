import type { Platform } from '../engine/platform.js'
import type { Log } from '../kernel/log.js'
import type { Sql } from '../kernel/sql.js'

/** Writes a refusal into the audit. Whoever is refused is told so, also where that cannot be written: then the log has it. */
export async function auditRefusal(
  { catalog }: Pick<Platform, 'catalog'>,
  log: Log,
  entry: Sql,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  await catalog.run(entry).catch((error: Error) => log.error({ ...facts, error: error.message }, 'a refusal could not be audited'))
}
