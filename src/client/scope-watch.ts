import { channel } from 'node:diagnostics_channel'

/** A scope of several statements, known by identity. */
export interface ScopeWatched {
  /** As the application named it. */
  readonly tenant: string
}

/** `late`: a statement was asked of a scope that had ended, and was refused. */
export interface ScopeEvent {
  readonly what: 'opened' | 'ended' | 'late'
  readonly scope: ScopeWatched
}

/** Where assertions of tests listen. */
export const SCOPE_CHANNEL = 'tenantry.scope'

const scopes = channel(SCOPE_CHANNEL)

/** Costs one look at a flag while nobody listens. */
export function tellWatchers(what: ScopeEvent['what'], scope: ScopeWatched): void {
  if (scopes.hasSubscribers) scopes.publish({ what, scope } satisfies ScopeEvent)
}
