import type { AnyOperation } from '../engine/operation.js'
import { listActivity } from './activity/list.js'
import { listLocks } from './activity/locks.js'
import { stopActivity } from './activity/stop.js'
import { rotateSigningKey } from './assurance/rotate.js'
import { setDatabaseAssurance } from './assurance/set.js'
import { showAssurance } from './assurance/show.js'
import { auditLog } from './audit/log.js'
import { adoptBackups } from './backup/adopt.js'
import { createBackup } from './backup/create.js'
import { backUpWholeDatabase } from './backup/database.js'
import { drillBackups } from './backup/drill.js'
import { makeDueBackups } from './backup/due.js'
import { expireBackup } from './backup/expire.js'
import { extractBackup } from './backup/extract.js'
import { holdBackups } from './backup/hold.js'
import { listAllBackups } from './backup/list.js'
import { listBackupPolicies } from './backup/policies.js'
import { pruneAll } from './backup/prune.js'
import { restoreBackup } from './backup/restore.js'
import { scheduleBackups } from './backup/schedule.js'
import { showBackup } from './backup/show.js'
import { backupStatus } from './backup/status.js'
import { unholdBackups } from './backup/unhold.js'
import { verifyBackups } from './backup/verify.js'
import { closeBreakglass } from './breakglass/close.js'
import { listBreakglass } from './breakglass/list.js'
import { openBreakglass } from './breakglass/open.js'
import { addCluster } from './cluster/add.js'
import { clusterConfig } from './cluster/config.js'
import { drainCluster } from './cluster/drain.js'
import { listAllClusters } from './cluster/list.js'
import { observeCluster } from './cluster/observe.js'
import { removeCluster } from './cluster/remove.js'
import { rotateCluster } from './cluster/rotate.js'
import { setCluster } from './cluster/set.js'
import { showCluster } from './cluster/show.js'
import { undrainCluster } from './cluster/undrain.js'
import { destroyDataKeys } from './datakey/destroy.js'
import { listDataKeys } from './datakey/list.js'
import { rewrapDataKeys } from './datakey/rewrap.js'
import { rotateDataKey } from './datakey/rotate.js'
import { showDataKeys } from './datakey/show.js'
import { attackWithDoctor } from './doctor/attack.js'
import { fixWithDoctor } from './doctor/fix.js'
import { runDoctor } from './doctor/run.js'
import { addDomain } from './domain/add.js'
import { removeDomain } from './domain/remove.js'
import { showDomain } from './domain/show.js'
import { verifyDomain } from './domain/verify.js'
import { repairDrift } from './drift/repair.js'
import { scanDrift } from './drift/scan.js'
import { showDrift } from './drift/show.js'
import { listAllEvents } from './event/list.js'
import { fleetOverview } from './fleet/overview.js'
import { createKey } from './key/create.js'
import { listAllKeys } from './key/list.js'
import { revokeApiKey } from './key/revoke.js'
import { measureLeak } from './leak/measure.js'
import { listMetrics } from './metric/list.js'
import { showMetric } from './metric/show.js'
import { migrationBaseline } from './migrate/baseline.js'
import { migrateDown } from './migrate/down.js'
import { freezeMigrations } from './migrate/freeze.js'
import { migrateHome } from './migrate/home.js'
import { listMigratedHomes } from './migrate/homes.js'
import { importMigrations } from './migrate/import.js'
import { lintFiles } from './migrate/lint.js'
import { newMigration } from './migrate/new.js'
import { migrationPlan } from './migrate/plan.js'
import { redoMigration } from './migrate/redo.js'
import { reviewMigrations } from './migrate/review.js'
import { migrationStatus } from './migrate/status.js'
import { unfreezeMigrations } from './migrate/unfreeze.js'
import { migrateUp } from './migrate/up.js'
import { verifyMigrations } from './migrate/verify.js'
import { cancelOperation } from './operation/cancel.js'
import { listOperationItems } from './operation/items.js'
import { listAllOperations } from './operation/list.js'
import { operationLog } from './operation/log.js'
import { pauseAnOperation } from './operation/pause.js'
import { resumeOperation } from './operation/resume.js'
import { retryOperation } from './operation/retry.js'
import { showOperation } from './operation/show.js'
import { skipOperationItem } from './operation/skip.js'
import { watchOperation } from './operation/watch.js'
import { platformStatus } from './platform/status.js'
import { upgradePlatform } from './platform/upgrade.js'
import { showPoolers } from './pooler/show.js'
import { endASession } from './session/end.js'
import { leaveASession } from './session/leave.js'
import { listAllSessions } from './session/list.js'
import { listYourSessions } from './session/own.js'
import { listSlowStatements } from './statement/list.js'
import { discardStock } from './stock/discard.js'
import { fillStock } from './stock/fill.js'
import { prepareStock } from './stock/prepare.js'
import { showStock } from './stock/show.js'
import { adoptTenant } from './tenant/adopt.js'
import { makeBeside } from './tenant/beside.js'
import { bulkTenants } from './tenant/bulk.js'
import { showCertificate } from './tenant/certificate.js'
import { cloneTenant } from './tenant/clone.js'
import { compareTenant } from './tenant/compare.js'
import { connectTenant } from './tenant/connect.js'
import { countAllTenants } from './tenant/count.js'
import { createTenant } from './tenant/create.js'
import { deleteTenant } from './tenant/delete.js'
import { showDifference } from './tenant/difference.js'
import { dropBeside } from './tenant/dropbeside.js'
import { explainTenant } from './tenant/explain.js'
import { exportTenant } from './tenant/export.js'
import { showGrowth } from './tenant/growth.js'
import { holdTenant } from './tenant/hold.js'
import { listHomes } from './tenant/homes.js'
import { importTenant } from './tenant/import.js'
import { listAllTenants } from './tenant/list.js'
import { mergeTable } from './tenant/merge.js'
import { pointBackTenant } from './tenant/pointback.js'
import { purgeTenant } from './tenant/purge.js'
import { releaseSlug } from './tenant/release.js'
import { renameTenant } from './tenant/rename.js'
import { repointTenant } from './tenant/repoint.js'
import { resumeTenant } from './tenant/resume.js'
import { setTenant } from './tenant/set.js'
import { showTenant } from './tenant/show.js'
import { sqlTenant } from './tenant/sql.js'
import { suspendTenant } from './tenant/suspend.js'
import { listTables } from './tenant/tables.js'
import { listAllTombstones } from './tenant/tombstones.js'
import { unadoptTenant } from './tenant/unadopt.js'
import { undeleteTenant } from './tenant/undelete.js'
import { unholdTenant } from './tenant/unhold.js'
import { vacuumTenant } from './tenant/vacuum.js'
import { applyTiers } from './tier/apply.js'
import { listAllTiers } from './tier/list.js'
import { writeTypes } from './types/run.js'
import { disableUser } from './user/disable.js'
import { enableUser } from './user/enable.js'
import { inviteUser } from './user/invite.js'
import { listUsers } from './user/list.js'
import { setUser } from './user/set.js'
import { showUser } from './user/show.js'
import { unlockUser } from './user/unlock.js'
import { listAllViews } from './view/list.js'
import { removeAView } from './view/remove.js'
import { saveAView } from './view/save.js'
import { showWatchdog } from './watchdog/show.js'
import { addWebhook } from './webhook/add.js'
import { listWebhookDeliveries } from './webhook/deliveries.js'
import { listAllWebhooks } from './webhook/list.js'
import { redeliverToWebhook } from './webhook/redeliver.js'
import { removeWebhook } from './webhook/remove.js'
import { rotateWebhookSecret } from './webhook/rotate.js'
import { setWebhook } from './webhook/set.js'
import { showWebhook } from './webhook/show.js'
import { testWebhook } from './webhook/test.js'

