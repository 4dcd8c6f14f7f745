import { cwd } from 'node:process'
import { createTenantry as create, type TenantHandle, type Tenantry, type TenantryOptions } from './client/tenantry.js'
import { secretsFrom } from './kernel/secrets.js'
import { type Transport, transportFrom } from './postgres/transport.js'

export type { AfterCommit, AfterCommitOptions, TenantIdentity } from './client/after-commit.js'
export { insertMany, type Records, type UpsertOptions, upsertMany } from './client/batches.js'
export { type KeysetColumn, type KeysetOptions, type KeysetPage, keysetPage } from './client/keyset.js'
export type { ScopeOptions } from './client/options.js'
export type { Scope } from './client/scope.js'
export {
  type ClaimedTenant,
  type ClaimSeedStep,
  defineClaimSeed,
  defineSeed,
  type MadeTenant,
  type SeedScope,
  type SeedStep,
} from './client/seed.js'
export { defineConfig, type TenantryConfig } from './kernel/config.js'
export { FAULTS, Fault, type FaultCode, isFault } from './kernel/faults.js'
export type { KeyContext, KeyProvider } from './kernel/key-provider.js'
export { defineMigration, type MigrationDoor, type MigrationProgram } from './kernel/migration-program.js'
export { ident, join, type Sql, sql } from './kernel/sql.js'
export type { TenantHandle, Tenantry, TenantryOptions, Transport }

/**
 * The data plane: opens scopes of tenants. One per process; it keeps pools and placements. References to secrets are read from the environment and from
 * files unless `secrets` says otherwise. Throws INPUT_INVALID on a connection string that cannot be used; nothing is connected yet.
 */
export const createTenantry = (options: TenantryOptions): Tenantry =>
  create({
    ...options,
    secrets: options.secrets ?? secretsFrom(process.env, cwd()),
    transport: options.transport ?? transportFrom(process.env),
  })
