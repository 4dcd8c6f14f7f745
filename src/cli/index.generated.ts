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
    name: 'tenant.sql',
    summary: 'Run one SQL statement in a scope of a tenant.',
    positionals: ['tenant', 'statement'],
    load: () => import('../operations/tenant/sql.js').then((module) => module.sqlTenant),
  },
  {
    name: 'tenant.connect',
    summary: 'Show how to reach a tenant with psql or another client, without passwords.',
    positionals: ['tenant'],
    load: () => import('../operations/tenant/connect.js').then((module) => module.connectTenant),
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
