import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react'
import { now } from '../../data/clock.js'
import {
  choosePassword,
  forgetInvitation,
  hasIssuer,
  type Invited,
  readInvitation,
  type SignInFailure,
  signIn,
  useInvitation,
  usePresence,
} from '../../data/session.js'
import { useGo } from '../../shell/address.js'

const SHORTEST = 12

/** Where whoever is not signed in is, whatever the address: they are led on to that afterwards. */
export function Screen(): ReactNode {
  const presence = usePresence()
  const invited = useInvitation()
  const navigate = useGo()
  const done = presence.state === 'in' && !invited
  useEffect(() => {
    document.title = 'Sign in · Tenantry'
  }, [])
  // Whoever came by the address of this page has nowhere to go back to.
  useEffect(() => {
    if (done && location.pathname === '/sign-in') navigate('/', { replace: true })
  }, [done, navigate])
  return (
    <main className="mx-auto grid min-h-screen max-w-sm content-center gap-4 p-4">
      <p className="text-lg font-semibold">Tenantry</p>
      {invited ? <ByLink /> : <ByPassword ended={presence.state === 'out' && presence.ended} />}
    </main>
  )
}

function ByPassword({ ended }: { readonly ended: boolean }): ReactNode {
  const { busy, failure, seconds, submit } = useTry()
  const ask = (event: FormEvent<HTMLFormElement>): void => {
    const given = fieldsOf(event)
    void submit(() => signIn(given('name'), given('password')))
  }
  return (
    <form onSubmit={ask} aria-labelledby="sign-in" className="grid gap-3">
      <h1 id="sign-in" className="text-base font-medium">
        Sign in
      </h1>
      {ended && failure === undefined && (
        <p role="status" className="rounded bg-warn-wash px-3 py-2 text-warn">
          Your session has ended. Sign in, and you are back where you were.
        </p>
      )}
      <Field name="name" label="Name" autoComplete="username" autoFocus />
      <Field name="password" label="Password" type="password" autoComplete="current-password" />
      <Failed failure={failure} seconds={seconds} />
      <Go busy={busy} waits={seconds > 0} says="Sign in" />
      <ByIssuer />
      <p className="text-xs text-soft">
        Nobody has signed in yet? <code className="font-mono">tenantry serve</code> and <code className="font-mono">npm start</code> say a
        link. Forgotten the password? An administrator makes one: <code className="font-mono">tenantry user invite NAME</code>.
      </p>
    </form>
  )
}

const FAILED: Readonly<Record<string, string>> = {
  SIGN_IN_FAILED: 'Your organisation does not vouch for you, or gives you no role here.',
  SIGN_IN_UNAVAILABLE: 'Your organisation cannot be asked at the moment. Try again, or sign in by name and password.',
}

/** The other way in, where there is one, and what came of it. */
function ByIssuer(): ReactNode {
  const [there, setThere] = useState(false)
  useEffect(() => {
    let over = false
    void hasIssuer().then((is) => {
      if (!over) setThere(is)
    })
    return () => {
      over = true
    }
  }, [])
  if (!there) return undefined
  const isHere = location.pathname === '/sign-in'
  const failed = isHere ? FAILED[new URLSearchParams(location.search).get('failed') ?? ''] : undefined
  const back = isHere ? '/' : `${location.pathname}${location.search}`
  return (
    <>
      <a
        href={`/v1/session/oidc?back=${encodeURIComponent(back)}`}
        className="rounded border border-edge px-3 py-1.5 text-center font-medium hover:bg-hover"
      >
        Sign in with your organisation
      </a>
      {failed !== undefined && (
        <p role="alert" className="rounded bg-bad-wash px-3 py-2 text-bad">
          {failed}
        </p>
      )}
    </>
  )
}

