import type { ReactElement } from 'react'
import { usePages, useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { Loading } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import type { OwnSession, PersonSession } from './deeds.js'
import type { TabProps } from './settings.js'

// No event tells of signing in.
const EVERY_MS = 15_000

const HEADS = ['From', 'Signed in', 'Last used', 'Ends', 'End it']

/** Where somebody is signed in, or everybody. */
export function Sessions({ ask, user }: TabProps & { readonly user?: string | undefined }): ReactElement {
  const input = { user, limit: 200 }
  const list = usePages('session.list', input, { every: EVERY_MS })
  if (list.fault !== undefined) return <Trouble again={list.again} error={list.fault} />
  return (
    <div className="flex flex-col gap-3">
      {list.rows.length === 0 ? (
        <p className="text-soft">{list.loading ? 'Loading…' : `${user ?? 'Nobody'} is ${user === undefined ? '' : 'not '}signed in.`}</p>
      ) : (
        <PlainTable
          heads={['Who', 'Role', ...HEADS]}
          label="Sessions"
          rows={list.rows.map((session) => ({
            key: session.id,
            cells: [
              session.user,
              <Role key="role" session={session}>
                <Button
                  aria-label={`Take the role back from ${session.user}`}
                  given={{ session: session.id }}
                  look="bare"
                  of="breakglass.close"
                  onClick={() => ask({ deed: 'take-back', session, again: list.again })}
                >
                  Take it back …
                </Button>
              </Role>,
              ...whereAndWhen(session),
              <Button
                aria-label={`End the session of ${session.user}`}
                key="end"
                look="bare"
                of="session.end"
                onClick={() => ask({ deed: 'end', session })}
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
      <EquivalentOf input={input} name="session.list" />
    </div>
  )
}

/** Where whoever looks at this page is signed in. */
export function OwnSessions({ ask }: TabProps): ReactElement {
  const { output, fault, again } = useRead('session.own', {}, { every: EVERY_MS })
  if (fault !== undefined) return <Trouble again={again} error={fault} />
  if (output === undefined) return <Loading />
  return (
    <PlainTable
      heads={['Which', 'Role', ...HEADS]}
      label="Your sessions"
      rows={output.data.map((session) => ({
        key: session.id,
        cells: [
          session.current ? (
            <Badge key="which" tone="accent">
              this one
            </Badge>
          ) : (
            'another'
          ),
          <Role key="role" session={session} />,
          ...whereAndWhen(session),
          <Button
            aria-label={session.current ? 'End this session' : 'End another session of yours'}
            key="end"
            look="bare"
            of="session.leave"
            onClick={() => ask({ deed: 'leave', session })}
            refused={session.current ? 'It is this one: sign out' : undefined}
          >
            End …
          </Button>,
        ],
      }))}
    />
  )
}

const whereAndWhen = ({ address, begunAt, seenAt, endsAt }: PersonSession | OwnSession): readonly (ReactElement | string)[] => [
  address ?? '–',
  <Moment at={begunAt} key="begun" />,
  <Moment at={seenAt} key="seen" />,
  <Moment at={endsAt} key="ends" />,
]

interface RoleProps {
  readonly session: PersonSession | OwnSession
  /** What can be done about broken glass. */
  readonly children?: ReactElement
}

/** Whose role is another one for a while: until when and for what. */
function Role({ session: { role, breakGlassUntil, breakGlassReason }, children }: RoleProps): ReactElement {
  if (breakGlassUntil === null) return <>{role}</>
  return (
    <span className="flex flex-col items-start gap-1">
      <span className="inline-flex items-center gap-1">
        {role} <Badge tone="bad">broken glass</Badge>
      </span>
      <span className="max-w-80 text-xs break-words text-soft">
        until <Moment at={breakGlassUntil} />: {breakGlassReason}
      </span>
      {children}
    </span>
  )
}
