import { useCallback, useRef, useState } from 'react'
import { type ApiFault, DECLARATIONS, type InputOf, isApiFault, type OutputOf, ROUTES } from 'tenantry/api'
import { api } from './client.js'
import { begin, type Failure, update } from './doings.js'
import { refresh } from './fresh.js'
import type { Touch } from './keys.js'
import type { OperationName } from './names.js'

export type Outcome<Output> =
  | { readonly ok: true; readonly output: Output; readonly operation: string | undefined }
  | { readonly ok: false; readonly failure: Failure; readonly operation: string | undefined }

export interface ChangeOptions {
  /** The version of what was shown: where that is another one by now, the change is refused with PRECONDITION_FAILED. */
  readonly ifMatch?: string | undefined
  /** What is done, in words, for the message about it: `Suspend acme`. */
  readonly title: string
  /** Told of the operation as soon as it is journaled, before it has ended. */
  readonly onAccepted?: ((operation: string) => void) | undefined
  /** No message: the form that asks shows how it went. */
  readonly quiet?: boolean | undefined
  /** Whoever asks waits no longer. What has no steps is ended by that, unless it was done already; what is journaled goes on. */
  readonly signal?: AbortSignal | undefined
  /** It changes nothing that stays: where it was ended, nothing is left of it. */
  readonly harmless?: boolean | undefined
}

/** Whoever has asked has said that it is enough. */
const LEFT: Failure = { code: 'CANCELLED', cause: 'It was cancelled', remedy: 'run it anew when it is wanted', issues: [] }

/** The answer may have been on its way already: what was to be changed may be. */
const LEFT_CHANGING: Failure = {
  code: 'CANCELLED',
  cause: 'It was cancelled, and it is not known whether it was done',
  remedy: 'look before you run it anew',
  issues: [],
}

const LOOK_MS = [400, 800, 1_500] as const

/**
 * The only way to change anything. One call is one change, however often the connection is lost on the way. What has steps is followed to its end, also over
 * a restart of the server. Never throws: what went wrong is the outcome.
 */
export async function change<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  { ifMatch, title, onAccepted, quiet = false, signal, harmless = false }: ChangeOptions,
): Promise<Outcome<OutputOf<Name>>> {
  const doing = quiet ? undefined : begin(name, title)
  const tell = (facts: Parameters<typeof update>[1]): void => {
    if (doing !== undefined) update(doing, facts)
  }
  let operation: string | undefined
  try {
    const accepted = await api.run(name, input, { ifMatch, signal, detach: true })
    operation = accepted.operation
    let output: unknown = accepted.output
    if (operation !== undefined && ROUTES[name].steps && output === undefined) {
      tell({ state: 'running', operation })
      onAccepted?.(operation)
      output = await resultOf(operation)
    }
    tell({ state: 'done', operation })
    return { ok: true, output: output as OutputOf<Name>, operation }
  } catch (error) {
    const failure = isApiFault(error) ? failureOf(error) : signal?.aborted ? (harmless ? LEFT : LEFT_CHANGING) : error
    if (!isFailure(failure)) throw error
    tell({ state: 'failed', operation, failure })
    return { ok: false, failure, operation }
  } finally {
    touch(name, input as Readonly<Record<string, unknown>>, operation)
  }
}

export interface Change<Name extends OperationName> {
  readonly run: (input: InputOf<Name>, options: ChangeOptions) => Promise<Outcome<OutputOf<Name>>>
  readonly running: boolean
  /** Of the last run; undefined while it goes on, and when it went well. */
  readonly failure: Failure | undefined
  /** Forget how the last one went. */
  readonly clear: () => void
}

/** `change` with how it stands, for a button or a form. A second run while one goes on is a change of its own. */
export function useChange<Name extends OperationName>(name: Name): Change<Name> {
  const [running, setRunning] = useState(0)
  const [failure, setFailure] = useState<Failure>()
  const turn = useRef(0)
  const run = useCallback(
    async (input: InputOf<Name>, options: ChangeOptions) => {
      const mine = ++turn.current
      setFailure(undefined)
      setRunning((count) => count + 1)
      const outcome = await change(name, input, options)
      setRunning((count) => count - 1)
      if (!outcome.ok && turn.current === mine) setFailure(outcome.failure)
      return outcome
    },
    [name],
  )
  return { run, running: running > 0, failure, clear: () => setFailure(undefined) }
}

export const failureOf = ({ code, cause, remedy, issues }: ApiFault): Failure => ({ code, cause, remedy, issues })

const isFailure = (error: unknown): error is Failure =>
  typeof error === 'object' && error !== null && 'remedy' in error && !(error instanceof Error)

/** Waits until an operation has ended and answers its result. Throws a Failure. */
async function resultOf(operation: string): Promise<unknown> {
  for (let look = 0; ; look++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS[Math.min(look, LOOK_MS.length - 1)]))
    const found = await api.attempt('operation.show', { operation })
    if (!found.ok) {
      // The server is away; what is journaled goes on when it is back.
      if (found.fault.status === 0 || found.fault.status >= 500 || found.fault.status === 429) continue
      throw found.fault
    }
    const { state, result, fault } = found.output
    if (state === 'succeeded') return result
    if (state === 'running' || state === 'undoing') continue
    const failure: Failure = {
      code: fault?.code ?? (state === 'paused' ? 'OPERATION_PAUSED' : 'OPERATION_CANCELLED'),
      cause: fault?.message ?? `the operation is ${state}`,
      remedy: state === 'paused' ? 'look at what it says, then resume, skip or cancel it' : 'look at what it says, then begin anew',
      issues: [],
    }
    throw failure
  }
}

/** What this change may have touched is asked anew at once, without waiting for the event about it. */
function touch(name: OperationName, input: Readonly<Record<string, unknown>>, operation: string | undefined): void {
  const tenant = input[DECLARATIONS[name].tenant ?? 'tenant']
  const touched: Touch = {
    operation: name,
    operationId: operation ?? null,
    tenant: typeof tenant === 'string' ? tenant : null,
    slug: typeof tenant === 'string' ? tenant : null,
    cluster: null,
  }
  refresh([touched])
}