function ByLink(): ReactNode {
  const { busy, failure, seconds, submit, setFailure } = useTry()
  const [invited, setInvited] = useState<Invited>()
  useEffect(() => {
    let over = false
    void readInvitation().then((found) => {
      if (over) return
      if ('code' in found) setFailure(found)
      else setInvited(found)
    })
    return () => {
      over = true
    }
  }, [setFailure])
  const choose = (event: FormEvent<HTMLFormElement>): void => {
    const given = fieldsOf(event)
    if (given('password') === given('again')) void submit(() => choosePassword(given('password')))
    else setFailure({ code: 'DIFFERENT', cause: 'the two are not the same', remedy: 'type it twice', issues: [], againAt: undefined })
  }
  if (invited === undefined) {
    return (
      <section aria-labelledby="link" className="grid gap-3">
        <h1 id="link" className="text-base font-medium">
          {failure === undefined ? 'Looking at your link…' : 'This link does not work'}
        </h1>
        <Failed failure={failure} seconds={seconds} />
        {failure !== undefined && (
          <button type="button" onClick={forgetInvitation} className="justify-self-start text-accent underline">
            Sign in by name and password
          </button>
        )}
      </section>
    )
  }
  return (
    <form onSubmit={choose} aria-labelledby="choose" className="grid gap-3">
      <h1 id="choose" className="text-base font-medium">
        Choose a password, {invited.shownAs}
      </h1>
      <p className="text-soft">
        You will sign in as <strong className="font-medium text-ink">{invited.name}</strong>. At least {SHORTEST} characters, without your
        name in them; a few words do well. The link works once.
      </p>
      {/* For whatever keeps passwords. */}
      <input type="text" name="username" value={invited.name} autoComplete="username" readOnly hidden />
      <Field name="password" label="Password" type="password" autoComplete="new-password" autoFocus minLength={SHORTEST} />
      <Field name="again" label="The same again" type="password" autoComplete="new-password" />
      <Failed failure={failure} seconds={seconds} />
      <Go busy={busy} waits={seconds > 0} says="Choose it, and sign in" />
    </form>
  )
}

/** One try at a time; one that is to wait says for how long. */
function useTry() {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<SignInFailure>()
  const [seconds, setSeconds] = useState(0)
  const againAt = failure?.againAt
  useEffect(() => {
    const count = (): void => setSeconds(againAt === undefined ? 0 : Math.max(0, Math.ceil((againAt - now()) / 1_000)))
    count()
    if (againAt === undefined) return
    const timer = setInterval(count, 500)
    return () => clearInterval(timer)
  }, [againAt])
  const submit = async (attempt: () => Promise<SignInFailure | undefined>): Promise<void> => {
    setBusy(true)
    setFailure(undefined)
    const found = await attempt()
    setBusy(false)
    setFailure(found)
  }
  return { busy, failure, seconds, submit, setFailure }
}

function fieldsOf(event: FormEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault()
  const fields = new FormData(event.currentTarget)
  return (name) => String(fields.get(name) ?? '')
}

interface FieldProps {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password'
  readonly autoComplete: string
  readonly autoFocus?: boolean
  readonly minLength?: number
}

function Field({ label, type = 'text', ...rest }: FieldProps): ReactNode {
  const id = useId()
  return (
    <div className="grid gap-1">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        required
        spellCheck={false}
        autoCapitalize="none"
        className="rounded border border-edge bg-card px-2 py-1.5"
        {...rest}
      />
    </div>
  )
}

function Failed({ failure, seconds }: { readonly failure: SignInFailure | undefined; readonly seconds: number }): ReactNode {
  if (failure === undefined) return undefined
  const waits = failure.againAt !== undefined
  return (
    <div className="rounded bg-bad-wash px-3 py-2 text-bad">
      <p role="alert" className="font-medium">
        {capital(waits ? failure.cause.replace(/: [^:]*$/, '') : failure.cause)}
      </p>
      {failure.issues.length > 1 && (
        <ul className="list-disc pl-4">
          {failure.issues.map((issue) => (
            <li key={issue}>{issue}</li>
          ))}
        </ul>
      )}
      {waits ? <p>{seconds > 0 ? `Try again in ${inWords(seconds)}.` : 'You can try again now.'}</p> : <p>{capital(failure.remedy)}</p>}
    </div>
  )
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`

const inWords = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`

const Go = ({ busy, waits, says }: { readonly busy: boolean; readonly waits: boolean; readonly says: string }): ReactNode => (
  // Natively disabled it would lose the focus with every attempt.
  <button
    type="submit"
    aria-disabled={busy || waits}
    onClick={(event) => {
      if (busy || waits) event.preventDefault()
    }}
    className="rounded bg-accent px-3 py-1.5 font-medium text-on-accent aria-disabled:opacity-60"
  >
    {busy ? 'One moment…' : says}
  </button>
)
