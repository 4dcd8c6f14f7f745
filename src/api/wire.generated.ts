// Generated from src/operations/registry.ts by `UPDATE_SNAPSHOTS=1 npx vitest run test/api/client-generated.test.ts`. Do not edit.

/** A moment as RFC 3339 has it: `2026-11-22T08:30:00.000Z`. */
export type Moment = string

/** Every operation that has a route, with what it takes and what it answers. An output may be undefined where workers may be the ones who finish it. */
export interface Operations {
  'activity.list': { readonly input: ActivityListInput; readonly output: ActivityListOutput }
  'activity.locks': { readonly input: ActivityLocksInput; readonly output: ActivityLocksOutput }
  'activity.stop': { readonly input: ActivityStopInput; readonly output: ActivityStopOutput }
  'assurance.rotate': { readonly input: AssuranceRotateInput; readonly output: AssuranceRotateOutput }
  'assurance.set': { readonly input: AssuranceSetInput; readonly output: AssuranceSetOutput }
  'assurance.show': { readonly input: AssuranceShowInput; readonly output: AssuranceShowOutput }
  'audit.log': { readonly input: AuditLogInput; readonly output: AuditLogOutput }
  'backup.adopt': { readonly input: BackupAdoptInput; readonly output: BackupAdoptOutput | undefined }
  'backup.create': { readonly input: BackupCreateInput; readonly output: BackupCreateOutput | undefined }
  'backup.database': { readonly input: BackupDatabaseInput; readonly output: BackupDatabaseOutput | undefined }
  'backup.drill': { readonly input: BackupDrillInput; readonly output: BackupDrillOutput | undefined }
  'backup.due': { readonly input: BackupDueInput; readonly output: BackupDueOutput | undefined }
  'backup.expire': { readonly input: BackupExpireInput; readonly output: BackupExpireOutput }
  'backup.hold': { readonly input: BackupHoldInput; readonly output: BackupHoldOutput }
  'backup.list': { readonly input: BackupListInput; readonly output: BackupListOutput }
  'backup.policies': { readonly input: BackupPoliciesInput; readonly output: BackupPoliciesOutput }
  'backup.prune': { readonly input: BackupPruneInput; readonly output: BackupPruneOutput | undefined }
  'backup.restore': { readonly input: BackupRestoreInput; readonly output: BackupRestoreOutput }
  'backup.schedule': { readonly input: BackupScheduleInput; readonly output: BackupScheduleOutput }
  'backup.show': { readonly input: BackupShowInput; readonly output: BackupShowOutput }
  'backup.status': { readonly input: BackupStatusInput; readonly output: BackupStatusOutput }
  'backup.unhold': { readonly input: BackupUnholdInput; readonly output: BackupUnholdOutput }
  'backup.verify': { readonly input: BackupVerifyInput; readonly output: BackupVerifyOutput | undefined }
  'breakglass.close': { readonly input: BreakglassCloseInput; readonly output: BreakglassCloseOutput }
  'breakglass.list': { readonly input: BreakglassListInput; readonly output: BreakglassListOutput }
  'breakglass.open': { readonly input: BreakglassOpenInput; readonly output: BreakglassOpenOutput }
  'cluster.add': { readonly input: ClusterAddInput; readonly output: ClusterAddOutput }
  'cluster.config': { readonly input: ClusterConfigInput; readonly output: ClusterConfigOutput }
  'cluster.drain': { readonly input: ClusterDrainInput; readonly output: ClusterDrainOutput }
  'cluster.list': { readonly input: ClusterListInput; readonly output: ClusterListOutput }
  'cluster.observe': { readonly input: ClusterObserveInput; readonly output: ClusterObserveOutput }
  'cluster.remove': { readonly input: ClusterRemoveInput; readonly output: ClusterRemoveOutput }
  'cluster.rotate': { readonly input: ClusterRotateInput; readonly output: ClusterRotateOutput }
  'cluster.set': { readonly input: ClusterSetInput; readonly output: ClusterSetOutput }
  'cluster.show': { readonly input: ClusterShowInput; readonly output: ClusterShowOutput }
  'cluster.undrain': { readonly input: ClusterUndrainInput; readonly output: ClusterUndrainOutput }
  'datakey.destroy': { readonly input: DatakeyDestroyInput; readonly output: DatakeyDestroyOutput }
  'datakey.list': { readonly input: DatakeyListInput; readonly output: DatakeyListOutput }
  'datakey.rewrap': { readonly input: DatakeyRewrapInput; readonly output: DatakeyRewrapOutput }
  'datakey.rotate': { readonly input: DatakeyRotateInput; readonly output: DatakeyRotateOutput }
  'datakey.show': { readonly input: DatakeyShowInput; readonly output: DatakeyShowOutput }
  'doctor.attack': { readonly input: DoctorAttackInput; readonly output: DoctorAttackOutput }
  'doctor.fix': { readonly input: DoctorFixInput; readonly output: DoctorFixOutput }
  'doctor.run': { readonly input: DoctorRunInput; readonly output: DoctorRunOutput }
  'domain.add': { readonly input: DomainAddInput; readonly output: DomainAddOutput }
  'domain.remove': { readonly input: DomainRemoveInput; readonly output: DomainRemoveOutput }
  'domain.show': { readonly input: DomainShowInput; readonly output: DomainShowOutput }
  'domain.verify': { readonly input: DomainVerifyInput; readonly output: DomainVerifyOutput }
  'drift.repair': { readonly input: DriftRepairInput; readonly output: DriftRepairOutput }
  'drift.scan': { readonly input: DriftScanInput; readonly output: DriftScanOutput }
  'drift.show': { readonly input: DriftShowInput; readonly output: DriftShowOutput }
  'event.list': { readonly input: EventListInput; readonly output: EventListOutput }
  'fleet.overview': { readonly input: FleetOverviewInput; readonly output: FleetOverviewOutput }
  'key.create': { readonly input: KeyCreateInput; readonly output: KeyCreateOutput }
  'key.list': { readonly input: KeyListInput; readonly output: KeyListOutput }
  'key.revoke': { readonly input: KeyRevokeInput; readonly output: KeyRevokeOutput }
  'metric.list': { readonly input: MetricListInput; readonly output: MetricListOutput }
  'metric.show': { readonly input: MetricShowInput; readonly output: MetricShowOutput }
  'migrate.baseline': { readonly input: MigrateBaselineInput; readonly output: MigrateBaselineOutput }
  'migrate.down': { readonly input: MigrateDownInput; readonly output: MigrateDownOutput }
  'migrate.freeze': { readonly input: MigrateFreezeInput; readonly output: MigrateFreezeOutput }
  'migrate.home': { readonly input: MigrateHomeInput; readonly output: MigrateHomeOutput }
  'migrate.homes': { readonly input: MigrateHomesInput; readonly output: MigrateHomesOutput }
  'migrate.plan': { readonly input: MigratePlanInput; readonly output: MigratePlanOutput }
  'migrate.redo': { readonly input: MigrateRedoInput; readonly output: MigrateRedoOutput }
  'migrate.review': { readonly input: MigrateReviewInput; readonly output: MigrateReviewOutput }
  'migrate.status': { readonly input: MigrateStatusInput; readonly output: MigrateStatusOutput }
  'migrate.unfreeze': { readonly input: MigrateUnfreezeInput; readonly output: MigrateUnfreezeOutput }
  'migrate.up': { readonly input: MigrateUpInput; readonly output: MigrateUpOutput | undefined }
  'operation.cancel': { readonly input: OperationCancelInput; readonly output: OperationCancelOutput }
  'operation.items': { readonly input: OperationItemsInput; readonly output: OperationItemsOutput }
  'operation.list': { readonly input: OperationListInput; readonly output: OperationListOutput }
  'operation.log': { readonly input: OperationLogInput; readonly output: OperationLogOutput }
  'operation.pause': { readonly input: OperationPauseInput; readonly output: OperationPauseOutput }
  'operation.resume': { readonly input: OperationResumeInput; readonly output: OperationResumeOutput }
  'operation.retry': { readonly input: OperationRetryInput; readonly output: OperationRetryOutput }
  'operation.show': { readonly input: OperationShowInput; readonly output: OperationShowOutput }
  'operation.skip': { readonly input: OperationSkipInput; readonly output: OperationSkipOutput }
  'operation.watch': { readonly input: OperationWatchInput; readonly output: OperationWatchOutput }
  'platform.status': { readonly input: PlatformStatusInput; readonly output: PlatformStatusOutput }
  'platform.upgrade': { readonly input: PlatformUpgradeInput; readonly output: PlatformUpgradeOutput }
  'pooler.show': { readonly input: PoolerShowInput; readonly output: PoolerShowOutput }
  'session.end': { readonly input: SessionEndInput; readonly output: SessionEndOutput }
  'session.leave': { readonly input: SessionLeaveInput; readonly output: SessionLeaveOutput }
  'session.list': { readonly input: SessionListInput; readonly output: SessionListOutput }
  'session.own': { readonly input: SessionOwnInput; readonly output: SessionOwnOutput }
  'statement.list': { readonly input: StatementListInput; readonly output: StatementListOutput }
  'stock.discard': { readonly input: StockDiscardInput; readonly output: StockDiscardOutput }
  'stock.fill': { readonly input: StockFillInput; readonly output: StockFillOutput }
  'stock.prepare': { readonly input: StockPrepareInput; readonly output: StockPrepareOutput }
  'stock.show': { readonly input: StockShowInput; readonly output: StockShowOutput }
  'tenant.adopt': { readonly input: TenantAdoptInput; readonly output: TenantAdoptOutput }
  'tenant.beside': { readonly input: TenantBesideInput; readonly output: TenantBesideOutput }
  'tenant.bulk': { readonly input: TenantBulkInput; readonly output: TenantBulkOutput | undefined }
  'tenant.certificate': { readonly input: TenantCertificateInput; readonly output: TenantCertificateOutput }
  'tenant.clone': { readonly input: TenantCloneInput; readonly output: TenantCloneOutput }
  'tenant.compare': { readonly input: TenantCompareInput; readonly output: TenantCompareOutput }
  'tenant.connect': { readonly input: TenantConnectInput; readonly output: TenantConnectOutput }
  'tenant.count': { readonly input: TenantCountInput; readonly output: TenantCountOutput }
  'tenant.create': { readonly input: TenantCreateInput; readonly output: TenantCreateOutput }
  'tenant.delete': { readonly input: TenantDeleteInput; readonly output: TenantDeleteOutput }
  'tenant.difference': { readonly input: TenantDifferenceInput; readonly output: TenantDifferenceOutput }
  'tenant.dropbeside': { readonly input: TenantDropbesideInput; readonly output: TenantDropbesideOutput }
  'tenant.explain': { readonly input: TenantExplainInput; readonly output: TenantExplainOutput }
  'tenant.growth': { readonly input: TenantGrowthInput; readonly output: TenantGrowthOutput }
  'tenant.hold': { readonly input: TenantHoldInput; readonly output: TenantHoldOutput }
  'tenant.homes': { readonly input: TenantHomesInput; readonly output: TenantHomesOutput }
  'tenant.list': { readonly input: TenantListInput; readonly output: TenantListOutput }
  'tenant.merge': { readonly input: TenantMergeInput; readonly output: TenantMergeOutput }
  'tenant.pointback': { readonly input: TenantPointbackInput; readonly output: TenantPointbackOutput }
  'tenant.purge': { readonly input: TenantPurgeInput; readonly output: TenantPurgeOutput }
  'tenant.release': { readonly input: TenantReleaseInput; readonly output: TenantReleaseOutput }
  'tenant.rename': { readonly input: TenantRenameInput; readonly output: TenantRenameOutput }
  'tenant.repoint': { readonly input: TenantRepointInput; readonly output: TenantRepointOutput }
  'tenant.resume': { readonly input: TenantResumeInput; readonly output: TenantResumeOutput }
  'tenant.set': { readonly input: TenantSetInput; readonly output: TenantSetOutput }
  'tenant.show': { readonly input: TenantShowInput; readonly output: TenantShowOutput }
  'tenant.sql': { readonly input: TenantSqlInput; readonly output: TenantSqlOutput }
  'tenant.suspend': { readonly input: TenantSuspendInput; readonly output: TenantSuspendOutput }
  'tenant.tables': { readonly input: TenantTablesInput; readonly output: TenantTablesOutput }
  'tenant.tombstones': { readonly input: TenantTombstonesInput; readonly output: TenantTombstonesOutput }
  'tenant.unadopt': { readonly input: TenantUnadoptInput; readonly output: TenantUnadoptOutput }
  'tenant.undelete': { readonly input: TenantUndeleteInput; readonly output: TenantUndeleteOutput }
  'tenant.unhold': { readonly input: TenantUnholdInput; readonly output: TenantUnholdOutput }
  'tenant.vacuum': { readonly input: TenantVacuumInput; readonly output: TenantVacuumOutput | undefined }
  'tier.apply': { readonly input: TierApplyInput; readonly output: TierApplyOutput }
  'tier.list': { readonly input: TierListInput; readonly output: TierListOutput }
  'user.disable': { readonly input: UserDisableInput; readonly output: UserDisableOutput }
  'user.enable': { readonly input: UserEnableInput; readonly output: UserEnableOutput }
  'user.invite': { readonly input: UserInviteInput; readonly output: UserInviteOutput }
  'user.list': { readonly input: UserListInput; readonly output: UserListOutput }
  'user.set': { readonly input: UserSetInput; readonly output: UserSetOutput }
  'user.show': { readonly input: UserShowInput; readonly output: UserShowOutput }
  'user.unlock': { readonly input: UserUnlockInput; readonly output: UserUnlockOutput }
  'view.list': { readonly input: ViewListInput; readonly output: ViewListOutput }
  'view.remove': { readonly input: ViewRemoveInput; readonly output: ViewRemoveOutput }
  'view.save': { readonly input: ViewSaveInput; readonly output: ViewSaveOutput }
  'watchdog.show': { readonly input: WatchdogShowInput; readonly output: WatchdogShowOutput }
  'webhook.add': { readonly input: WebhookAddInput; readonly output: WebhookAddOutput }
  'webhook.deliveries': { readonly input: WebhookDeliveriesInput; readonly output: WebhookDeliveriesOutput }
  'webhook.list': { readonly input: WebhookListInput; readonly output: WebhookListOutput }
  'webhook.redeliver': { readonly input: WebhookRedeliverInput; readonly output: WebhookRedeliverOutput }
  'webhook.remove': { readonly input: WebhookRemoveInput; readonly output: WebhookRemoveOutput }
  'webhook.rotate': { readonly input: WebhookRotateInput; readonly output: WebhookRotateOutput }
  'webhook.set': { readonly input: WebhookSetInput; readonly output: WebhookSetOutput }
  'webhook.show': { readonly input: WebhookShowInput; readonly output: WebhookShowOutput }
  'webhook.test': { readonly input: WebhookTestInput; readonly output: WebhookTestOutput }
}

export type OperationName = keyof Operations

/** The codes of docs/faults.md. */
export type FaultCode =
  | 'ADOPTION_REFUSED'
  | 'ANONYMISE_UNFIT'
  | 'ANSWER_NOT_KEPT'
  | 'ARCHIVES_READABLE'
  | 'ARCHIVE_COMPRESSION'
  | 'ARCHIVE_CORRUPT'
  | 'ARCHIVE_EXISTS'
  | 'ARCHIVE_MISSING'
  | 'ARCHIVE_STALE'
  | 'ARCHIVE_TENANT_MISMATCH'
  | 'ARCHIVE_TOO_LARGE'
  | 'ARCHIVE_TRUNCATED'
  | 'ARCHIVE_UNENCRYPTED'
  | 'ARCHIVE_VERSION'
  | 'ASKER_GONE'
  | 'ASSURANCE_UNAVAILABLE'
  | 'ATTACK_BREACHED'
  | 'BACKEND_CHANGED'
  | 'BACKEND_FOREIGN'
  | 'BACKEND_NOT_FOUND'
  | 'BACKUP_MISCOUNT'
  | 'BACKUP_NOT_FOUND'
  | 'BACKUP_STATE'
  | 'BATCH_DUPLICATE'
  | 'BATCH_INVALID'
  | 'BODY_INVALID'
  | 'BODY_TOO_LARGE'
  | 'BREAKGLASS_CLOSED'
  | 'BREAKGLASS_FORBIDDEN'
  | 'BREAKGLASS_OPEN'
  | 'CACHE_KEY_INVALID'
  | 'CACHE_VALUE_INVALID'
  | 'CATALOG_BEHIND'
  | 'CATALOG_OCCUPIED'
  | 'CATALOG_UNREACHABLE'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_NAME'
  | 'CERTIFICATE_NOT_FOUND'
  | 'CERTIFICATE_UNSIGNED'
  | 'CERTIFICATE_UNTRUSTED'
  | 'CLUSTER_BUSY'
  | 'CLUSTER_DRAINING'
  | 'CLUSTER_EXISTS'
  | 'CLUSTER_NEEDED'
  | 'CLUSTER_NOT_FOUND'
  | 'CLUSTER_OCCUPIED'
  | 'CLUSTER_STATE'
  | 'CLUSTER_UNHARDENED'
  | 'CLUSTER_UNOBSERVABLE'
  | 'CONFIG_INVALID'
  | 'CONFIG_MISSING'
  | 'CONFIRMATION_NEEDED'
  | 'CONNECTION_LOST'
  | 'CURSOR_INVALID'
  | 'DATABASE_BEHIND'
  | 'DATABASE_BUSY'
  | 'DATABASE_MISSING'
  | 'DATABASE_OCCUPIED'
  | 'DATABASE_UNKNOWN'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_REMAINS'
  | 'DIRECTORY_BUSY'
  | 'DISK_FULL'
  | 'DNS_UNREACHABLE'
  | 'DOMAIN_INVALID'
  | 'DOMAIN_NOT_FOUND'
  | 'DOMAIN_TAKEN'
  | 'DOMAIN_UNVERIFIED'
  | 'DRIFT_CHANGED'
  | 'DRIFT_CLASS_UNKNOWN'
  | 'DRIFT_DESTRUCTIVE'
  | 'DRIFT_REMAINS'
  | 'DRIFT_UNMENDABLE'
  | 'DUMP_UNFIT'
  | 'ENTER_VERSION'
  | 'EVENT_NOT_FOUND'
  | 'EXPECTATION_UNKNOWN'
  | 'EXPORT_EXISTS'
  | 'EXPORT_ROW_TOO_LARGE'
  | 'EXPORT_UNWRITABLE'
  | 'FINAL_BACKUP_FAILED'
  | 'FLEET_NOT_PREPARED'
  | 'FLEET_PARTIAL'
  | 'FOLDER_UNUSABLE'
  | 'FORMER_SLUG_NOT_FOUND'
  | 'HEADERS_TOO_LARGE'
  | 'HOME_BEHIND'
  | 'HOME_CHOICE'
  | 'HOME_FORMER'
  | 'HOME_GRACE'
  | 'HOME_MISSING'
  | 'HOME_NOT_BESIDE'
  | 'HOME_PARTIAL'
  | 'HOME_TAKEN'
  | 'IDEMPOTENCY_MISMATCH'
  | 'ID_INVALID'
  | 'IMPORT_BROKEN'
  | 'IMPORT_CHANGED'
  | 'IMPORT_INVALID'
  | 'IMPORT_MALFORMED'
  | 'IMPORT_PATH'
  | 'IMPORT_TEXT'
  | 'IMPORT_TOO_LARGE'
  | 'IMPORT_UNFIT'
  | 'IMPORT_UNREADABLE'
  | 'INPUT_INVALID'
  | 'INSTALLATION_CHANGED'
  | 'INTERNAL'
  | 'INVITATION_INVALID'
  | 'ISOLATION_UNAVAILABLE'
  | 'ITEM_NOT_FOUND'
  | 'JOB_EXPIRED'
  | 'JOB_KEY_UNKNOWN'
  | 'JOB_REFUSED'
  | 'JOB_STALE'
  | 'JOB_TENANT_GONE'
  | 'KEYS_REMAIN'
  | 'KEYS_UNCONFIGURED'
  | 'KEY_DESTROYED'
  | 'KEY_FORBIDDEN'
  | 'KEY_INVALID'
  | 'KEY_MISSING'
  | 'KEY_NOT_FOUND'
  | 'KEY_UNAVAILABLE'
  | 'LOAD_OCCUPIED'
  | 'LOAD_ORPHANS'
  | 'LOAD_REFUSED'
  | 'LOAD_TEXT'
  | 'LOAD_UNFIT'
  | 'LOGIN_IN_USE'
  | 'LOGIN_REFUSED'
  | 'MEDIA_TYPE'
  | 'MERGE_TOO_LARGE'
  | 'METHOD_NOT_ALLOWED'
  | 'MIGRATIONS_FROZEN'
  | 'MIGRATIONS_OVERLAP'
  | 'MIGRATION_BUSY'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_INVALID'
  | 'MIGRATION_LOCKS'
  | 'MIGRATION_NOT_OFFERED'
  | 'MIGRATION_NOT_ON_REQUEST'
  | 'MIGRATION_NOT_UNDOABLE'
  | 'MIGRATION_REFUSED'
  | 'MIGRATION_SLOW'
  | 'OBJECT_CHANGED'
  | 'OBJECT_KEY_INVALID'
  | 'OBJECT_MISSING'
  | 'OBJECT_NOT_FILE'
  | 'OBJECT_OUTSIDE'
  | 'OBJECT_TOO_LARGE'
  | 'ONE_DATABASE'
  | 'OPERATION_CANCELLED'
  | 'OPERATION_FAILED'
  | 'OPERATION_INPUT'
  | 'OPERATION_LOST'
  | 'OPERATION_NOT_FOUND'
  | 'OPERATION_PAUSED'
  | 'OPERATION_RELEASED'
  | 'OPERATION_STATE'
  | 'OPERATION_UNSURE'
  | 'ORDER_NOT_UNIQUE'
  | 'ORM_BUSY'
  | 'ORM_HANDLE'
  | 'ORM_OPTION'
  | 'ORM_WIRING'
  | 'PLATFORM_BUSY'
  | 'PLATFORM_MISSING'
  | 'PORT_UNAVAILABLE'
  | 'PRECONDITION_FAILED'
  | 'PRIVILEGE_MISSING'
  | 'PROGRAM_FAILED'
  | 'PROGRAM_MISSING'
  | 'PROGRAM_TIMEOUT'
  | 'PROOF_UNREACHABLE'
  | 'RATE_LIMITED'
  | 'REQUEST_FORGED'
  | 'REQUEST_INVALID'
  | 'REQUEST_RUNNING'
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_UNSURE'
  | 'RESTORE_DIFFERS'
  | 'RESTORE_VERSION'
  | 'ROUTE_NOT_FOUND'
  | 'ROW_COUNT'
  | 'SCHEMA_AHEAD'
  | 'SCHEMA_BEHIND'
  | 'SCHEMA_STUCK'
  | 'SCHEMA_VERSION'
  | 'SCOPE_ABORTED'
  | 'SCOPE_BUSY'
  | 'SCOPE_CANCELLED'
  | 'SCOPE_CLOSED'
  | 'SCOPE_ESCAPED'
  | 'SCOPE_FOREIGN'
  | 'SCOPE_MISSING'
  | 'SCOPE_NESTED'
  | 'SCOPE_OPTIONS'
  | 'SECRET_MISSING'
  | 'SECRET_SHORT'
  | 'SEED_CHANGED'
  | 'SEED_FAILED'
  | 'SEED_INVALID'
  | 'SELECTION_CHANGED'
  | 'SERVER_UNREACHABLE'
  | 'SERVICE_UNKNOWN'
  | 'SESSION_ENDED'
  | 'SESSION_NEEDED'
  | 'SESSION_NOT_FOUND'
  | 'SETTING_INVALID'
  | 'SIGNING_KEYS'
  | 'SIGN_IN_FAILED'
  | 'SIGN_IN_LOCKED'
  | 'SIGN_IN_UNAVAILABLE'
  | 'SLUG_INVALID'
  | 'SNAPSHOT_BLOCKED'
  | 'SNAPSHOT_LOST'
  | 'SNAPSHOT_UNFIT'
  | 'SQL_FAILED'
  | 'SQL_READ_ONLY'
  | 'SQL_TIMEOUT'
  | 'SQL_UNFINISHED'
  | 'STATEMENT_INVALID'
  | 'STATEMENT_REFUSED'
  | 'STOCK_FULL'
  | 'STOCK_KEPT'
  | 'STORE_CLIENT_MISSING'
  | 'STORE_FAILED'
  | 'STORE_FULL'
  | 'STORE_NOT_FOLDER'
  | 'STORE_NOT_WRITABLE'
  | 'STORE_REFUSED'
  | 'STORE_UNREACHABLE'
  | 'TABLE_BUSY'
  | 'TABLE_UNKNOWN'
  | 'TENANT_AMBIGUOUS'
  | 'TENANT_BUSY'
  | 'TENANT_DELETED'
  | 'TENANT_DENIED'
  | 'TENANT_DEPENDED'
  | 'TENANT_EXISTS'
  | 'TENANT_GRACE'
  | 'TENANT_HELD'
  | 'TENANT_MISMATCH'
  | 'TENANT_MISSING'
  | 'TENANT_MOVED'
  | 'TENANT_NOT_FOUND'
  | 'TENANT_READ_ONLY'
  | 'TENANT_RENAMED'
  | 'TENANT_STATE'
  | 'TENANT_SUSPENDED'
  | 'TENANT_UNPROVEN'
  | 'TEST_LEAKED'
  | 'TLS_NOT_OFFERED'
  | 'TLS_REFUSED'
  | 'TLS_REQUIRED'
  | 'TOKEN_REFUSED'
  | 'USER_DISABLED'
  | 'USER_EXISTS'
  | 'USER_NOT_FOUND'
  | 'VERSION_SKEW'
  | 'VERSION_UNSAFE'
  | 'VERSION_UNSUPPORTED'
  | 'VIEWS_FULL'
  | 'VIEW_NOT_FOUND'
  | 'WEBHOOK_ADDRESS'
  | 'WEBHOOK_DISABLED'
  | 'WEBHOOK_EXISTS'
  | 'WEBHOOK_KEY_MISSING'
  | 'WEBHOOK_NOT_FOUND'
  | 'WRONG_DATABASE'

