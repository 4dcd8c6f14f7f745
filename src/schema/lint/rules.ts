import type { LintRule } from './finding.js'
import { OWN_RULES } from './own-rules.js'
import { foreignKeyAcrossSchemas, partOfAnotherSchema, writesPlatform } from './rules/across-schemas.js'
import { addNotNullColumn, storedGeneratedColumn, volatileDefault } from './rules/add-column.js'
import { charType, jsonColumn, narrowKey, timestampWithoutZone, varcharLimit } from './rules/columns.js'
import { doBlock, enumValueUsed, explicitLock, ifNotExists, refreshNotConcurrent, repeatedAlter, softDeleteKey } from './rules/form.js'
import { duplicateIndex, foreignKeyWithoutIndex, indexTenantFirst, nullKeyIndex, wideIndex } from './rules/index-shape.js'
import { concurrentlyInTransaction, dropIndexNotConcurrent, indexNotConcurrent } from './rules/indexes.js'
import { identifierTooLong, platformName, unknownTable } from './rules/names.js'
import { notReentrant } from './rules/outside.js'
import { detachPartition, partitionOf } from './rules/partitions.js'
import { maintenance, otherSchema, policiesAndOwners, refusedStatement, rolesAndGrants, searchPath } from './rules/refused.js'
import { cascade, dropColumn, dropNotNull, dropTable, enumRename, renameColumn, renameTable } from './rules/removals.js'
import { immutableContext, securityDefiner, triggerAlways, untrustedCode, viewWithoutInvoker } from './rules/rights.js'
import { changesAllRows, insertWithoutTenant, schemaAndData, truncate } from './rules/rows.js'
import { sequence } from './rules/sequences.js'
import { tenantColumnMissing, tenantColumnShape } from './rules/tenant-column.js'
import { foreignKeyWithoutTenant, keyWithoutTenant, primaryKeyMissing } from './rules/tenant-keys.js'
import { typeChange } from './rules/type-change.js'
import { exclusionConstraint, uniqueConstraint } from './rules/unique.js'
import { checkNotValid, domainConstraint, foreignKeyNotValid, setNotNull, validatedAtOnce } from './rules/validation.js'

/** All rules: what a wall rests on, what stops a fleet or its users, then what costs, then what could be better. */
export const RULES: readonly LintRule[] = [
  // Errors: Tenantry, the gate or PostgreSQL would refuse the file.
  refusedStatement,
  searchPath,
  rolesAndGrants,
  policiesAndOwners,
  otherSchema,
  maintenance,
  tenantColumnMissing,
  tenantColumnShape,
  primaryKeyMissing,
  keyWithoutTenant,
  foreignKeyWithoutTenant,
  foreignKeyAcrossSchemas,
  partOfAnotherSchema,
  writesPlatform,
  platformName,
  viewWithoutInvoker,
  securityDefiner,
  untrustedCode,
  immutableContext,
  triggerAlways,
  sequence,
  insertWithoutTenant,
  concurrentlyInTransaction,
  notReentrant,
  enumValueUsed,
  // Errors: fails where there are rows, stops a running release, or holds everybody up for as long as a table is large.
  addNotNullColumn,
  volatileDefault,
  storedGeneratedColumn,
  typeChange,
  setNotNull,
  checkNotValid,
  foreignKeyNotValid,
  domainConstraint,
  uniqueConstraint,
  exclusionConstraint,
  indexNotConcurrent,
  renameColumn,
  renameTable,
  enumRename,
  truncate,
  // Warnings.
  unknownTable,
  dropColumn,
  dropTable,
  cascade,
  changesAllRows,
  schemaAndData,
  validatedAtOnce,
  dropIndexNotConcurrent,
  partitionOf,
  detachPartition,
  refreshNotConcurrent,
  explicitLock,
  indexTenantFirst,
  duplicateIndex,
  nullKeyIndex,
  foreignKeyWithoutIndex,
  softDeleteKey,
  narrowKey,
  jsonColumn,
  charType,
  timestampWithoutZone,
  identifierTooLong,
  // Advice.
  wideIndex,
  varcharLimit,
  repeatedAlter,
  ifNotExists,
  dropNotNull,
  doBlock,
]

/** With what lint says of files that it cannot read, and of ignores. */
export const ALL_RULES: readonly LintRule[] = [...OWN_RULES, ...RULES]

export const RULE_NAMES: readonly string[] = ALL_RULES.map(({ name }) => name)
