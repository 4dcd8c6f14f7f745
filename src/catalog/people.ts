import { type Sql, sql } from '../kernel/sql.js'
import type { Role } from './keys.js'

/** Roles that breaking glass may give. */
export const BREAKGLASS_ROLES = ['operator', 'fleet-admin'] as const
export type BreakglassRole = (typeof BREAKGLASS_ROLES)[number]

export interface Person {
  readonly id: string
  readonly name: string
  readonly shownAs: string
  readonly role: Role
  readonly tenantId: string | null
  readonly breakglassRole: BreakglassRole | null
  /** Have they chosen one? */
  readonly hasPassword: boolean
  /** Who vouches for them in place of a password. */
  readonly issuer: string | null
  readonly createdAt: Date
  readonly createdBy: string
  readonly signedInAt: Date | null
  readonly disabledAt: Date | null
  /** Until when a link waits for them. */
  readonly invitedUntil: Date | null
}

const columns = sql`
  p.id, p.name, p.shown_as as "shownAs", p.role, p.tenant_id as "tenantId", p.breakglass_role as "breakglassRole",
  p.password is not null as "hasPassword", p.issuer, p.created_at as "createdAt", p.created_by as "createdBy", p.signed_in_at as "signedInAt",
  p.disabled_at as "disabledAt",
  (select max(i.expires_at) from catalog.invitation i where i.person_id = p.id and i.used_at is null and i.expires_at > now()) as "invitedUntil"`

export interface NewPerson {
  readonly id: string
  readonly name: string
  readonly shownAs: string
  readonly role: Role
  readonly tenantId: string | null
  readonly breakglassRole: BreakglassRole | null
  readonly createdBy: string
  /** Who they are to an issuer. */
  readonly identity?: { readonly issuer: string; readonly subject: string } | undefined
}

/** No row where somebody has the name, or the identity. */
export const insertPerson = (p: NewPerson): Sql<{ id: string }> => sql<{ id: string }>`
  insert into catalog.person (id, name, shown_as, role, tenant_id, breakglass_role, created_by, issuer, subject)
  values (${p.id}, ${p.name}, ${p.shownAs}, ${p.role}, ${p.tenantId}, ${p.breakglassRole}, ${p.createdBy}, ${p.identity?.issuer ?? null},
          ${p.identity?.subject ?? null})
  on conflict do nothing
  returning id`

export const findPerson = (name: string): Sql<Person> => sql<Person>`select ${columns} from catalog.person p where p.name = ${name}`

/** Whom an issuer means, held until the transaction ends. */
export const lockIdentity = (issuer: string, subject: string): Sql<{ id: string; name: string; disabled: boolean }> => sql<{
  id: string
  name: string
  disabled: boolean
}>`
  select p.id, p.name, p.disabled_at is not null as disabled
  from catalog.person p
  where p.issuer = ${issuer} and p.subject = ${subject}
  for update`

export const lockPerson = (name: string): Sql<Person> => sql<Person>`${findPerson(name)} for update of p`

/** A page of people, oldest first, by keyset. */
export const listPeople = (after: { readonly at: string; readonly id: string } | null, limit: number): Sql<Person & { at: string }> => sql<
  Person & { at: string }
>`
  select ${columns}, p.created_at::text as at
  from catalog.person p
  where (${after?.at ?? null}::timestamptz is null or (p.created_at, p.id) > (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
  order by p.created_at, p.id
  limit ${limit}`

export const updatePerson = (p: Pick<Person, 'id' | 'shownAs' | 'role' | 'tenantId' | 'breakglassRole'>): Sql => sql`
  update catalog.person
  set shown_as = ${p.shownAs}, role = ${p.role}, tenant_id = ${p.tenantId}, breakglass_role = ${p.breakglassRole}
  where id = ${p.id}`

export const disablePerson = (id: string): Sql => sql`
  update catalog.person set disabled_at = coalesce(disabled_at, now()) where id = ${id}`

export const enablePerson = (id: string): Sql => sql`update catalog.person set disabled_at = null where id = ${id}`

/** Of those for whom no issuer vouches: has anybody ever signed in, and who is there at all? Has somebody of an issuer this name? */
export const firstSteps = (name: string): Sql<{ signedIn: boolean; people: readonly string[]; taken: boolean }> => sql<{
  signedIn: boolean
  people: readonly string[]
  taken: boolean
}>`
  select exists (select from catalog.person where issuer is null and signed_in_at is not null) as "signedIn",
         array(select name from catalog.person where issuer is null order by created_at, id limit 2) as people,
         exists (select from catalog.person where issuer is not null and name = ${name}) as taken`

// --- invitations