/** List the sessions of clusters as they are at this moment, the longest transactions first. */
export interface ActivityListInput {
  /** Only sessions of this cluster */
  readonly cluster?: string | undefined
  /** Only sessions in a scope of this tenant, by id or slug */
  readonly tenant?: string | undefined
  /** Leave out those that do nothing: no statement, and no transaction. Default: false. */
  readonly busy?: boolean | undefined
  /** Show the texts of statements as well. Default: false. */
  readonly text?: boolean | undefined
}

export interface ActivityListOutput {
  readonly data: readonly {
    readonly cluster: string
    readonly pid: number
    /** Names the session for good, and the transaction that it is in: for `activity.stop` */
    readonly backend: string
    /** Id of the tenant in whose scope it is, by the lock that the scope holds; null: in none at this moment */
    readonly tenant: string | null
    readonly slug: string | null
    readonly database: string | null
    readonly login: string | null
    /** What it calls itself */
    readonly application: string
    /** As PostgreSQL calls it: client backend, autovacuum worker, … */
    readonly kind: string
    /** One of the logins of the platform's applications: these can be stopped */
    readonly ours: boolean
    /** Null where only a superuser could see */
    readonly state: string | null
    /** Since when it is in that state */
    readonly since: Moment | null
    /** The same in milliseconds, by the server's clock */
    readonly stateMs: number | null
    readonly transactionSince: Moment | null
    readonly transactionMs: number | null
    /** What a statement waits for in the server; null: it runs, or its application has the turn */
    readonly wait: string | null
    /** The statement that it runs, or ran last, cut at 2,000 characters; null unless it was asked for */
    readonly text: string | null
    /** Numbers of the sessions that it waits for */
    readonly blockedBy: readonly number[]
  }[]
  /** Sessions in databases of the same servers that are none of the platform; they are not listed */
  readonly others: number
  /** Clusters that could not be looked at, and why */
  readonly unseen: readonly string[]
}

/** Show who waits for whom at this moment, as a tree: those who wait below those who are waited for. */
export interface ActivityLocksInput {
  /** Only sessions of this cluster */
  readonly cluster?: string | undefined
  /** Show the texts of statements as well. Default: false. */
  readonly text?: boolean | undefined
  /** Tell of sessions that are none of the platform who they are, and their tables. Default: false. */
  readonly foreign?: boolean | undefined
}

export interface ActivityLocksOutput {
  readonly data: readonly {
    readonly cluster: string
    readonly pid: number
    /** Names the session for `activity.stop`; null: it has none any more */
    readonly backend: string | null
    /** Id of the tenant in whose scope it is, by the lock that the scope holds; null: in none at this moment */
    readonly tenant: string | null
    readonly slug: string | null
    readonly database: string | null
    readonly login: string | null
    /** What it calls itself */
    readonly application: string
    /** As PostgreSQL calls it; `prepared transaction` has no session any more */
    readonly kind: string
    /** One of the logins of the platform's applications: these can be stopped */
    readonly ours: boolean
    /** Null where only a superuser could see */
    readonly state: string | null
    /** Since when it is in that state */
    readonly since: Moment | null
    /** The same in milliseconds, by the server's clock */
    readonly stateMs: number | null
    readonly transactionSince: Moment | null
    readonly transactionMs: number | null
    /** What a statement waits for in the server; null: it runs, or its application has the turn */
    readonly wait: string | null
    /** The statement that it runs, or ran last, cut at 2,000 characters; null unless it was asked for */
    readonly text: string | null
    /** 0: it waits for nobody; otherwise below the one for which it waits */
    readonly depth: number
    /** The number of the session for which it waits on this line */
    readonly behind: number | null
    /** How many wait for it directly */
    readonly blocks: number
    /** What it waits for: relation, transactionid, tuple, advisory, … */
    readonly lock: string | null
    /** How it wants to have that */
    readonly mode: string | null
    /** The table that the lock is on, if it is on one */
    readonly table: string | null
    /** Neither its database nor its login is of the platform: of these only that they are there is told, unless `foreign` is given */
    readonly foreign: boolean
    readonly waitMs: number | null
    /** Each on this ring waits for the next; PostgreSQL ends one of them after deadlock_timeout */
    readonly cycle: boolean
    /** It waits for several; what is behind it stands where it comes first */
    readonly again: boolean
  }[]
  /** Clusters that could not be looked at, and why */
  readonly unseen: readonly string[]
}

/** Cancel what a session of an application does, or end the session. */
export interface ActivityStopInput {
  /** Name of the cluster */
  readonly cluster: string
  /** The session, as `activity list` calls it; without its last part it is meant whatever it does by now */
  readonly backend: string
  /** End the session, in place of only cancelling the statement that it runs. Default: false. */
  readonly end?: boolean | undefined
}

export interface ActivityStopOutput {
  readonly cluster: string
  readonly backend: string
  readonly act: 'cancel' | 'end'
  /** Id of the tenant in whose scope it was */
  readonly tenant: string | null
  readonly slug: string | null
  readonly login: string
  readonly application: string
  /** What it was in the middle of */
  readonly state: string | null
}

/** Exchange the key that tokens for a database are signed with, without an outage. */
export interface AssuranceRotateInput {
  /** Name of the cluster */
  readonly cluster: string
  /** Database of tenants, as `assurance show` names it */
  readonly database: string
  /** Let the database refuse what the key from before the last rotation has signed. Default: false. */
  readonly retire?: boolean | undefined
  /** With retire: how long after the rotation applications may still sign with the old key; their placement TTL at least. Default: "2min". */
  readonly grace?: string | undefined
}

export interface AssuranceRotateOutput {
  readonly cluster: string
  readonly database: string
  /** Ids of the keys that are believed */
  readonly keys: readonly number[]
}

/** Change how hard the wall of a database is, while applications go on. */
export interface AssuranceSetInput {
  /** Name of the cluster */
  readonly cluster: string
  /** Database of tenants, as `assurance show` names it */
  readonly database: string
  /** How hard its wall is to be */
  readonly to: 'standard' | 'strict'
  /** Tenants changed over at once. Default: 4. */
  readonly parallel?: number | undefined
}

export interface AssuranceSetOutput {
  readonly cluster: string
  readonly database: string
  readonly before: 'standard' | 'strict' | 'dedicated'
  readonly assurance: 'standard' | 'strict' | 'dedicated'
  readonly tenants: number
}

/** Show how hard the wall of each database is. */
export type AssuranceShowInput = Readonly<Record<string, never>>

export interface AssuranceShowOutput {
  readonly data: readonly {
    readonly cluster: string
    readonly database: string
    readonly assurance: 'standard' | 'strict' | 'dedicated'
    readonly tenants: number
    /** Keys of tokens that the database believes: two while they are exchanged */
    readonly keys: number
    /** When applications began to sign with the newest key */
    readonly since: Moment | null
  }[]
}

