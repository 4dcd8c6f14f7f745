import { checkPurged, checkTenant, type Expected, placesOf } from './checker.js'
import type { ISOLATIONS, Rig } from './rig.js'

export type Isolation = (typeof ISOLATIONS)[number]

/** An operation on a tenant that is ready for it, to be disturbed by whatever. */
export interface Doing {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly slug: string
  /** What is wrong, once the operation has succeeded. */
  readonly check: () => Promise<readonly string[]>
}

/** The journaled operations in the life of a tenant. */
export const LIFE = ['tenant.create', 'tenant.suspend', 'tenant.resume', 'tenant.delete', 'tenant.undelete', 'tenant.purge'] as const
export type OfLife = (typeof LIFE)[number]

/** Makes the tenant that the operation is to be done to. There must be a tenant `like`, made in peace. */
export async function prepareDoing(
  { fleet, subject }: Rig,
  name: OfLife,
  isolation: Isolation,
  slug: string,
  { like, ...on }: { readonly like: string; readonly cluster?: string },
): Promise<Doing> {
  const suspend = { tenant: slug, reason: 'unpaid' }
  const del = { tenant: slug, reason: 'left us', grace: '0s' }
  const is = (state: Expected['state']) => () =>
    checkTenant(subject, slug, state === 'active' ? { state, isolation, like } : { state, isolation })
  if (name === 'tenant.create') return { name, slug, input: { slug, isolation, ...on }, check: is('active') }
  await fleet.run('tenant.create', { slug, isolation, ...on })
  if (name === 'tenant.suspend') return { name, slug, input: suspend, check: is('suspended') }
  if (name === 'tenant.delete') return { name, slug, input: del, check: is('deleted') }
  if (name === 'tenant.resume') {
    await fleet.run('tenant.suspend', suspend)
    return { name, slug, input: { tenant: slug }, check: is('active') }
  }
  const write = (statement: string) => fleet.run('tenant.sql', { tenant: slug, statement, write: true })
  if (name === 'tenant.purge') {
    await write("insert into note (body) values ('gone')")
    await write("insert into platform.account (email) values ('gone')")
  }
  await fleet.run('tenant.delete', del)
  if (name === 'tenant.undelete') return { name, slug, input: { tenant: slug }, check: is('active') }
  const [place] = await placesOf(subject, slug)
  return { name, slug, input: { tenant: slug, waiveBackup: 'a drill' }, check: () => checkPurged(subject, slug, place!) }
}
