import type { ReactElement } from 'react'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { PlainTable } from '../../parts/plain-table.js'
import type { PersonSession } from './deeds.js'
import type { TabProps } from './settings.js'

// No event tells of signing in.
const EVERY_MS = 15_000

export interface SessionsProps extends TabProps {
  /** Whose; of everybody where it is left out. */
  readonly user?: string | undefined
  /** The session of this page. */
  readonly current?: string | undefined
}

/** Where people are signed in. */
export function Sessions({ ask, user, current }: SessionsProps): ReactElement {
  const list = usePages('session.list', { limit: 200 }, { every: EVERY_MS })
  const rows = list.rows.filter((session) => user === undefined || session.user === user)
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  return (
    <div className="flex flex-col gap-3">
      {rows.length === 0 ? (
        <p className="text-soft">
          {list.loading
            ? 'Loading…'
            : user === undefined
              ? 'Nobody is signed in.'
              : list.hasMore
                ? 'None among those read so far.'
                : `${user} is not signed in.`}
        </p>
      ) : (
        <PlainTable
          heads={['Who', 'Role', 'From', 'Signed in', 'Last used', 'Ends', 'End it']}
          label="Sessions"
          rows={rows.map((session) => ({
            key: session.id,
            cells: [
              <span className="inline-flex items-center gap-1" key="user">
                {session.user}
                {session.id === current ? <Badge tone="accent">this one</Badge> : null}
              </span>,
              <Role again={list.again} ask={ask} key="role" session={session} />,
              session.address ?? '–',
              <Moment at={session.begunAt} key="begun" />,
              <Moment at={session.seenAt} key="seen" />,
              <Moment at={session.endsAt} key="ends" />,
              <Button
                aria-label={`End the session of ${session.user}`}
                key="end"
                look="bare"
                of="session.end"
                onClick={() => ask({ deed: 'end', session })}
                refused={session.id === current ? 'It is this one: sign out' : undefined}
              >
                End …
              </Button>,
            ],
          }))}
        />
      )}
      {list.hasMore ? (
        <div>
          <Button disabled={list.loadingMore} onClick={list.more}>
            More
          </Button>
        </div>
      ) : null}
      <EquivalentOf input={{}} name="session.list" />
    </div>
  )
}

/** Whose role is another one for a while: until when and for what, and an end to it. */
function Role({ session, ask, again }: TabProps & { readonly session: PersonSession; readonly again: () => void }): ReactElement {
  const { id, user, role, breakGlassUntil, breakGlassReason } = session
  if (breakGlassUntil === null) return <>{role}</>
  return (
    <span className="flex flex-col items-start gap-1">
      <span className="inline-flex items-center gap-1">
        {role} <Badge tone="bad">broken glass</Badge>
      </span>
      <span className="max-w-80 text-xs break-words text-soft">
        until <Moment at={breakGlassUntil} />: {breakGlassReason}
      </span>
      <Button
        aria-label={`Take the role back from ${user}`}
        given={{ session: id }}
        look="bare"
        of="breakglass.close"
        onClick={() => ask({ deed: 'take-back', session, again })}
      >
        Take it back …
      </Button>
    </span>
  )
}
