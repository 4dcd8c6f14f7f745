import { type Attack, attacks, DENIED, residual } from './attack.js'

const LEFT = residual('pooled-session')
const THEN = 'select secret from product order by id'
const THEN_WRITES = `insert into history (what) values ('after') returning what`

/** What one leaves on a connection for those who come after it. */
export const CONNECTIONS: readonly Attack[] = attacks({ position: 'P3', from: 'pool', isolations: ['shared', 'schema'] }, [
  [
    'X-01',
    'leaves a temporary table in place of a real one',
    `create temporary table product as select 1 as id, 'x' as name, 'planted' as secret`,
    DENIED,
    { afterwards: THEN },
  ],
  ['X-02', 'leaves a cursor', `declare product cursor with hold for select 'planted' as secret`, LEFT, { afterwards: THEN }],
  ['X-03', 'leaves a prepared statement', `prepare product as select 'planted' as secret`, LEFT, { afterwards: THEN }],
  ['X-04', 'takes away what others have prepared', 'deallocate all', LEFT, { afterwards: THEN }],
  ['X-05', 'leaves its tenant', `set {setting} = '{their context}'`, LEFT, { afterwards: THEN }],
  ['X-06', 'leaves its search path', 'set search_path = {own}', LEFT, { afterwards: THEN }],
  ['X-07', 'leaves its role', 'set role {my role}', LEFT, { afterwards: THEN }],
  ['X-08', 'leaves the session unable to write', 'set default_transaction_read_only = on', LEFT, { afterwards: THEN_WRITES }],
  ['X-09', 'leaves row-level security off', 'set row_security = off', LEFT, { afterwards: THEN }],
  ['X-10', 'leaves a bound on waiting', 'set lock_timeout = 1', LEFT, { afterwards: THEN }],
  ['X-11', 'leaves another isolation level', `set default_transaction_isolation = 'serializable'`, LEFT, { afterwards: THEN }],
  ['X-12', 'leaves another way of writing bytes', `set bytea_output = 'escape'`, LEFT, { afterwards: THEN }],
  ['X-13', 'leaves itself listening', 'listen product', LEFT, { afterwards: THEN }],
  [
    'X-14',
    'leaves a lock',
    `select pg_advisory_lock(uuid_hash_extended('{them}'::uuid, 7426))`,
    DENIED,
    { afterwards: THEN, needs: 'hardened' },
  ],
  ['X-15', 'leaves an open transaction', 'commit and chain', ['ok'], { afterwards: THEN }],
  ['X-16', 'leaves a failed transaction', 'select 1 / 0', ['22012'], { afterwards: THEN }],
  ['X-17', "leaves its session's authorization", 'set session authorization {my role}', DENIED, { afterwards: THEN }],
  [
    'X-18',
    'asks for the number that the other has drawn',
    'select lastval()',
    ['42501', '55000'],
    { before: [`insert into sale (note) values ('x')`, 'rollback'] },
  ],
  [
    'X-19',
    'fetches from a cursor that the other has left',
    'fetch all from theirs',
    residual('left-cursor'),
    { before: [`declare theirs cursor with hold for select '{canary}'::text`] },
  ],
])
