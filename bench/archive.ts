import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Fleet, startFleet } from '../src/testing/fleet.js'
import { startChild, writeConfig } from '../test/faults/children.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, median, report } from './measuring/figures.js'

const POS = join(import.meta.dirname, '../../examples/pos/migrations')
// Locations, employees, taxes, catalogue: twelve tables.
const FILES = 4
const MIB = 1024 ** 2
const run = promisify(execFile)

interface Sizes {
  readonly few: number
  readonly many: number
  readonly rounds: number
  readonly dumps: number
  readonly bytes: number
}

/**
 * One tenant among many, backed up with Tenantry and with `pg_dump -n`; and a large one, beside plain COPY to and from files. On Debian's server 15, whose
 * `pg_dump` fits, and which writes durably. `--large` leaves out the first.
 */
async function main(argv: readonly string[]): Promise<number> {
  const sizes: Sizes = argv.includes('--quick')
    ? { few: 20, many: 300, rounds: 8, dumps: 5, bytes: 100 * MIB }
    : { few: 100, many: 2_000, rounds: 30, dumps: 20, bytes: 1_024 * MIB }
  const folder = await makeServersFolder()
  const servers = await startTestServers({
    from: process.cwd(),
    folder,
    engines: ['debian-15'],
    settings: { fsync: true, full_page_writes: true, synchronous_commit: true, max_wal_size: '8GB' },
  })
  const archives = await mkdtemp(join(tmpdir(), 'archive-bench-'))
  try {
    const server = servers.servers['debian-15']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    const among = argv.includes('--large') ? [] : await amongMany(url, archives, sizes)
    return report('suite', 'archive', [...among, ...(await large(url, archives, sizes))], argv)
  } finally {
    await servers.stop()
    await Promise.all([folder, archives].map((one) => rm(one, { recursive: true, force: true })))
  }
}

async function cut(): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(join(POS, 'tenant'))).sort().slice(0, FILES)
  const files = await Promise.all(names.map(async (name) => [`tenant/${name}`, await readFile(join(POS, 'tenant', name), 'utf8')] as const))
  return Object.fromEntries(files)
}

