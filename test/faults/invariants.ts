import { enter, placesOf, type Subject } from './checker.js'
import { until } from './rig.js'

/*
 * What must be true after any fault, and where it is looked after. Nothing here shares code with what it checks.
 *
 * | invariant | says | checked by |
 * |---|---|---|
 * | V-01 one place | a tenant is writable in exactly one place, by the newest route only | checkOnePlace |
 * | V-09 nothing left | what was taken back or purged leaves no database, schema, role, policy, slot … | checkGone, checkPurged, inventory, catalogRows |
 * | V-11 history | no operation skips a step or a state, and a tenant has one at a time | checkHistory |
 * | V-12 same answer | the same request with the same key is done once, and answered alike | invariants.test.ts, proxied-kills.ts |
 * | V-20 audit | every operation is told of, from acceptance to end, without a gap between what was and what came after | checkHistory |
 * | V-24 connections | they come back to what they were | connectionsOf, settleTo |
 */

/** V-01. Old and new route try to write at the same time; how many may is for the state to say. */
export async function checkOnePlace(subject: Subject, slug: string, writable = true): Promise<readonly string[]> {
  const { eyes, catalog } = subject
  const places = await placesOf(subject, slug)
  if (places.length !== 1) return [`V-01 ${slug}: has ${places.length} places in the catalog`]
  const place = places[0]!
  const wrong: string[] = []
  const databases = await eyes.see<{ name: string }>(catalog, 'select name from catalog.database')
  const local = await Promise.all(
    databases.map(({ name }) => eyes.see(name, `select from tenantry.placement where tenant_id = $1 and state <> 'moved'`, [place.id])),
  )
  if (local.flat().length !== 1) wrong.push(`V-01 ${slug}: ${local.flat().length} databases have it`)
  const routes = [0, 1, 2].map((older) => ({ ...place, epoch: String(BigInt(place.epoch) - BigInt(older)) }))
  const accepted = (await Promise.all(routes.map((route) => enter(subject, route)))).filter((outcome) => outcome.startsWith('wrote'))
  if (accepted.length !== (writable ? 1 : 0)) wrong.push(`V-01 ${slug}: ${accepted.length} of ${routes.length} routes may write`)
  return wrong
}

/** V-09. Everything by name that the platform has on its servers; whatever is made and taken back again must not change it. */
export async function inventory({ eyes, catalog, prefix, others = [] }: Subject): Promise<readonly string[]> {
  const [platform] = await eyes.see<{ id: string }>(catalog, 'select id from catalog.platform')
  const lines: string[] = []
  const list = async (where: string, text: string, values: readonly unknown[]): Promise<void> => {
    lines.push(...(await eyes.see<{ one: string }>(where, text, values)).map(({ one }) => one))
  }
  for (const server of [catalog, ...others]) {
    await list(
      server,
      `select 'database ' || datname as one from pg_database where starts_with(datname, $1)
       union all select 'role ' || rolname from pg_roles where starts_with(rolname, $2)
       union all select 'member ' || member::regrole || ' of ' || roleid::regrole from pg_auth_members where starts_with(roleid::regrole::text, $2)
       union all select 'slot ' || slot_name from pg_replication_slots where starts_with(database, $1)
       union all select 'prepared ' || gid from pg_prepared_xacts where starts_with(database, $1)`,
      [prefix, `tny_${platform!.id}_`],
    )
  }
  for (const { name } of await eyes.see<{ name: string }>(catalog, 'select name from catalog.database')) {
    await list(
      name,
      `select $1 || ' schema ' || nspname as one from pg_namespace where nspname !~ '^pg_(temp|toast_temp)'
       union all select $1 || ' policy ' || polname || ' of ' || polrelid::regclass from pg_policy
       union all select $1 || ' publication ' || pubname from pg_publication
       union all select $1 || ' subscription ' || subname from pg_subscription
       union all select $1 || ' home ' || id from tenantry.home
       union all select $1 || ' placement ' || tenant_id from tenantry.placement
       union all select distinct $1 || ' ledger ' || home_id from tenantry.migration`,
      [name],
    )
  }
  await list(
    catalog,
    `select 'tenant ' || id as one from catalog.tenant union all select 'home ' || id from catalog.home
     union all select 'placement ' || tenant_id from catalog.placement union all select 'database row ' || id from catalog.database`,
    [],
  )
  return lines.sort()
}

