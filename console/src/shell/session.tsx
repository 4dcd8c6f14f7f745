import { lazy, type ReactNode, Suspense } from 'react'
import { useInvitation, usePresence } from '../data/session.js'
import { SCREENS } from '../screens.js'
import { Frame } from './frame.js'
import { SIGN_IN } from './screen-line.js'
import { Loading } from './standing.js'

const SignIn = lazy(async () => ({ default: (await SCREENS.find(({ path }) => path === SIGN_IN)!.load()).Screen }))

/** Who is not signed in sees nothing but where to do so. The address stays: it is where they are led back to. */
export function Gate(): ReactNode {
  const presence = usePresence()
  const invited = useInvitation()
  if (presence.state === 'unknown') return <Loading />
  // Another person, or another role, begins with nothing of what was shown before.
  if (presence.state === 'in' && !invited) return <Frame key={`${presence.who.actor} ${presence.who.role} ${presence.who.tenant}`} />
  return (
    <Suspense fallback={<Loading />}>
      <SignIn />
    </Suspense>
  )
}
