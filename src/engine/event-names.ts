import type { EventKind } from '../catalog/events.js'
import type { OperationState } from '../catalog/operations.js'

/** What is told of an operation, by how it stands. */
type Told = Readonly<Record<OperationState, string>>

const ANY: Told = {
  running: 'operation.started',
  undoing: 'operation.undoing',
  paused: 'operation.paused',
  succeeded: 'operation.completed',
  failed: 'operation.failed',
  cancelled: 'operation.cancelled',
}

/** Of most operations only that they are done has a name of its own. */
const deed = (done: string): Told => ({ ...ANY, succeeded: done })

/** What takes its time and is looked at while it runs has a name for each state. */
const work = (noun: string): Told => ({
  running: `${noun}.started`,
  undoing: `${noun}.undoing`,
  paused: `${noun}.paused`,
  succeeded: `${noun}.completed`,
  failed: `${noun}.failed`,
  cancelled: `${noun}.cancelled`,
})

/** Every journaled operation. A type is never renamed: receivers of webhooks are waiting for it. */
export const TOLD: Readonly<Record<string, Told>> = {
  'cluster.add': deed('cluster.added'),
  'cluster.set': deed('cluster.changed'),
  'cluster.drain': deed('cluster.drained'),
  'cluster.undrain': deed('cluster.undrained'),
  'cluster.rotate': deed('cluster.rotated'),
  'cluster.observe': deed('cluster.observed'),
  'cluster.remove': deed('cluster.removed'),
  'assurance.set': deed('assurance.changed'),
  'assurance.rotate': deed('assurance.rotated'),
  'tenant.create': deed('tenant.created'),
  'tenant.clone': deed('tenant.cloned'),
  'tenant.merge': deed('tenant.merged'),
  'tenant.adopt': deed('tenant.adopted'),
  'tenant.unadopt': deed('tenant.unadopted'),
  'tenant.suspend': deed('tenant.suspended'),
  'tenant.resume': deed('tenant.resumed'),
  'tenant.rename': deed('tenant.renamed'),
  'tenant.release': deed('tenant.slug_released'),
  'tenant.set': deed('tenant.changed'),
  'tenant.delete': deed('tenant.deleted'),
  'tenant.undelete': deed('tenant.undeleted'),
  'tenant.bulk': work('bulk'),
  'tenant.hold': deed('tenant.held'),
  'tenant.unhold': deed('tenant.unheld'),
  'tenant.purge': deed('tenant.purged'),
  'tenant.beside': deed('home.made'),
  'tenant.dropbeside': deed('home.dropped'),
  'tenant.repoint': deed('placement.switched'),
  'tenant.pointback': deed('placement.switched'),
  'tenant.vacuum': work('vacuum'),
  'domain.add': deed('domain.added'),
  'domain.verify': deed('domain.verified'),
  'domain.remove': deed('domain.removed'),
  'backup.create': work('backup'),
  'backup.due': work('backup'),
  'backup.database': work('backup'),
  'backup.restore': work('restore'),
  'backup.verify': work('verification'),
  'backup.drill': work('drill'),
  'backup.prune': work('pruning'),
  'backup.adopt': deed('backup.adopted'),
  'backup.expire': deed('backup.expired'),
  'backup.schedule': deed('backup.scheduled'),
  'backup.hold': deed('backup.held'),
  'backup.unhold': deed('backup.unheld'),
  'datakey.rotate': deed('datakey.rotated'),
  'datakey.rewrap': deed('datakey.rewrapped'),
  'datakey.destroy': deed('datakey.destroyed'),
  'tier.apply': deed('tier.applied'),
  'stock.fill': deed('stock.filled'),
  'stock.prepare': deed('stock.prepared'),
  'stock.discard': deed('stock.discarded'),
  'platform.upgrade': work('upgrade'),
  'migrate.up': work('migration'),
  'migrate.down': work('migration'),
  'migrate.redo': work('migration'),
  'migrate.baseline': work('migration'),
  'migrate.home': work('migration'),
  'migrate.freeze': deed('migration.frozen'),
  'migrate.unfreeze': deed('migration.unfrozen'),
  'drift.scan': deed('drift.scanned'),
  'drift.repair': deed('drift.repaired'),
  'operation.cancel': deed('operation.cancel_requested'),
  'operation.pause': deed('operation.pause_requested'),
  'operation.skip': deed('operation.item_skipped'),
  'key.create': deed('key.created'),
  'key.revoke': deed('key.revoked'),
  'view.save': deed('view.saved'),
  'view.remove': deed('view.removed'),
  'user.invite': deed('user.invited'),
  'user.set': deed('user.changed'),
  'user.disable': deed('user.disabled'),
  'user.enable': deed('user.enabled'),
  'user.unlock': deed('user.unlocked'),
  'breakglass.open': deed('breakglass.opened'),
  'breakglass.close': deed('breakglass.closed'),
  'session.end': deed('session.ended'),
  'session.leave': deed('session.ended'),
  'webhook.add': deed('webhook.added'),
  'webhook.set': deed('webhook.changed'),
  'webhook.rotate': deed('webhook.rotated'),
  'webhook.remove': deed('webhook.removed'),
  'webhook.redeliver': deed('webhook.redelivery_requested'),
  'doctor.fix': deed('doctor.fixed'),
  'doctor.attack': work('attack'),
  'leak.measure': work('leak_measurement'),
}

/** Events that no operation is the source of, by their source. */
const OTHERS: Readonly<Record<string, string>> = {
  tenant: 'tenant.state_changed',
  cluster: 'cluster.state_changed',
  webhook: 'webhook.state_changed',
}

/** Of an operation that this release does not know, in words that hold for any. */
export function eventType({ source, name, state }: { readonly source: string; readonly name: string; readonly state: string }): string {
  if (source !== 'operation') return OTHERS[source] ?? `${source}.changed`
  const told: Readonly<Record<string, string>> = Object.hasOwn(TOLD, name) ? TOLD[name]! : ANY
  return told[state] ?? 'operation.changed'
}

const outcomes = Object.entries(TOLD).flatMap(([name, told]) =>
  Object.entries(told).map(([state, type]) => ({ type, kind: { source: 'operation', name, state } })),
)
const kinds: readonly { readonly type: string; readonly kind: EventKind }[] = [
  ...outcomes,
  ...Object.entries(OTHERS).map(([source, type]) => ({ type, kind: { source, name: null, state: null } })),
]

export const EVENT_TYPES: readonly string[] = [...new Set(kinds.map(({ type }) => type))].sort()

/** What the catalog calls events of this type. */
export const kindsOf = (type: string): readonly EventKind[] => kinds.filter((one) => one.type === type).map(({ kind }) => kind)

/** What somebody may want to be told of: a type, or all types of a noun such as `tenant.*`. */
export const EVENT_WISHES: readonly string[] = [...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`)), ...EVENT_TYPES]

/** Is it one of the types that somebody wants to be told of? Null: of all. */
export const isWished = (wishes: readonly string[] | null, type: string): boolean =>
  wishes === null || wishes.includes(type) || wishes.includes(`${type.split('.')[0]}.*`)
