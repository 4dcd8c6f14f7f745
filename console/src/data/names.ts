import type { Operations } from 'tenantry/api'

export type OperationName = keyof Operations
