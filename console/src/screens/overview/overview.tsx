import type { ReactNode } from 'react'
import { useRead } from '../../data/read.js'

/** The fleet at a glance. */
export function Screen(): ReactNode {
  const { output, fault, loading } = useRead('tenant.count', {})
  return (
    <section>
      <h1 className="text-lg font-semibold">Overview</h1>
      {loading && (
        <p role="status" className="mt-4 text-soft">
          Loading…
        </p>
      )}
      {fault !== undefined && (
        <p role="alert" className="mt-4 text-bad">
          {fault.cause}. {fault.remedy}
        </p>
      )}
      {output !== undefined && (
        <p className="mt-4">
          <span className="text-3xl font-semibold tabular-nums">{output.total}</span> tenants
        </p>
      )}
    </section>
  )
}
