import { type ReactNode, useEffect, useState } from 'react'
import { look, signOut, useWho } from '../data/session.js'
import { BreakGlass } from './glass.js'
import { useHearing } from './hearing.js'

/** Who is signed in, with which role, and the way out. */
export function WhoIsHere(): ReactNode {
  const who = useWho()
  const hearing = useHearing()
  const [failed, setFailed] = useState<string>()
  const [breaking, setBreaking] = useState(false)
  // A stream ends with its session: whoever hears nothing any more asks whether that is why.
  useEffect(() => {
    if (hearing?.state === 'lost') void look()
  }, [hearing])
  if (who === undefined) return undefined
  const { session, role, actor } = who
  return (
    <section aria-label="Signed in" className="border-t border-line px-2 pt-2">
      <p className="truncate font-medium" title={actor}>
        {session?.shownAs ?? 'An API key'}
      </p>
      <p className="text-xs text-soft">{role}</p>
      {session !== null && (
        <button
          type="button"
          onClick={() => void signOut().then((failure) => setFailed(failure?.cause))}
          className="mt-1 text-accent underline"
        >
          Sign out
        </button>
      )}
      {session?.mayBreakGlass != null && session.breakGlass === null && (
        <button type="button" onClick={() => setBreaking(true)} className="mt-1 block text-accent underline">
          Break glass…
        </button>
      )}
      {breaking && session?.mayBreakGlass != null && <BreakGlass role={session.mayBreakGlass} onClose={() => setBreaking(false)} />}
      {failed !== undefined && (
        <p role="alert" className="mt-1 text-bad">
          You are still signed in: {failed}
        </p>
      )}
    </section>
  )
}