/** Show who changed what, or was refused, newest first. */
export interface AuditLogInput {
  /** Only entries about this tenant, by id or slug; by id also when it is gone */
  readonly tenant?: string | undefined
  /** Only entries of this operation, such as tenant.suspend */
  readonly operation?: string | undefined
  /** Only entries of this actor, such as key:ID or cli:NAME */
  readonly actor?: string | undefined
  /** Only entries since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z */
  readonly since?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface AuditLogOutput {
  readonly data: readonly {
    readonly id: string
    readonly time: Moment
    readonly actor: string
    /** Id of the API key that asked */
    readonly key: string | null
    readonly source: string
    readonly operation: string
    readonly operationId: string | null
    readonly tenant: string | null
    readonly outcome: 'accepted' | 'succeeded' | 'failed' | 'refused' | 'cancelled'
    readonly fault: string | null
    /** What differs between before and after, or what the watchdog did, in words */
    readonly changed: string
    readonly inputDigest: string
    readonly before: Readonly<Record<string, unknown>> | null
    readonly after: Readonly<Record<string, unknown>> | null
  }[]
  readonly nextCursor: string | null
}

/** Enter archives that are in the places of the configuration and that the catalog does not know, such as after its loss. */
export interface BackupAdoptInput {
  /** Only the archive of this id */
  readonly backup?: string | undefined
  /** Only this one of the places that the configuration names, as `backup show` calls it */
  readonly place?: string | undefined
  /** Also archives that are not encrypted, though there are keys: nothing proves who has written them. Default: false. */
  readonly unencrypted?: boolean | undefined
  /** Only show what would be entered. Default: false. */
  readonly dryRun?: boolean | undefined
  /** Archives at once. Default: 4. */
  readonly parallel?: number | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface BackupAdoptOutput {
  /** Archives that the catalog did not know, and knows now */
  readonly entered: number
  /** Backups that were known, found in a place more */
  readonly placed: number
  /** That could not be read, in one place; left as they are */
  readonly unread: number
  /** Nothing was entered */
  readonly dryRun: boolean
  readonly places: readonly {
    readonly name: string
    /** That are there, of all */
    readonly archives: number
    /** Of the fault, where it could not be looked through */
    readonly code: string | null
    readonly message: string | null
  }[]
  /** What was entered, 1,000 at most */
  readonly data: readonly {
    readonly id: string
    /** Slug of the tenant as it was then, or the name of the database */
    readonly of: string
    /** Id of the tenant; null where it is of a database */
    readonly tenant: string | null
    /** Whether the tenant is here, was purged here, or was never known here */
    readonly standing: 'here' | 'purged' | 'unknown' | null
    /** demand for all of tenants: an archive does not say what it was made for */
    readonly kind: 'demand' | 'daily' | 'weekly' | 'monthly' | 'final' | 'platform' | 'database'
    /** The moment that it shows, by the clock of the server that it was taken on */
    readonly at: string
    /** Schema version */
    readonly version: string | null
    readonly isolation: 'shared' | 'schema' | 'database' | null
    readonly rows: number | null
    /** In one place */
    readonly bytes: number | null
    readonly encrypted: boolean
    /** Where it was found whole */
    readonly places: readonly string[]
  }[]
  /** What was found in a place more, 1,000 at most */
  readonly added: readonly {
    readonly id: string
    /** Slug of the tenant as it was then, or the name of the database */
    readonly of: string
    /** Id of the tenant; null where it is of a database */
    readonly tenant: string | null
    /** Whether the tenant is here, was purged here, or was never known here */
    readonly standing: 'here' | 'purged' | 'unknown' | null
    /** demand for all of tenants: an archive does not say what it was made for */
    readonly kind: 'demand' | 'daily' | 'weekly' | 'monthly' | 'final' | 'platform' | 'database'
    /** The moment that it shows, by the clock of the server that it was taken on */
    readonly at: string
    /** Schema version */
    readonly version: string | null
    readonly isolation: 'shared' | 'schema' | 'database' | null
    readonly rows: number | null
    /** In one place */
    readonly bytes: number | null
    readonly encrypted: boolean
    /** Where it was found whole */
    readonly places: readonly string[]
  }[]
  /** What could not be read, and why; 1,000 at most */
  readonly faults: readonly {
    readonly archive: string
    readonly owner: string
    readonly place: string
    readonly code: string
    readonly message: string
  }[]
}

/** Back up a tenant, or many: each as of one moment, while its users go on. */
export interface BackupCreateInput {
  /** Tenant id or slug */
  readonly tenant?: string | undefined
  /** Every tenant. Default: false. */
  readonly all?: boolean | undefined
  /** Every tenant with this label: plan=gold */
  readonly label?: string | undefined
  /** Every tenant of this tier */
  readonly tier?: string | undefined
  /** The tables that all tenants of this database share: CLUSTER/DATABASE */
  readonly platform?: string | undefined
  /** When it may be pruned, such as 30d (otherwise: not before `backup expire` says so) */
  readonly keep?: string | undefined
  /** Why it was made; kept with it */
  readonly note?: string | undefined
  /** Read everything back afterwards, from every place. Default: false. */
  readonly verify?: boolean | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
  /** Tenants at once, on each cluster. Default: 2. */
  readonly parallel?: number | undefined
}

export interface BackupCreateOutput {
  /** The one that was made; null for many */
  readonly backup: {
    readonly id: string
    /** Slug of the tenant as it was then, or the name of the database */
    readonly of: string
    /** Id of the tenant; null where it is of platform tables */
    readonly tenant: string | null
    /** Whether the tenant is here, was purged here, or was never known here; null where it is of platform tables */
    readonly standing: 'here' | 'purged' | 'unknown' | null
    readonly kind: 'demand' | 'daily' | 'weekly' | 'monthly' | 'final' | 'platform' | 'database'
    readonly state: 'writing' | 'kept' | 'removing'
    /** The moment that it shows, by the clock of the server that it was taken on */
    readonly at: Moment | null
    /** Since when it is complete, in every place */
    readonly keptAt: Moment | null
    /** Schema version */
    readonly version: string | null
    readonly rows: number | null
    readonly tables: number | null
    /** In one store */
    readonly bytes: number | null
    /** Before compression */
    readonly plainBytes: number | null
    readonly encrypted: boolean
    /** When every frame and count of it was found right in every place */
    readonly verifiedAt: Moment | null
    /** What was wrong with it when it was verified last */
    readonly damage: string | null
    /** When it was restored and found equal */
    readonly provenAt: Moment | null
    readonly expiresAt: Moment | null
    /** It was found in its places: this catalog has not made it */
    readonly adopted: boolean
    readonly note: string | null
  } | null
  readonly backups: number
  readonly rows: number
  /** In one store */
  readonly bytes: number
}

/** Back up a whole database with pg_dump, and the roles of its server; for all its tenants at once. */
export interface BackupDatabaseInput {
  /** CLUSTER/DATABASE */
  readonly database: string
  /** When it may be pruned, such as 30d (otherwise: not before `backup expire` says so) */
  readonly keep?: string | undefined
  /** Why it was made; kept with it */
  readonly note?: string | undefined
  /** Read everything back afterwards, from every place. Default: false. */
  readonly verify?: boolean | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface BackupDatabaseOutput {
  readonly id: string
  /** Slug of the tenant as it was then, or the name of the database */
  readonly of: string
  /** Id of the tenant; null where it is of platform tables */
  readonly tenant: string | null
  /** Whether the tenant is here, was purged here, or was never known here; null where it is of platform tables */
  readonly standing: 'here' | 'purged' | 'unknown' | null
  readonly kind: 'demand' | 'daily' | 'weekly' | 'monthly' | 'final' | 'platform' | 'database'
  readonly state: 'writing' | 'kept' | 'removing'
  /** The moment that it shows, by the clock of the server that it was taken on */
  readonly at: Moment | null
  /** Since when it is complete, in every place */
  readonly keptAt: Moment | null
  /** Schema version */
  readonly version: string | null
  readonly rows: number | null
  readonly tables: number | null
  /** In one store */
  readonly bytes: number | null
  /** Before compression */
  readonly plainBytes: number | null
  readonly encrypted: boolean
  /** When every frame and count of it was found right in every place */
  readonly verifiedAt: Moment | null
  /** What was wrong with it when it was verified last */
  readonly damage: string | null
  /** When it was restored and found equal */
  readonly provenAt: Moment | null
  readonly expiresAt: Moment | null
  /** It was found in its places: this catalog has not made it */
  readonly adopted: boolean
  readonly note: string | null
}

/** Prove that backups can be restored: restore some of tenants chosen at random beside them, compare, and drop them again. */
export interface BackupDrillInput {
  /** This one (default: the newest ones of tenants chosen at random) */
  readonly backup?: string | undefined
  /** The newest one of this tenant: its id, or a slug that it has or had */
  readonly tenant?: string | undefined
  /** How many tenants. Default: 1. */
  readonly count?: number | undefined
  /** Backups at once. Default: 1. */
  readonly parallel?: number | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface BackupDrillOutput {
  /** Backups that were restored and found equal, now */
  readonly proven: number
  readonly rows: number
  /** How long the slowest took */
  readonly slowestMs: number
  /** Of the fleet */
  readonly tenants: number
  /** Of the fleet, of which a backup that is kept was ever restored and found equal */
  readonly provenTenants: number
  /** The oldest of their last proofs */
  readonly provenSince: Moment | null
}

/** Make and verify the backups that policies want now. Workers do this by themselves. */
export interface BackupDueInput {
  /** Tenants at once, on each cluster. Default: 2. */
  readonly parallel?: number | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface BackupDueOutput {
  readonly backups: number
  readonly rows: number
  readonly bytes: number
}

/** Say when a backup may be pruned: now, or after some time. Never while its tenant, or what is kept of it, is held. */
export interface BackupExpireInput {
  /** Id of the backup */
  readonly backup: string
  /** How long it is kept still, from now on, such as 30d (default: not at all). Default: "0s". */
  readonly in?: string | undefined
}

export type BackupExpireOutput = BackupDatabaseOutput

/** Forbid that backups of a purged tenant are removed or its data keys destroyed, until the hold is lifted. */
export interface BackupHoldInput {
  /** Id or slug of the tenant that was purged */
  readonly tenant: string
  /** Why, and by whose order; shown with its tombstone */
  readonly reason: string
}

export interface BackupHoldOutput {
  readonly tenant: string
  readonly slug: string
  readonly heldFor: string | null
}

/** List backups, newest first; of tenants that are gone as well. */
export interface BackupListInput {
  /** Only those of this tenant: its id, or a slug that it has or had */
  readonly tenant?: string | undefined
  /** Only those of this kind */
  readonly kind?: 'demand' | 'daily' | 'weekly' | 'monthly' | 'final' | 'platform' | 'database' | undefined
  /** Only those that were never verified, or found damaged. Default: false. */
  readonly unverified?: boolean | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface BackupListOutput {
  readonly data: readonly BackupDatabaseOutput[]
  readonly nextCursor: string | null
}

/** List the policies by which backups are made and kept, the narrowest first. */
export type BackupPoliciesInput = Readonly<Record<string, never>>

export interface BackupPoliciesOutput {
  readonly data: readonly {
    readonly scope: 'tenant' | 'label' | 'tier' | 'all'
    readonly target: string | null
    readonly daily: number
    readonly weekly: number
    readonly monthly: number
    /** Of UTC */
    readonly hour: number
    /** That it is in force for */
    readonly tenants: number
  }[]
}

/** Remove backups whose time is over or that a policy keeps newer ones of; never without a newer verified one, never under legal hold. */
export interface BackupPruneInput {
  /** Only those of this tenant: its id, or a slug that it has or had */
  readonly tenant?: string | undefined
  /** Only show which would go. Default: false. */
  readonly dryRun?: boolean | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface BackupPruneOutput {
  readonly backups: number
  /** Of one place */
  readonly bytes: number
  /** Left half-written by processes that died */
  readonly cleared: number
  readonly dryRun: boolean
  /** With dryRun: which */
  readonly data: readonly {
    readonly id: string
    readonly of: string
    readonly bytes: number | null
  }[]
}

/** Restore a tenant: beside the home it lives in, or as a new tenant. */
export interface BackupRestoreInput {
  /** Id of a backup; or a tenant, of which the newest one is taken */
  readonly backup: string
  /** With a tenant: the newest one that is of a moment up to this one */
  readonly at?: Moment | undefined
  /** Make a new tenant with this slug of it (default: a home beside the one that it lives in) */
  readonly as?: string | undefined
  /** Display name of the new tenant (default: its slug) */
  readonly name?: string | undefined
  /** How the tables are kept apart (default: as those of the tenant; of a shared one that gets a home beside, a schema) */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Cluster to restore to (default: the one that the tenant lives on) */
  readonly cluster?: string | undefined
  /** Only this table, into a home beside whose other tables stay empty; several may be given */
  readonly table?: readonly string[] | undefined
  /** What the home beside is for; shown with it */
  readonly note?: string | undefined
}

export interface BackupRestoreOutput {
  readonly backup: string
  /** The moment that the rows are of, by the clock of their server */
  readonly at: string
  readonly tenant: string
  readonly tenantId: string
  /** It is a home beside the one that the tenant lives in, which goes on as it is */
  readonly beside: boolean
  readonly home: string
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly database: string
  readonly schema: string
  /** The schema version that it stands at now */
  readonly version: string
  /** The schema version that the rows were of */
  readonly from: string
  readonly tables: number
  readonly rows: number
  /** Only the tables that were asked for have their rows: nobody is to live there */
  readonly partial: boolean
}

/** Say how many daily, weekly and monthly backups workers make and keep: for a tenant, a label, a tier or all. */
export interface BackupScheduleInput {
  /** For this tenant: its id or slug */
  readonly tenant?: string | undefined
  /** For tenants with this label: plan=gold */
  readonly label?: string | undefined
  /** For tenants of this tier */
  readonly tier?: string | undefined
  /** For every tenant that no other policy fits. Default: false. */
  readonly all?: boolean | undefined
  /** How many days to keep one of each. Default: 0. */
  readonly daily?: number | undefined
  /** How many weeks to keep one of each. Default: 0. */
  readonly weekly?: number | undefined
  /** How many months to keep one of each. Default: 0. */
  readonly monthly?: number | undefined
  /** At which hour of UTC they are made. Default: 0. */
  readonly hour?: number | undefined
  /** Take this policy away; what it has made is kept. Default: false. */
  readonly remove?: boolean | undefined
}

export interface BackupScheduleOutput {
  readonly scope: 'tenant' | 'label' | 'tier' | 'all'
  readonly target: string | null
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly hour: number
  readonly removed: boolean
}

/** Show a backup: what it is of, where it is, and what is proven of it. */
export interface BackupShowInput {
  /** Id of the backup */
  readonly backup: string
}

export interface BackupShowOutput {
  readonly id: string
  /** Slug of the tenant as it was then, or the name of the database */
  readonly of: string
  /** Id of the tenant; null where it is of platform tables */
  readonly tenant: string | null
  /** Whether the tenant is here, was purged here, or was never known here; null where it is of platform tables */
  readonly standing: 'here' | 'purged' | 'unknown' | null
  readonly kind: 'demand' | 'daily' | 'weekly' | 'monthly' | 'final' | 'platform' | 'database'
  readonly state: 'writing' | 'kept' | 'removing'
  /** The moment that it shows, by the clock of the server that it was taken on */
  readonly at: Moment | null
  /** Since when it is complete, in every place */
  readonly keptAt: Moment | null
  /** Schema version */
  readonly version: string | null
  readonly rows: number | null
  readonly tables: number | null
  /** In one store */
  readonly bytes: number | null
  /** Before compression */
  readonly plainBytes: number | null
  readonly encrypted: boolean
  /** When every frame and count of it was found right in every place */
  readonly verifiedAt: Moment | null
  /** What was wrong with it when it was verified last */
  readonly damage: string | null
  /** When it was restored and found equal */
  readonly provenAt: Moment | null
  readonly expiresAt: Moment | null
  /** It was found in its places: this catalog has not made it */
  readonly adopted: boolean
  readonly note: string | null
  /** That made it, or adopted it */
  readonly operation: string
  /** The store, and those where it is kept as well */
  readonly places: readonly string[]
  /** Position in the write-ahead log of its server */
  readonly lsn: string | null
  /** Exactly what was committed before that position is in it; false: at least that */
  readonly lsnExact: boolean | null
  readonly serverVersion: number | null
  readonly isolation: 'shared' | 'schema' | 'database' | null
  readonly track: string | null
  /** Of the rows */
  readonly fingerprint: string | null
  /** Fingerprint of the tables */
  readonly shape: string | null
  /** Of the migrations that it was taken at, with their checksums */
  readonly ledgerDigest: string | null
  /** Id of the data key; null where it is not encrypted */
  readonly key: string | null
  readonly manifestDigest: string | null
  /** How long it took to restore it then */
  readonly provenMs: number | null
}

/** Show how the fleet is protected: who is backed up, verified and proven restorable, and since when. */
export type BackupStatusInput = Readonly<Record<string, never>>

export interface BackupStatusOutput {
  /** That are active, suspended or read-only */
  readonly tenants: number
  readonly backedUp: number
  readonly verified: number
  /** Of which a backup that is kept was restored and found equal */
  readonly proven: number
  /** The oldest of their last proofs */
  readonly provenSince: Moment | null
  /** Of the newest backup of each tenant, the oldest */
  readonly oldest: Moment | null
  /** Backups */
  readonly damaged: number
  /** Of all backups, in one place */
  readonly bytes: number
  /** Tenants without a backup, 20 at most */
  readonly without: readonly string[]
}

/** Lift the hold on what is kept of a purged tenant. */
export interface BackupUnholdInput {
  /** Id or slug of the tenant that was purged */
  readonly tenant: string
}

export type BackupUnholdOutput = BackupHoldOutput

/** Read backups back from every place, and check every frame and count. */
export interface BackupVerifyInput {
  /** Id of the backup */
  readonly backup?: string | undefined
  /** Every backup of this tenant: its id, or a slug that it has or had */
  readonly tenant?: string | undefined
  /** Every backup that was never verified, or was found damaged. Default: false. */
  readonly unverified?: boolean | undefined
  /** Every backup. Default: false. */
  readonly all?: boolean | undefined
  /** Restore each whose tenant is there and not held as well, beside it, compare, and drop it again, as `backup drill` does. Default: false. */
  readonly restore?: boolean | undefined
  /** Backups at once. Default: 2. */
  readonly parallel?: number | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface BackupVerifyOutput {
  /** That are right, in every place */
  readonly backups: number
  readonly rows: number
  /** Of one place */
  readonly bytes: number
  readonly places: readonly string[]
}

/** Give the stronger role of a session back before its time is over; of another session only as a fleet-admin. */
export interface BreakglassCloseInput {
  /** Id of the session (default: the one that asks) */
  readonly session?: string | undefined
}

export interface BreakglassCloseOutput {
  /** Id of the session */
  readonly session: string
  readonly user: string
  readonly reason: string
}

/** List the sessions that have a stronger role for now, those first that give it back first. */
export interface BreakglassListInput {
  /** Rows at most. Default: 50. */
  readonly limit?: number | undefined
}

export interface BreakglassListOutput {
  readonly data: readonly {
    /** Id of the session */
    readonly session: string
    readonly user: string
    /** What may be done in it for now */
    readonly role: 'operator' | 'fleet-admin'
    readonly until: Moment
    readonly reason: string
  }[]
}

/** Break glass: have a stronger role in this session for a while, for a reason that everybody sees. */
export interface BreakglassOpenInput {
  /** What it is for */
  readonly reason: string
  /** For how long, such as 30min; the configuration says how long it may be. Default: "1h". */
  readonly for?: string | undefined
}

export interface BreakglassOpenOutput {
  /** Id of the session */
  readonly session: string
  readonly user: string
  /** What may be done in it for now */
  readonly role: 'operator' | 'fleet-admin'
  readonly until: Moment
  readonly reason: string
}

/** Register a PostgreSQL server and make it ready for tenants. */
export interface ClusterAddInput {
  /** Name of the cluster */
  readonly name: string
  /** Reference to the connection string of its primary, as an administrator. Default: "env:DATABASE_URL". */
  readonly url?: string | undefined
  /** Database that shared tables and schema homes live in; made by this command. Default: "tenantry_tenants". */
  readonly database?: string | undefined
  /** Host that applications connect to: the pooler, if there is one (default: that of the url) */
  readonly appHost?: string | undefined
  /** Port that applications connect to (default: that of the url) */
  readonly appPort?: number | undefined
  /** How applications verify that address, as libpq calls it (default: verify-full; on this machine disable) */
  readonly appSslmode?: 'disable' | 'require' | 'verify-ca' | 'verify-full' | undefined
  /** Reference to the authorities (PEM) that sign for that address, read where the application runs (default: those of the system) */
  readonly appCa?: string | undefined
  /** Reference to the password of the application's logins. Default: "env:TENANTRY_APP_PASSWORD". */
  readonly appSecret?: string | undefined
  /** What stands in front: pgbouncer in transaction mode, or nothing. Default: "none". */
  readonly pooler?: 'none' | 'pgbouncer' | undefined
  /** Reference to the password of a role for the pooler, which may ask for the verifiers of logins (auth_query) and nothing else */
  readonly poolerSecret?: string | undefined
  /** Version of the pooler, so that its published holes are told where it cannot be asked */
  readonly poolerVersion?: string | undefined
  /** How hard the wall of its database is (default: as the configuration says where shared tables are, else standard) */
  readonly assurance?: 'standard' | 'strict' | undefined
  /** Also take CONNECT from PUBLIC on the other databases of the server (undoable; recorded in the catalog). Default: false. */
  readonly revokeConnect?: boolean | undefined
  /** Take a server with published holes that tenants could use, with a warning. Default: false. */
  readonly allowUnsafeVersion?: boolean | undefined
}

export interface ClusterAddOutput {
  readonly name: string
  readonly database: string
  readonly serverVersion: string
  readonly hardened: boolean
  readonly warnings: readonly string[]
}

/** Write a configuration file for the server or the pooler of a cluster: TLS, SCRAM, and who may come in. No secret is in it. */
export interface ClusterConfigInput {
  /** Name of the cluster */
  readonly cluster: string
  /** Which file: a fragment of postgresql.conf, pg_hba.conf, or pgbouncer.ini */
  readonly file: 'postgresql' | 'pg_hba' | 'pgbouncer'
  /** Where server.crt, server.key and the other files are (default: /etc/pgbouncer; of the server its data directory) */
  readonly folder?: string | undefined
  /** Where applications, or the pooler, connect to the server from, for pg_hba: 10.1.0.0/16,10.2.0.7 */
  readonly applications?: string | undefined
  /** Where the control plane connects to the server from, for pg_hba (default: the address that the server sees it come from) */
  readonly control?: string | undefined
  /** Connections of applications that the pooler takes. Default: 1000. */
  readonly maxClients?: number | undefined
  /** Connections of the server for each pair of login and database. Default: 20. */
  readonly poolSize?: number | undefined
  /** Connections of the server that the pooler may open in all: fewer than its max_connections. Default: 80. */
  readonly serverConnections?: number | undefined
}

export interface ClusterConfigOutput {
  readonly cluster: string
  readonly file: string
  /** What such a file is called */
  readonly name: string
  readonly text: string
}

/** Send no new tenants to a cluster, and keep none warm there. Those that are there keep working. */
export interface ClusterDrainInput {
  /** Name of the cluster */
  readonly cluster: string
}

export type ClusterDrainOutput = ClusterShowOutput

/** List the clusters with what lives on them. */
export type ClusterListInput = Readonly<Record<string, never>>

export interface ClusterListOutput {
  readonly data: readonly ClusterShowOutput[]
}

/** Let the server of a cluster count what its statements take: pg_stat_statements, in the administrator's own database alone. */
export interface ClusterObserveInput {
  /** Name of the cluster */
  readonly cluster: string
}

export interface ClusterObserveOutput {
  readonly cluster: string
  /** The administrator's, in which the extension is */
  readonly database: string
  readonly schema: string
}

/** Forget a cluster that holds no tenants, and take away from its server what Tenantry has put there. */
export interface ClusterRemoveInput {
  /** Name of the cluster */
  readonly cluster: string
  /** The name once more: its databases are dropped for good */
  readonly confirm?: string | undefined
  /** Its server is gone for good: leave there what is there, and only forget it. Default: false. */
  readonly forget?: boolean | undefined
}

export interface ClusterRemoveOutput {
  readonly name: string
  readonly dropped: readonly string[]
  readonly warnings: readonly string[]
}

/** Give the application's logins on a cluster another password, without an outage. */
export interface ClusterRotateInput {
  /** Name of the cluster */
  readonly cluster: string
  /** Reference to the new password; another one than now */
  readonly appSecret?: string | undefined
  /** Shut out the logins that were used before the last rotation. Default: false. */
  readonly retire?: boolean | undefined
  /** With retire: how long after the rotation applications may still know the old logins; their placement TTL at least. Default: "2min". */
  readonly grace?: string | undefined
}

export interface ClusterRotateOutput {
  readonly name: string
  readonly logins: readonly string[]
  readonly oldLogins: readonly string[]
  /** Besides them, logins that serve one home alone */
  readonly ownLogins: number
  readonly retired: boolean
}

/** Change where and how applications connect to a cluster. What is not named stays; applications hear of it within their placement TTL. */
export interface ClusterSetInput {
  /** Name of the cluster */
  readonly cluster: string
  /** Host that applications connect to: the pooler, if there is one */
  readonly appHost?: string | undefined
  /** Port that applications connect to */
  readonly appPort?: number | undefined
  /** How applications verify that address, as libpq calls it */
  readonly appSslmode?: 'disable' | 'require' | 'verify-ca' | 'verify-full' | undefined
  /** Reference to the authorities (PEM) that sign for that address, read where the application runs (default: those of the system) */
  readonly appCa?: string | undefined
  /** What stands in front: pgbouncer in transaction mode, or nothing */
  readonly pooler?: 'none' | 'pgbouncer' | undefined
  /** Reference to the password of a role for the pooler, which may ask for the verifiers of logins (auth_query) and nothing else */
  readonly poolerSecret?: string | undefined
  /** Version of the pooler, so that its published holes are told where it cannot be asked */
  readonly poolerVersion?: string | undefined
  /** Take these away */
  readonly unset?: readonly ('app-ca' | 'pooler-secret' | 'pooler-version')[] | undefined
}

export interface ClusterSetOutput {
  readonly name: string
  readonly address: string
  readonly sslmode: string
  readonly pooler: string
  readonly warnings: readonly string[]
}

/** Show one cluster. */
export interface ClusterShowInput {
  /** Name of the cluster */
  readonly cluster: string
}

export interface ClusterShowOutput {
  readonly id: string
  readonly name: string
  readonly serverVersion: string
  /** Where applications connect */
  readonly address: string
  /** How applications verify that address, as libpq calls it */
  readonly sslmode: 'disable' | 'require' | 'verify-ca' | 'verify-full'
  /** Reference to the authorities that sign for it; null: the usual ones */
  readonly appCaRef: string | null
  readonly pooler: 'none' | 'pgbouncer'
  /** As it was declared */
  readonly poolerVersion: string | null
  readonly hardened: boolean
  /** What an unhardened cluster lacks */
  readonly missing: readonly string[]
  /** Draining: takes no new tenants */
  readonly state: 'live' | 'draining' | 'rotating' | 'removing'
  readonly draining: boolean
  /** Reference to the password of the application's logins */
  readonly appSecretRef: string
  /** Since when the logins before the last rotation wait to be retired */
  readonly oldLoginsSince: Moment | null
  readonly adminRef: string
  readonly databases: number
  readonly homes: number
  readonly tenants: number
  /** Of the tenants, those that are nobody's yet */
  readonly warm: number
  readonly createdAt: Moment
}

/** Let a cluster take new tenants again. */
export interface ClusterUndrainInput {
  /** Name of the cluster */
  readonly cluster: string
}

export type ClusterUndrainOutput = ClusterShowOutput

/** Destroy the data keys of a tenant in the key store and all its copies: every copy of every archive of it becomes unreadable. */
export interface DatakeyDestroyInput {
  /** Tenant id or slug, also of one that was purged */
  readonly tenant: string
  /** Why, and by whose order; kept in the log and in the certificate */
  readonly reason: string
  /** Even though the tenant is not deleted: no archive can ever be made of it again. Default: false. */
  readonly alive?: boolean | undefined
}

export interface DatakeyDestroyOutput {
  readonly tenant: string
  readonly slug: string
  readonly destroyedAt: string
  readonly keys: readonly string[]
  /** Where nothing is left of them, as looked up afterwards */
  readonly where: readonly string[]
  /** Every copy of every archive; each that is whole was tried, and cannot be read */
  readonly copies: readonly {
    readonly archive: string
    readonly store: string
    readonly bytes: number
    /** The data key that it was written with */
    readonly key: string | null
    /** clear: no key protects it; incomplete: without a manifest; damaged: the manifest is not whole */
    readonly standing: 'encrypted' | 'clear' | 'incomplete' | 'damaged'
  }[]
}

/** List the data keys of archives, without the keys themselves: whose, who wrapped them, and which were destroyed. */
export interface DatakeyListInput {
  /** Only those of this tenant, by id or slug */
  readonly tenant?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface DatakeyListOutput {
  readonly data: readonly {
    /** Its id, or the name of what the platform itself signs or keeps with it */
    readonly tenant: string
    readonly key: string
    /** What has wrapped it */
    readonly provider: string
    readonly madeAt: string
    readonly destroyedAt: string | null
  }[]
  readonly nextCursor: string | null
}

/** Wrap every data key anew with the first provider or master secret of the configuration. No archive is rewritten. */
export type DatakeyRewrapInput = Readonly<Record<string, never>>

export interface DatakeyRewrapOutput {
  readonly keys: number
}

/** Give a tenant a new data key for its next archives. Those that there are stay readable, and are not rewritten. */
export interface DatakeyRotateInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export interface DatakeyRotateOutput {
  readonly tenant: string
  readonly slug: string
  readonly key: string
}

/** Show what the data keys of a tenant open: every copy of every archive. */
export interface DatakeyShowInput {
  /** Tenant id or slug, also of one that was purged */
  readonly tenant: string
}

export interface DatakeyShowOutput {
  readonly tenant: string
  readonly slug: string
  /** The tenant's, or `purged` */
  readonly state: string
  readonly heldFor: string | null
  readonly keys: readonly {
    /** Its id, or the name of what the platform itself signs or keeps with it */
    readonly tenant: string
    readonly key: string
    /** What has wrapped it */
    readonly provider: string
    readonly madeAt: string
    readonly destroyedAt: string | null
  }[]
  readonly copies: readonly {
    readonly archive: string
    readonly store: string
    readonly bytes: number
    /** The data key that it was written with */
    readonly key: string | null
    /** clear: no key protects it; incomplete: without a manifest; damaged: the manifest is not whole */
    readonly standing: 'encrypted' | 'clear' | 'incomplete' | 'damaged'
    readonly keptAt: Moment | null
    /** When it goes by itself; null: never, or nobody knows */
    readonly expiresAt: Moment | null
  }[]
}

/** Attack the walls of a cluster with a scratch pair of tenants, which is made for it and destroyed again. */
export interface DoctorAttackInput {
  /** Only this cluster */
  readonly cluster?: string | undefined
  /** Only this isolation (default: every one that the cluster has) */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Only these attacks, by their ids */
  readonly only?: readonly ('S-01' | 'S-03' | 'Q-01' | 'Q-02' | 'R-10' | 'Q-03' | 'Q-04' | 'Q-05' | 'Q-06' | 'Q-07' | 'Q-08' | 'Q-09' | 'Q-10' | 'R-26' | 'Q-11' | 'Q-12' | 'Q-13' | 'Q-14' | 'Q-15' | 'Q-16' | 'Q-17' | 'Q-18' | 'Q-19' | 'Q-20' | 'Q-21' | 'Q-22' | 'Q-23' | 'R-13' | 'Q-24' | 'Q-25' | 'R-11' | 'R-12' | 'Q-26' | 'Q-27' | 'Q-28' | 'Q-29' | 'Q-30' | 'R-25' | 'Q-31' | 'Q-32' | 'Q-33' | 'Q-34' | 'Q-35' | 'Q-36' | 'Q-37' | 'Q-38' | 'Q-39' | 'Q-40' | 'Q-41' | 'R-21' | 'S-02' | 'Q-42' | 'Q-43' | 'Q-44' | 'Q-45' | 'Q-46' | 'Q-47' | 'Q-48' | 'Q-49' | 'Q-50' | 'S-13' | 'Q-51' | 'Q-52' | 'Q-53' | 'R-08' | 'Q-54' | 'Q-55' | 'S-19' | 'W-01' | 'W-02' | 'W-03' | 'R-17' | 'W-04' | 'W-05' | 'W-06' | 'W-07' | 'W-08' | 'W-09' | 'W-10' | 'W-11' | 'W-12' | 'W-13' | 'W-14' | 'W-15' | 'W-16' | 'W-17' | 'W-18' | 'W-19' | 'W-20' | 'R-18' | 'W-21' | 'W-22' | 'W-23' | 'W-24' | 'S-18' | 'W-25' | 'W-26' | 'W-27' | 'R-14' | 'W-28' | 'W-29' | 'W-30' | 'W-31' | 'S-21' | 'R-15' | 'W-32' | 'W-33' | 'W-34' | 'R-01' | 'C-01' | 'C-02' | 'C-03' | 'R-28' | 'C-04' | 'C-05' | 'C-06' | 'R-07' | 'C-07' | 'S-05' | 'S-06' | 'C-08' | 'S-08' | 'C-36' | 'C-37' | 'C-38' | 'C-39' | 'C-40' | 'C-41' | 'S-42' | 'S-07' | 'C-09' | 'C-10' | 'C-11' | 'C-12' | 'C-13' | 'C-14' | 'C-15' | 'S-10' | 'R-39' | 'C-16' | 'S-12' | 'C-17' | 'S-11' | 'C-18' | 'C-19' | 'C-20' | 'C-21' | 'C-22' | 'C-23' | 'C-24' | 'R-03' | 'C-25' | 'C-26' | 'C-27' | 'C-28' | 'C-29' | 'C-30' | 'C-31' | 'C-32' | 'C-33' | 'C-34' | 'C-35' | 'S-15' | 'K-01' | 'K-02' | 'D-04' | 'K-03' | 'K-04' | 'K-05' | 'D-03' | 'K-06' | 'K-07' | 'K-08' | 'K-09' | 'K-10' | 'K-11' | 'K-12' | 'K-13' | 'K-14' | 'K-15' | 'K-16' | 'K-17' | 'K-18' | 'K-19' | 'K-20' | 'K-21' | 'K-22' | 'K-68' | 'K-23' | 'K-24' | 'K-25' | 'K-26' | 'K-27' | 'K-28' | 'K-29' | 'K-30' | 'K-31' | 'K-32' | 'K-33' | 'K-34' | 'K-35' | 'K-36' | 'K-37' | 'K-38' | 'K-39' | 'K-40' | 'K-41' | 'K-42' | 'K-43' | 'K-44' | 'K-45' | 'S-16' | 'K-46' | 'R-22' | 'S-40' | 'K-47' | 'K-48' | 'K-49' | 'K-50' | 'K-51' | 'K-52' | 'K-53' | 'K-54' | 'K-55' | 'K-56' | 'K-57' | 'K-58' | 'K-59' | 'K-60' | 'K-61' | 'K-62' | 'K-63' | 'K-64' | 'K-65' | 'K-66' | 'K-67' | 'K-69' | 'K-70' | 'R-04' | 'F-01' | 'F-02' | 'F-03' | 'F-04' | 'F-05' | 'F-06' | 'F-07' | 'F-08' | 'S-30' | 'F-09' | 'F-10' | 'F-11' | 'F-12' | 'F-13' | 'S-34' | 'F-14' | 'F-15' | 'F-16' | 'F-17' | 'S-32' | 'F-18' | 'F-19' | 'F-20' | 'F-21' | 'F-22' | 'F-23' | 'F-48' | 'F-24' | 'F-25' | 'F-26' | 'D-02' | 'F-27' | 'F-28' | 'F-29' | 'F-30' | 'F-31' | 'F-32' | 'F-33' | 'F-34' | 'F-35' | 'F-36' | 'F-37' | 'F-38' | 'F-39' | 'F-40' | 'F-41' | 'F-42' | 'F-43' | 'F-44' | 'F-45' | 'F-46' | 'F-47' | 'T-01' | 'T-02' | 'T-03' | 'S-24' | 'T-04' | 'T-05' | 'T-06' | 'R-35' | 'R-24' | 'R-27' | 'T-07' | 'T-08' | 'T-09' | 'T-10' | 'T-11' | 'T-12' | 'T-13' | 'T-14' | 'T-15' | 'T-16' | 'T-17' | 'T-18' | 'T-19' | 'T-20' | 'T-21' | 'T-22' | 'T-23' | 'T-24' | 'T-25' | 'T-26' | 'S-23' | 'R-16' | 'T-27' | 'T-28' | 'R-09' | 'T-29' | 'T-30' | 'T-31' | 'T-32' | 'T-33' | 'T-34' | 'T-35' | 'T-36' | 'T-37' | 'T-38' | 'T-39' | 'T-40' | 'T-41' | 'T-42' | 'T-43' | 'T-44' | 'T-45' | 'T-46' | 'T-47' | 'R-41' | 'T-48' | 'T-49' | 'T-50' | 'T-51' | 'T-52' | 'T-53' | 'T-54' | 'T-55' | 'T-56' | 'T-57' | 'T-58' | 'T-59' | 'S-26' | 'S-28' | 'S-29' | 'T-60' | 'T-61' | 'T-62' | 'T-63' | 'T-64' | 'T-65' | 'T-66' | 'T-67' | 'T-68' | 'T-69' | 'T-70' | 'T-71' | 'T-72' | 'T-73' | 'T-74' | 'T-75' | 'T-76' | 'T-77' | 'T-78' | 'T-79' | 'T-80' | 'T-81' | 'T-82' | 'S-33' | 'T-83' | 'S-35' | 'T-84' | 'T-85' | 'T-86' | 'T-87' | 'T-88' | 'T-89' | 'T-90' | 'T-91' | 'T-92' | 'N-01' | 'N-02' | 'N-03' | 'N-04' | 'N-05' | 'N-06' | 'N-07' | 'N-08' | 'N-09' | 'N-10' | 'N-11' | 'V-14' | 'V-15' | 'V-16' | 'V-17' | 'N-12' | 'N-13' | 'N-14' | 'N-15' | 'N-16' | 'N-17' | 'N-18' | 'N-19' | 'N-20' | 'N-21' | 'N-22' | 'N-23' | 'N-24' | 'N-25' | 'N-26' | 'N-27' | 'N-28' | 'N-29' | 'N-30' | 'N-31' | 'N-32' | 'N-33' | 'N-34' | 'N-35' | 'R-36' | 'N-36' | 'N-37' | 'N-38' | 'N-39' | 'N-40' | 'N-41' | 'N-42' | 'N-43' | 'N-44' | 'N-45' | 'N-46' | 'N-47' | 'N-48' | 'N-49' | 'L-01' | 'L-02' | 'L-03' | 'L-04' | 'L-33' | 'L-05' | 'L-06' | 'L-07' | 'L-08' | 'L-09' | 'L-10' | 'L-11' | 'L-12' | 'L-13' | 'V-01' | 'V-02' | 'V-03' | 'V-04' | 'V-05' | 'V-06' | 'V-07' | 'V-08' | 'V-09' | 'V-10' | 'V-11' | 'V-12' | 'V-13' | 'L-14' | 'L-15' | 'L-16' | 'L-17' | 'L-18' | 'L-19' | 'L-20' | 'L-21' | 'L-22' | 'L-23' | 'L-24' | 'L-25' | 'L-26' | 'L-27' | 'L-28' | 'L-29' | 'L-31' | 'L-32' | 'L-30' | 'D-01' | 'E-01' | 'E-02' | 'E-03' | 'E-04' | 'E-05' | 'E-06' | 'E-07' | 'E-08' | 'E-09' | 'E-10' | 'E-11' | 'E-12' | 'E-13' | 'E-14' | 'E-15' | 'E-16' | 'D-05' | 'E-17' | 'E-18' | 'P-01' | 'P-02' | 'P-03' | 'P-04' | 'P-05' | 'P-06' | 'P-07' | 'P-08' | 'P-09' | 'P-10' | 'P-11' | 'P-12' | 'P-13' | 'P-14' | 'P-15' | 'P-16' | 'P-17' | 'P-18' | 'X-01' | 'X-02' | 'X-03' | 'X-04' | 'X-05' | 'X-06' | 'X-07' | 'X-08' | 'X-09' | 'X-10' | 'X-11' | 'X-12' | 'X-13' | 'X-14' | 'X-15' | 'X-16' | 'X-17' | 'X-18' | 'X-19' | 'G-01' | 'G-02' | 'G-03' | 'G-04' | 'G-05' | 'G-06' | 'G-07' | 'G-08' | 'G-09' | 'G-10' | 'G-11' | 'G-12' | 'G-13' | 'G-14' | 'G-15' | 'G-16' | 'G-17' | 'G-18' | 'G-19' | 'G-20' | 'G-21' | 'G-22' | 'G-23' | 'G-24' | 'G-25' | 'I-02' | 'I-03' | 'I-07' | 'G-26' | 'G-27' | 'G-28' | 'I-05' | 'G-29' | 'G-30' | 'I-04' | 'G-31' | 'G-32' | 'G-33' | 'G-34' | 'G-35' | 'M-01' | 'M-02' | 'M-03' | 'M-04' | 'M-05' | 'M-06' | 'M-07' | 'M-08' | 'M-09' | 'M-10' | 'M-11' | 'M-12' | 'M-13' | 'M-14' | 'M-15' | 'M-16' | 'M-17' | 'M-18' | 'M-19' | 'M-20' | 'M-21' | 'M-22' | 'M-23' | 'M-24' | 'M-25' | 'M-26' | 'M-27' | 'M-28' | 'M-29' | 'M-30' | 'M-31' | 'R-40' | 'H-01' | 'H-02' | 'H-03' | 'H-04' | 'R-42' | 'H-05' | 'R-20' | 'H-06' | 'R-29' | 'H-07' | 'H-10' | 'R-43' | 'H-08' | 'H-09' | 'I-10' | 'A-01' | 'A-02' | 'A-03' | 'A-04' | 'A-05' | 'A-06' | 'A-07' | 'A-08' | 'A-09' | 'A-10' | 'A-11' | 'A-12' | 'A-13' | 'A-14' | 'A-15' | 'A-16' | 'A-17' | 'A-18' | 'A-19' | 'A-20' | 'I-18' | 'A-21' | 'A-22' | 'A-23' | 'A-24' | 'A-25' | 'I-19' | 'A-26' | 'A-27' | 'I-12' | 'A-28' | 'A-29' | 'A-30' | 'I-01' | 'A-31' | 'I-08' | 'A-32' | 'A-33' | 'A-34' | 'A-35' | 'A-36' | 'A-37' | 'A-38' | 'A-39' | 'A-40' | 'I-11' | 'A-41')[] | undefined
}

export interface DoctorAttackOutput {
  /** How many are known */
  readonly attacks: number
  readonly data: readonly {
    readonly cluster: string
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly assurance: 'standard' | 'strict' | 'dedicated'
    readonly server: string
    /** Attempts that came to nothing, as expected */
    readonly refused: number
    /** Attempts that are part of a published residual */
    readonly residual: number
    /** Attempts that only a newer minor of PostgreSQL stops */
    readonly hole: number
    /** Attempts that came to nothing, for another reason than expected */
    readonly otherwise: number
    /** Attacks that mean nothing there */
    readonly skipped: number
  }[]
  /** The published residuals that showed */
  readonly residuals: readonly string[]
  /** Attacks that are published as part of a residual, and came to nothing here */
  readonly closed: readonly string[]
  /** What was stopped for another reason than expected, or only by a newer minor */
  readonly notes: readonly string[]
}

/** Repair what the doctor finds and what is safe to repair, and list what remains. */
export interface DoctorFixInput {
  /** Only this cluster */
  readonly cluster?: string | undefined
  /** The least that is not healthy, and ends with 1. Default: "error". */
  readonly failOn?: 'error' | 'warning' | 'advice' | undefined
}

export interface DoctorFixOutput {
  /** Nothing that was found is an error, or as bad as `failOn` says */
  readonly healthy: boolean
  readonly errors: number
  readonly warnings: number
  readonly advice: number
  readonly data: readonly {
    readonly severity: 'error' | 'warning' | 'advice'
    readonly check: 'secret.missing' | 'cluster.unreachable' | 'cluster.identity' | 'cluster.version' | 'cluster.tls' | 'cluster.unhardened' | 'cluster.connect' | 'cluster.open' | 'line.unreachable' | 'line.pooler' | 'line.tls' | 'line.holes' | 'database.missing' | 'database.identity' | 'database.version' | 'walls.row-security' | 'walls.policy' | 'walls.revocation' | 'walls.gate' | 'assurance.unfinished' | 'assurance.differs' | 'assurance.identity' | 'assurance.keys' | 'grants.public' | 'grants.login' | 'grants.extra' | 'grants.missing' | 'grants.elsewhere' | 'grants.parameter' | 'grants.default' | 'owners.wrong' | 'roles.missing' | 'roles.attributes' | 'roles.password' | 'roles.powerful' | 'membership.missing' | 'membership.extra' | 'membership.crowded' | 'settings.dangerous' | 'settings.drift' | 'settings.secret' | 'code.changed' | 'code.definer' | 'code.temporary' | 'tables.foreign' | 'tables.policies' | 'columns.sensitive' | 'extensions.place' | 'extensions.outdated' | 'names.tenant' | 'advice.foreign-key' | 'advice.primary-key' | 'advice.duplicate-index' | 'advice.invalid-index' | 'advice.search-path' | 'advice.reg-type' | 'stamp.sequence' | 'stamp.trigger' | 'placement.differs' | 'placement.home' | 'home.missing' | 'home.service' | 'home.beside' | 'orphan.schema' | 'orphan.home' | 'orphan.database' | 'orphan.role' | 'operation.abandoned' | 'operation.paused' | 'operation.stalled' | 'doctor.failed'
    /** The rule of the advisor that it breaks */
    readonly lint?: 'TL01' | 'TL02' | 'TL03' | 'TL04' | 'TL05' | 'TL06' | 'TL07' | 'TL08' | 'TL09' | 'TL10' | 'TL11' | 'TL12' | 'TL13' | 'TL14' | 'TL15' | 'TL16' | 'TL17' | 'TL18' | 'TL19' | 'TL20' | 'TL21' | 'TL22' | 'TL23' | 'TL24' | 'TL25' | 'TL26' | 'TL27' | 'TL28' | 'TL29' | 'TL30' | 'TL31' | 'TL32' | 'SP01' | 'SP04' | 'SP08' | 'SP09' | 'SP11' | 'SP14' | 'SP18' | 'SP22' | 'SP23' | 'SP30'
    /** cluster/database/object, as far as it goes */
    readonly where: string
    readonly reason: string
    /** A command or a sentence */
    readonly fix: string
    /** `tenantry doctor --fix` repairs it */
    readonly repairable: boolean
  }[]
  /** How many repairs were made */
  readonly repaired: number
}

/** Examine the platform and list what is wrong, with what mends it; --fix repairs what is safe to repair, --attack tries the walls. */
export interface DoctorRunInput {
  /** Only this cluster */
  readonly cluster?: string | undefined
  /** The least that is not healthy, and ends with 1. Default: "error". */
  readonly failOn?: 'error' | 'warning' | 'advice' | undefined
}

export interface DoctorRunOutput {
  /** Nothing that was found is an error, or as bad as `failOn` says */
  readonly healthy: boolean
  readonly errors: number
  readonly warnings: number
  readonly advice: number
  readonly data: readonly {
    readonly severity: 'error' | 'warning' | 'advice'
    readonly check: 'secret.missing' | 'cluster.unreachable' | 'cluster.identity' | 'cluster.version' | 'cluster.tls' | 'cluster.unhardened' | 'cluster.connect' | 'cluster.open' | 'line.unreachable' | 'line.pooler' | 'line.tls' | 'line.holes' | 'database.missing' | 'database.identity' | 'database.version' | 'walls.row-security' | 'walls.policy' | 'walls.revocation' | 'walls.gate' | 'assurance.unfinished' | 'assurance.differs' | 'assurance.identity' | 'assurance.keys' | 'grants.public' | 'grants.login' | 'grants.extra' | 'grants.missing' | 'grants.elsewhere' | 'grants.parameter' | 'grants.default' | 'owners.wrong' | 'roles.missing' | 'roles.attributes' | 'roles.password' | 'roles.powerful' | 'membership.missing' | 'membership.extra' | 'membership.crowded' | 'settings.dangerous' | 'settings.drift' | 'settings.secret' | 'code.changed' | 'code.definer' | 'code.temporary' | 'tables.foreign' | 'tables.policies' | 'columns.sensitive' | 'extensions.place' | 'extensions.outdated' | 'names.tenant' | 'advice.foreign-key' | 'advice.primary-key' | 'advice.duplicate-index' | 'advice.invalid-index' | 'advice.search-path' | 'advice.reg-type' | 'stamp.sequence' | 'stamp.trigger' | 'placement.differs' | 'placement.home' | 'home.missing' | 'home.service' | 'home.beside' | 'orphan.schema' | 'orphan.home' | 'orphan.database' | 'orphan.role' | 'operation.abandoned' | 'operation.paused' | 'operation.stalled' | 'doctor.failed'
    /** The rule of the advisor that it breaks */
    readonly lint?: 'TL01' | 'TL02' | 'TL03' | 'TL04' | 'TL05' | 'TL06' | 'TL07' | 'TL08' | 'TL09' | 'TL10' | 'TL11' | 'TL12' | 'TL13' | 'TL14' | 'TL15' | 'TL16' | 'TL17' | 'TL18' | 'TL19' | 'TL20' | 'TL21' | 'TL22' | 'TL23' | 'TL24' | 'TL25' | 'TL26' | 'TL27' | 'TL28' | 'TL29' | 'TL30' | 'TL31' | 'TL32' | 'SP01' | 'SP04' | 'SP08' | 'SP09' | 'SP11' | 'SP14' | 'SP18' | 'SP22' | 'SP23' | 'SP30'
    /** cluster/database/object, as far as it goes */
    readonly where: string
    readonly reason: string
    /** A command or a sentence */
    readonly fix: string
    /** `tenantry doctor --fix` repairs it */
    readonly repairable: boolean
  }[]
}

/** Note a host name of a tenant, and say which DNS record proves that it is theirs. */
export interface DomainAddInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Host name, such as shop.example.com */
  readonly domain: string
}

export type DomainAddOutput = DomainShowOutput

/** Take a host name away from a tenant. Another tenant may have it then. */
export interface DomainRemoveInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Host name, such as shop.example.com */
  readonly domain: string
}

export type DomainRemoveOutput = DomainShowOutput

/** Show whose a domain is, and whether that is verified. */
export interface DomainShowInput {
  /** Host name, such as shop.example.com */
  readonly domain: string
}

export interface DomainShowOutput {
  /** In lower case, as ASCII */
  readonly domain: string
  readonly tenant: string
  readonly slug: string
  readonly state: 'pending' | 'verified'
  /** Name of the TXT record to publish */
  readonly record: string
  /** What the record holds */
  readonly token: string
  readonly addedAt: Moment
  readonly verifiedAt: Moment | null
}

/** Ask DNS whether a tenant's domain is theirs, and note that it is. */
export interface DomainVerifyInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Host name, such as shop.example.com */
  readonly domain: string
}

export type DomainVerifyOutput = DomainShowOutput

/** Bring all homes of a class to what the migrations make: each in one transaction, which is kept only if the home is so afterwards. */
export interface DriftRepairInput {
  /** The class, as `tenantry drift show` names it */
  readonly class: string
  /** Also when columns, tables or values are lost. Default: false. */
  readonly destructive?: boolean | undefined
  /** Homes repaired at once. Default: 4. */
  readonly parallel?: number | undefined
  /** Only show the statements, and in how many homes. Default: false. */
  readonly dryRun?: boolean | undefined
  /** The class once more: all its homes are changed */
  readonly confirm?: string | undefined
}

export interface DriftRepairOutput {
  readonly dryRun: boolean
  readonly class: string
  /** Homes that are as expected now; with dryRun, that would be */
  readonly homes: number
  /** Tenants in them; a shared home serves many */
  readonly tenants: number
  readonly statements: readonly string[]
}

/** Look at every home and group the fleet into classes of homes that are alike, against what the migrations make. */
export interface DriftScanInput {
  /** Databases looked at at once. Default: 2. */
  readonly parallel?: number | undefined
}

export interface DriftScanOutput {
  /** Homes that are not as the files make them, and those of `corrected` */
  readonly pending: number
  /** Homes of which the catalog believed that they stand elsewhere than their own ledger says; it knows now */
  readonly corrected: number
  /** Homes that were made or migrated meanwhile */
  readonly unscanned: number
  readonly data: readonly {
    /** What `tenantry drift show` and `drift repair` take */
    readonly class: string
    /** `unknown`: the files cannot say how these homes should be */
    readonly state: 'as expected' | 'drifted' | 'unknown'
    /** Whose migrations the homes follow: `tenant`, or the name of a service */
    readonly track: string
    /** The newest migration that they have applied */
    readonly version: string
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly homes: number
    readonly tenants: number
    /** A few of the homes, as `database.schema` */
    readonly first: readonly string[]
    readonly scannedAt: Moment
  }[]
}

/** Show the classes that the last scan has found; of one class, the SQL that would bring it to what the migrations make. */
export interface DriftShowInput {
  /** Show what would mend this class */
  readonly class?: string | undefined
}

export interface DriftShowOutput {
  /** Homes that are not as the files make them */
  readonly pending: number
  /** Homes that no scan has seen as they are now */
  readonly unscanned: number
  readonly data: readonly {
    /** What `tenantry drift show` and `drift repair` take */
    readonly class: string
    /** `unknown`: the files cannot say how these homes should be */
    readonly state: 'as expected' | 'drifted' | 'unknown'
    /** Whose migrations the homes follow: `tenant`, or the name of a service */
    readonly track: string
    /** The newest migration that they have applied */
    readonly version: string
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly homes: number
    readonly tenants: number
    /** A few of the homes, as `database.schema` */
    readonly first: readonly string[]
    readonly scannedAt: Moment
  }[]
  readonly difference?: {
    /** Where it was looked at */
    readonly home: string
    readonly statements: readonly {
      readonly sql: string
      /** What the statement may lose */
      readonly loses?: string
    }[]
    /** What cannot be mended by SQL, in words */
    readonly told: readonly string[]
    /** All of it as one transaction, for psql */
    readonly script: string
  }
}

/** List what has happened in the last 7 days, newest first. */
export interface EventListInput {
  /** Only events of this type, such as tenant.created */
  readonly type?: 'assurance.changed' | 'assurance.rotated' | 'attack.cancelled' | 'attack.completed' | 'attack.failed' | 'attack.paused' | 'attack.started' | 'attack.undoing' | 'backup.adopted' | 'backup.cancelled' | 'backup.completed' | 'backup.expired' | 'backup.failed' | 'backup.held' | 'backup.paused' | 'backup.scheduled' | 'backup.started' | 'backup.undoing' | 'backup.unheld' | 'breakglass.closed' | 'breakglass.opened' | 'bulk.cancelled' | 'bulk.completed' | 'bulk.failed' | 'bulk.paused' | 'bulk.started' | 'bulk.undoing' | 'cluster.added' | 'cluster.changed' | 'cluster.drained' | 'cluster.observed' | 'cluster.removed' | 'cluster.rotated' | 'cluster.state_changed' | 'cluster.undrained' | 'datakey.destroyed' | 'datakey.rewrapped' | 'datakey.rotated' | 'doctor.fixed' | 'domain.added' | 'domain.removed' | 'domain.verified' | 'drift.repaired' | 'drift.scanned' | 'drill.cancelled' | 'drill.completed' | 'drill.failed' | 'drill.paused' | 'drill.started' | 'drill.undoing' | 'home.dropped' | 'home.made' | 'key.created' | 'key.revoked' | 'leak_measurement.cancelled' | 'leak_measurement.completed' | 'leak_measurement.failed' | 'leak_measurement.paused' | 'leak_measurement.started' | 'leak_measurement.undoing' | 'migration.cancelled' | 'migration.completed' | 'migration.failed' | 'migration.frozen' | 'migration.paused' | 'migration.started' | 'migration.undoing' | 'migration.unfrozen' | 'operation.cancel_requested' | 'operation.cancelled' | 'operation.failed' | 'operation.item_skipped' | 'operation.pause_requested' | 'operation.paused' | 'operation.started' | 'operation.undoing' | 'placement.switched' | 'pruning.cancelled' | 'pruning.completed' | 'pruning.failed' | 'pruning.paused' | 'pruning.started' | 'pruning.undoing' | 'restore.cancelled' | 'restore.completed' | 'restore.failed' | 'restore.paused' | 'restore.started' | 'restore.undoing' | 'session.ended' | 'stock.discarded' | 'stock.filled' | 'stock.prepared' | 'tenant.adopted' | 'tenant.changed' | 'tenant.cloned' | 'tenant.created' | 'tenant.deleted' | 'tenant.held' | 'tenant.merged' | 'tenant.purged' | 'tenant.renamed' | 'tenant.resumed' | 'tenant.slug_released' | 'tenant.state_changed' | 'tenant.suspended' | 'tenant.unadopted' | 'tenant.undeleted' | 'tenant.unheld' | 'tier.applied' | 'upgrade.cancelled' | 'upgrade.completed' | 'upgrade.failed' | 'upgrade.paused' | 'upgrade.started' | 'upgrade.undoing' | 'user.changed' | 'user.disabled' | 'user.enabled' | 'user.invited' | 'user.unlocked' | 'vacuum.cancelled' | 'vacuum.completed' | 'vacuum.failed' | 'vacuum.paused' | 'vacuum.started' | 'vacuum.undoing' | 'verification.cancelled' | 'verification.completed' | 'verification.failed' | 'verification.paused' | 'verification.started' | 'verification.undoing' | 'view.removed' | 'view.saved' | 'webhook.added' | 'webhook.changed' | 'webhook.redelivery_requested' | 'webhook.removed' | 'webhook.rotated' | 'webhook.state_changed' | undefined
  /** Only events about this tenant, by id or slug; by id also when it is gone */
  readonly tenant?: string | undefined
  /** Only events of this operation, by its id */
  readonly operation?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface EventListOutput {
  readonly data: readonly {
    /** Its number: those that became visible later have greater ones */
    readonly id: string
    readonly time: Moment
    /** What happened, such as tenant.created */
    readonly type: string
    /** Id of the tenant that it is about, if it is about one */
    readonly tenant: string | null
    /** As the tenant was called then */
    readonly slug: string | null
    /** Name of the cluster whose state has changed */
    readonly cluster: string | null
    /** Name of the webhook whose state has changed */
    readonly webhook: string | null
    /** Name of the operation */
    readonly operation: string | null
    readonly operationId: string | null
    /** Of the operation, the tenant, the cluster or the webhook since then */
    readonly state: string
    /** The state before, of a tenant, a cluster or a webhook */
    readonly from: string | null
    /** The fault that the operation has ended with, or is taken back for */
    readonly code: string | null
    /** Who began the operation; not told to a tenant-admin */
    readonly actor: string | null
  }[]
  readonly nextCursor: string | null
}

/** Show the whole fleet at a glance: tenants, operations, migrations, backups, clusters. Visits no server. */
export type FleetOverviewInput = Readonly<Record<string, never>>

export interface FleetOverviewOutput {
  /** When it was looked at, which may be a second ago; at backups it may have been ten seconds before that */
  readonly at: Moment
  readonly tenants: {
    readonly total: number
    readonly data: readonly {
      readonly state: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging'
      readonly isolation: 'shared' | 'schema' | 'database'
      readonly tenants: number
    }[]
  }
  readonly operations: {
    readonly running: number
    readonly paused: number
    /** Of those begun in the last 24 hours, as are the next two */
    readonly succeeded: number
    readonly failed: number
    readonly cancelled: number
  }
  readonly migrations: {
    readonly homes: number
    /** Homes that have not applied exactly the migrations that there are */
    readonly behind: number
    /** Databases whose platform tables have not */
    readonly platformsBehind: number
    /** Why no migration may begin, if none may */
    readonly frozen: string | null
    /** Files of migrations that cannot be read, and why: of homes that they are for nobody knows whether they are behind, and none is counted */
    readonly unreadable: readonly string[]
  }
  readonly backups: {
    /** That are active, suspended or read-only */
    readonly tenants: number
    /** Of which no whole backup is kept */
    readonly without: number
    /** Of which a policy has wanted a backup for an hour */
    readonly overdue: number
    /** Of which one was restored and found equal */
    readonly proven: number
    /** Backups */
    readonly damaged: number
    /** Of the newest backup of each tenant, the oldest */
    readonly oldest: Moment | null
    /** Of all backups, in one place */
    readonly bytes: number
  }
  readonly clusters: readonly {
    readonly name: string
    readonly serverVersion: string
    readonly state: 'live' | 'draining' | 'rotating' | 'removing'
    readonly hardened: boolean
    readonly pooler: 'none' | 'pgbouncer'
    readonly databases: number
    readonly homes: number
    readonly homesBy: readonly {
      readonly isolation: 'shared' | 'schema' | 'database'
      readonly homes: number
    }[]
    readonly tenants: number
    /** Of the tenants, those that are nobody's yet */
    readonly warm: number
    /** As its server was last seen; null where nobody has looked for two minutes */
    readonly connections: {
      readonly used: number
      /** That there may be, but for those of superusers */
      readonly room: number
      readonly at: Moment
    } | null
  }[]
}

/** Make an API key. It is shown once. */
export interface KeyCreateInput {
  /** What the key is for */
  readonly name: string
  /** What it may do */
  readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
  /** The one tenant of a tenant-admin, by id or slug */
  readonly tenant?: string | undefined
  /** Lifetime, such as 90d (default: until revoked) */
  readonly expires?: string | undefined
}

export interface KeyCreateOutput {
  readonly id: string
  readonly name: string
  readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
  readonly tenant: string | null
  /** The first and last characters */
  readonly hint: string
  readonly createdAt: Moment
  readonly createdBy: string
  readonly expiresAt: Moment | null
  readonly revokedAt: Moment | null
  readonly lastUsedAt: Moment | null
  readonly key: string
}

/** List API keys, oldest first, without the keys themselves. */
export interface KeyListInput {
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface KeyListOutput {
  readonly data: readonly {
    readonly id: string
    readonly name: string
    readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
    readonly tenant: string | null
    /** The first and last characters */
    readonly hint: string
    readonly createdAt: Moment
    readonly createdBy: string
    readonly expiresAt: Moment | null
    readonly revokedAt: Moment | null
    readonly lastUsedAt: Moment | null
  }[]
  readonly nextCursor: string | null
}

/** Refuse an API key from now on. */
export interface KeyRevokeInput {
  /** Id of the key */
  readonly key: string
}

export interface KeyRevokeOutput {
  readonly id: string
  readonly name: string
  readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
  readonly tenant: string | null
  /** The first and last characters */
  readonly hint: string
  readonly createdAt: Moment
  readonly createdBy: string
  readonly expiresAt: Moment | null
  readonly revokedAt: Moment | null
  readonly lastUsedAt: Moment | null
}

/** List what is measured of servers and kept over time. */
export type MetricListInput = Readonly<Record<string, never>>

export interface MetricListOutput {
  readonly data: readonly {
    readonly metric: string
    /** Of its values; empty for those that are 1 or 0 */
    readonly unit: string
    readonly says: string
    /** What it has series of */
    readonly of: 'server' | 'databases' | 'replicas' | 'slots' | 'homes' | 'pooler' | 'pools' | 'pooled-databases'
    /** Where it has several series for each of those: what they are called */
    readonly kinds: readonly string[]
  }[]
}

/** Show how something that is measured of servers has gone over time. */
export interface MetricShowInput {
  /** What `tenantry metric list` lists; several with commas between */
  readonly metric: string
  /** Only of this cluster; otherwise of all */
  readonly cluster?: string | undefined
  /** Only of this database, replica or slot */
  readonly of?: string | undefined
  /** How far back, such as 1h or 14d, or from when on. Default: "1h". */
  readonly since?: string | undefined
  /** Up to when; default: now */
  readonly until?: Moment | undefined
  /** How far apart the values are; default: as close as a screen can show */
  readonly every?: '15s' | '1min' | '5min' | '15min' | '1h' | '6h' | '1d' | undefined
}

export interface MetricShowOutput {
  /** How far apart `times` are */
  readonly everyS: number
  /** In seconds since 1970: each is the beginning of the time that its values are of */
  readonly times: readonly number[]
  readonly series: readonly {
    readonly metric: string
    readonly unit: string
    readonly cluster: string
    /** The database, replica or slot; null: the server */
    readonly of: string | null
    /** Which of several, such as a state or a mode; null: there is one */
    readonly kind: string | null
    /** One for each of `times`; null: it was not seen, or had begun to be counted anew */
    readonly values: readonly (number | null)[]
  }[]
}

/** Record files as applied in homes that somebody else has made, without running them. */
export interface MigrateBaselineInput {
  /** The newest file that is taken as applied */
  readonly version: string
  /** Only the home of this tenant; a shared one serves others as well */
  readonly tenant?: string | undefined
  /** Only this home: its id, its schema, or database.schema */
  readonly home?: string | undefined
  /** The homes of this service of yours, instead of those of tenants */
  readonly service?: string | undefined
  /** Homes in work at once. Default: 4. */
  readonly parallel?: number | undefined
}

export interface MigrateBaselineOutput {
  /** Homes in which something was recorded */
  readonly homes: number
  readonly version: string
  /** The first 10 of them; all are items of the operation */
  readonly some: readonly string[]
}

/** Undo the newest migrations in every home, by their down sections. */
export interface MigrateDownInput {
  /** Undo what came after this version; 0 undoes everything */
  readonly to?: string | undefined
  /** How many files to undo, from the newest that any home has. Default: 1 */
  readonly steps?: number | undefined
  /** Homes in work at once. Default: 4. */
  readonly parallel?: number | undefined
  /** The homes of this service of yours, instead of those of tenants */
  readonly service?: string | undefined
  /** The platform tables, instead of the homes of tenants. Default: false. */
  readonly platform?: boolean | undefined
  /** Undo although migrations are frozen; the reason is kept */
  readonly despiteFreeze?: string | undefined
  /** Only show which files would be undone, in how many homes. Default: false. */
  readonly dryRun?: boolean | undefined
  /** Why no backup is needed before; kept with the operation */
  readonly waiveBackup: string
}

export interface MigrateDownOutput {
  readonly dryRun: boolean
  /** Homes, or platform schemas, that were visited; with dryRun, that would be */
  readonly homes: number
  /** Tenants in them; a shared home serves many */
  readonly tenants: number
  /** Where they stand now; empty: before the first migration */
  readonly version: string
  /** What was undone, the newest first */
  readonly files: readonly string[]
}

/** Let no migration begin, and have running ones stand still before their next home. */
export interface MigrateFreezeInput {
  /** Why; whoever is refused is told */
  readonly reason: string
  /** When it is over by itself, such as 12h or 2026-12-27T08:00Z (default: when somebody lifts it) */
  readonly until?: string | undefined
}

export interface MigrateFreezeOutput {
  readonly reason: string
  readonly actor: string
  readonly since: Moment
  readonly until: Moment | null
}

/** Bring the home of one tenant to what is offered on request, as a scope that waits for it has it done, or to the newest migration. */
export interface MigrateHomeInput {
  /** A tenant that lives there: its id or slug */
  readonly tenant: string
  /** Bring it to the newest migration that there is, offered or not, as `migrate up` would. Default: false. */
  readonly newest?: boolean | undefined
}

export interface MigrateHomeOutput {
  readonly tenant: string
  readonly version: string
  /** False where there was nothing to do */
  readonly migrated: boolean
}

/** List homes with the version that each is at, in the order in which they were made. Visits none. */
export interface MigrateHomesInput {
  /** Only homes that follow these migrations: `tenant`, or the name of a service */
  readonly track?: string | undefined
  /** Only homes at this version; empty: without migrations */
  readonly version?: string | undefined
  /** Only homes that have not applied exactly the migrations that there are. Default: false. */
  readonly behind?: boolean | undefined
  /** Only homes of this isolation */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Only homes on this cluster */
  readonly cluster?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface MigrateHomesOutput {
  readonly data: readonly {
    readonly id: string
    readonly cluster: string
    readonly database: string
    readonly schema: string
    readonly isolation: 'shared' | 'schema' | 'database'
    /** Slug of the one tenant that lives there; null for a shared home, a warm one, and one beside */
    readonly tenant: string | null
    /** That live there */
    readonly tenants: number
    /** Whose migrations it follows: `tenant`, or the name of a service */
    readonly track: string
    /** Empty where none was applied */
    readonly version: string
    /** Files */
    readonly applied: number
    /** Against the files of whoever answers: `different` has the newest version, but not exactly those files; `newer` is past them; `unnamed` follows a service that the configuration does not name */
    readonly standing: 'current' | 'behind' | 'different' | 'newer' | 'unnamed'
  }[]
  readonly nextCursor: string | null
}

/** Show what pending migrations lock, rewrite and read, how long that takes, and what would fail in which home. Changes nothing. */
export interface MigratePlanInput {
  /** Only the homes of this service of yours, and no platform tables */
  readonly service?: string | undefined
  /** Ask every home for rows and objects that would make a file fail. Default: true. */
  readonly forecast?: boolean | undefined
}

export interface MigratePlanOutput {
  readonly pendingHomes: number
  readonly pendingPlatforms: number
  readonly data: readonly {
    readonly file: string
    readonly line: number
    /** At most 80 characters */
    readonly statement: string
    /** Whose reads or writes wait, and from which line on; a lock is held to the end of its file */
    readonly waits: string
    /** Tables that are written anew or read whole */
    readonly work: string
    readonly homes: number
    /** Of these tables, in all homes: about, as the server last counted them */
    readonly rows: number
    /** In the largest home: about */
    readonly largest: number
    /** In the largest home: an estimate from bytes and usual speeds */
    readonly about: string
    readonly says: string
    readonly locks: readonly {
      readonly table: string
      readonly mode: string
      readonly made: boolean
    }[]
    readonly rewrites: readonly string[]
    readonly scans: readonly string[]
  }[]
  readonly files: readonly {
    readonly file: string
    /** `tenant`, `platform`, or the name of a service */
    readonly track: string
    readonly homes: number
    /** Of the homes, those that several tenants share */
    readonly shared: number
    /** Of all these homes; those of one shared home are served by one run */
    readonly tenants: number
    /** A program, of which neither locks nor time are known */
    readonly program: boolean
    /** How long others wait for it in its largest home: an estimate; of a program 0 */
    readonly aboutMs: number
    /** How long they may, as its line `-- migrate:up` says */
    readonly budgetMs: number
    readonly fits: boolean
    /** How to make others wait less */
    readonly advice: readonly string[]
  }[]
  readonly forecast: {
    readonly asked: boolean
    readonly homes: number
    readonly findings: readonly {
      /** Its schema */
      readonly home: string
      /** Slug of the tenant that it is of; null where there are many or none */
      readonly tenant: string | null
      readonly database: string
      readonly file: string
      readonly line: number
      readonly what: string
      /** How many; null where they cannot be counted */
      readonly rows: number | null
      /** Primary keys of the first of them, and no other data */
      readonly keys: readonly string[]
    }[]
    readonly unanswered: readonly {
      /** Its schema */
      readonly home: string
      /** Slug of the tenant that it is of; null where there are many or none */
      readonly tenant: string | null
      readonly database: string
      readonly file: string
      readonly line: number
      readonly what: string
      readonly why: string
    }[]
    /** What only the files in front decide */
    readonly unknowable: readonly {
      readonly file: string
      readonly line: number
      readonly what: string
      readonly why: string
    }[]
  }
}

/** Undo the newest migration in every home that has it, and apply it again. For development. */
export interface MigrateRedoInput {
  /** Homes in work at once. Default: 4. */
  readonly parallel?: number | undefined
  /** The homes of this service of yours, instead of those of tenants */
  readonly service?: string | undefined
  /** The platform tables, instead of the homes of tenants. Default: false. */
  readonly platform?: boolean | undefined
  /** Undo although migrations are frozen; the reason is kept */
  readonly despiteFreeze?: string | undefined
  /** Only show which files would be undone, in how many homes. Default: false. */
  readonly dryRun?: boolean | undefined
  /** Why no backup is needed before; kept with the operation */
  readonly waiveBackup: string
}

export interface MigrateRedoOutput {
  readonly dryRun: boolean
  /** Homes, or platform schemas, in which it ran again; with dryRun, would run */
  readonly homes: number
  /** Tenants in them; a shared home serves many */
  readonly tenants: number
  /** What ran again; empty: nothing */
  readonly file: string
}

/** Judge the migration files as `migrate lint` does, but those of whoever answers: over HTTP, of the server. */
export interface MigrateReviewInput {
  /** Judge only files newer than this version (default: lint.since of the configuration) */
  readonly since?: string | undefined
  /** Judge only files that some home has not applied: asks the catalog. Default: false. */
  readonly pending?: boolean | undefined
  /** Only the files of this service of yours */
  readonly service?: string | undefined
  /** End with 1 when there is something as grave as this. Default: "error". */
  readonly failOn?: 'error' | 'warning' | 'advice' | undefined
}

export interface MigrateReviewOutput {
  /** Nothing was found that is as grave as --fail-on */
  readonly passes: boolean
  readonly files: number
  readonly errors: number
  readonly warnings: number
  readonly advice: number
  readonly data: readonly {
    readonly rule: string
    readonly severity: 'error' | 'warning' | 'advice'
    /** The rule of the isolation advisor that says the same */
    readonly advisor: string | null
    /** From the configuration on */
    readonly file: string
    /** Where the statement begins */
    readonly line: number
    readonly what: string
    readonly why: string
    /** SQL that is safe; each of several files begins with `-- migrate:up`. Empty where only a person can say */
    readonly rewrite: string
    readonly link: string
  }[]
}

/** Show how many homes and tenants stand at which version. Visits no home. */
export type MigrateStatusInput = Readonly<Record<string, never>>

export interface MigrateStatusOutput {
  /** Of tenants */
  readonly newest: string
  readonly pendingHomes: number
  readonly pendingPlatforms: number
  /** Set while no migration may begin */
  readonly freeze: MigrateFreezeOutput | null
  /** Running and paused */
  readonly runs: readonly {
    readonly operation: string
    readonly name: string
    readonly state: string
    /** Why it is paused */
    readonly reason: string | null
    readonly waitsFor: string | null
    readonly total: number
    readonly waiting: number
    readonly done: number
    readonly failed: number
    readonly skipped: number
  }[]
  /** Homes that failed or were skipped in runs that are open, and in the last one that ended; the first hundred */
  readonly troubled: readonly {
    readonly operation: string
    readonly item: string
    /** Slug of the tenant whose home it is */
    readonly tenant: string | null
    readonly state: 'failed' | 'skipped'
    readonly sqlstate: string | null
    readonly message: string
  }[]
  /** Homes whose migration on request scopes wait for, or which has failed */
  readonly wishes: {
    readonly waiting: number
    readonly failed: number
  }
  readonly data: readonly {
    /** Whose migrations the homes follow: `tenant`, or the name of a service */
    readonly track: string
    readonly version: string
    /** Of the track; null for a service that the configuration does not name */
    readonly newest: string | null
    /** What these homes are brought to as soon as a scope needs it (`--mode on_request`) */
    readonly offered: string | null
    readonly isolation: string
    readonly homes: number
    readonly tenants: number
    readonly current: boolean
  }[]
}

/** Let migrations begin again. What stands still stays so until somebody goes on with it. */
export type MigrateUnfreezeInput = Readonly<Record<string, never>>

export interface MigrateUnfreezeOutput {
  /** There was something to lift */
  readonly lifted: boolean
  readonly reason: string | null
}

/** Bring every home to the newest migration. */
export interface MigrateUpInput {
  /** Only the homes of this service of yours, and no platform tables */
  readonly service?: string | undefined
  /** Homes at once, on each cluster. Default: 4. */
  readonly parallel?: number | undefined
  /** `progressive` hands the run to the workers, who go through the fleet slowly, and answers at once; `on_request` lets each home wait until a scope needs it, for migrations that are fast and only add. Default: "full_fleet". */
  readonly mode?: 'full_fleet' | 'progressive' | 'on_request' | undefined
  /** Homes begun at most, such as 10/min (progressive: 30/min) */
  readonly rate?: string | undefined
  /** So many homes first */
  readonly canaries?: number | undefined
  /** Homes of tenants with this label first, such as ring=canary */
  readonly canary?: string | undefined
  /** One after the other: shares of the fleet and groups of tenants, such as 5%,25%,100% or label=ring:early,tier=free */
  readonly waves?: string | undefined
  /** How long to wait after each wave, such as 10min */
  readonly soak?: string | undefined
  /** Pause after each wave, until somebody goes on with `operation resume`. Default: false. */
  readonly pauseBetween?: boolean | undefined
  /** Homes that may fail before the run pauses, such as 3 or 1% (with waves: 0, otherwise any number) */
  readonly errorBudget?: string | undefined
  /** How often a home where somebody is in the way comes again, after the others. Default: 5. */
  readonly rounds?: number | undefined
  /** Migrate although migrations are frozen; the reason is kept */
  readonly despiteFreeze?: string | undefined
  /** Only show what would be migrated, wave by wave. Default: false. */
  readonly dryRun?: boolean | undefined
}

export interface MigrateUpOutput {
  /** Homes and platform schemas that were migrated; with dryRun, that would be */
  readonly homes: number
  /** Homes that were left out with a reason */
  readonly skipped: number
  /** The newest of tenants, or of the service that was asked for */
  readonly version: string
  /** What was brought up, each with its newest migration */
  readonly tracks: readonly {
    /** `tenant`, or the name of a service */
    readonly track: string
    readonly version: string
  }[]
  /** Homes are brought up when a scope needs it */
  readonly onRequest: boolean
  readonly dryRun: boolean
  /** With dryRun: in which order */
  readonly waves: readonly {
    readonly wave: number
    readonly name: string
    readonly homes: number
    /** That these homes serve: in a shared home one migration serves all of them */
    readonly tenants: number
  }[]
}

/** Stop a running operation at its next step and take back what it did, but for migrations of homes, which stay; or end a paused one where it stands. */
export interface OperationCancelInput {
  /** Operation id */
  readonly operation: string
}

export interface OperationCancelOutput {
  readonly operation: string
  readonly name: string
  readonly cancelRequested: true
  /** It was paused, and is over */
  readonly ended: boolean
}

/** List what an operation works through, in the order of the work. */
export interface OperationItemsInput {
  /** Operation id */
  readonly operation: string
  /** Only items in this state */
  readonly state?: 'waiting' | 'done' | 'failed' | 'skipped' | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface OperationItemsOutput {
  readonly data: readonly {
    readonly item: string
    /** Slug of the tenant whose home it is */
    readonly tenant: string | null
    readonly state: 'waiting' | 'done' | 'failed' | 'skipped'
    readonly wave: number
    readonly attempts: number
    readonly fault: {
      readonly code: string
      readonly facts: Readonly<Record<string, unknown>>
      readonly message: string
    } | null
    /** Why it was skipped */
    readonly reason: string | null
    readonly endedAt: Moment | null
  }[]
  readonly nextCursor: string | null
}

/** List operations, newest first. */
export interface OperationListInput {
  /** Only operations in this state, or one of several: running,undoing,paused,succeeded,failed,cancelled */
  readonly state?: string | undefined
  /** Only operations of this name, such as tenant.create */
  readonly name?: string | undefined
  /** Only operations about this tenant, by id or slug; by id also when it is gone */
  readonly tenant?: string | undefined
  /** Only operations of this actor, such as key:ID or cli:NAME */
  readonly actor?: string | undefined
  /** Only operations since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z */
  readonly since?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface OperationListOutput {
  readonly data: readonly {
    readonly id: string
    readonly name: string
    readonly state: 'running' | 'undoing' | 'paused' | 'succeeded' | 'failed' | 'cancelled'
    /** It is under way, and nobody has it: a worker takes it up, or `operation retry` does */
    readonly abandoned: boolean
    readonly actor: string
    /** The tenant that it is about, if it is about one */
    readonly subject: string | null
    readonly fault: {
      readonly code: string
      readonly facts: Readonly<Record<string, unknown>>
      readonly message: string
    } | null
    /** How many workers have held it */
    readonly attempts: number
    readonly createdAt: Moment
    readonly endedAt: Moment | null
  }[]
  readonly nextCursor: string | null
}

/** Show what an operation has done, in words, oldest first; kept for 7 days. */
export interface OperationLogInput {
  /** Operation id */
  readonly operation: string
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface OperationLogOutput {
  readonly data: readonly {
    readonly id: string
    readonly time: Moment
    readonly level: 'info' | 'warn' | 'error'
    readonly text: string
  }[]
  readonly nextCursor: string | null
}

/** Let a running operation stand still before its next item, until somebody goes on with it. */
export interface OperationPauseInput {
  /** Operation id */
  readonly operation: string
  /** Why; shown with the operation while it stands still. Default: "somebody asked for it". */
  readonly reason?: string | undefined
}

export interface OperationPauseOutput {
  readonly operation: string
  readonly name: string
  readonly pauseRequested: true
}

/** Go on with a paused operation: with the items that are waiting, not with those that failed. */
export interface OperationResumeInput {
  /** Operation id */
  readonly operation: string
  /** Answer at once; the next worker that looks goes on with it. Default: false. */
  readonly background?: boolean | undefined
}

export interface OperationResumeOutput {
  readonly operation: string
  readonly name: string
  /** It goes on in a worker */
  readonly background: boolean
}

/** Take up the failed items of an operation again, go on with one that nobody has any more, or start a failed or cancelled one anew; what is done already is not done again. */
export interface OperationRetryInput {
  /** Operation id */
  readonly operation: string
  /** Answer at once; the next worker that looks goes on with it. Default: false. */
  readonly background?: boolean | undefined
}

export interface OperationRetryOutput {
  readonly operation: string
  readonly name: string
  readonly retried: string
  readonly background: boolean
}

/** Show one operation with its steps and items. */
export interface OperationShowInput {
  /** Operation id */
  readonly operation: string
}

export interface OperationShowOutput {
  readonly id: string
  readonly name: string
  readonly state: 'running' | 'undoing' | 'paused' | 'succeeded' | 'failed' | 'cancelled'
  /** It is under way, and nobody has it: a worker takes it up, or `operation retry` does */
  readonly abandoned: boolean
  readonly actor: string
  /** The tenant that it is about, if it is about one */
  readonly subject: string | null
  readonly fault: {
    readonly code: string
    readonly facts: Readonly<Record<string, unknown>>
    readonly message: string
  } | null
  /** How many workers have held it */
  readonly attempts: number
  readonly createdAt: Moment
  readonly endedAt: Moment | null
  /** Input and result are left out, and what faults say: whoever asks may not look at what they tell of */
  readonly withheld: boolean
  readonly input: Readonly<Record<string, unknown>>
  readonly result: unknown
  /** What its next item waits for, if it waits */
  readonly waitsFor: string | null
  readonly steps: readonly {
    readonly position: number
    readonly name: string
    readonly state: 'done' | 'undone'
    readonly startedAt: Moment
    readonly endedAt: Moment
  }[]
  readonly waves: readonly {
    readonly wave: number
    readonly name: string
    /** That its items serve */
    readonly tenants: number
    readonly total: number
    readonly done: number
    readonly waiting: number
    readonly failed: number
    readonly skipped: number
    readonly beganAt: Moment | null
    readonly endedAt: Moment | null
  }[]
  readonly items: {
    readonly total: number
    readonly done: number
    readonly waiting: number
    readonly failedCount: number
    readonly skippedCount: number
    /** The first hundred */
    readonly failed: readonly {
      readonly item: string
      /** Slug of the tenant whose home it is */
      readonly tenant: string | null
      readonly wave: number
      readonly fault: {
        readonly code: string
        readonly facts: Readonly<Record<string, unknown>>
        readonly message: string
      } | null
    }[]
    /** The first hundred */
    readonly skipped: readonly {
      readonly item: string
      /** Slug of the tenant whose home it is */
      readonly tenant: string | null
      readonly reason: string | null
    }[]
  }
}

/** Leave one item of a paused or failed operation out, with a reason. */
export interface OperationSkipInput {
  /** Operation id */
  readonly operation: string
  /** The item as `operation show` names it, or one word of it: the schema or the id of a home, or the slug of its tenant */
  readonly item: string
  /** Why it is left out; shown with the operation and in the status */
  readonly reason: string
}

export interface OperationSkipOutput {
  readonly operation: string
  readonly name: string
  readonly item: string
  readonly reason: string
}

/** Wait until an operation has ended or paused, then show it. */
export interface OperationWatchInput {
  /** Operation id */
  readonly operation: string
  /** Stop waiting after this many seconds. Default: 300. */
  readonly seconds?: number | undefined
}

export type OperationWatchOutput = OperationShowOutput

/** Show which version of Tenantry the catalog and every tenant-bearing database have, and what they lack. */
export interface PlatformStatusInput {
  /** Databases asked at once. Default: 8. */
  readonly parallel?: number | undefined
}

export interface PlatformStatusOutput {
  /** What this Tenantry installs */
  readonly version: {
    readonly catalog: string
    readonly home: string
  }
  /** How many are not at this version */
  readonly pending: number
  readonly data: readonly {
    /** catalog, or cluster/database */
    readonly name: string
    readonly state: 'current' | 'behind' | 'newer' | 'changed' | 'unreachable'
    /** The newest file that was applied */
    readonly version: string
    readonly missing: readonly string[]
    readonly reason: string
    readonly applied: readonly {
      readonly file: string
      readonly checksum: string | null
      readonly at: Moment
    }[]
  }[]
}

/** Raise the catalog and every tenant-bearing database to this version of Tenantry, while applications go on. */
export interface PlatformUpgradeInput {
  /** Databases raised at once. Default: 4. */
  readonly parallel?: number | undefined
}

export interface PlatformUpgradeOutput {
  /** The newest file of the catalog */
  readonly catalog: string
  /** The newest file of the tenant-bearing databases */
  readonly home: string
  /** Databases that are at this version now */
  readonly databases: number
}

/** Show what the poolers in front of clusters are at: who waits for a connection, and for how long. */
export interface PoolerShowInput {
  /** Only the pooler of this cluster */
  readonly cluster?: string | undefined
}

export interface PoolerShowOutput {
  readonly data: readonly {
    readonly cluster: string
    readonly database: string
    /** One pool for each user and database, whatever the number of tenants */
    readonly user: string
    readonly mode: string
    /** Connections of applications that have a connection of the server */
    readonly clientsActive: number
    /** Those that wait for one: the pool is too small, or somebody keeps his */
    readonly clientsWaiting: number
    /** Connections of the server that serve somebody */
    readonly serversActive: number
    readonly serversIdle: number
    /** Idle for so long that they are asked for a sign of life first; not in use */
    readonly serversUnproven: number
    /** That are being made */
    readonly serversLogin: number
    /** How long the one that has waited longest waits */
    readonly maxWaitMs: number
  }[]
  /** Of the last period that the pooler has measured: a minute, unless it was set up otherwise */
  readonly stats: readonly {
    readonly cluster: string
    readonly database: string
    /** In a second */
    readonly transactions: number
    /** In a second */
    readonly queries: number
    /** From applications, in a second */
    readonly receivedBytes: number
    /** To applications, in a second */
    readonly sentBytes: number
    /** A transaction, on average */
    readonly transactionMs: number
    /** A statement, on average */
    readonly queryMs: number
    /** What applications waited for connections, in a second */
    readonly waitMs: number
  }[]
  readonly poolers: readonly {
    readonly cluster: string
    readonly version: string
  }[]
  /** Clusters whose pooler could not be asked, and why */
  readonly unseen: readonly string[]
}

/** End a session of somebody at once. */
export interface SessionEndInput {
  /** Id of the session */
  readonly session: string
}

export interface SessionEndOutput {
  readonly id: string
  readonly user: string
}

/** End a session of your own at once, such as that of a browser that is lost. */
export interface SessionLeaveInput {
  /** Id of the session */
  readonly session: string
}

export interface SessionLeaveOutput {
  readonly id: string
}

/** List the sessions of people who are signed in, oldest first. */
export interface SessionListInput {
  /** Of whoever has this name alone */
  readonly user?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface SessionListOutput {
  readonly data: readonly {
    readonly id: string
    readonly user: string
    /** What may be done in it now */
    readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
    readonly tenant: string | null
    readonly begunAt: Moment
    /** Its last use, to the minute */
    readonly seenAt: Moment
    readonly endsAt: Moment
    /** From where they signed in */
    readonly address: string | null
    /** Until when its role is another than that of the person */
    readonly breakGlassUntil: Moment | null
    readonly breakGlassReason: string | null
  }[]
  readonly nextCursor: string | null
}

/** List where you are signed in, oldest first. */
export type SessionOwnInput = Readonly<Record<string, never>>

export interface SessionOwnOutput {
  readonly data: readonly {
    readonly id: string
    readonly user: string
    /** What may be done in it now */
    readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
    readonly tenant: string | null
    readonly begunAt: Moment
    /** Its last use, to the minute */
    readonly seenAt: Moment
    readonly endsAt: Moment
    /** From where they signed in */
    readonly address: string | null
    /** Until when its role is another than that of the person */
    readonly breakGlassUntil: Moment | null
    readonly breakGlassReason: string | null
    /** It is the one that asks */
    readonly current: boolean
  }[]
}

/** List the statements that took most of the time of servers. */
export interface StatementListInput {
  /** Only of this cluster */
  readonly cluster?: string | undefined
  /** Only of the home of this tenant, by id or slug */
  readonly tenant?: string | undefined
  /** Only since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z. Default: "24h". */
  readonly since?: string | undefined
  /** By what they are sorted, the greatest first. Default: "total". */
  readonly sort?: 'total' | 'mean' | 'longest' | 'calls' | undefined
  /** How many. Default: 50. */
  readonly limit?: number | undefined
}

export interface StatementListOutput {
  readonly data: readonly {
    readonly cluster: string
    readonly database: string
    /** As which it ran: in a scope the role of the home */
    readonly role: string
    /** Of that home; null: it ran in none */
    readonly isolation: 'shared' | 'schema' | 'database' | null
    /** Id of the tenant whose home it is; null: of a home that many share, or of none */
    readonly tenant: string | null
    readonly slug: string | null
    /** How many live in that home: of shared tables there is one line for all */
    readonly tenants: number
    readonly queryId: string
    /** False: it ran inside of a function, whose own statement has its time as well */
    readonly toplevel: boolean
    /** Without its constants, cut at 2,000 characters */
    readonly text: string
    readonly calls: number
    readonly totalMs: number
    readonly meanMs: number
    /** The longest since the server has counted, which may be before */
    readonly maxMs: number
    readonly rows: number
  }[]
  /** All clusters */
  readonly observed: readonly {
    readonly cluster: string
    /** When its server was asked last; null: it counts no statements, see `cluster observe` */
    readonly at: Moment | null
    /** Since when the server counts */
    readonly since: Moment | null
    /** How often the server has forgotten those that were called least, for want of room */
    readonly evicted: number | null
  }[]
}

/** Take away one warm tenant, if there are too many. It has never been anybody's, so it leaves no tombstone. */
export interface StockDiscardInput {
  /** Cluster to take it from */
  readonly cluster: string
  /** How its tables are kept apart */
  readonly isolation: 'shared' | 'schema' | 'database'
  /** Leave those whose seeds are outdated, or that could not be taken away, for so many seconds. Default: 0. */
  readonly patience?: number | undefined
}

export interface StockDiscardOutput {
  readonly id: string
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly cluster: string
  readonly schema: string
}

/** Set how many tenants are kept warm, make those that are missing, and take away those that are too many. */
export interface StockFillInput {
  /** How many warm tenants there should be */
  readonly target: number
  /** Of which isolation (default: that of the configuration) */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** On which cluster (default: the one with the fewest homes; for a target of 0 the one with the most) */
  readonly cluster?: string | undefined
  /** Tenants made or taken away at once. Default: 4. */
  readonly parallel?: number | undefined
}

export interface StockFillOutput {
  readonly cluster: string
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly target: number
  readonly warm: number
  readonly preparing: number
  /** Warm with other seeds than those of today: nobody gets them, and they are replaced */
  readonly outdated: number
  /** How many are taken away */
  readonly surplus: number
}

/** Make one warm tenant, if the stock has room for it. */
export interface StockPrepareInput {
  /** Cluster to make it on */
  readonly cluster: string
  /** How its tables are kept apart */
  readonly isolation: 'shared' | 'schema' | 'database'
}

export interface StockPrepareOutput {
  readonly id: string
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly cluster: string
  readonly schema: string
  readonly version: string
}

/** Show how many tenants are warm, by cluster and isolation. */
export type StockShowInput = Readonly<Record<string, never>>

export interface StockShowOutput {
  readonly data: readonly {
    readonly cluster: string
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly target: number
    readonly warm: number
    readonly preparing: number
    /** Warm with other seeds than those of today: nobody gets them, and they are replaced */
    readonly outdated: number
    /** How many are taken away */
    readonly surplus: number
  }[]
}

/** Make an existing schema, database or table set a tenant, or tenants, without copying data. */
export interface TenantAdoptInput {
  /** Short name of the tenant; not for a table set, which has many */
  readonly slug?: string | undefined
  /** What is there: a schema of one tenant, a database of one tenant, or a table set that tenants share. Default: "schema". */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Database that it is in */
  readonly database: string
  /** Schema that it is in. Default: "public". */
  readonly schema?: string | undefined
  /** Cluster that it is on (may be left out where there is one) */
  readonly cluster?: string | undefined
  /** Column that says whose a row is; must be the configuration's tenantColumn */
  readonly column?: string | undefined
  /** File of lines "id,slug" for the tenants of a table set; others are called t-<id> */
  readonly ids?: string | undefined
  /** Migrations up to this version count as applied (default: all if they would have made exactly this, else none) */
  readonly baseline?: string | undefined
  /** Take away what other roles may do there, and their policies, until it is given back. Default: false. */
  readonly revokeOthers?: boolean | undefined
  /** Take from PUBLIC in that database what leads around the walls, until it is given back. Default: false. */
  readonly revokePublic?: boolean | undefined
  /** Change nothing; say what would change, and what stands against it. Default: false. */
  readonly dryRun?: boolean | undefined
}

export interface TenantAdoptOutput {
  readonly dryRun: boolean
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly tenants: readonly {
    readonly id: string
    readonly slug: string
  }[]
  /** The last migration that counts as applied */
  readonly version: string
  /** How many migrations count as applied, and why */
  readonly baseline: string
  readonly changes: readonly string[]
  readonly findings: readonly string[]
}

/** Make an empty home for a tenant beside the one it lives in, to be filled by hand and pointed to. */
export interface TenantBesideInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** How its tables are kept apart (default: as in the home that it lives in) */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Cluster that it is on (default: the one that the tenant lives on) */
  readonly cluster?: string | undefined
  /** What it is for; shown with it */
  readonly note?: string | undefined
}

export interface TenantBesideOutput {
  readonly tenant: string
  readonly home: string
  readonly kind: 'live' | 'restored' | 'former'
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly version: string
  readonly madeAt: Moment | null
  /** When it is dropped; null: not before somebody says so */
  readonly until: Moment | null
  /** The backup that its rows are from */
  readonly backup: string | null
  /** Only some tables have their rows: the tenant cannot live there */
  readonly partial: boolean
  readonly note: string | null
}

/** Do the same to many tenants: those that match now, one operation for each. A tenant that is so already is done. */
export interface TenantBulkInput {
  /** What is done to each of them */
  readonly action: 'resume' | 'suspend' | 'set' | 'backup' | 'migrate' | 'delete'
  /** Only tenants in this state */
  readonly state?: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging' | undefined
  /** Only tenants of this isolation */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Only tenants that are this service of yours */
  readonly service?: string | undefined
  /** Only tenants on this cluster */
  readonly cluster?: string | undefined
  /** Only tenants of this region */
  readonly region?: string | undefined
  /** Only tenants whose slug or name contains this */
  readonly search?: string | undefined
  /** Only tenants with a domain that contains this */
  readonly domain?: string | undefined
  /** Only tenants of this tier */
  readonly tier?: string | undefined
  /** Only tenants with all of these labels: plan=gold,team=a */
  readonly label?: string | undefined
  /** Only tenants whose home is at this version */
  readonly version?: string | undefined
  /** Only tenants whose home has not applied exactly the migrations that there are. Default: false. */
  readonly behind?: boolean | undefined
  /** Only tenants that are held, so that nobody purges them. Default: false. */
  readonly held?: boolean | undefined
  /** Only tenants that are served and of which no whole backup is kept. Default: false. */
  readonly withoutBackup?: boolean | undefined
  /** Only tenants with a home of their own that has more bytes than this */
  readonly largerThan?: number | undefined
  /** These tenants, in place of a filter */
  readonly tenants?: readonly string[] | undefined
  /** How many tenants you mean: if it is another number, nothing is done */
  readonly expect: number
  /** The number once more, for `delete` */
  readonly confirm?: string | undefined
  /** For `suspend` and `delete`: why; kept in the log and shown with each tenant */
  readonly reason?: string | undefined
  /** For `suspend`: keep letting read-only scopes in. Default: false. */
  readonly allowReads?: boolean | undefined
  /** For `delete`: how long before they may be purged, such as 12h or 30d */
  readonly grace?: string | undefined
  /** For `set`: the tier that they pay for */
  readonly setTier?: string | undefined
  /** For `set`: where they belong */
  readonly setRegion?: string | undefined
  /** For `set`: a label, as key=value; several may be given */
  readonly setLabel?: readonly string[] | undefined
  /** For `set`: keys of labels to take away */
  readonly unlabel?: readonly string[] | undefined
  /** For `set`: the server cancels statements of their scopes that take longer */
  readonly setStatementTimeoutMs?: number | undefined
  /** For `set`: the server ends their transactions that wait for their application for longer */
  readonly setIdleTimeoutMs?: number | undefined
  /** For `set`: take these away */
  readonly unset?: readonly ('tier' | 'region' | 'statement-timeout-ms' | 'idle-timeout-ms')[] | undefined
  /** For `backup`: when it may be pruned, such as 30d */
  readonly keep?: string | undefined
  /** For `backup`: why it was made; kept with it */
  readonly note?: string | undefined
  /** For `backup`: read everything back afterwards, from every place. Default: false. */
  readonly verify?: boolean | undefined
  /** Tenants at once, on each cluster. Default: 4. */
  readonly parallel?: number | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface TenantBulkOutput {
  readonly action: 'resume' | 'suspend' | 'set' | 'backup' | 'migrate' | 'delete'
  /** That were chosen */
  readonly tenants: number
  readonly done: number
  /** That were left out with a reason */
  readonly skipped: number
}

/** Print the certificate of a purge, byte for byte as it was signed, its signature, or the public key to check it with. */
export interface TenantCertificateInput {
  /** Id or slug of the tenant that was purged */
  readonly tenant: string
  /** Of its purge, or of the end of its data keys. Default: "purge". */
  readonly kind?: 'purge' | 'keys' | undefined
  /** Which part is printed: its text, the signature (base64), or the public key (PEM). Default: "certificate". */
  readonly part?: 'certificate' | 'signature' | 'key' | undefined
}

export interface TenantCertificateOutput {
  readonly operation: string
  readonly tenant: string
  readonly slug: string
  readonly kind: 'purge' | 'keys'
  readonly madeAt: Moment
  /** Byte for byte what was signed */
  readonly content: string
  /** Of Ed25519, in base64; null where there was no key to sign with */
  readonly signature: string | null
  readonly keyId: string | null
  readonly publicKey: string | null
  readonly part: 'certificate' | 'signature' | 'key'
}

/** Make a new tenant with the rows that another one has at this moment. */
export interface TenantCloneInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Slug of the new tenant */
  readonly as: string
  /** Display name of the new tenant (default: its slug) */
  readonly name?: string | undefined
  /** How its tables are kept apart (default: as those of the other one) */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Cluster to live on (default: the one of the other one) */
  readonly cluster?: string | undefined
  /** Change values on the way as the configuration declares it. Default: true. */
  readonly anonymise?: boolean | undefined
}

export interface TenantCloneOutput {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly state: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging'
  readonly reason: string | null
  readonly since: Moment
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly version: string
  readonly epoch: number
  readonly createdAt: Moment
  readonly tier: string | null
  readonly region: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  /** Slugs that it had; nobody else can take them */
  readonly formerSlugs: readonly {
    readonly slug: string
    readonly redirects: boolean
  }[]
  readonly domains: readonly {
    readonly domain: string
    readonly state: 'pending' | 'verified'
  }[]
  readonly purgeAfter: Moment | null
  readonly heldFor: string | null
  /** The service of yours whose migrations it follows; null for an ordinary tenant */
  readonly service: string | null
  /** Columns whose values were changed on the way */
  readonly anonymised: readonly string[]
  /** The tenant that the rows are from */
  readonly from: string
  /** The moment that they are of, by the clock of its server */
  readonly at: string
  readonly tables: number
  readonly rows: number
}

/** Compare the home that a tenant lives in with one beside: rows that one has and the other has not, or has differently. */
export interface TenantCompareInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Id or schema of the home beside (default: the only one) */
  readonly home?: string | undefined
  /** How many rows are named of each table. Default: 3. */
  readonly examples?: number | undefined
}

export interface TenantCompareOutput {
  readonly tenant: string
  readonly home: string
  readonly kind: 'restored' | 'former'
  readonly equal: boolean
  /** The schema versions of the two */
  readonly versions: {
    readonly live: string
    readonly beside: string
  }
  readonly data: readonly {
    readonly table: string
    /** Rows in the home that the tenant lives in */
    readonly live: number
    readonly beside: number
    /** Rows that are not in the other home: a re-point leaves them behind */
    readonly onlyLive: number
    readonly onlyBeside: number
    /** Rows of the same key with other values; none are told apart in a table without a primary key */
    readonly changed: number
    /** Columns that only one of the two has; they are not compared */
    readonly columns: readonly string[]
    readonly examples: readonly {
      readonly change: 'only-live' | 'only-beside' | 'changed'
      /** Values of the primary key; of a table without one, of the whole row */
      readonly key: readonly (string | null)[]
    }[]
  }[]
}

/** Show how to reach a tenant with psql or another client, without passwords. */
export interface TenantConnectInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export interface TenantConnectOutput {
  readonly tenant: string
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly direct: string
  readonly readOnly: string
  readonly pooled: string | null
  /** Where the password is */
  readonly secret: string
  readonly secretRef: string
  readonly enter: readonly string[]
  /** What enters is a signed token, good for a minute */
  readonly token: boolean
  readonly warning: string
}

/** Count tenants, and how many there are of each state, isolation, cluster, tier and version. */
export interface TenantCountInput {
  /** Only tenants in this state */
  readonly state?: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging' | undefined
  /** Only tenants of this isolation */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Only tenants that are this service of yours */
  readonly service?: string | undefined
  /** Only tenants on this cluster */
  readonly cluster?: string | undefined
  /** Only tenants of this region */
  readonly region?: string | undefined
  /** Only tenants whose slug or name contains this */
  readonly search?: string | undefined
  /** Only tenants with a domain that contains this */
  readonly domain?: string | undefined
  /** Only tenants of this tier */
  readonly tier?: string | undefined
  /** Only tenants with all of these labels: plan=gold,team=a */
  readonly label?: string | undefined
  /** Only tenants whose home is at this version */
  readonly version?: string | undefined
  /** Only tenants whose home has not applied exactly the migrations that there are. Default: false. */
  readonly behind?: boolean | undefined
  /** Only tenants that are held, so that nobody purges them. Default: false. */
  readonly held?: boolean | undefined
  /** Only tenants that are served and of which no whole backup is kept. Default: false. */
  readonly withoutBackup?: boolean | undefined
  /** Only tenants with a home of their own that has more bytes than this */
  readonly largerThan?: number | undefined
}

export interface TenantCountOutput {
  readonly total: number
  readonly data: readonly {
    readonly by: 'state' | 'isolation' | 'cluster' | 'tier' | 'version'
    /** Null for those without a tier; an empty version is that of a home without migrations */
    readonly value: string | null
    readonly tenants: number
  }[]
}

/** Create a tenant and the home it lives in. */
export interface TenantCreateInput {
  /** Short name: a DNS label, unique on the platform */
  readonly slug: string
  /** Display name (default: the slug) */
  readonly name?: string | undefined
  /** How its tables are kept apart (default: that of its tier, or of the configuration) */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Make it a service of yours, with the tables of its own migrations */
  readonly service?: string | undefined
  /** Cluster to live on (default: the one with the fewest homes) */
  readonly cluster?: string | undefined
  /** What it pays for, such as gold: one of the tiers of the configuration, if that has any */
  readonly tier?: string | undefined
  /** Where it belongs; a note, which chooses no cluster */
  readonly region?: string | undefined
  /** A label, as key=value; several may be given */
  readonly label?: readonly string[] | undefined
}

export type TenantCreateOutput = TenantShowOutput

/** Close a tenant for good, with a grace in which it can be taken back. */
export interface TenantDeleteInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Why; kept in the log and shown with the tenant */
  readonly reason: string
  /** How long before it may be purged, such as 12h or 30d. Default: "30d". */
  readonly grace?: string | undefined
}

export type TenantDeleteOutput = TenantShowOutput

/** Export the rows of a table that differ between the home that a tenant lives in and one beside. */
export interface TenantDifferenceInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Name of the table, as `tenant compare` shows it */
  readonly table: string
  /** Id or schema of the home beside (default: the only one) */
  readonly home?: string | undefined
  /** Rows per page. Default: 1000. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface TenantDifferenceOutput {
  readonly data: readonly {
    readonly change: 'only-live' | 'only-beside' | 'changed'
    readonly key: readonly (string | null)[]
    /** Its columns as text, exactly as PostgreSQL writes them */
    readonly live: Readonly<Record<string, string | null>> | null
    /** Its columns as text, exactly as PostgreSQL writes them */
    readonly beside: Readonly<Record<string, string | null>> | null
  }[]
  readonly nextCursor: string | null
}

/** Destroy a home beside the one that a tenant lives in, with all that is in it. */
export interface TenantDropbesideInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Id or schema of a home beside the one that the tenant lives in */
  readonly home: string
  /** Only if its grace has ended. Default: false. */
  readonly afterGrace?: boolean | undefined
  /** The slug once more: what is in that home is destroyed */
  readonly confirm?: string | undefined
}

export interface TenantDropbesideOutput {
  readonly tenant: string
  readonly home: string
  readonly schema: string
  readonly destroyed: {
    readonly tables: number
    readonly rows: number | null
    readonly bytes: number | null
  }
}

/** Show the plan of a statement as a tenant gets it; nothing of it is kept. */
export interface TenantExplainInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** One statement: select, insert, update, delete, merge, with, values or table */
  readonly statement: string
  /** Run it, and show what it really took; the transaction is rolled back. Default: false. */
  readonly analyze?: boolean | undefined
  /** With --analyze: let it change data until it is rolled back; without this the scope is read-only. Default: false. */
  readonly write?: boolean | undefined
  /** Answer the plan node by node in place of lines; with --analyze a statement is run once. Default: false. */
  readonly tree?: boolean | undefined
  /** Seconds until the statement is cancelled. Default: 30. */
  readonly timeout?: number | undefined
}

export interface TenantExplainOutput {
  readonly tenant: string
  /** Lines, as PostgreSQL writes them; none with tree */
  readonly plan: readonly string[]
  /** With tree: the nodes of the plan, each before its children */
  readonly tree: {
    readonly planningMs: number | null
    readonly executionMs: number | null
    /** Planner settings that are not at their default */
    readonly settings: Readonly<Record<string, string>>
    readonly nodes: readonly {
      /** 0 is the root; children follow their parent */
      readonly depth: number
      /** What it does, such as Index Scan */
      readonly type: string
      /** What it is to its parent: Outer, Inner, SubPlan … */
      readonly role: string | null
      readonly relation: string | null
      readonly alias: string | null
      readonly index: string | null
      readonly startupCost: number
      readonly totalCost: number
      /** As it was estimated */
      readonly planRows: number
      /** What it really took; null where nothing was run */
      readonly actual: {
        readonly startupMs: number | null
        /** Of one loop */
        readonly totalMs: number | null
        /** Of all loops, without its children, and without what it reads of a CTE or a value that was prepared */
        readonly ownMs: number | null
        /** Of one loop */
        readonly rows: number
        readonly loops: number
      } | null
      /** Rows that were looked at and left out, of one loop */
      readonly removed: number | null
      /** Of the node and its children */
      readonly buffers: {
        /** Pages of 8 KB found in memory */
        readonly hit: number
        readonly read: number
        readonly dirtied: number
        readonly written: number
        /** Read from and written to temporary files */
        readonly temporary: number
      } | null
      /** All that PostgreSQL says besides, such as Filter */
      readonly details: readonly {
        readonly name: string
        readonly text: string
      }[]
    }[]
  } | null
  /** What row-level security keeps the plan from */
  readonly notes: readonly string[]
  readonly analyzed: boolean
}

/** Show how large the home of a tenant is, and how it has grown, day by day. */
export interface TenantGrowthInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** How many days back. Default: 90. */
  readonly days?: number | undefined
}

export interface TenantGrowthOutput {
  readonly tenant: string
  readonly home: string
  readonly isolation: 'shared' | 'schema' | 'database'
  /** How many tenants live in its home: where there are several, all that is told is of all of them */
  readonly homeTenants: number | null
  /** Of tables, indexes and what is stored beside; null: not measured yet, or not to be told */
  readonly bytes: number | null
  /** As the server has counted or estimated them */
  readonly rows: number | null
  /** Rows that are gone and still take room */
  readonly dead: number | null
  /** Tables that were locked when it was measured: what the server had written down of them counts */
  readonly held: number | null
  /** Its bytes a week before */
  readonly weekAgo: number | null
  readonly measuredAt: Moment | null
  /** Beginnings of days in UTC, in seconds since 1970 */
  readonly times: readonly number[]
  readonly series: readonly {
    readonly metric: 'bytes' | 'rows' | 'dead'
    readonly unit: string
    readonly values: readonly (number | null)[]
  }[]
}

/** Forbid that a tenant is ever purged, until the hold is lifted. */
export interface TenantHoldInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Why, and by whose order; shown with the tenant */
  readonly reason: string
}

export type TenantHoldOutput = TenantShowOutput

/** List the homes of a tenant: the one that it lives in, and those beside, with sizes and until when they are kept. */
export interface TenantHomesInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export interface TenantHomesOutput {
  readonly data: readonly {
    readonly tenant: string
    readonly home: string
    readonly kind: 'live' | 'restored' | 'former'
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly cluster: string
    readonly database: string
    readonly schema: string
    readonly version: string
    readonly madeAt: Moment | null
    /** When it is dropped; null: not before somebody says so */
    readonly until: Moment | null
    /** The backup that its rows are from */
    readonly backup: string | null
    /** Only some tables have their rows: the tenant cannot live there */
    readonly partial: boolean
    readonly note: string | null
    /** As the server has counted or estimated them */
    readonly rows: number | null
    /** As measured last; null for both: not measured yet, or the tables are shared with others */
    readonly bytes: number | null
    readonly measuredAt: Moment | null
  }[]
}

/** List tenants, oldest first unless said otherwise. */
export interface TenantListInput {
  /** Only tenants in this state */
  readonly state?: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging' | undefined
  /** Only tenants of this isolation */
  readonly isolation?: 'shared' | 'schema' | 'database' | undefined
  /** Only tenants that are this service of yours */
  readonly service?: string | undefined
  /** Only tenants on this cluster */
  readonly cluster?: string | undefined
  /** Only tenants of this region */
  readonly region?: string | undefined
  /** Only tenants whose slug or name contains this */
  readonly search?: string | undefined
  /** Only tenants with a domain that contains this */
  readonly domain?: string | undefined
  /** Only tenants of this tier */
  readonly tier?: string | undefined
  /** Only tenants with all of these labels: plan=gold,team=a */
  readonly label?: string | undefined
  /** Only tenants whose home is at this version */
  readonly version?: string | undefined
  /** Only tenants whose home has not applied exactly the migrations that there are. Default: false. */
  readonly behind?: boolean | undefined
  /** Only tenants that are held, so that nobody purges them. Default: false. */
  readonly held?: boolean | undefined
  /** Only tenants that are served and of which no whole backup is kept. Default: false. */
  readonly withoutBackup?: boolean | undefined
  /** Only tenants with a home of their own that has more bytes than this */
  readonly largerThan?: number | undefined
  /** What comes first: the smallest or oldest; with - in front the largest or newest. Default: "created". */
  readonly sort?: 'created' | 'slug' | 'name' | 'since' | 'size' | '-created' | '-slug' | '-name' | '-since' | '-size' | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface TenantListOutput {
  readonly data: readonly {
    readonly id: string
    readonly slug: string
    readonly name: string
    readonly state: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging'
    readonly reason: string | null
    readonly since: Moment
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly cluster: string
    readonly database: string
    readonly schema: string
    readonly version: string
    readonly epoch: number
    readonly createdAt: Moment
    readonly tier: string | null
    readonly region: string | null
    readonly labels: Readonly<Record<string, string>>
    readonly statementTimeoutMs: number | null
    readonly idleTimeoutMs: number | null
    /** Slugs that it had; nobody else can take them */
    readonly formerSlugs: readonly {
      readonly slug: string
      readonly redirects: boolean
    }[]
    readonly domains: readonly {
      readonly domain: string
      readonly state: 'pending' | 'verified'
    }[]
    readonly purgeAfter: Moment | null
    readonly heldFor: string | null
    /** The service of yours whose migrations it follows; null for an ordinary tenant */
    readonly service: string | null
    /** Of its home, as measured last; null: not yet, or it shares its tables with others */
    readonly bytes: number | null
    /** How many tenants live in its home, as counted last */
    readonly homeTenants: number | null
    readonly measuredAt: Moment | null
  }[]
  readonly nextCursor: string | null
}

/** Bring rows of a table back from a home beside into the one that the tenant lives in. */
export interface TenantMergeInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Name of the table, as `tenant compare` shows it */
  readonly table: string
  /** Id or schema of the home beside (default: the only one) */
  readonly home?: string | undefined
  /** Only rows with this value in this column, as column=value; several may be given, and all must hold */
  readonly where?: readonly string[] | undefined
  /** Of a row that both homes have with other values: the one that is there stays, or the other one takes its place. Default: "keep". */
  readonly conflicts?: 'keep' | 'take' | undefined
  /** Write nothing, and tell what would be written. Default: false. */
  readonly dryRun?: boolean | undefined
}

export interface TenantMergeOutput {
  readonly tenant: string
  readonly table: string
  readonly inserted: number
  readonly updated: number
  /** Rows that were left out, by their primary keys, and why */
  readonly conflicts: readonly {
    readonly key: readonly (string | null)[]
    readonly reason: string
  }[]
}

/** Have a tenant live in its former home again, as long as the grace of that lasts. */
export interface TenantPointbackInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** How long the home that it leaves is kept, so that it can be pointed back, such as 12h or 7d. Default: "7d". */
  readonly grace?: string | undefined
  /** Even if that home is at another schema version than the one that the tenant lives in. Default: false. */
  readonly anyVersion?: boolean | undefined
}

export type TenantPointbackOutput = TenantShowOutput

/** Destroy a deleted tenant and all its data, after a final backup, and certify it. */
export interface TenantPurgeInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Why no final backup is made; kept with the tombstone (default: one is made and verified, or nothing is destroyed) */
  readonly waiveBackup?: string | undefined
  /** How long the final backup and all others of the tenant are kept, such as 90d (default: until `backup expire` says otherwise) */
  readonly keepBackup?: string | undefined
  /** Do not wait for the end of the grace. Default: false. */
  readonly skipGrace?: boolean | undefined
}

export interface TenantPurgeOutput {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly isolation: string
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly createdAt: Moment
  readonly deletedAt: Moment
  readonly purgedAt: Moment
  readonly purgedBy: string
  readonly operation: string
  /** Why there is no final backup */
  readonly waiver: string | null
  /** The final backup */
  readonly backup: string | null
  /** Why its archives and the keys to them must stay */
  readonly heldFor: string | null
  readonly destroyed: {
    readonly tables: number
    readonly rows: number | null
    readonly bytes: number | null
  }
}

/** Give up a slug that a renamed tenant had, so that another tenant may take it. */
export interface TenantReleaseInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** The former slug to give up */
  readonly slug: string
}

export type TenantReleaseOutput = TenantShowOutput

/** Give a tenant another slug. Its id and its data stay; the old slug stays its own, and leads to it. */
export interface TenantRenameInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** The new slug: a DNS label, unique on the platform */
  readonly slug: string
  /** New display name (default: as it is) */
  readonly name?: string | undefined
  /** Applications that ask by the old slug get TENANT_RENAMED with the new one, instead of being led to the tenant. Default: false. */
  readonly refuseOld?: boolean | undefined
}

