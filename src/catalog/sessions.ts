import { askedAlike, type Sql, sql } from '../kernel/sql.js'
import type { Role } from './keys.js'
import type { BreakglassRole } from './people.js'

export interface Session {
  readonly id: string
  readonly personId: string
  readonly name: string
  readonly shownAs: string
  /** Who vouches for the person, and knows their password; null: we do. */
  readonly issuer: string | null
  /** The person's own. */
  readonly ownRole: Role
  readonly tenantId: string | null
  /** What breaking glass would give this person. */
  readonly mayBreak: BreakglassRole | null
  readonly breakglassRole: BreakglassRole | null
  readonly breakglassUntil: Date | null
  readonly breakglassReason: string | null
  readonly begunAt: Date
  readonly seenAt: Date
  readonly endsAt: Date
  readonly address: string | null
}

// Glass that was broken for a while is whole again by itself, and at once when it may not be broken any more.
const unmended = sql`s.breakglass_until > clock_timestamp()`
const broken = sql`${unmended} and p.breakglass_role = s.breakglass_role`
const columns = sql`
  s.id, s.person_id as "personId", p.name, p.shown_as as "shownAs", p.issuer, p.role as "ownRole", p.tenant_id as "tenantId", p.breakglass_role as "mayBreak",
  case when ${broken} then s.breakglass_role end as "breakglassRole",
  case when ${broken} then s.breakglass_until end as "breakglassUntil",
  case when ${broken} then s.breakglass_reason end as "breakglassReason",
  s.begun_at as "begunAt", s.seen_at as "seenAt", s.ends_at as "endsAt", s.address`

const usable = (idleMs: number): Sql<unknown> => sql`
  s.ended_at is null and s.ends_at > clock_timestamp() and s.seen_at > clock_timestamp() - make_interval(secs => ${idleMs / 1_000})
  and p.disabled_at is null`

export interface NewSession {
  readonly id: string
  readonly hash: Buffer
  readonly personId: string
  readonly lifetimeMs: number
  readonly address: string | null
}

export const insertSession = (s: NewSession): Sql => sql`
  insert into catalog.session (id, hash, person_id, ends_at, address)
  values (${s.id}, ${s.hash}, ${s.personId}, clock_timestamp() + make_interval(secs => ${s.lifetimeMs / 1_000}), ${s.address})`

export const noteSignIn = (personId: string): Sql => sql`
  update catalog.person set signed_in_at = clock_timestamp() where id = ${personId}`

/** The session with this hash while it may be used. */
export const usableSession = (hash: Buffer, idleMs: number): Sql<Session> =>
  askedAlike(sql<Session>`
  select ${columns}
  from catalog.session s
  join catalog.person p on p.id = s.person_id
  where s.hash = ${hash} and ${usable(idleMs)}`)

/** Those of these sessions that may be used still. */
export const usableSessionsAmong = (ids: readonly string[], idleMs: number): Sql<Session> => sql<Session>`
  select ${columns}
  from catalog.session s
  join catalog.person p on p.id = s.person_id
  where s.id = any (${ids}::uuid[]) and ${usable(idleMs)}`

export const noteSessionUse = (id: string): Sql => sql`
  update catalog.session set seen_at = clock_timestamp() where id = ${id} and seen_at < clock_timestamp() - interval '1 minute'`

/** A page of sessions that may be used, of everybody or of whoever has this name, oldest first, by keyset. */
export const listSessions = (
  user: string | null,
  after: { readonly at: string; readonly id: string } | null,
  limit: number,
  idleMs: number,
): Sql<Session & { at: string }> => sql<Session & { at: string }>`
  select ${columns}, s.begun_at::text as at
  from catalog.session s
  join catalog.person p on p.id = s.person_id
  where ${usable(idleMs)}
    and (${user}::text is null or p.name = ${user})
    and (${after?.at ?? null}::timestamptz is null or (s.begun_at, s.id) > (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
  order by s.begun_at, s.id
  limit ${limit}`

// Whose this session is, may be used or not.
const personOf = (session: string): Sql<unknown> => sql`(select of.person_id from catalog.session of where of.id = ${session})`

