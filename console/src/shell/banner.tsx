import { type ReactNode, useEffect, useState } from 'react'
import { useHearing } from './hearing.js'

// A server that is restarted is back within that time, and nobody is to be frightened.
const PATIENCE_MS = 2_000

/** Says since when nothing is heard of the platform. What is shown stays, and is asked anew as soon as it is back. */
export function ConnectionBanner(): ReactNode {
  const hearing = useHearing()
  const lost = hearing?.state === 'lost' ? hearing.since : undefined
  const [shown, setShown] = useState(false)
  useEffect(() => {
    setShown(false)
    if (lost === undefined) return
    const timer = setTimeout(() => setShown(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [lost])
  return (
    <div role="status">
      {shown && lost !== undefined && (
        <p className="border-b border-line bg-warn-wash px-4 py-1.5 text-warn">
          Nothing is heard of the platform since{' '}
          <time dateTime={new Date(lost).toISOString()}>{new Date(lost).toISOString().slice(11, 19)} UTC</time>. What you see is from
          before; it is asked anew as soon as the platform answers.
        </p>
      )}
    </div>
  )
}
