import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** Shown for as long as the code of a screen is on its way. */
export const Loading = (): ReactNode => (
  <p role="status" className="p-6 text-soft">
    Loading…
  </p>
)

export const NotFound = (): ReactNode => (
  <section className="p-6">
    <h1 className="text-lg font-semibold">There is no such page</h1>
    <p className="mt-2 text-soft">
      Its address may have been cut off.{' '}
      <Link to="/" className="text-accent underline">
        To the overview
      </Link>
    </p>
  </section>
)

export const Broken = ({ error, reset }: ErrorComponentProps): ReactNode => (
  <section role="alert" className="p-6">
    <h1 className="text-lg font-semibold">This page has failed</h1>
    <p className="mt-2 text-soft">Nothing was changed by that. What it says:</p>
    <pre className="mt-2 overflow-x-auto rounded border border-line bg-card p-3 font-mono">
      {error instanceof Error ? error.message : String(error)}
    </pre>
    <button type="button" onClick={reset} className="mt-3 rounded border border-edge px-3 py-1 hover:bg-hover">
      Try again
    </button>
  </section>
)