/** Those that whoever asks in this session may use, oldest first; there are few. */
export const listOwnSessions = (session: string, idleMs: number): Sql<Session> => sql<Session>`
  select ${columns}
  from catalog.session s
  join catalog.person p on p.id = s.person_id
  where s.person_id = ${personOf(session)} and ${usable(idleMs)}
  order by s.begun_at, s.id`

/** Ends one of whoever asks in this session; no row for anybody else's. */
export const endOwnSession = (id: string, session: string): Sql<{ id: string }> => sql<{ id: string }>`
  update catalog.session s
  set ended_at = coalesce(s.ended_at, clock_timestamp())
  where s.id = ${id} and s.person_id = ${personOf(session)}
  returning s.id`

export const endSession = (id: string): Sql<{ name: string }> => sql<{ name: string }>`
  update catalog.session s
  set ended_at = coalesce(s.ended_at, clock_timestamp())
  from catalog.person p
  where s.id = ${id} and p.id = s.person_id
  returning p.name`

/** The one with this token, if it goes on still: whoever signs in anew leaves none behind. */
export const endSessionWith = (hash: Buffer): Sql<{ id: string }> => sql<{ id: string }>`
  update catalog.session set ended_at = clock_timestamp() where hash = ${hash} and ended_at is null returning id`

/** All of a person's but this one. */
export const endSessionsOf = (personId: string, except: string | null): Sql<{ id: string }> => sql<{ id: string }>`
  update catalog.session
  set ended_at = clock_timestamp()
  where person_id = ${personId} and ended_at is null and id is distinct from ${except}::uuid
  returning id`

/** All of a person's that may be used still, but the so many that were used last. */
export const endOldestSessionsOf = (personId: string, most: number, idleMs: number): Sql<{ id: string }> => sql<{ id: string }>`
  update catalog.session
  set ended_at = clock_timestamp()
  where id in (
    select s.id
    from catalog.session s
    join catalog.person p on p.id = s.person_id
    where s.person_id = ${personId} and ${usable(idleMs)}
    order by s.seen_at desc, s.begun_at desc, s.id desc
    offset ${most}
  )
  returning id`

/** Removes some of the sessions and links that nobody can use since long ago. */
export const removeOldSessions = (most: number): Sql => sql`
  with gone as (
    delete from catalog.invitation where expires_at < now() - interval '30 days'
  )
  delete from catalog.session
  where id in (
    select id from catalog.session where ends_at < now() - interval '30 days' order by ends_at limit ${most} for update skip locked
  )`

/** Has this session another role from now on, and until when? Never for longer than it lasts. No row where glass is broken in it already, or it is over. */
export const breakGlass = (
  id: string,
  given: { readonly role: BreakglassRole; readonly lifetimeMs: number; readonly reason: string },
): Sql<{ until: Date }> => sql<{ until: Date }>`
  update catalog.session s
  set breakglass_role = ${given.role},
      breakglass_until = least(s.ends_at, clock_timestamp() + make_interval(secs => ${given.lifetimeMs / 1_000})),
      breakglass_reason = ${given.reason}
  where s.id = ${id} and s.ended_at is null and s.ends_at > clock_timestamp() and (${unmended}) is not true
  returning breakglass_until as until`

/** The person's own role again, from now on. No row where there was no other. */
export const mendGlass = (id: string): Sql<{ reason: string }> => sql<{ reason: string }>`
  update catalog.session s set breakglass_until = clock_timestamp() where s.id = ${id} and ${unmended} returning breakglass_reason as reason`

/** The person's own role again in all of their sessions: what they may do has changed, and what was begun before is not taken up again. */
export const mendGlassOf = (personId: string): Sql => sql`
  update catalog.session s set breakglass_until = clock_timestamp() where s.person_id = ${personId} and ${unmended}`

/** A session by its id, held until the transaction ends. */
export const holdSession = (id: string): Sql<Session> => sql<Session>`
  select ${columns}
  from catalog.session s
  join catalog.person p on p.id = s.person_id
  where s.id = ${id} and s.ended_at is null
  for update of s`

/** Sessions in which glass is broken now. */
export const brokenSessions = (most: number, idleMs: number): Sql<Session> => sql<Session>`
  select ${columns}
  from catalog.session s
  join catalog.person p on p.id = s.person_id
  where ${usable(idleMs)} and ${broken}
  order by s.breakglass_until, s.id
  limit ${most}`