/** The same tenant in a database of few and in one of many, and `pg_dump` in that of many. */
async function amongMany(url: string, archives: string, { few, many, rounds, dumps }: Sizes): Promise<readonly Figure[]> {
  const fleet = await startFleet({
    url,
    migrations: await cut(),
    config: { extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'], archives: { store: { folder: join(archives, 'many') } } },
  })
  try {
    const catalog = fleet.platform.config.catalog.database
    for (const [cluster, homes] of [
      ['few', few],
      ['many', many],
    ] as const) {
      await fleet.run('cluster.add', { name: cluster, database: `${catalog}_${cluster}` })
      await fleet.run('tenant.create', { slug: cluster, isolation: 'schema', cluster })
      await fleet.run('stock.fill', { target: homes - 1, isolation: 'schema', cluster, parallel: 4 })
      // What has just been made is still being looked through by autovacuum, more of it where there is more.
      await psql(url.replace(/\/postgres$/, `/${catalog}_${cluster}`), 'vacuum analyze')
      say(`${homes} homes in one database`)
    }
    const [inFew, inMany]: [number[], number[]] = [[], []]
    for (const tenant of ['few', 'many']) await timed(() => fleet.run('backup.create', { tenant }))
    for (let round = 0; round < rounds; round++) {
      const both = [
        async () => inFew.push(await timed(() => fleet.run('backup.create', { tenant: 'few' }))),
        async () => inMany.push(await timed(() => fleet.run('backup.create', { tenant: 'many' }))),
      ]
      for (let place = 0; place < 2; place++) await both[(place + round) % 2]!()
    }
    const dumped: number[] = []
    for (let i = 0; i < dumps; i++) dumped.push(await timed(() => dump(fleet, url, 'many', join(archives, `dump-${i}`))))
    return [
      figure(`\`backup create\` of one tenant among ${few}, median of ${rounds}`, median(inFew), 'ms', 'lower'),
      figure(`\`backup create\` of one tenant among ${many}, median of ${rounds}`, median(inMany), 'ms', 'lower'),
      figure(`\`pg_dump -n\` of the same, median of ${dumps}`, median(dumped), 'ms', 'lower'),
      figure('times faster than `pg_dump -n`', median(dumped) / median(inMany), '×', 'higher', 10),
      figure(`among ${many} against among ${few}`, median(inMany) / median(inFew), '×', 'lower', 1.2),
    ]
  } finally {
    await fleet.stop()
  }
}

async function psql(url: string, command: string): Promise<void> {
  const to = new URL(url)
  const args = ['-h', to.hostname, '-p', to.port, '-U', to.username, '-d', to.pathname.slice(1), '-X', '-q', '-c', command]
  await run('/usr/lib/postgresql/15/bin/psql', args, { env: { ...process.env, PGPASSWORD: decodeURIComponent(to.password) } })
}

async function dump(fleet: Fleet, url: string, slug: string, file: string): Promise<void> {
  const { schema, database } = await fleet.tenant(slug)
  const { hostname, port, username, password } = new URL(url)
  const args = ['-h', hostname, '-p', port, '-U', username, '-d', database, '-n', schema, '-Fc', '-f', file]
  await run('/usr/lib/postgresql/15/bin/pg_dump', args, { env: { ...process.env, PGPASSWORD: decodeURIComponent(password) } })
}

const TABLES = `
create table customers (tenant_id uuid not null default tenantry.tenant(), id bigint not null, name text not null, email text not null,
  created_at timestamptz not null, primary key (tenant_id, id), unique (tenant_id, email));
create table orders (tenant_id uuid not null default tenantry.tenant(), id bigint not null, customer_id bigint not null, total numeric(12,2) not null check (total >= 0),
  note text, placed_at timestamptz not null, primary key (tenant_id, id), foreign key (tenant_id, customer_id) references customers (tenant_id, id));
create index orders_placed on orders (tenant_id, placed_at);
create table lines (tenant_id uuid not null default tenantry.tenant(), id bigint not null, order_id bigint not null, product text not null, quantity int not null,
  price numeric(12,2) not null, primary key (tenant_id, id), foreign key (tenant_id, order_id) references orders (tenant_id, id));
create index lines_order on lines (tenant_id, order_id);
create table events (tenant_id uuid not null default tenantry.tenant(), id bigint not null, payload jsonb not null, at timestamptz not null, primary key (tenant_id, id));
`
/** About equal parts of the bytes, and keys that go with each other. */
const rows = (bytes: number) => {
  const n = Math.floor(bytes / 1_024)
  return [
    `insert into customers select T, g, 'Customer number ' || g, 'customer' || g || '@example.com', now() - g * interval '1 minute' from generate_series(1, ${2 * n}) g`,
    `insert into orders select T, g, 1 + g % ${2 * n}, (g % 9999) / 100.0, repeat('note ', g % 12), now() - g * interval '1 second' from generate_series(1, ${2 * n}) g`,
    `insert into lines select T, g, 1 + g % ${2 * n}, 'Product ' || md5(g::text), g % 9, (g % 777) / 10.0 from generate_series(1, ${2 * n}) g`,
    `insert into events select T, g, jsonb_build_object('kind', 'viewed', 'page', md5(g::text), 'seconds', g % 60, 'text', repeat(md5((g * 7)::text), 4)), now() from generate_series(1, ${n}) g`,
  ]
}
const NAMES = ['customers', 'orders', 'lines', 'events']

/** A tenant of so many bytes: out and in again, beside COPY of the same tables by as many connections. */
async function large(url: string, archives: string, { bytes }: Sizes): Promise<readonly Figure[]> {
  const master = randomBytes(32).toString('hex')
  const migrations = { 'tenant/1_tables.sql': `-- migrate:up\n${TABLES}` }
  const store = { folder: join(archives, 'large') }
  const fleet = await startFleet({
    url,
    migrations,
    config: { archives: { store, compression: 'none' } },
    tenants: { large: 'schema' },
  })
  const both = await startFleet({
    url,
    migrations,
    config: {
      archives: {
        store: { folder: join(archives, 'both') },
        keys: { provider: { secrets: ['env:MASTER'] }, store: { folder: join(archives, 'keys') } },
      },
    },
    secrets: { 'env:MASTER': master },
    tenants: { large: 'schema' },
  })
  try {
    for (const one of [fleet, both]) await fill(one, url, bytes)
    say(`two tenants of ${(bytes / MIB).toFixed(0)} MiB`)
    const plain = await outAndIn(fleet)
    const copied = await copyOutAndIn(fleet, url)
    const again = await outAndIn(fleet)
    const copiedAgain = await copyOutAndIn(fleet, url)
    const sealed = await outAndIn(both)
    for (const { out, in: back } of [plain, again, copied, copiedAgain, sealed]) say(`out ${out.toFixed(0)} ms, in ${back.toFixed(0)} ms`)
    const memory = [await memoryOf(fleet, {}), await memoryOf(both, { MASTER: master })] as const
    const faster = (a: number, b: number): number => b / a
    return [
      figure('COPY to files, four tables at once', median([copied.out, copiedAgain.out]), 'ms', 'lower'),
      figure('`\\copy` to files by four psql at once', median([copied.through, copiedAgain.through]), 'ms', 'lower'),
      figure('`backup create`, neither compressed nor encrypted', median([plain.out, again.out]), 'ms', 'lower'),
      figure(
        '`backup create` against COPY to files',
        median([faster(plain.out, copied.out), faster(again.out, copiedAgain.out)]),
        '×',
        'higher',
        0.8,
      ),
      figure(
        '`backup create` against psql',
        median([faster(plain.out, copied.through), faster(again.out, copiedAgain.through)]),
        '×',
        'higher',
      ),
      figure('COPY from files, four tables at once', median([copied.in, copiedAgain.in]), 'ms', 'lower'),
      figure('`backup restore`, neither compressed nor encrypted', median([plain.in, again.in]), 'ms', 'lower'),
      figure(
        '`backup restore` against COPY from files',
        median([faster(plain.in, copied.in), faster(again.in, copiedAgain.in)]),
        '×',
        'higher',
        0.8,
      ),
      figure('`backup create`, compressed and encrypted', sealed.out, 'ms', 'lower'),
      figure('`backup restore`, compressed and encrypted', sealed.in, 'ms', 'lower'),
      figure('memory of a process that backs up and restores, at most', memory[0], 'MiB', 'lower', 200),
      figure('the same, compressed and encrypted', memory[1], 'MiB', 'lower', 200),
    ]
  } finally {
    await Promise.all([fleet.stop(), both.stop()])
  }
}

async function inDatabase<T>(
  fleet: Fleet,
  url: string,
  body: (client: pg.Client, schema: string, tenant: string) => Promise<T>,
): Promise<T> {
  const { schema, database, id } = await fleet.tenant('large')
  const client = new pg.Client(url.replace(/\/postgres$/, `/${database}`))
  await client.connect()
  try {
    return await body(client, schema, id)
  } finally {
    await client.end()
  }
}

const fill = (fleet: Fleet, url: string, bytes: number): Promise<void> =>
  inDatabase(fleet, url, async (client, schema, tenant) => {
    await client.query(`set search_path = ${schema}`)
    for (const text of rows(bytes)) await client.query(text.replace('select T,', `select '${tenant}',`))
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  })

interface Measured {
  readonly out: number
  readonly in: number
}

async function outAndIn(fleet: Fleet): Promise<Measured> {
  const out = await timed(() => fleet.run('backup.create', { tenant: 'large' }))
  const back = await timed(() => fleet.run('backup.restore', { backup: 'large' }))
  await dropBeside(fleet)
  return { out, in: back }
}

async function dropBeside(fleet: Fleet): Promise<void> {
  const { data } = await fleet.run<{ data: readonly { home: string; kind: string }[] }>('tenant.homes', { tenant: 'large' })
  for (const { home, kind } of data)
    if (kind === 'restored') await fleet.run('tenant.dropbeside', { tenant: 'large', home, confirm: 'large' })
}

/** The most memory, in MiB, that a process of the control plane had which has backed up and restored: as the kernel has kept it. */
async function memoryOf(fleet: Fleet, secrets: Readonly<Record<string, string>>): Promise<number> {
  await writeConfig(fleet)
  const runs = [
    ['backup.create', { tenant: 'large' }],
    ['backup.restore', { backup: 'large' }],
  ] as const
  const child = startChild(fleet, { runs }, { secrets })
  let most = 0
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    most = Math.max(most, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024)
  }, 50)
  const { last } = await child.ended().finally(() => clearInterval(watch))
  say(`backed up and restored in a process of its own: ${last}`)
  await dropBeside(fleet)
  return most
}

