/** The releases in which published holes were closed, by the month of all their minors; a major that is not named came out later, without the hole. */
const RELEASES = {
  '2023-05': { 15: 3 },
  '2023-08': { 15: 4 },
  '2023-11': { 15: 5, 16: 1 },
  '2024-02': { 15: 6, 16: 2 },
  '2024-05': { 15: 7, 16: 3 },
  '2024-08': { 15: 8, 16: 4 },
  '2024-11': { 15: 9, 16: 5, 17: 1 },
  '2025-02': { 15: 11, 16: 7, 17: 3 },
  '2025-08': { 15: 14, 16: 10, 17: 6 },
  '2025-11': { 15: 15, 16: 11, 17: 7, 18: 1 },
  '2026-02': { 15: 16, 16: 12, 17: 8, 18: 2 },
  '2026-05': { 15: 18, 16: 14, 17: 10, 18: 4 },
  '2026-08': { 15: 19, 16: 15, 17: 11, 18: 5 },
  '2026-11': { 15: 20, 16: 16, 17: 12, 18: 7 },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<15 | 16 | 17 | 18, number>>>>>

/** What of ours holds although the server has the hole. `hardened`: only where a superuser has raised the walls. */
export const WALLS = {
  keys: { says: 'keys begin with the tenant column, so no row conflicts with one of another tenant', hardened: false },
  fence: { says: 'the policy that is the wall is to public: it names no role that could take itself out', hardened: false },
  policies: {
    says: 'every policy is to public and the same for all roles, so a plan that was made for one role is right for any',
    hardened: false,
  },
  nothing: { says: 'tenants can make nothing: no schema, table, type, function or operator, not even a temporary one', hardened: false },
  settings: {
    says: 'in a scope no setting can be written: the client lets no SET through, and PUBLIC has lost set_config',
    hardened: true,
  },
  statements: { says: 'the client lets only statements through that read or write rows', hardened: false },
  statistics: { says: 'PUBLIC has lost the views of statistics', hardened: true },
  extensions: { says: 'extensions are made by the administrator alone, in a schema of theirs', hardened: false },
  binds: { says: 'values travel as bind parameters and are never quoted into a text', hardened: false },
  scram: { says: 'the passwords of logins are kept as SCRAM verifiers', hardened: false },
  dumps: { says: 'no dump is ever fed to psql', hardened: false },
} as const

export type Wall = keyof typeof WALLS

/** A published hole of PostgreSQL that a tenant could use, or that would let somebody to the tenants' data. */
export interface ServerHole {
  readonly id: string
  readonly release: keyof typeof RELEASES
  /** What it means for tenants. */
  readonly means: string
  readonly wall?: Wall
  /** Only where this extension is installed. */
  readonly extension?: string
}

const OF_ANOTHER_ROLE = 'a plan that was cached under one role shows another role rows that its policies hide'
const MEMORY = 'crafted values write past the end of memory: the server crashes, or runs what the tenant wants'

// Told in the words of the release notes of PostgreSQL 15.3 to 15.20; the minors of other majors are those of the same day.
export const SERVER_HOLES: readonly ServerHole[] = [
  {
    id: 'CVE-2023-2454',
    release: '2023-05',
    means: 'whoever may create a schema runs code as the owner of a definer function',
    wall: 'nothing',
  },
  { id: 'CVE-2023-2455', release: '2023-05', means: OF_ANOTHER_ROLE, wall: 'policies' },
  {
    id: 'CVE-2023-39417',
    release: '2023-08',
    means: 'a name of a schema or owner runs SQL inside the script of an extension',
    wall: 'extensions',
  },
  { id: 'CVE-2023-39418', release: '2023-08', means: 'MERGE updates rows that the policies for update would refuse' },
  { id: 'CVE-2023-5868', release: '2023-11', means: 'aggregates with DISTINCT show bytes of the memory of the server' },
  { id: 'CVE-2023-5869', release: '2023-11', means: 'writing far outside of an array runs what the tenant wants on the server' },
  { id: 'CVE-2024-0985', release: '2024-02', means: 'the owner of a materialised view runs code as whoever refreshes it', wall: 'nothing' },
  { id: 'CVE-2024-4317', release: '2024-05', means: 'statistics of expressions show values of hidden rows', wall: 'statistics' },
  { id: 'CVE-2024-7348', release: '2024-08', means: 'whoever may create objects runs SQL as the one who takes a dump', wall: 'nothing' },
  { id: 'CVE-2024-10976', release: '2024-11', means: OF_ANOTHER_ROLE, wall: 'policies' },
  { id: 'CVE-2024-10978', release: '2024-11', means: 'a reset of the session leaves another role in force than was set', wall: 'settings' },
  {
    id: 'CVE-2024-10979',
    release: '2024-11',
    means: 'functions in PL/Perl change the environment of the server',
    wall: 'nothing',
    extension: 'plperl',
  },
  { id: 'CVE-2025-1094', release: '2025-02', means: 'broken bytes get out of a quoted text', wall: 'binds' },
  {
    id: 'CVE-2025-8713',
    release: '2025-08',
    means: 'an operator of their own shows tenants samples of hidden rows of partitions',
    wall: 'nothing',
  },
  { id: 'CVE-2025-8714', release: '2025-08', means: 'a dump runs commands on the machine on which psql restores it', wall: 'dumps' },
  { id: 'CVE-2025-8715', release: '2025-08', means: 'names with line breaks run SQL where a dump is restored', wall: 'dumps' },
  { id: 'CVE-2025-12817', release: '2025-11', means: 'the owner of a table makes statistics in schemas of others', wall: 'nothing' },
  { id: 'CVE-2026-2003', release: '2026-02', means: 'an oidvector of an unexpected shape shows bytes of the memory of the server' },
  {
    id: 'CVE-2026-2004',
    release: '2026-02',
    means: 'an estimator runs what the author of an operator wants on the server',
    wall: 'nothing',
    extension: 'intarray',
  },
  { id: 'CVE-2026-2005', release: '2026-02', means: MEMORY, extension: 'pgcrypto' },
  { id: 'CVE-2026-2006', release: '2026-02', means: MEMORY },
  {
    id: 'CVE-2026-6472',
    release: '2026-05',
    means: 'a multirange type is made in a schema of others, and shadows theirs',
    wall: 'nothing',
  },
  { id: 'CVE-2026-6473', release: '2026-05', means: MEMORY },
  { id: 'CVE-2026-6474', release: '2026-05', means: 'a crafted time zone shows bytes of the memory of the server', wall: 'settings' },
  {
    id: 'CVE-2026-6478',
    release: '2026-05',
    means: 'the time that a refusal takes tells of a password that is kept as MD5',
    wall: 'scram',
  },
  { id: 'CVE-2026-6479', release: '2026-05', means: 'anybody who reaches the port ends its backend without a login' },
  { id: 'CVE-2026-6471', release: '2026-08', means: 'whoever may replicate loads a library into the server', wall: 'nothing' },
  { id: 'CVE-2026-14662', release: '2026-08', means: MEMORY },
  {
    id: 'CVE-2026-14663',
    release: '2026-08',
    means: 'encrypted messages of a cipher that is not there are read without an error, and not as they were',
    extension: 'pgcrypto',
  },
  { id: 'CVE-2026-14664', release: '2026-08', means: MEMORY },
  { id: 'CVE-2026-14666', release: '2026-08', means: `${OF_ANOTHER_ROLE}, after memberships changed`, wall: 'policies' },
  {
    id: 'CVE-2026-14668',
    release: '2026-08',
    means: 'an operator of their own shows tenants bytes of the memory of the server',
    wall: 'nothing',
  },
  { id: 'CVE-2026-14669', release: '2026-08', means: 'a long abbreviation of a time zone writes past the end of memory', wall: 'settings' },
  { id: 'CVE-2026-14678', release: '2026-08', means: 'splits of an index tell of bytes of the memory of the server', extension: 'pg_trgm' },
  { id: 'CVE-2026-14679', release: '2026-08', means: MEMORY },
  { id: 'CVE-2026-14680', release: '2026-08', means: 'functions that only the server may call are called from SQL' },
  { id: 'CVE-2026-15742', release: '2026-08', means: MEMORY, extension: 'fuzzystrmatch' },
  {
    id: 'CVE-2026-16239',
    release: '2026-08',
    means: 'EXECUTE and FETCH show bytes of the memory of the server, or run what the tenant wants',
    wall: 'statements',
  },
  { id: 'CVE-2026-18024', release: '2026-08', means: 'ascii() shows bytes behind a broken text' },
  { id: 'CVE-2026-18408', release: '2026-08', means: 'a dump runs commands on the machine on which psql restores it', wall: 'dumps' },
  { id: 'CVE-2026-6460', release: '2026-11', means: 'a row that was stored before its type changed is read as something else' },
  {
    id: 'CVE-2026-6467',
    release: '2026-11',
    means: 'a schema that is renamed meanwhile puts objects of others into an extension',
    wall: 'extensions',
  },
  {
    id: 'CVE-2026-14661',
    release: '2026-11',
    means: 'subscriptions and dblink connect with options that they should refuse',
    wall: 'nothing',
  },
  {
    id: 'CVE-2026-16237',
    release: '2026-11',
    means: 'INSERT … ON CONFLICT on a view overwrites rows that the view hides, those of other tenants too',
    wall: 'keys',
  },
  {
    id: 'CVE-2026-116311',
    release: '2026-11',
    means: 'DROP OWNED BY CURRENT_USER takes a role out of the policy that is its wall',
    wall: 'fence',
  },
  { id: 'CVE-2026-116315', release: '2026-11', means: MEMORY },
  { id: 'CVE-2026-116316', release: '2026-11', means: 'a temporary type shadows one that a privileged command looks up', wall: 'nothing' },
  { id: 'CVE-2026-116317', release: '2026-11', means: MEMORY },
  { id: 'CVE-2026-116321', release: '2026-11', means: 'a name that does not end shows bytes of the memory of the server' },
  {
    id: 'CVE-2026-116327',
    release: '2026-11',
    means: 'in shared tables a CASE lets a function see rows of other tenants before the policy hides them',
  },
  {
    id: 'CVE-2026-116331',
    release: '2026-11',
    means: 'an aggregate of their own lets tenants run what they want on the server',
    wall: 'nothing',
  },
  {
    id: 'CVE-2026-116335',
    release: '2026-11',
    means: 'operators of their own let tenants run what they want on the server',
    wall: 'nothing',
  },
  { id: 'CVE-2026-120139', release: '2026-11', means: MEMORY },
  { id: 'CVE-2026-120141', release: '2026-11', means: MEMORY },
  {
    id: 'CVE-2026-120153',
    release: '2026-11',
    means: 'a name of a schema or owner runs SQL inside the script of an extension',
    wall: 'extensions',
  },
  {
    id: 'CVE-2026-120154',
    release: '2026-11',
    means: 'in shared tables INSERT … ON CONFLICT … WHERE tells of every row of other tenants with which it conflicts',
    wall: 'keys',
  },
]

/** The first minor of a major without the hole; 0 where the major never had it. */
export const fixedIn = ({ release }: ServerHole, major: number): number =>
  (RELEASES[release] as Readonly<Partial<Record<number, number>>>)[major] ?? 0

/** The first minor of each supported major in which none of them is left. */
export const SAFE_MINORS = RELEASES['2026-11']

export interface OpenHoles {
  /** Nothing of ours stands in the way. */
  readonly open: readonly string[]
  /** The server has them, and a wall of ours holds all the same. */
  readonly stopped: readonly string[]
}

/** The holes of a server by its version (`server_version_num`), on a cluster with or without walls and with these extensions. */
export function holesOf(version: number, at: { readonly hardened: boolean; readonly extensions: readonly string[] }): OpenHoles {
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000]
  const there = SERVER_HOLES.filter((hole) => minor < fixedIn(hole, major)).filter(
    ({ extension }) => extension === undefined || at.extensions.includes(extension),
  )
  const holds = ({ wall }: ServerHole): boolean => wall !== undefined && (at.hardened || !WALLS[wall].hardened)
  return { open: there.filter((hole) => !holds(hole)).map(({ id }) => id), stopped: there.filter(holds).map(({ id }) => id) }
}

/** What to say of a server that is below the safe minor. */
export function sayHoles({ open, stopped }: OpenHoles): string {
  const list = (ids: readonly string[]): string => (ids.length === 0 ? 'none' : ids.join(', '))
  return `open to tenants: ${list(open)}; stopped by walls of ours: ${list(stopped)} (docs/versions.md says what each means)`
}