export type TenantRenameOutput = TenantShowOutput

/** Have a tenant live in a home beside from now on; the one before is kept for a grace. */
export interface TenantRepointInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Id or schema of the home (default: the only one that is beside) */
  readonly home?: string | undefined
  /** How long the home that it leaves is kept, so that it can be pointed back, such as 12h or 7d. Default: "7d". */
  readonly grace?: string | undefined
  /** Even if that home is at another schema version than the one that the tenant lives in. Default: false. */
  readonly anyVersion?: boolean | undefined
  /** The slug once more: what is in the home before is not in this one */
  readonly confirm?: string | undefined
}

export type TenantRepointOutput = TenantShowOutput

/** Let scopes of a suspended tenant in again. */
export interface TenantResumeInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export type TenantResumeOutput = TenantShowOutput

/** Set tier, region, labels and limits of a tenant. What is not named stays; of two at once the last one holds. */
export interface TenantSetInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** What it pays for, such as gold: its limits, where it has none of its own, are those of the tier */
  readonly tier?: string | undefined
  /** Where it belongs; a note, which moves nothing */
  readonly region?: string | undefined
  /** A label, as key=value; several may be given */
  readonly label?: readonly string[] | undefined
  /** Keys of labels to take away */
  readonly unlabel?: readonly string[] | undefined
  /** The server cancels statements of its scopes that take longer, whatever the application asks for */
  readonly statementTimeoutMs?: number | undefined
  /** The server ends its transactions that wait for their application for longer */
  readonly idleTimeoutMs?: number | undefined
  /** Take these away */
  readonly unset?: readonly ('tier' | 'region' | 'statement-timeout-ms' | 'idle-timeout-ms')[] | undefined
}

