import { type FormEvent, type ReactElement, useId, useState } from 'react'
import { changePassword, type SignInFailure, useWho, type Who } from '../../data/session.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { FailureNote } from '../../parts/failure-note.js'
import { FIELD } from '../../parts/fields.js'
import { Moment } from '../../parts/moment.js'
import { durationWords } from '../../parts/moment-words.js'
import { Facts, Panel } from '../../parts/page.js'
import { Loading } from '../../parts/pending.js'
import { OwnSessions } from './sessions.js'
import type { TabProps } from './settings.js'

/** Oneself: who one is here, the password, and where else one is signed in. */
export function MeTab({ ask }: TabProps): ReactElement {
  const who = useWho()
  if (who === undefined) return <Loading />
  const { session } = who
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Panel title="You">
        <About who={who} />
      </Panel>
      <Panel title="Password">
        {session === null ? (
          <p className="text-soft">
            This page asks with an API key, which has none. People choose theirs by a link: the tab People makes one.
          </p>
        ) : session.issuer === null ? (
          <Password name={session.name} />
        ) : (
          <p className="text-soft">You sign in at {session.issuer}: your password, and your role, are kept there.</p>
        )}
      </Panel>
      {session === null ? null : (
        <div className="lg:col-span-2">
          <Panel title="Your sessions">
            <OwnSessions ask={ask} />
            {session.issuer === null ? <p className="mt-2 text-soft">Another password ends all but this one.</p> : null}
          </Panel>
        </div>
      )}
    </div>
  )
}

const About = ({ who: { actor, role, tenant, session } }: { readonly who: Who }): ReactElement => (
  <Facts
    of={[
      ['Name', session === null ? 'an API key' : `${session.shownAs} (${session.name})`],
      [
        'Role',
        <span className="inline-flex flex-wrap items-center gap-1" key="role">
          {role}
          {session?.breakGlass == null ? null : <Badge tone="bad">{`broken glass, your own is ${session.ownRole}`}</Badge>}
        </span>,
      ],
      ['Tenant', tenant ?? undefined],
      ['In the audit', <code key="actor">{actor}</code>],
      ['Signed in', session === null ? undefined : <Moment at={session.begunAt} key="begun" />],
      ['Ends', session === null ? undefined : <Moment at={session.endsAt} key="ends" />],
      ['Ends unused', session === null ? undefined : `after ${durationWords(session.idleSeconds * 1_000)}`],
      ['Breaking glass', session === null ? undefined : (session.mayBreakGlass ?? 'is not for you')],
    ]}
  />
)

function Password({ name }: { readonly name: string }): ReactElement {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<SignInFailure>()
  const [changed, setChanged] = useState(false)
  const change = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget
    const given = (field: string): string => String(new FormData(form).get(field) ?? '')
    setChanged(false)
    if (given('password') !== given('again')) {
      setFailure({ code: 'DIFFERENT', cause: 'the two are not the same', remedy: 'type it twice', issues: [], againAt: undefined })
      return
    }
    setBusy(true)
    const failed = await changePassword(given('current'), given('password'))
    setBusy(false)
    setFailure(failed)
    setChanged(failed === undefined)
    if (failed === undefined) form.reset()
  }
  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void change(event)}>
      {/* For whatever keeps passwords. */}
      <input autoComplete="username" hidden name="username" readOnly type="text" value={name} />
      <Field autoComplete="current-password" label="The password until now" name="current" />
      <Field autoComplete="new-password" label="The new one" minLength={12} name="password" />
      <Field autoComplete="new-password" label="The same again" name="again" />
      <p className="text-xs text-soft">At least 12 characters, without your name in them; a few words do well.</p>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {changed ? (
        <p className="text-good" role="status">
          It is changed. Wherever else you were signed in, you are no more.
        </p>
      ) : null}
      <div>
        <Button look="main" refused={busy ? 'It is under way' : undefined} type="submit">
          {busy ? 'Working …' : 'Change it'}
        </Button>
      </div>
    </form>
  )
}

function Field({
  label,
  ...rest
}: {
  readonly label: string
  readonly name: string
  readonly autoComplete: string
  readonly minLength?: number
}): ReactElement {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label className="font-medium" htmlFor={id}>
        {label}
      </label>
      <input className={`h-8 ${FIELD}`} id={id} required spellCheck={false} type="password" {...rest} />
    </div>
  )
}
