import { useEffect, useRef, useState } from 'react'
import type { InputOf } from 'tenantry/api'
import { now } from '../../data/clock.js'
import type { Failure } from '../../data/doings.js'
import { useChange } from '../../data/run.js'
import { forgetHistory, historyOf, type Past, remember } from './history.js'
import type { Explained } from './plan.js'
import { type Answered, saysOf } from './rows.js'

export type Found =
  | { readonly kind: 'rows'; readonly answer: Answered }
  | { readonly kind: 'plan'; readonly explained: Explained }
  | { readonly kind: 'failed'; readonly failure: Failure }

export interface Running {
  readonly found: Found | undefined
  readonly running: boolean
  readonly past: readonly Past[]
  readonly run: (input: InputOf<'tenant.sql'>) => Promise<void>
  readonly explain: (input: InputOf<'tenant.explain'>) => Promise<void>
  /** Ends what runs, here and on the server. */
  readonly cancel: () => void
  readonly forget: () => void
}

/** Runs one statement at a time, and remembers for this person what was run. Whoever leaves the page ends what runs. */
export function useRunning(actor: string): Running {
  const [sql, plan] = [useChange('tenant.sql'), useChange('tenant.explain')]
  const [found, setFound] = useState<Found>()
  const [past, setPast] = useState(() => historyOf(actor))
  const at = useRef<AbortController | undefined>(undefined)
  useEffect(
    () => () => {
      const left = at.current
      // Whoever has left, or has signed out meanwhile, is not written about.
      at.current = undefined
      left?.abort()
    },
    [],
  )

  const during = async ({ tenant, statement, write = false }: InputOf<'tenant.sql'>, ask: (signal: AbortSignal) => Promise<Found>) => {
    at.current?.abort()
    const mine = new AbortController()
    at.current = mine
    setFound(undefined)
    const asked = { at: now(), tenant, statement, write }
    // Before it is known how it goes: whoever leaves the page finds again what they have run.
    setPast(remember(actor, { ...asked, went: 'not answered' }))
    const came = await ask(mine.signal)
    if (at.current !== mine) return
    at.current = undefined
    setFound(came)
    setPast(remember(actor, { ...asked, went: wentOf(came) }))
  }
  return {
    found,
    running: sql.running || plan.running,
    past,
    run: (input) =>
      during(input, async (signal) => {
        const outcome = await sql.run(input, {
          ...{ title: `Run a statement of ${input.tenant}`, quiet: true, signal },
          harmless: input.write !== true,
        })
        return outcome.ok ? { kind: 'rows', answer: outcome.output } : { kind: 'failed', failure: outcome.failure }
      }),
    explain: (input) =>
      during(input, async (signal) => {
        const outcome = await plan.run(input, {
          ...{ title: `Explain a statement of ${input.tenant}`, quiet: true, signal },
          harmless: true,
        })
        return outcome.ok ? { kind: 'plan', explained: outcome.output } : { kind: 'failed', failure: outcome.failure }
      }),
    cancel: () => at.current?.abort(),
    forget: () => {
      forgetHistory(actor)
      setPast([])
    },
  }
}

function wentOf(found: Found): string {
  if (found.kind === 'failed') return found.failure.code
  return found.kind === 'rows' ? saysOf(found.answer) : found.explained.analyzed ? 'explained and run' : 'explained'
}
