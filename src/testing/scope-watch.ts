import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { SCOPE_CHANNEL, type ScopeEvent, type ScopeWatched } from '../client/scope-watch.js'

/** What became of the scopes that were opened while it watched. */
export interface ScopeWatch {
  /** Scopes that are open now, and statements that came after the end of theirs: each a sentence, with the place in the code where the scope was opened. */
  readonly leaks: () => readonly string[]
  readonly end: () => void
}

/** Where scopes were opened, for those that are used after their watch has ended. */
const places = new WeakMap<ScopeWatched, string>()
const watches = new AsyncLocalStorage<object>()

/** Watches all scopes of this process. */
export const watchAllScopes = (): ScopeWatch => watch(() => true)

/** Watches the scopes that `body` opens, also by what it does not wait for; those of other tests that run at the same time are not its concern. */
export function watchScopesOf<T>(body: () => T): { readonly answer: T; readonly watch: ScopeWatch } {
  const mine = {}
  const watching = watch(() => watches.getStore() === mine)
  return { answer: watches.run(mine, body), watch: watching }
}

function watch(isMine: () => boolean): ScopeWatch {
  const open = new Set<ScopeWatched>()
  const seen = new WeakSet<ScopeWatched>()
  const late: string[] = []
  const listen = (message: unknown): void => {
    const { what, scope } = message as ScopeEvent
    if (what === 'opened' && isMine()) {
      places.set(scope, callerOf())
      seen.add(scope)
      open.add(scope)
    }
    if (what === 'ended') open.delete(scope)
    if (what === 'late' && (seen.has(scope) || isMine())) {
      late.push(`a statement for tenant "${scope.tenant}" came after the end of its scope, ${places.get(scope) ?? 'opened earlier'}`)
    }
  }
  subscribe(SCOPE_CHANNEL, listen)
  return {
    leaks: () => [...[...open].map((scope) => `a scope of tenant "${scope.tenant}" is still open, ${places.get(scope)}`), ...late],
    end: () => unsubscribe(SCOPE_CHANNEL, listen),
  }
}

// The frames of this package stand above those of whoever called it, and Node's own come between.
const OURS = /[\\/](src|dist)[\\/](client|testing|orm|pool|postgres|engine)[\\/]|node:|node_modules[\\/]tenantry[\\/]/

function callerOf(): string {
  const trace: { stack?: string } = {}
  Error.captureStackTrace(trace, callerOf)
  const frame = trace.stack?.split('\n').find((line) => line.startsWith('    at ') && !OURS.test(line))
  return frame === undefined ? 'opened where no caller is known' : `opened ${frame.trim()}`
}
