import { askedAlike, join, plannedAnew, type Sql, sql } from '../kernel/sql.js'

export const OPERATION_STATES = ['running', 'undoing', 'paused', 'succeeded', 'failed', 'cancelled'] as const
export type OperationState = (typeof OPERATION_STATES)[number]

export interface StoredFault {
  readonly code: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface Operation {
  readonly id: string
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly state: OperationState
  readonly actor: string
  readonly keyId: string | null
  readonly subject: string | null
  readonly result: unknown
  readonly fault: StoredFault | null
  readonly cancelRequested: boolean
  /** Why it is to pause before its next item, if it is. */
  readonly pauseRequested: string | null
  /** What its next item waits for. */
  readonly waitsFor: string | null
  /** Items that had failed when somebody said to go on all the same. */
  readonly failuresAccepted: number
  readonly leaseOwner: string | null
  /** It is under way, and nobody's lease on it holds. */
  readonly abandoned: boolean
  readonly token: number
  readonly attempts: number
  readonly createdAt: Date
  readonly endedAt: Date | null
}

const columns = sql`
  o.id, o.name, o.input, o.state, o.actor, o.key_id as "keyId", o.subject, o.result, o.fault, o.cancel_requested as "cancelRequested", o.pause_requested as "pauseRequested",
  o.waits_for as "waitsFor", o.failures_accepted as "failuresAccepted", o.lease_owner as "leaseOwner",
  o.state in ('running', 'undoing') and (o.lease_until is null or o.lease_until < clock_timestamp()) as abandoned, o.token::int as token, o.attempts, o.created_at as "createdAt", o.ended_at as "endedAt"`

export const operationById = (id: string): Sql<Operation> => sql<Operation>`select ${columns} from catalog.operation o where o.id = ${id}`

/** Which operations. What is left out narrows nothing. */
export interface OperationFilter {
  /** Any of these. */
  readonly states?: readonly string[] | undefined
  readonly name?: string | undefined
  readonly actor?: string | undefined
  /** The tenant that it is about. */
  readonly subject?: string | undefined
  readonly since?: { readonly at: string } | { readonly secondsAgo: number } | undefined
}

export interface OperationPage {
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

/** A page of operations, newest first, by keyset. How long ago one was made is told by this database's clock, as they are. */
export const listOperations = (f: OperationFilter, { after, limit }: OperationPage): Sql<Operation & { at: string }> => {
  const found: (Sql | false)[] = [
    f.states !== undefined && sql`o.state = any(${[...f.states]}::text[])`,
    f.name !== undefined && sql`o.name = ${f.name}`,
    f.actor !== undefined && sql`o.actor = ${f.actor}`,
    f.subject !== undefined && sql`o.subject = ${f.subject}::uuid`,
    f.since !== undefined &&
      ('at' in f.since
        ? sql`o.created_at >= ${f.since.at}::timestamptz`
        : sql`o.created_at >= now() - make_interval(secs => ${f.since.secondsAgo})`),
    after !== null && sql`(o.created_at, o.id) < (${after.at}::timestamptz, ${after.id}::uuid)`,
  ]
  return askedAlike(
    plannedAnew(sql<Operation & { at: string }>`
    select ${columns}, o.created_at::text as at
    from catalog.operation o
    where ${join([sql`true`, ...found.filter((one) => one !== false)], ' and ')}
    order by o.created_at desc, o.id desc
    limit ${limit}`),
  )
}

export interface NewOperation {
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly actor: string
  readonly keyId: string | null
  readonly subject: string | null
  /** Null for one that is handed to the workers. */
  readonly owner: string | null
  readonly leaseMs: number
}

/** An operation that starts under the lease of whoever submits it, or without any, for the next worker that looks. */
export const insertOperation = (o: NewOperation): Sql => sql`
  insert into catalog.operation (id, name, input, state, actor, key_id, subject, lease_owner, lease_until, token, attempts)
  values (${o.id}, ${o.name}, ${JSON.stringify(o.input)}::jsonb, 'running', ${o.actor}, ${o.keyId}, ${o.subject}, ${o.owner},
          case when ${o.owner}::text is not null then clock_timestamp() + make_interval(secs => ${o.leaseMs / 1_000}) end,
          case when ${o.owner}::text is null then 0 else 1 end, case when ${o.owner}::text is null then 0 else 1 end)`

/** An operation that was one transaction: it is over when it is written. */
export const insertFinished = (o: {
  id: string
  name: string
  input: unknown
  actor: string
  keyId: string | null
  subject: string | null
  result: unknown
}): Sql => sql`
  insert into catalog.operation (id, name, input, state, actor, key_id, subject, result, ended_at)
  values (${o.id}, ${o.name}, ${JSON.stringify(o.input)}::jsonb, 'succeeded', ${o.actor}, ${o.keyId}, ${o.subject}, ${JSON.stringify(o.result)}::jsonb, clock_timestamp())`

/** Takes the lease of an operation whose lease is over; the token grows, which shuts out the one who held it. */
export const claim = (id: string, owner: string, leaseMs: number): Sql<Operation> => sql<Operation>`
  update catalog.operation o
  set lease_owner = ${owner},
      lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000}),
      token = o.token + 1,
      attempts = o.attempts + 1
  where o.id = ${id}
    and o.state in ('running', 'undoing')
    and (o.lease_until is null or o.lease_until < clock_timestamp())
  returning ${columns}`

export const expiredOperations = sql<{ id: string; name: string; input: Readonly<Record<string, unknown>> }>`
  select o.id, o.name, o.input
  from catalog.operation o
  where o.state in ('running', 'undoing')
    and (o.lease_until is null or o.lease_until < clock_timestamp())
  order by o.created_at
  limit 20`

/** Prolongs the lease; touches no row when another worker has taken over. */
export const renewLease = (id: string, token: number, leaseMs: number): Sql<{ cancel: boolean }> => sql<{ cancel: boolean }>`
  update catalog.operation
  set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000})
  where id = ${id} and token = ${token} and state in ('running', 'undoing')
  returning cancel_requested as cancel`

/** Locks the operation's row if this token still holds; every journal entry begins with it. */
export const holdLease = (id: string, token: number): Sql<{ cancel: boolean }> => sql<{ cancel: boolean }>`
  select cancel_requested as cancel from catalog.operation where id = ${id} and token = ${token} and state in ('running', 'undoing') for update`

export interface StepRow {
  readonly position: number
  readonly name: string
  readonly state: 'done' | 'undone'
  readonly output: Readonly<Record<string, unknown>> | null
  readonly startedAt: Date
  readonly endedAt: Date
}

export const stepsOf = (id: string): Sql<StepRow> => sql<StepRow>`
  select position, name, state, output, started_at as "startedAt", ended_at as "endedAt" from catalog.operation_step where operation_id = ${id} order by position`

export interface DoneStep {
  readonly position: number
  readonly name: string
  readonly output?: unknown
  readonly tookMs?: number
}

/** Touches no row when they are recorded already. */
export const recordSteps = (id: string, steps: readonly DoneStep[]): Sql => sql`
  insert into catalog.operation_step (operation_id, position, name, state, output, started_at)
  select ${id}, done.position, done.name, 'done', done.output, clock_timestamp() - make_interval(secs => done.ms / 1000)
  from unnest(
    ${steps.map(({ position }) => position)}::int[],
    ${steps.map(({ name }) => name)}::text[],
    ${steps.map(({ output }) => JSON.stringify(output ?? {}))}::jsonb[],
    ${steps.map(({ tookMs }) => tookMs ?? 0)}::float8[]
  ) as done (position, name, output, ms)
  on conflict do nothing`

export const recordUndone = (id: string, position: number): Sql => sql`
  update catalog.operation_step set state = 'undone', ended_at = clock_timestamp() where operation_id = ${id} and position = ${position}`

/** From here on the operation is taken back; `reason` is the fault that it will end with. */
export const beginUndo = (id: string, fault: StoredFault): Sql => sql`
  update catalog.operation set state = 'undoing', fault = ${JSON.stringify(fault)}::jsonb where id = ${id} and state = 'running'`

export const endOperation = (
  id: string,
  state: 'succeeded' | 'failed' | 'cancelled',
  result: unknown,
  fault: StoredFault | null,
): Sql => sql`
  update catalog.operation
  set state = ${state},
      result = ${result === undefined ? null : JSON.stringify(result)}::jsonb,
      fault = ${fault === null ? null : JSON.stringify(fault)}::jsonb,
      ended_at = clock_timestamp(),
      lease_owner = null,
      lease_until = null
  where id = ${id}`

/** What a step that commits elsewhere is about to have done: whoever takes over can tell it. The end of the operation writes its own. */
export const noteResult = (id: string, result: unknown): Sql => sql`
  update catalog.operation set result = ${JSON.stringify(result)}::jsonb where id = ${id}`

export const requestCancel = (id: string): Sql => sql`
  update catalog.operation set cancel_requested = true where id = ${id} and state = 'running'`

/** An unfinished operation about this tenant, if there is one. */
export const openOperationOn = (tenant: string): Sql<{ id: string; name: string }> => sql<{ id: string; name: string }>`
  select id, name from catalog.operation where subject = ${tenant} and state in ('running', 'undoing') limit 1`

// --- runs over the fleet

/** Held to the end of the transaction by whoever begins a run over the fleet: of two at once, the second sees the first. */
export const lockFleetRuns = sql`select pg_advisory_xact_lock(7428)`

/** By whoever migrates one home: any number of them, but none beside one that begins a run. */
export const shareFleetRuns = sql`select pg_advisory_xact_lock_shared(7428)`

export const openNamed = (names: readonly string[]): Sql<Pick<Operation, 'id' | 'name' | 'input' | 'state' | 'fault'>> => sql<
  Pick<Operation, 'id' | 'name' | 'input' | 'state' | 'fault'>
>`
  select o.id, o.name, o.input, o.state, o.fault
  from catalog.operation o
  where o.state in ('running', 'undoing', 'paused') and o.name = any(${names}::text[])
  order by o.created_at`

// --- pausing

/** The state of an operation, locked, for whoever changes it by hand. */
export const lockOperation = (id: string): Sql<Operation> => sql<Operation>`${operationById(id)} for update`

export const requestPause = (id: string, reason: string): Sql => sql`
  update catalog.operation set pause_requested = ${reason} where id = ${id} and state = 'running'`

/** Whoever holds it stops here, and gives its lease back. `reason` is shown until somebody goes on. */
export const pauseOperation = (id: string, reason: StoredFault): Sql => sql`
  update catalog.operation
  set state = 'paused', fault = ${JSON.stringify(reason)}::jsonb, pause_requested = null, waits_for = null, lease_owner = null, lease_until = null
  where id = ${id} and state = 'running'`

/** Gives the lease back with the work unfinished: the next worker that looks takes it up. */
export const giveBack = (id: string, token: number): Sql => sql`
  update catalog.operation set lease_owner = null, lease_until = null, waits_for = null where id = ${id} and token = ${token}`

/**
 * A paused or failed operation is under way again: under this owner's lease, or, without one, free for the next worker. Failures that are left are
 * accepted.
 */
export const reopenOperation = (id: string, owner: string | null, leaseMs: number): Sql<{ token: number }> => sql<{ token: number }>`
  update catalog.operation o
  set state = 'running',
      fault = null,
      ended_at = null,
      pause_requested = null,
      cancel_requested = false,
      failures_accepted = (select count(*) from catalog.operation_item i where i.operation_id = o.id and i.state = 'failed'),
      lease_owner = ${owner},
      lease_until = case when ${owner}::text is not null then clock_timestamp() + make_interval(secs => ${leaseMs / 1_000}) end,
      token = o.token + 1,
      attempts = o.attempts + case when ${owner}::text is null then 0 else 1 end
  where o.id = ${id}
  returning o.token::int as token`

/** What the newest operation of this name about the subject has journaled that had come to this step; its input with it. */
export const journalOf = (
  subject: string,
  name: string,
  step: string,
): Sql<{ input: Readonly<Record<string, unknown>>; memory: Readonly<Record<string, unknown>> }> => sql<{
  input: Readonly<Record<string, unknown>>
  memory: Readonly<Record<string, unknown>>
}>`
  select o.input, (
    select coalesce(jsonb_object_agg(entry.key, entry.value order by s.position), '{}')
    from catalog.operation_step s, jsonb_each(s.output) as entry
    where s.operation_id = o.id
  ) as memory
  from catalog.operation o
  where o.subject = ${subject}
    and o.name = ${name}
    and exists (select from catalog.operation_step s where s.operation_id = o.id and s.name = ${step} and s.state = 'done')
  order by o.created_at desc
  limit 1`