export type TenantSetOutput = TenantShowOutput

/** Show one tenant: state, home, schema version, tier, labels, limits, domains. */
export interface TenantShowInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export interface TenantShowOutput {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly state: 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging'
  readonly reason: string | null
  readonly since: Moment
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly version: string
  readonly epoch: number
  readonly createdAt: Moment
  readonly tier: string | null
  readonly region: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  /** Slugs that it had; nobody else can take them */
  readonly formerSlugs: readonly {
    readonly slug: string
    readonly redirects: boolean
  }[]
  readonly domains: readonly {
    readonly domain: string
    readonly state: 'pending' | 'verified'
  }[]
  readonly purgeAfter: Moment | null
  readonly heldFor: string | null
  /** The service of yours whose migrations it follows; null for an ordinary tenant */
  readonly service: string | null
}

/** Run one SQL statement in a scope of a tenant. */
export interface TenantSqlInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** One statement: select, insert, update, delete, merge, with, values, table or explain */
  readonly statement: string
  /** Let it change data; without this the scope is read-only. Default: false. */
  readonly write?: boolean | undefined
  /** Rows to answer at most; the server stops there. Default: 1000. */
  readonly limit?: number | undefined
  /** Seconds until the statement is cancelled. Default: 30. */
  readonly timeout?: number | undefined
}