/** To files of the server and back, by the server itself, into tables with the same keys, indexes and rules. */
async function copyOutAndIn(fleet: Fleet, url: string): Promise<Measured & { readonly through: number }> {
  const { schema, database } = await fleet.tenant('large')
  const own = url.replace(/\/postgres$/, `/${database}`)
  const clients = await Promise.all(
    NAMES.map(async () => {
      const client = new pg.Client(own)
      await client.connect()
      return client
    }),
  )
  try {
    const [first] = clients as [pg.Client]
    const { data_directory: folder } = (await first.query('show data_directory')).rows[0] as { data_directory: string }
    const all = (text: (name: string) => string): Promise<unknown> => Promise.all(NAMES.map((name, i) => clients[i]!.query(text(name))))
    const out = await timed(() => all((name) => `copy ${schema}.${name} to '${folder}/${name}.copy'`))
    const away = await mkdtemp(join(tmpdir(), 'archive-bench-psql-'))
    const through = await timed(() => Promise.all(NAMES.map((name) => psql(own, `\\copy ${schema}.${name} to '${away}/${name}'`))))
    await rm(away, { recursive: true })
    // Indexes and foreign keys when the rows are there, as whoever is in a hurry does.
    const { tables, indexes, keys } = parts()
    const loaded = await timed(async () => {
      await first.query(`create schema plain; set search_path = plain; ${tables.join(';')}`)
      await all((name) => `copy plain.${name} from '${folder}/${name}.copy'`)
      await Promise.all(indexes.map((text, i) => clients[i]!.query(text)))
      for (const text of keys) await first.query(text)
      await first.query('analyze customers, orders, lines, events')
    })
    await first.query('drop schema plain cascade')
    return { out, through, in: loaded }
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

function parts(): { readonly tables: readonly string[]; readonly indexes: readonly string[]; readonly keys: readonly string[] } {
  const statements = TABLES.replaceAll(' default tenantry.tenant()', '')
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
  const key = /,\s*foreign key \([^)]*\) references \w+ \([^)]*\)/g
  return {
    tables: statements.filter((text) => text.startsWith('create table')).map((text) => text.replaceAll(key, '')),
    indexes: statements.filter((text) => text.startsWith('create index')).map((text) => text.replace(/ on (\w+)/, ' on plain.$1')),
    keys: statements.flatMap((text) =>
      [...text.matchAll(key)].map(([found]) => `alter table ${/create table (\w+)/.exec(text)![1]} add ${found.replace(/^,\s*/, '')}`),
    ),
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start) / 1e6
}

const say = (doing: string): boolean => process.stderr.write(`${doing}\n`)

process.exitCode = await main(process.argv.slice(2))
