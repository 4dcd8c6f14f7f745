import type { AnyOperation } from '../engine/operation.js'
import { rotateSigningKey } from './assurance/rotate.js'
import { setDatabaseAssurance } from './assurance/set.js'
import { showAssurance } from './assurance/show.js'
import { auditLog } from './audit/log.js'
import { addCluster } from './cluster/add.js'
import { clusterConfig } from './cluster/config.js'
import { drainCluster } from './cluster/drain.js'
import { listAllClusters } from './cluster/list.js'
import { removeCluster } from './cluster/remove.js'
import { rotateCluster } from './cluster/rotate.js'
import { setCluster } from './cluster/set.js'
import { showCluster } from './cluster/show.js'
import { undrainCluster } from './cluster/undrain.js'
import { attackWithDoctor } from './doctor/attack.js'
import { fixWithDoctor } from './doctor/fix.js'
import { runDoctor } from './doctor/run.js'
import { addDomain } from './domain/add.js'
import { removeDomain } from './domain/remove.js'
import { showDomain } from './domain/show.js'
import { verifyDomain } from './domain/verify.js'
import { createKey } from './key/create.js'
import { listAllKeys } from './key/list.js'
import { revokeApiKey } from './key/revoke.js'
import { measureLeak } from './leak/measure.js'
import { newMigration } from './migrate/new.js'
import { migrationStatus } from './migrate/status.js'
import { migrateUp } from './migrate/up.js'
import { cancelOperation } from './operation/cancel.js'
import { listAllOperations } from './operation/list.js'
import { retryOperation } from './operation/retry.js'
import { showOperation } from './operation/show.js'
import { watchOperation } from './operation/watch.js'
import { platformStatus } from './platform/status.js'
import { upgradePlatform } from './platform/upgrade.js'
import { discardStock } from './stock/discard.js'
import { fillStock } from './stock/fill.js'
import { prepareStock } from './stock/prepare.js'
import { showStock } from './stock/show.js'
import { adoptTenant } from './tenant/adopt.js'
import { connectTenant } from './tenant/connect.js'
import { createTenant } from './tenant/create.js'
import { deleteTenant } from './tenant/delete.js'
import { holdTenant } from './tenant/hold.js'
import { listAllTenants } from './tenant/list.js'
import { purgeTenant } from './tenant/purge.js'
import { releaseSlug } from './tenant/release.js'
import { renameTenant } from './tenant/rename.js'
import { resumeTenant } from './tenant/resume.js'
import { setTenant } from './tenant/set.js'
import { showTenant } from './tenant/show.js'
import { sqlTenant } from './tenant/sql.js'
import { suspendTenant } from './tenant/suspend.js'
import { listAllTombstones } from './tenant/tombstones.js'
import { unadoptTenant } from './tenant/unadopt.js'
import { undeleteTenant } from './tenant/undelete.js'
import { unholdTenant } from './tenant/unhold.js'
import { applyTiers } from './tier/apply.js'
import { listAllTiers } from './tier/list.js'
import { showWatchdog } from './watchdog/show.js'

/** Every operation of the control plane. A new capability is a file and a line here. */
export const OPERATIONS: readonly AnyOperation[] = [
  addCluster,
  listAllClusters,
  showCluster,
  clusterConfig,
  setCluster,
  drainCluster,
  undrainCluster,
  rotateCluster,
  removeCluster,
  showAssurance,
  setDatabaseAssurance,
  rotateSigningKey,
  createTenant,
  adoptTenant,
  unadoptTenant,
  listAllTenants,
  showTenant,
  suspendTenant,
  resumeTenant,
  sqlTenant,
  connectTenant,
  renameTenant,
  releaseSlug,
  setTenant,
  addDomain,
  verifyDomain,
  removeDomain,
  showDomain,
  deleteTenant,
  undeleteTenant,
  holdTenant,
  unholdTenant,
  purgeTenant,
  listAllTombstones,
  listAllTiers,
  applyTiers,
  fillStock,
  showStock,
  prepareStock,
  platformStatus,
  upgradePlatform,
  discardStock,
  newMigration,
  migrateUp,
  migrationStatus,
  listAllOperations,
  showOperation,
  watchOperation,
  cancelOperation,
  retryOperation,
  createKey,
  listAllKeys,
  revokeApiKey,
  runDoctor,
  fixWithDoctor,
  showWatchdog,
  measureLeak,
  attackWithDoctor,
  auditLog,
]
