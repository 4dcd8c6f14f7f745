import type { Fleet } from './testing/fleet.js'
import type { LeakOptions, LeakWatch } from './testing/leaks.js'
import { expectNoLeak as expectNone, watchLeaks as watch } from './testing/leaks.js'
import {
  type ClaimOptions,
  claimFleet as claim,
  type PreparedFleets,
  type PrepareOptions,
  prepareFleets as prepare,
} from './testing/prepare-fleets.js'

export { assertIsolated, type IsolatedOptions, type IsolatedReport } from './testing/assert-isolated.js'
export type { ContractCase, ContractSubject } from './testing/contract-case.js'
export { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from './testing/contract-project.js'
export { type FleetOptions, startFleet } from './testing/fleet.js'
export { ISOLATION_CONTRACT } from './testing/isolation-contract.js'
export { assertOnlyTenant, type OnlyTenantOptions } from './testing/only-tenant.js'
export { addMigration } from './testing/project-files.js'
export type { ClaimOptions, Fleet, LeakOptions, LeakWatch, PreparedFleets, PrepareOptions }

/**
 * Keeps fleets ready in the background of this process, for the tests of this process and of those that it starts from here on (they find it by an
 * environment variable): call it in the global set-up of a test runner, and `close` in its tear-down. A test that ends without giving its fleet back, or
 * is killed, loses it; what a run that was killed itself has left on the server is removed by the next. Throws SERVER_UNREACHABLE, LOGIN_REFUSED,
 * INPUT_INVALID.
 */
export const prepareFleets = (options: PrepareOptions): Promise<PreparedFleets> => prepare(process.env, options)

/**
 * A fleet of its own for a test: one that is ready, or the next that is made. Nobody else has touched it, and nobody will. Give it back with `stop`, or by
 * `await using`; what it held is removed in the background. Throws FLEET_NOT_PREPARED, or what stood in the way of making one, such as MIGRATION_FAILED.
 */
export const claimFleet = (options?: ClaimOptions): Promise<Fleet> => claim(process.env, options)

/**
 * Runs `body`, answers what it answers, and throws TEST_LEAKED when it leaves something behind: a scope that is still open, a statement that came after
 * its scope had ended (though nobody waited for its fault), and with `fleet` a connection in use, a transaction left open at the server, or a session in
 * the fleet's databases that was opened beside its doors. An error of `body` itself is thrown as it is.
 */
export const expectNoLeak = <T>(body: () => Promise<T> | T, options?: LeakOptions): Promise<T> => expectNone(body, options)

/**
 * The same for the hooks of a test runner: `check` in `afterEach` throws TEST_LEAKED with what has leaked since the last check, from any test of this
 * process; `end` in `afterAll`. With tests that run at the same time, use `expectNoLeak` in each of them instead.
 */
export const watchLeaks = (options?: LeakOptions): LeakWatch => watch(options)