/** Every operation of the control plane. A new capability is a file and a line here. */
export const OPERATIONS: readonly AnyOperation[] = [
  addCluster,
  listAllClusters,
  showCluster,
  clusterConfig,
  setCluster,
  drainCluster,
  undrainCluster,
  observeCluster,
  rotateCluster,
  removeCluster,
  showAssurance,
  setDatabaseAssurance,
  rotateSigningKey,
  createTenant,
  cloneTenant,
  restoreBackup,
  compareTenant,
  showDifference,
  mergeTable,
  adoptTenant,
  unadoptTenant,
  listAllTenants,
  countAllTenants,
  showTenant,
  listTables,
  vacuumTenant,
  suspendTenant,
  resumeTenant,
  sqlTenant,
  explainTenant,
  exportTenant,
  importTenant,
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
  bulkTenants,
  holdTenant,
  unholdTenant,
  makeBeside,
  repointTenant,
  pointBackTenant,
  listHomes,
  showGrowth,
  dropBeside,
  purgeTenant,
  listAllTombstones,
  createBackup,
  listAllBackups,
  showBackup,
  verifyBackups,
  expireBackup,
  pruneAll,
  adoptBackups,
  scheduleBackups,
  listBackupPolicies,
  makeDueBackups,
  drillBackups,
  backupStatus,
  backUpWholeDatabase,
  extractBackup,
  showCertificate,
  holdBackups,
  unholdBackups,
  listDataKeys,
  showDataKeys,
  rotateDataKey,
  rewrapDataKeys,
  destroyDataKeys,
  listAllTiers,
  applyTiers,
  fillStock,
  showStock,
  prepareStock,
  platformStatus,
  upgradePlatform,
  discardStock,
  newMigration,
  lintFiles,
  reviewMigrations,
  importMigrations,
  migrateUp,
  migrateDown,
  redoMigration,
  freezeMigrations,
  unfreezeMigrations,
  migrationBaseline,
  migrateHome,
  migrationPlan,
  migrationStatus,
  listMigratedHomes,
  verifyMigrations,
  scanDrift,
  showDrift,
  repairDrift,
  writeTypes,
  fleetOverview,
  listAllEvents,
  listAllOperations,
  showOperation,
  watchOperation,
  listOperationItems,
  operationLog,
  cancelOperation,
  pauseAnOperation,
  resumeOperation,
  retryOperation,
  skipOperationItem,
  createKey,
  listAllKeys,
  revokeApiKey,
  saveAView,
  listAllViews,
  removeAView,
  inviteUser,
  listUsers,
  showUser,
  setUser,
  disableUser,
  enableUser,
  unlockUser,
  listAllSessions,
  endASession,
  listYourSessions,
  leaveASession,
  openBreakglass,
  closeBreakglass,
  listBreakglass,
  addWebhook,
  listAllWebhooks,
  showWebhook,
  setWebhook,
  rotateWebhookSecret,
  removeWebhook,
  testWebhook,
  listWebhookDeliveries,
  redeliverToWebhook,
  runDoctor,
  fixWithDoctor,
  showWatchdog,
  listMetrics,
  showMetric,
  listActivity,
  listLocks,
  stopActivity,
  showPoolers,
  listSlowStatements,
  measureLeak,
  attackWithDoctor,
  auditLog,
]