/** Whoever was invited before, by another link, is so no more. */
export const voidInvitations = (personId: string): Sql => sql`
  update catalog.invitation set used_at = now() where person_id = ${personId} and used_at is null`

export const insertInvitation = (hash: Buffer, personId: string, lifetimeMs: number): Sql<{ expiresAt: Date }> => sql<{ expiresAt: Date }>`
  insert into catalog.invitation (hash, person_id, expires_at)
  values (${hash}, ${personId}, now() + make_interval(secs => ${lifetimeMs / 1_000}))
  returning expires_at as "expiresAt"`

export interface Invited {
  readonly personId: string
  readonly name: string
  readonly shownAs: string
  readonly expiresAt: Date
}

/** Whose link this is, while it may be used. */
export const openInvitation = (hash: Buffer): Sql<Invited> => sql<Invited>`
  select p.id as "personId", p.name, p.shown_as as "shownAs", i.expires_at as "expiresAt"
  from catalog.invitation i
  join catalog.person p on p.id = i.person_id
  where i.hash = ${hash} and i.used_at is null and i.expires_at > clock_timestamp() and p.disabled_at is null`

/**
 * To be used in this transaction: of two at once the second finds nothing. The person is held first, as by whoever removes or invites somebody: they hold
 * the person, and then change the invitations.
 */
export const takeInvitation = (hash: Buffer): Sql<Invited> => sql<Invited>`
  with held as materialized (
    select p.id, p.name, p.shown_as
    from catalog.person p
    where p.id = (select v.person_id from catalog.invitation v where v.hash = ${hash}) and p.disabled_at is null
    for update
  )
  select h.id as "personId", h.name, h.shown_as as "shownAs", i.expires_at as "expiresAt"
  from held h
  join catalog.invitation i on i.person_id = h.id
  where i.hash = ${hash} and i.used_at is null and i.expires_at > clock_timestamp()
  for update of i`

// --- passwords

export const setPassword = (personId: string, password: string): Sql => sql`
  update catalog.person set password = ${password} where id = ${personId}`

/** What is needed to look at a password; no row for a name that nobody has. */
export const passwordOf = (name: string): Sql<{ id: string; password: string | null; disabled: boolean }> => sql<{
  id: string
  password: string | null
  disabled: boolean
}>`
  select p.id, p.password, p.disabled_at is not null as disabled from catalog.person p where p.name = ${name}`

/** The same row, held: a password that was looked at is the one that is there when the session begins. */
export const holdPassword = (personId: string): Sql<{ password: string | null; disabled: boolean }> => sql<{
  password: string | null
  disabled: boolean
}>`
  select p.password, p.disabled_at is not null as disabled from catalog.person p where p.id = ${personId} for update`

// --- failures

export interface Attempt {
  /** May this one be looked at? */
  readonly admitted: boolean
  /** Of one that may not: until the next may be. */
  readonly seconds: number
}

/**
 * Counts a try before it is looked at, so that of many at once no more are looked at than of one after the other: whoever succeeds takes it back. After the
 * fifth failure a name is locked for a minute, and for twice as long after each further one, up to 15 minutes; what is 15 minutes old counts no more.
 */
export const countAttempt = (digest: Buffer): Sql<Attempt> => sql<Attempt>`
  with before as materialized (
    select a.locked_until from catalog.sign_in_attempt a where a.digest = ${digest}
  ), counted as (
    insert into catalog.sign_in_attempt as a (digest, failures)
    values (${digest}, 1)
    on conflict (digest) do update
      set failures = case when greatest(a.at, a.locked_until) < clock_timestamp() - interval '15 minutes' then 1 else a.failures + 1 end,
          at = clock_timestamp(),
          locked_until = case
            when greatest(a.at, a.locked_until) < clock_timestamp() - interval '15 minutes' then null
            when a.failures + 1 >= 5 then clock_timestamp() + least(15, power(2, least(a.failures, 20) - 4)) * interval '1 minute'
          end
      where a.locked_until is null or a.locked_until <= clock_timestamp()
    returning 1
  )
  select exists (select from counted) as admitted,
         greatest(1, ceil(extract(epoch from (select b.locked_until from before b) - clock_timestamp())))::int as seconds`

export const forgetAttempts = (digest: Buffer): Sql => sql`delete from catalog.sign_in_attempt where digest = ${digest}`

/** Removes some of the failures that count no more. */
export const removeOldAttempts = (most: number): Sql => sql`
  delete from catalog.sign_in_attempt
  where digest in (
    select digest from catalog.sign_in_attempt where at < now() - interval '1 hour' order by at limit ${most} for update skip locked
  )`
