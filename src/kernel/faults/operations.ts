import { row } from './row.js'

/** Why an operation has paused: somebody asked, too many items failed, migrations are frozen, or a wave is over. */
export type PauseReason = 'asked' | 'budget' | 'frozen' | 'wave'

/** Operations, whatever they do. */
export const OPERATION_FAULTS = {
  OPERATION_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { operation: string }) => `no operation "${f.operation}"`,
    () => 'see `tenantry operation list`',
  ),
  OPERATION_STATE: row(
    409,
    6,
    false,
    (f: { operation: string; state: string; wanted: string }) => `operation ${f.operation} is ${f.state}; this needs ${f.wanted}`,
    (f) => `see \`tenantry operation show ${f.operation}\``,
  ),
  OPERATION_CANCELLED: row(
    409,
    6,
    false,
    (f: { operation: string }) => `operation ${f.operation} was cancelled`,
    (f) => `\`tenantry operation show ${f.operation}\` says what it had done; start it anew if it was not meant`,
  ),
  OPERATION_FAILED: row(
    500,
    1,
    false,
    (f: { operation: string; reason: string }) => `operation ${f.operation} failed: ${f.reason}`,
    (f) => `see \`tenantry operation show ${f.operation}\``,
  ),
  DISK_FULL: row(
    503,
    1,
    false,
    (f: { reason: string; operation?: string }) =>
      `a PostgreSQL server has no room left on its disk${f.operation === undefined ? '' : ` for operation ${f.operation}`}: ${f.reason}`,
    () => 'make room where that file is; what was not taken back yet, a worker takes back or finishes then; start what failed anew',
  ),
  OPERATION_LOST: row(
    503,
    6,
    true,
    (f: { operation: string }) => `another worker has taken over operation ${f.operation}`,
    (f) => `follow it with \`tenantry operation watch ${f.operation}\``,
  ),
  OPERATION_RELEASED: row(
    503,
    6,
    true,
    (f: { operation: string }) => `a worker that stops has put operation ${f.operation} down`,
    (f) => `the next worker goes on with it: follow it with \`tenantry operation watch ${f.operation}\``,
  ),
  OPERATION_UNSURE: row(
    502,
    7,
    false,
    (f: { operation: string; reason: string }) => `operation ${f.operation} may have done its work, and nobody could say: ${f.reason}`,
    (f) =>
      `do not start it anew: it stays open, and a worker asks until it knows; follow it with \`tenantry operation watch ${f.operation}\`, or have it asked now with \`tenantry operation retry ${f.operation}\``,
  ),
  OPERATION_PAUSED: row(
    409,
    3,
    false,
    (f: { operation: string; says: string; done: number; failed: number; waiting: number; why: PauseReason }) =>
      `operation ${f.operation} is paused: ${f.says}; ${f.done} done, ${f.failed} failed, ${f.waiting} waiting`,
    (f) => {
      const goOn = `\`tenantry operation resume ${f.operation}\` goes on`
      const end = `\`tenantry operation cancel ${f.operation}\` ends it here`
      if (f.failed === 0) return `${goOn}, ${end}`
      return `\`tenantry operation show ${f.operation}\` lists what failed; correct the cause, then \`tenantry operation retry ${f.operation}\` takes the failed ones up again, ${goOn} without them, \`tenantry operation skip ${f.operation} <item> --reason <why>\` leaves one out, ${end}`
    },
  ),
  ITEM_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { operation: string; item: string; reason: string }) => `operation ${f.operation}: "${f.item}" ${f.reason}`,
    (f) => `\`tenantry operation show ${f.operation}\` lists its items; name one in full, by its schema or by the id of its home`,
  ),
  OPERATION_INPUT: row(
    422,
    2,
    false,
    (f: { operation: string }) => `unknown operation "${f.operation}"`,
    () => 'see `tenantry --help`',
  ),
  CONFIRMATION_NEEDED: row(
    409,
    5,
    false,
    (f: { what: string }) => `this needs a confirmation: ${f.what}`,
    () => 'repeat it with --yes when that is what you want',
  ),
  ASKER_GONE: row(
    403,
    5,
    false,
    (f: { actor: string }) => `${f.actor}, in whose name this goes on, may not do it any more`,
    () => 'what was done stays; whoever may do it asks for the rest anew',
  ),
  IDEMPOTENCY_MISMATCH: row(
    422,
    6,
    false,
    () => 'this Idempotency-Key was used before with another request',
    () => 'use a new key for a new request',
  ),
  REQUEST_RUNNING: row(
    409,
    6,
    true,
    () => 'a request with this Idempotency-Key is still at work',
    () => 'ask again with the same key a little later: it is answered as the first one is',
  ),
  REQUEST_UNSURE: row(
    409,
    6,
    false,
    () => 'the process that worked on the request with this Idempotency-Key has ended before it could say what came of it',
    () => 'look whether it was done; if it was not, ask again with a new key',
  ),
  ANSWER_NOT_KEPT: row(
    409,
    6,
    false,
    (f: { why: string; made?: string }) => `the request with this Idempotency-Key was done, and its answer cannot be given again: ${f.why}`,
    (f) =>
      f.made === undefined
        ? 'ask for what it has changed; to have it done once more, use a new key'
        : `what it made is ${f.made}: if its secret never arrived, take that away, and make another with a new key`,
  ),
  INTERNAL: row(
    500,
    1,
    false,
    () => 'something went wrong inside Tenantry',
    () => 'the log has the details; please report it',
  ),
} as const
