import type { Log } from '../kernel/log.js'
import type { Level } from './level.js'

/** Who a tenant is, and which of its lives this is: the epoch grows with every move, restore, suspension and return. */
export interface TenantIdentity {
  readonly id: string
  readonly slug: string
  readonly epoch: string
  /** The newest migration of its home, as far as this client knows. */
  readonly version: string
}

export interface AfterCommitOptions {
  /** Also when the connection broke under COMMIT, so that nobody knows whether it has happened. For what may be done once too often. Default false. */
  readonly orUnknown?: boolean
}

export type AfterCommit = (tenant: TenantIdentity) => unknown

export interface Hook extends AfterCommitOptions {
  readonly run: AfterCommit
}

/** What was asked for in a part that is kept is asked for in what it is a part of. */
export function handUp(level: Level): void {
  if (level.hooks !== undefined && level.parent !== undefined) level.parent.hooks = [...(level.parent.hooks ?? NO_HOOKS), ...level.hooks]
}

/** How a scope has ended, as far as anybody can know. */
export type Ending = 'committed' | 'undone' | 'unknown'

export const NO_HOOKS: readonly Hook[] = []

export const dueAt = (ending: Ending, hooks: readonly Hook[]): readonly Hook[] =>
  ending === 'committed' ? hooks : ending === 'unknown' ? hooks.filter((hook) => hook.orUnknown === true) : NO_HOOKS

/** One after the other, in the order in which they were given. What they throw is told and goes no further: the scope is committed. */
export async function runHooks(hooks: readonly Hook[], whose: () => TenantIdentity | Promise<TenantIdentity>, log: Log): Promise<void> {
  for (const { run } of hooks) {
    try {
      await run(await whose())
    } catch (error) {
      log.error({ reason: (error as Error)?.message ?? String(error) }, 'what was to be done after a commit has failed; the commit stands')
    }
  }
}
