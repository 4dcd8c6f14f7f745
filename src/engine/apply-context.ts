import type { FencingToken } from '../isolation/fence.js'
import type { ApplyContext } from '../schema/apply.js'
import type { Platform } from './platform.js'

/** What migrations need to know of the platform. One for all homes of an operation: what the first of a class teaches is kept with it. */
export const applyContextOf = ({ names, config: { tenantColumn, hidden } }: Platform, by: FencingToken): ApplyContext => ({
  names,
  tenantColumn,
  hidden,
  by,
})