export interface TenantSqlOutput {
  readonly tenant: string
  readonly command: string
  readonly columns: readonly {
    readonly name: string
    readonly type: string
  }[]
  readonly data: readonly (Readonly<Record<string, unknown>>)[]
  readonly count: number | null
  readonly more: boolean
  readonly milliseconds: number
}

/** Refuse every scope of a tenant. Nothing is deleted. */
export interface TenantSuspendInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Why; kept in the log and shown with the tenant */
  readonly reason: string
  /** Keep letting read-only scopes in. Default: false. */
  readonly allowReads?: boolean | undefined
}

export type TenantSuspendOutput = TenantShowOutput

/** List the tables of the home of a tenant, with estimated rows and sizes; or count its own rows. */
export interface TenantTablesInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Count the tenant's own rows, in a scope of it: every table is read. Default: false. */
  readonly count?: boolean | undefined
  /** Seconds until the count of one table is cancelled. Default: 30. */
  readonly timeout?: number | undefined
}

export interface TenantTablesOutput {
  readonly tenant: string
  readonly schema: string
  /** Tenants in the same tables, whose rows are in these figures too; not told to a tenant-admin */
  readonly others: number | null
  readonly data: readonly {
    readonly table: string
    /** Estimated, of all tenants in it; null: not told to a tenant-admin of a shared home */
    readonly rows: number | null
    /** Versions of rows that a vacuum would clear away, estimated */
    readonly dead: number | null
    /** With indexes; null: somebody has it locked, or as for rows */
    readonly bytes: number | null
    /** The tenant's own rows; null: not asked for, or it may not read the table */
    readonly counted: number | null
    /** The last time, by hand or by itself */
    readonly vacuumedAt: Moment | null
    readonly analyzedAt: Moment | null
  }[]
}

