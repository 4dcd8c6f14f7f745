import { row } from './row.js'

/** What applications use beside scopes: ORMs, pages, batches, caches, requests, jobs, tests. */
export const APPLICATION_FAULTS = {
  ORM_OPTION: row(
    500,
    2,
    false,
    (f: { library: string; option: string; why: string }) => `${f.library} was given "${f.option}": ${f.why}`,
    (f) => `leave "${f.option}" out; docs/orms.md has what ${f.library} may be given`,
  ),
  ORM_WIRING: row(
    500,
    2,
    false,
    (f: { library: string; what: string; step: string }) =>
      `${f.library} does not use ${f.what} that it was given, and would connect on its own`,
    (f) => `${f.step}`,
  ),
  ORM_HANDLE: row(
    500,
    1,
    false,
    (f: { library: string; tenant: string }) =>
      `an object of ${f.library} that belongs to another transaction was used in one of tenant "${f.tenant}"`,
    () => 'ask the door for it anew inside of each transaction, and keep it in no variable outside',
  ),
  ORM_BUSY: row(
    503,
    6,
    true,
    (f: { library: string; open: number }) => `${f.open} transactions have an object of ${f.library} each, and no more are made`,
    () => 'try again in a moment; let fewer requests in at once, or give the door a higher max and the memory that it takes',
  ),
  CURSOR_INVALID: row(
    400,
    2,
    false,
    (f: { reason: string }) => `this cursor cannot be used here: ${f.reason}`,
    () => 'begin again without a cursor; one belongs to the tenant and to the question that it came with',
  ),
  ORDER_NOT_UNIQUE: row(
    500,
    1,
    false,
    (f: { columns: readonly string[] }) => `two rows are equal in all of ${f.columns.join(', ')}, so a page cannot end between them`,
    () => 'end the order with the columns of a unique key, such as the id',
  ),
  BATCH_INVALID: row(
    500,
    1,
    false,
    (f: { table: string; reason: string }) => `rows cannot be written to "${f.table}" this way: ${f.reason}`,
    () => 'give every row the same columns, and as `on` the columns of one unique key of the table; its tenant column may be left out',
  ),
  BATCH_DUPLICATE: row(
    409,
    5,
    false,
    (f: { table: string; on: readonly string[] }) => `two rows for "${f.table}" in one batch have the same ${f.on.join(', ')}`,
    () => "leave one of them out, or say duplicates: 'last' to let the later one win",
  ),
  CACHE_KEY_INVALID: row(
    500,
    1,
    false,
    (f: { reason: string }) => `a key of the cache cannot be used: ${f.reason}`,
    () => 'give a text or a list of texts, numbers, dates and plain objects as the key, and names as tags',
  ),
  CACHE_VALUE_INVALID: row(
    500,
    1,
    false,
    (f: { where: string; found: string }) =>
      `what is to be kept in the cache, or made a key of it, cannot be written down: ${f.where} is ${f.found}`,
    () => 'select it as text, make it a plain object in the loader, or give the cache a codec of your own',
  ),
  TENANT_UNPROVEN: row(
    401,
    5,
    false,
    (f: { by: string; reason: string }) => `the request does not prove which tenant it is for (${f.by}): ${f.reason}`,
    () => 'send a credential that is valid now; docs/web.md says what each way asks for',
  ),
  TENANT_MISMATCH: row(
    403,
    5,
    false,
    (f: { by: readonly string[] }) => `the request names different tenants by ${f.by.join(' and ')}`,
    () => 'sign in at the address of the tenant that the credential is for',
  ),
  TENANT_DENIED: row(
    403,
    5,
    false,
    (f: { tenant: string }) => `whoever asks may not use tenant "${f.tenant}"`,
    () => 'the `authorize` of the application has said no; ask there',
  ),
  PROOF_UNREACHABLE: row(
    503,
    7,
    true,
    (f: { by: string; reason: string }) => `what a credential is checked with (${f.by}) cannot be had: ${f.reason}`,
    () => 'try again in a moment; check that this process reaches the key set, and that it answers JSON',
  ),
  DIRECTORY_BUSY: row(
    503,
    6,
    true,
    (f: { waiting: number }) => `${f.waiting} names that are not known yet are being looked up already`,
    () => 'try again in a moment; somebody may be trying out names',
  ),
  JOB_REFUSED: row(
    403,
    5,
    false,
    (f: { queue: string; reason: string }) => `a job of the queue "${f.queue}" is not what was queued there: ${f.reason}`,
    () => 'look at how it came there; jobs are made with `seal`, for one tenant, queue and name, and not changed afterwards',
  ),
  JOB_KEY_UNKNOWN: row(
    503,
    6,
    true,
    (f: { queue: string; key: string }) =>
      `a job of the queue "${f.queue}" is signed with the key "${f.key}", which is not among \`keys\` here`,
    () => 'give every worker a new key before anybody signs with it, and keep an old one until its last job has run',
  ),
  JOB_EXPIRED: row(
    409,
    6,
    false,
    (f: { queue: string; tenant: string; expired: string }) =>
      `a job of the queue "${f.queue}" for tenant ${f.tenant} expired at ${f.expired}`,
    () => 'queue it anew if it is still wanted, with a longer `expiresInMs`',
  ),
  JOB_TENANT_GONE: row(
    410,
    4,
    false,
    (f: { queue: string; tenant: string }) => `a job of the queue "${f.queue}" is for tenant ${f.tenant}, which is no more`,
    () => 'remove it; a tenant that was created anew under the same slug is another one, and has jobs of its own',
  ),
  JOB_STALE: row(
    409,
    6,
    true,
    (f: { queue: string; tenant: string; queued: string; now?: string }) =>
      `a job of the queue "${f.queue}" for tenant ${f.tenant} was queued at epoch ${f.queued}, and the catalog ${f.now === undefined ? 'does not know that tenant' : `is at ${f.now}`}`,
    () => 'the catalog was set back and has not caught up; `tenantry doctor run` compares it with the databases',
  ),
  FLEET_NOT_PREPARED: row(
    500,
    1,
    false,
    (f: { reason: string }) => `no fleet can be claimed: ${f.reason}`,
    () => 'call `prepareFleets` in the global set-up of the test runner, or before the first claim; see docs/testing.md',
  ),
  TEST_LEAKED: row(
    500,
    1,
    false,
    (f: { leaks: readonly string[] }) => `a leak was found: ${f.leaks.join('; ')}`,
    () => 'docs/testing.md says what each of them means',
  ),
} as const
