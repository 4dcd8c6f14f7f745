export type { AskOptions } from './api/ask.js'
export {
  type Answer,
  type ApiClient,
  type ApiClientOptions,
  type Attempt,
  createApiClient,
  type InputOf,
  type OutputOf,
  type PagedName,
  type ReadOptions,
  type RowOf,
  type RunOptions,
} from './api/client.js'
export type {
  FleetEvent,
  FleetReset,
  FollowOptions,
  OperationEnded,
  OperationEvent,
  OperationItemFailed,
  OperationProgress,
  Streams,
} from './api/events.js'
export { type ApiFault, type ApiFaultCode, type ApiFaultFacts, isApiFault } from './api/fault.js'
export type { Declaration, Role, Route } from './api/route.js'
export { DECLARATIONS, ROUTES } from './api/routes.generated.js'
export type * from './api/wire.generated.js'