/** List purged tenants, newest first: who destroyed what, when and why. */
export interface TenantTombstonesInput {
  /** Only tenants whose slug contains this, or with this id */
  readonly search?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface TenantTombstonesOutput {
  readonly data: readonly TenantPurgeOutput[]
  readonly nextCursor: string | null
}

/** Give an adopted tenant back: owners, rights, policies and row-level security as they were before. */
export interface TenantUnadoptInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Also all other tenants of its table set, which goes back as a whole. Default: false. */
  readonly neighbours?: boolean | undefined
}

export interface TenantUnadoptOutput {
  readonly tenant: string
  readonly tenants: number
  readonly database: string
  readonly schema: string
  readonly databaseGivenBack: boolean
}

/** Take a deleted tenant back, to the state that it was deleted from. */
export interface TenantUndeleteInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export type TenantUndeleteOutput = TenantShowOutput

/** Lift the hold of a tenant. */
export interface TenantUnholdInput {
  /** Tenant id or slug */
  readonly tenant: string
}

export type TenantUnholdOutput = TenantShowOutput

/** Clear away dead rows in the tables of the home of a tenant, table by table, while everybody goes on. */
export interface TenantVacuumInput {
  /** Tenant id or slug */
  readonly tenant: string
  /** Have the planner look at the tables anew as well. Default: true. */
  readonly analyze?: boolean | undefined
  /** Tables at once. Default: 1. */
  readonly parallel?: number | undefined
  /** Hand it to the workers. Default: false. */
  readonly background?: boolean | undefined
}