/** V-11 and V-20, over everything that has ever happened on the platform. Nothing may be running. */
export async function checkHistory({ eyes, catalog }: Subject): Promise<readonly string[]> {
  const wrong: string[] = []
  const never = async (what: string, text: string): Promise<void> => {
    const found = await eyes.see<{ one: string }>(catalog, text)
    if (found.length > 0) wrong.push(`${what}: ${found.map(({ one }) => one).join(', ')}`)
  }
  await never(
    'V-11 a step is missing, or came before the one before it',
    `select o.name || ' ' || s.operation_id || ' ' || s.name as one
     from (select *, row_number() over w - 1 as nth, lag(started_at) over w as earlier from catalog.operation_step
           window w as (partition by operation_id order by position)) s
     join catalog.operation o on o.id = s.operation_id
     where s.position <> s.nth or (s.position > 1 and s.started_at < s.earlier)`,
  )
  await never(
    'V-11 taken back, though it succeeded, or in the wrong order',
    `select o.name || ' ' || s.operation_id || ' ' || s.name as one
     from (select *, lead(ended_at) over (partition by operation_id order by position) as later from catalog.operation_step where state = 'undone') s
     join catalog.operation o on o.id = s.operation_id
     where o.state = 'succeeded' or s.ended_at < s.later`,
  )
  await never(
    'V-11 over, without an end or before it began; or running, with one',
    `select name || ' ' || id as one from catalog.operation
     where (state in ('running', 'undoing', 'paused')) <> (ended_at is null) or ended_at < created_at
        or (state = 'succeeded') <> (fault is null and ended_at is not null) or (token > 0 and token <> attempts)`,
  )
  await never(
    'V-11 two operations on a tenant at once',
    `select a.name || ' ' || a.id || ' and ' || b.name || ' ' || b.id as one
     from catalog.operation a join catalog.operation b on a.subject = b.subject and a.id < b.id
     where a.created_at < b.ended_at and b.created_at < a.ended_at and 'domain.verify' not in (a.name, b.name)
       and exists (select from catalog.operation_step s where s.operation_id = a.id) and exists (select from catalog.operation_step s where s.operation_id = b.id)`,
  )
  await never(
    'V-20 not told of exactly once when it began (if it took steps) and once when it ended',
    `select o.name || ' ' || o.id as one
     from catalog.operation o left join catalog.audit a on a.operation_id = o.id
     group by o.id
     having count(*) filter (where a.outcome <> 'accepted') <> 1
         or count(*) filter (where a.outcome = 'accepted') <> (exists (select from catalog.operation_step s where s.operation_id = o.id))::int
         or max(a.id) filter (where a.outcome = 'accepted') > max(a.id) filter (where a.outcome <> 'accepted')
         or max(a.outcome) filter (where a.outcome <> 'accepted') <> o.state`,
  )
  await never(
    'V-20 told of, and never was',
    `select a.operation || ' ' || a.id as one from catalog.audit a
     where a.operation_id is not null and not exists (select from catalog.operation o where o.id = a.operation_id)`,
  )
  await never(
    'V-20 what a tenant was before is not what it was after the last time',
    `select a.operation || ' ' || a.id as one
     from (select *, lag(after) over w as was, lag(id) over w as last from catalog.audit
           where tenant_id is not null and outcome in ('succeeded', 'failed', 'cancelled') and operation <> 'domain.verify'
           window w as (partition by tenant_id order by id)) a
     where a.last is not null and a.before is distinct from a.was`,
  )
  return wrong
}

/** V-24. Sessions of the platform on its servers, but for those that look. */
export async function connectionsOf({ eyes, catalog, prefix, others = [] }: Subject): Promise<number> {
  const text = `
    select count(*)::int as n from pg_stat_activity
    where backend_type = 'client backend' and starts_with(datname, $1) and application_name <> 'eyes'`
  const counts = await Promise.all([catalog, ...others].map((one) => eyes.see<{ n: number }>(one, text, [prefix])))
  return counts.flat().reduce((sum, { n }) => sum + n, 0)
}

/** V-24. Waits until there are no more than then, give or take two; answers how many are left when they do not go. */
export const settleTo = (subject: Subject, baseline: number): Promise<readonly string[]> =>
  until('connections to be closed', async () => ((await connectionsOf(subject)) <= baseline + 2 ? [] : undefined)).catch(async () => [
    `V-24 there are ${await connectionsOf(subject)} connections, and there were ${baseline}`,
  ])
