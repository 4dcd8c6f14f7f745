// Generated from src/operations/registry.ts by `npx vitest run test/cli/index.test.ts --update`. Do not edit.
import type { IndexEntry } from './index-entry.js'

export const INDEX: readonly IndexEntry[] = [
  {
    name: 'cluster.add',
    summary: 'Register a PostgreSQL server and make it ready for tenants.',
    positionals: ['name'],
    load: () => import('../operations/cluster/add.js').then((module) => module.addCluster),
  },
  {
    name: 'cluster.list',
    summary: 'List the clusters with what lives on them.',
    positionals: [],
    load: () => import('../operations/cluster/list.js').then((module) => module.listAllClusters),
  },
  {
    name: 'cluster.show',
    summary: 'Show one cluster.',
    positionals: ['cluster'],
    load: () => import('../operations/cluster/show.js').then((module) => module.showCluster),
  },
  {
    name: 'cluster.drain',
    summary: 'Send no new tenants to a cluster. Those that are there keep working.',
    positionals: ['cluster'],
    load: () => import('../operations/cluster/drain.js').then((module) => module.drainCluster),
  },
  {
    name: 'cluster.undrain',
    summary: 'Let a cluster take new tenants again.',
    positionals: ['cluster'],
    load: () => import('../operations/cluster/undrain.js').then((module) => module.undrainCluster),
  },
  {
    name: 'cluster.rotate',
    summary: "Give the application's logins on a cluster another password, without an outage.",
    positionals: ['cluster'],
    load: () => import('../operations/cluster/rotate.js').then((module) => module.rotateCluster),
  },
  {
    name: 'cluster.remove',
    summary: 'Forget a cluster that holds no tenants, and take away from its server what Tenantry has put there.',
    positionals: ['cluster'],
    load: () => import('../operations/cluster/remove.js').then((module) => module.removeCluster),
  },
  {
    name: 'tenant.create',
    summary: 'Create a tenant and the home it lives in.',
    positionals: ['slug'],
    load: () => import('../operations/tenant/create.js').then((module) => module.createTenant),
  },
  {
    name: 'tenant.list',
    summary: 'List tenants, oldest first.',
    positionals: [],
    load: () => import('../operations/tenant/list.js').then((module) => module.listAllTenants),
  },
  {
    name: 'tenant.show',
    summary: 'Show one tenant: state, home, schema version.',
    positionals: ['tenant'],
    load: () => import('../operations/tenant/show.js').then((module) => module.showTenant),
  },
  {
    name: 'tenant.suspend',
    summary: 'Refuse every scope of a tenant. Nothing is deleted.',
    positionals: ['tenant'],
    load: () => import('../operations/tenant/suspend.js').then((module) => module.suspendTenant),
  },
  {
    name: 'tenant.resume',
    summary: 'Let scopes of a suspended tenant in again.',
    positionals: ['tenant'],
    load: () => import('../operations/tenant/resume.js').then((module) => module.resumeTenant),
  },
  {
    name: 'migrate.new',
    summary: 'Write an empty migration file.',
    positionals: ['title'],
    load: () => import('../operations/migrate/new.js').then((module) => module.newMigration),
  },
  {
    name: 'migrate.up',
    summary: 'Bring every home to the newest migration.',
    positionals: [],
    load: () => import('../operations/migrate/up.js').then((module) => module.migrateUp),
  },
  {
    name: 'migrate.status',
    summary: 'Show how many homes and tenants stand at which version. Visits no home.',
    positionals: [],
    load: () => import('../operations/migrate/status.js').then((module) => module.migrationStatus),
  },
  {
    name: 'operation.list',
    summary: 'List operations, newest first.',
    positionals: [],
    load: () => import('../operations/operation/list.js').then((module) => module.listAllOperations),
  },
  {
    name: 'operation.show',
    summary: 'Show one operation with its steps and items.',
    positionals: ['operation'],
    load: () => import('../operations/operation/show.js').then((module) => module.showOperation),
  },
  {
    name: 'operation.watch',
    summary: 'Wait until an operation has ended, then show it.',
    positionals: ['operation'],
    load: () => import('../operations/operation/watch.js').then((module) => module.watchOperation),
  },
  {
    name: 'operation.cancel',
    summary: 'Stop a running operation at its next step and take back what it did.',
    positionals: ['operation'],
    load: () => import('../operations/operation/cancel.js').then((module) => module.cancelOperation),
  },
  {
    name: 'operation.retry',
    summary: 'Start a failed or cancelled operation anew, with the same input; what is done already is not done again.',
    positionals: ['operation'],
    load: () => import('../operations/operation/retry.js').then((module) => module.retryOperation),
  },
  {
    name: 'key.create',
    summary: 'Make an API key. It is shown once.',
    positionals: ['name'],
    load: () => import('../operations/key/create.js').then((module) => module.createKey),
  },
  {
    name: 'key.list',
    summary: 'List API keys, without the keys themselves.',
    positionals: [],
    load: () => import('../operations/key/list.js').then((module) => module.listAllKeys),
  },
  {
    name: 'key.revoke',
    summary: 'Refuse an API key from now on.',
    positionals: ['key'],
    load: () => import('../operations/key/revoke.js').then((module) => module.revokeApiKey),
  },
]