export interface TenantVacuumOutput {
  readonly tenant: string
  /** That were vacuumed */
  readonly tables: number
  /** Tenants in the same tables, whose dead rows went as well */
  readonly others: number
  /** Their slugs, the first 20 */
  readonly sharers: readonly string[]
  /** Dead versions of rows, estimated */
  readonly deadBefore: number
  /** Those that somebody may still see, or that came meanwhile */
  readonly deadAfter: number
  readonly bytesBefore: number
  /** Room is kept for new rows, and only given back at the end of a table */
  readonly bytesAfter: number
}

/** Put the limits of the tiers in the configuration in force, as `tenantry serve` does when it starts. */
export interface TierApplyInput {
  /** Also forget the limits of tiers that the configuration does not name. Default: false. */
  readonly prune?: boolean | undefined
}

export interface TierApplyOutput {
  readonly changed: number
  readonly forgotten: number
  readonly tiers: readonly {
    readonly name: string
    readonly statementTimeoutMs: number | null
    readonly idleTimeoutMs: number | null
    readonly lockTimeoutMs: number | null
    readonly connections: number | null
  }[]
}

/** List the tiers with their limits, and whether the configuration says the same. */
export type TierListInput = Readonly<Record<string, never>>

export interface TierListOutput {
  readonly data: readonly {
    readonly name: string
    readonly tenants: number
    /** Against the configuration of whoever answers */
    readonly standing: 'in force' | 'changed' | 'not named'
    /** Of tenants that are created without naming one */
    readonly isolation: string | null
    /** The least of a database where its tenants may be */
    readonly assurance: string | null
    readonly statementTimeoutMs: number | null
    readonly idleTimeoutMs: number | null
    /** How long others may wait behind a lock on a shared table */
    readonly lockTimeoutMs: number | null
    /** At most, of a login that serves a single home */
    readonly connections: number | null
  }[]
}

/** Sign somebody out everywhere, and let them sign in no more. Their link, if they had one, works no more. */
export interface UserDisableInput {
  /** What is typed in to sign in; upper and lower case are the same */
  readonly user: string
}

export type UserDisableOutput = UserShowOutput

/** Let somebody who was disabled sign in again, with the password that they had. */
export interface UserEnableInput {
  /** What is typed in to sign in; upper and lower case are the same */
  readonly user: string
}

export type UserEnableOutput = UserShowOutput

/** Make a link by which somebody chooses a password and signs in. It works once, within 24 hours, and is shown once. */
export interface UserInviteInput {
  /** What is typed in to sign in; upper and lower case are the same */
  readonly name: string
  /** What they may do; needed for somebody new */
  readonly role?: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor' | undefined
  /** The one tenant of a tenant-admin, by id or slug */
  readonly tenant?: string | undefined
  /** How they are called (default: their name) */
  readonly shownAs?: string | undefined
  /** The role that breaking glass gives them for a while (default: it may not be done) */
  readonly breakGlass?: 'operator' | 'fleet-admin' | undefined
}

export interface UserInviteOutput {
  readonly id: string
  readonly name: string
  readonly shownAs: string
  readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
  readonly tenant: string | null
  /** The role that breaking glass gives for a while */
  readonly breakGlass: 'operator' | 'fleet-admin' | null
  /** Who vouches for them in place of a password */
  readonly issuer: string | null
  /** waiting: without a password and without a link that works */
  readonly state: 'invited' | 'active' | 'disabled' | 'waiting'
  readonly createdAt: Moment
  readonly createdBy: string
  readonly signedInAt: Moment | null
  readonly disabledAt: Moment | null
  /** Until when a link works that was not used yet */
  readonly invitedUntil: Moment | null
  /** Behind the address of the console, unless the configuration has one */
  readonly link: string
}

/** List the people who may sign in, oldest first. */
export interface UserListInput {
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface UserListOutput {
  readonly data: readonly UserShowOutput[]
  readonly nextCursor: string | null
}

/** Change what somebody may do, or how they are called. It holds at once, in their sessions too. */
export interface UserSetInput {
  /** What is typed in to sign in; upper and lower case are the same */
  readonly user: string
  /** What they may do */
  readonly role?: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor' | undefined
  /** The one tenant of a tenant-admin, by id or slug */
  readonly tenant?: string | undefined
  /** How they are called */
  readonly shownAs?: string | undefined
  /** The role that breaking glass gives them for a while, or none */
  readonly breakGlass?: 'operator' | 'fleet-admin' | 'none' | undefined
}

export type UserSetOutput = UserShowOutput

/** Show one person who may sign in. */
export interface UserShowInput {
  /** What is typed in to sign in; upper and lower case are the same */
  readonly user: string
}

export interface UserShowOutput {
  readonly id: string
  readonly name: string
  readonly shownAs: string
  readonly role: 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'
  readonly tenant: string | null
  /** The role that breaking glass gives for a while */
  readonly breakGlass: 'operator' | 'fleet-admin' | null
  /** Who vouches for them in place of a password */
  readonly issuer: string | null
  /** waiting: without a password and without a link that works */
  readonly state: 'invited' | 'active' | 'disabled' | 'waiting'
  readonly createdAt: Moment
  readonly createdBy: string
  readonly signedInAt: Moment | null
  readonly disabledAt: Moment | null
  /** Until when a link works that was not used yet */
  readonly invitedUntil: Moment | null
}

/** Forget how often signing in with this name has failed, so that it is looked at again at once. */
export interface UserUnlockInput {
  /** What is typed in to sign in; upper and lower case are the same */
  readonly user: string
}

export type UserUnlockOutput = UserShowOutput

/** List your saved views, and those that others share, by name. */
export interface ViewListInput {
  /** The list, such as tenants */
  readonly screen?: string | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface ViewListOutput {
  readonly data: readonly {
    readonly id: string
    /** The list that it is of */
    readonly screen: string
    readonly name: string
    /** As it stands in the address of the list */
    readonly query: string
    /** Others see it too */
    readonly shared: boolean
    /** Whoever asks has saved it */
    readonly mine: boolean
    /** Who has saved it */
    readonly owner: string
    readonly savedAt: Moment
  }[]
  readonly nextCursor: string | null
}

/** Remove a saved view of yours. */
export interface ViewRemoveInput {
  /** Id of the view */
  readonly view: string
  /** Also one that somebody else shares. Default: false. */
  readonly shared?: boolean | undefined
}

export interface ViewRemoveOutput {
  readonly id: string
  /** The list that it is of */
  readonly screen: string
  readonly name: string
  /** As it stands in the address of the list */
  readonly query: string
  /** Others see it too */
  readonly shared: boolean
  /** Whoever asks has saved it */
  readonly mine: boolean
  /** Who has saved it */
  readonly owner: string
  readonly savedAt: Moment
}

/** Keep the filters of a list under a name; one of your own with that name is replaced. */
export interface ViewSaveInput {
  /** The list, such as tenants */
  readonly screen: string
  /** What to call it */
  readonly name: string
  /** The filters, as they stand in the address of the list: state=suspended&sort=-since */
  readonly query: string
  /** Show it to others as well. Default: false. */
  readonly shared?: boolean | undefined
}

export type ViewSaveOutput = ViewRemoveOutput

/** Show what the watchdog would stop at this moment, and why. Stops nothing. */
export type WatchdogShowInput = Readonly<Record<string, never>>

export interface WatchdogShowOutput {
  /** What the configuration says that it does */
  readonly mode: 'act' | 'tell' | 'off'
  readonly data: readonly {
    readonly cluster: string
    readonly database: string
    /** Its slug; null where the session is in no scope of a tenant */
    readonly tenant: string | null
    readonly tenantId: string | null
    readonly pid: number
    readonly login: string
    readonly application: string
    readonly offence: 'lock' | 'statement' | 'idle'
    readonly reason: string
    readonly forMs: number
    readonly limitMs: number
  }[]
  /** Clusters that could not be looked at, and why */
  readonly unseen: readonly string[]
}

/** Tell an address of events from now on, signed with a secret that is shown once. */
export interface WebhookAddInput {
  /** What it is called here */
  readonly name: string
  /** Where events are sent to, by POST */
  readonly url: string
  /** A type of events, or tenant.* for all of a noun; several may be given (default: all) */
  readonly type?: readonly ('assurance.*' | 'attack.*' | 'backup.*' | 'breakglass.*' | 'bulk.*' | 'cluster.*' | 'datakey.*' | 'doctor.*' | 'domain.*' | 'drift.*' | 'drill.*' | 'home.*' | 'key.*' | 'leak_measurement.*' | 'migration.*' | 'operation.*' | 'placement.*' | 'pruning.*' | 'restore.*' | 'session.*' | 'stock.*' | 'tenant.*' | 'tier.*' | 'upgrade.*' | 'user.*' | 'vacuum.*' | 'verification.*' | 'view.*' | 'webhook.*' | 'assurance.changed' | 'assurance.rotated' | 'attack.cancelled' | 'attack.completed' | 'attack.failed' | 'attack.paused' | 'attack.started' | 'attack.undoing' | 'backup.adopted' | 'backup.cancelled' | 'backup.completed' | 'backup.expired' | 'backup.failed' | 'backup.held' | 'backup.paused' | 'backup.scheduled' | 'backup.started' | 'backup.undoing' | 'backup.unheld' | 'breakglass.closed' | 'breakglass.opened' | 'bulk.cancelled' | 'bulk.completed' | 'bulk.failed' | 'bulk.paused' | 'bulk.started' | 'bulk.undoing' | 'cluster.added' | 'cluster.changed' | 'cluster.drained' | 'cluster.observed' | 'cluster.removed' | 'cluster.rotated' | 'cluster.state_changed' | 'cluster.undrained' | 'datakey.destroyed' | 'datakey.rewrapped' | 'datakey.rotated' | 'doctor.fixed' | 'domain.added' | 'domain.removed' | 'domain.verified' | 'drift.repaired' | 'drift.scanned' | 'drill.cancelled' | 'drill.completed' | 'drill.failed' | 'drill.paused' | 'drill.started' | 'drill.undoing' | 'home.dropped' | 'home.made' | 'key.created' | 'key.revoked' | 'leak_measurement.cancelled' | 'leak_measurement.completed' | 'leak_measurement.failed' | 'leak_measurement.paused' | 'leak_measurement.started' | 'leak_measurement.undoing' | 'migration.cancelled' | 'migration.completed' | 'migration.failed' | 'migration.frozen' | 'migration.paused' | 'migration.started' | 'migration.undoing' | 'migration.unfrozen' | 'operation.cancel_requested' | 'operation.cancelled' | 'operation.failed' | 'operation.item_skipped' | 'operation.pause_requested' | 'operation.paused' | 'operation.started' | 'operation.undoing' | 'placement.switched' | 'pruning.cancelled' | 'pruning.completed' | 'pruning.failed' | 'pruning.paused' | 'pruning.started' | 'pruning.undoing' | 'restore.cancelled' | 'restore.completed' | 'restore.failed' | 'restore.paused' | 'restore.started' | 'restore.undoing' | 'session.ended' | 'stock.discarded' | 'stock.filled' | 'stock.prepared' | 'tenant.adopted' | 'tenant.changed' | 'tenant.cloned' | 'tenant.created' | 'tenant.deleted' | 'tenant.held' | 'tenant.merged' | 'tenant.purged' | 'tenant.renamed' | 'tenant.resumed' | 'tenant.slug_released' | 'tenant.state_changed' | 'tenant.suspended' | 'tenant.unadopted' | 'tenant.undeleted' | 'tenant.unheld' | 'tier.applied' | 'upgrade.cancelled' | 'upgrade.completed' | 'upgrade.failed' | 'upgrade.paused' | 'upgrade.started' | 'upgrade.undoing' | 'user.changed' | 'user.disabled' | 'user.enabled' | 'user.invited' | 'user.unlocked' | 'vacuum.cancelled' | 'vacuum.completed' | 'vacuum.failed' | 'vacuum.paused' | 'vacuum.started' | 'vacuum.undoing' | 'verification.cancelled' | 'verification.completed' | 'verification.failed' | 'verification.paused' | 'verification.started' | 'verification.undoing' | 'view.removed' | 'view.saved' | 'webhook.added' | 'webhook.changed' | 'webhook.redelivery_requested' | 'webhook.removed' | 'webhook.rotated' | 'webhook.state_changed')[] | undefined
}

export interface WebhookAddOutput {
  readonly id: string
  readonly name: string
  readonly url: string
  /** Types of events that it is told of; null: all */
  readonly types: readonly string[] | null
  readonly state: 'live' | 'disabled'
  /** Why it is disabled: somebody asked for it, nothing could be delivered for three days, or it has answered 410 */
  readonly because: 'asked' | 'failing' | 'gone' | null
  /** How many secrets it has had, with this one */
  readonly generation: number
  /** Until when messages are signed with the secret before as well */
  readonly beforeUntil: Moment | null
  /** Since when nothing could be delivered */
  readonly failingSince: Moment | null
  readonly createdAt: Moment
  readonly createdBy: string
  /** What its receiver checks signatures with */
  readonly secret: string
}

/** List what a webhook was told of, or is to be, the newest events first, and what came of it. Kept for 7 days. */
export interface WebhookDeliveriesInput {
  /** Id or name of the webhook */
  readonly webhook: string
  /** Only deliveries in this state */
  readonly state?: 'waiting' | 'delivered' | 'failed' | undefined
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface WebhookDeliveriesOutput {
  readonly data: readonly {
    /** Id of the event */
    readonly event: string
    readonly type: string
    /** When it happened */
    readonly time: Moment
    readonly state: 'waiting' | 'delivered' | 'failed'
    readonly attempts: number
    /** When it is tried next */
    readonly nextAt: Moment | null
    /** When it was tried last; what follows is what came of that */
    readonly attemptedAt: Moment | null
    readonly status: number | null
    readonly tookMs: number | null
    readonly failure: string | null
    /** What the answer began with */
    readonly excerpt: string | null
  }[]
  readonly nextCursor: string | null
}

/** List webhooks, oldest first, with how many deliveries wait or have failed. */
export interface WebhookListInput {
  /** Rows per page. Default: 50. */
  readonly limit?: number | undefined
  /** Where the page before ended: its nextCursor */
  readonly cursor?: string | undefined
}

export interface WebhookListOutput {
  readonly data: readonly {
    readonly id: string
    readonly name: string
    readonly url: string
    /** Types of events that it is told of; null: all */
    readonly types: readonly string[] | null
    readonly state: 'live' | 'disabled'
    /** Why it is disabled: somebody asked for it, nothing could be delivered for three days, or it has answered 410 */
    readonly because: 'asked' | 'failing' | 'gone' | null
    /** How many secrets it has had, with this one */
    readonly generation: number
    /** Until when messages are signed with the secret before as well */
    readonly beforeUntil: Moment | null
    /** Since when nothing could be delivered */
    readonly failingSince: Moment | null
    readonly createdAt: Moment
    readonly createdBy: string
    readonly waiting: number
    readonly failed: number
  }[]
  readonly nextCursor: string | null
}

/** Send a webhook an event once more, or all since a moment that it was not told of. */
export interface WebhookRedeliverInput {
  /** Id or name of the webhook */
  readonly webhook: string
  /** Id of an event, also of one that was delivered, or of a type that it is not told of */
  readonly event?: string | undefined
  /** All of its types since then that were not delivered, at most of the last 7 days: 24h, or 2026-11-21T08:00:00Z */
  readonly since?: string | undefined
}

export interface WebhookRedeliverOutput {
  /** Id of the webhook */
  readonly webhook: string
  /** The number after which all events are looked at again */
  readonly after: string | null
}

/** Remove a webhook, with what waits to be delivered to it. */
export interface WebhookRemoveInput {
  /** Id or name of the webhook */
  readonly webhook: string
}

export type WebhookRemoveOutput = WebhookShowOutput

/** Give a webhook a new secret, which is shown once. For 24 hours messages are signed with the one before as well. */
export interface WebhookRotateInput {
  /** Id or name of the webhook */
  readonly webhook: string
}

export type WebhookRotateOutput = WebhookAddOutput

/** Change a webhook, disable it or have it live again. What is not named stays; what happens while it is disabled is not sent. */
export interface WebhookSetInput {
  /** Id or name of the webhook */
  readonly webhook: string
  /** What it is called from now on */
  readonly name?: string | undefined
  /** Where events are sent to from now on; those that wait as well */
  readonly url?: string | undefined
  /** Types of events that it is told of from now on, in place of those before; several may be given */
  readonly type?: readonly ('assurance.*' | 'attack.*' | 'backup.*' | 'breakglass.*' | 'bulk.*' | 'cluster.*' | 'datakey.*' | 'doctor.*' | 'domain.*' | 'drift.*' | 'drill.*' | 'home.*' | 'key.*' | 'leak_measurement.*' | 'migration.*' | 'operation.*' | 'placement.*' | 'pruning.*' | 'restore.*' | 'session.*' | 'stock.*' | 'tenant.*' | 'tier.*' | 'upgrade.*' | 'user.*' | 'vacuum.*' | 'verification.*' | 'view.*' | 'webhook.*' | 'assurance.changed' | 'assurance.rotated' | 'attack.cancelled' | 'attack.completed' | 'attack.failed' | 'attack.paused' | 'attack.started' | 'attack.undoing' | 'backup.adopted' | 'backup.cancelled' | 'backup.completed' | 'backup.expired' | 'backup.failed' | 'backup.held' | 'backup.paused' | 'backup.scheduled' | 'backup.started' | 'backup.undoing' | 'backup.unheld' | 'breakglass.closed' | 'breakglass.opened' | 'bulk.cancelled' | 'bulk.completed' | 'bulk.failed' | 'bulk.paused' | 'bulk.started' | 'bulk.undoing' | 'cluster.added' | 'cluster.changed' | 'cluster.drained' | 'cluster.observed' | 'cluster.removed' | 'cluster.rotated' | 'cluster.state_changed' | 'cluster.undrained' | 'datakey.destroyed' | 'datakey.rewrapped' | 'datakey.rotated' | 'doctor.fixed' | 'domain.added' | 'domain.removed' | 'domain.verified' | 'drift.repaired' | 'drift.scanned' | 'drill.cancelled' | 'drill.completed' | 'drill.failed' | 'drill.paused' | 'drill.started' | 'drill.undoing' | 'home.dropped' | 'home.made' | 'key.created' | 'key.revoked' | 'leak_measurement.cancelled' | 'leak_measurement.completed' | 'leak_measurement.failed' | 'leak_measurement.paused' | 'leak_measurement.started' | 'leak_measurement.undoing' | 'migration.cancelled' | 'migration.completed' | 'migration.failed' | 'migration.frozen' | 'migration.paused' | 'migration.started' | 'migration.undoing' | 'migration.unfrozen' | 'operation.cancel_requested' | 'operation.cancelled' | 'operation.failed' | 'operation.item_skipped' | 'operation.pause_requested' | 'operation.paused' | 'operation.started' | 'operation.undoing' | 'placement.switched' | 'pruning.cancelled' | 'pruning.completed' | 'pruning.failed' | 'pruning.paused' | 'pruning.started' | 'pruning.undoing' | 'restore.cancelled' | 'restore.completed' | 'restore.failed' | 'restore.paused' | 'restore.started' | 'restore.undoing' | 'session.ended' | 'stock.discarded' | 'stock.filled' | 'stock.prepared' | 'tenant.adopted' | 'tenant.changed' | 'tenant.cloned' | 'tenant.created' | 'tenant.deleted' | 'tenant.held' | 'tenant.merged' | 'tenant.purged' | 'tenant.renamed' | 'tenant.resumed' | 'tenant.slug_released' | 'tenant.state_changed' | 'tenant.suspended' | 'tenant.unadopted' | 'tenant.undeleted' | 'tenant.unheld' | 'tier.applied' | 'upgrade.cancelled' | 'upgrade.completed' | 'upgrade.failed' | 'upgrade.paused' | 'upgrade.started' | 'upgrade.undoing' | 'user.changed' | 'user.disabled' | 'user.enabled' | 'user.invited' | 'user.unlocked' | 'vacuum.cancelled' | 'vacuum.completed' | 'vacuum.failed' | 'vacuum.paused' | 'vacuum.started' | 'vacuum.undoing' | 'verification.cancelled' | 'verification.completed' | 'verification.failed' | 'verification.paused' | 'verification.started' | 'verification.undoing' | 'view.removed' | 'view.saved' | 'webhook.added' | 'webhook.changed' | 'webhook.redelivery_requested' | 'webhook.removed' | 'webhook.rotated' | 'webhook.state_changed')[] | undefined
  /** Tell it of all types. Default: false. */
  readonly allTypes?: boolean | undefined
  /** Whether it is told at all */
  readonly state?: 'live' | 'disabled' | undefined
}

export type WebhookSetOutput = WebhookShowOutput

/** Show a webhook, without its secret. */
export interface WebhookShowInput {
  /** Id or name of the webhook */
  readonly webhook: string
}

export interface WebhookShowOutput {
  readonly id: string
  readonly name: string
  readonly url: string
  /** Types of events that it is told of; null: all */
  readonly types: readonly string[] | null
  readonly state: 'live' | 'disabled'
  /** Why it is disabled: somebody asked for it, nothing could be delivered for three days, or it has answered 410 */
  readonly because: 'asked' | 'failing' | 'gone' | null
  /** How many secrets it has had, with this one */
  readonly generation: number
  /** Until when messages are signed with the secret before as well */
  readonly beforeUntil: Moment | null
  /** Since when nothing could be delivered */
  readonly failingSince: Moment | null
  readonly createdAt: Moment
  readonly createdBy: string
}

/** Send a webhook a made-up event now, once, and say what it answers. One that is disabled as well. */
export interface WebhookTestInput {
  /** Id or name of the webhook */
  readonly webhook: string
}

export interface WebhookTestOutput {
  /** Id of the webhook */
  readonly webhook: string
  /** Whether it has answered with a status from 200 to 299 */
  readonly delivered: boolean
  readonly status: number | null
  readonly tookMs: number
  /** Why it counts as not delivered */
  readonly failure: string | null
  /** What its answer begins with */
  readonly excerpt: string | null
}
