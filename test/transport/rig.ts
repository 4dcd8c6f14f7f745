import { execFileSync } from 'node:child_process'
import { chmod, chown, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findPgBouncer, type PgBouncer, runPgBouncer } from '../../src/programs/pgbouncer.js'
import { choosePort } from '../../src/programs/port.js'
import { findPostgres } from '../../src/programs/postgres-binaries.js'
import { initPostgres } from '../../src/programs/postgres-data.js'
import { type PostgresServer, startPostgres } from '../../src/programs/postgres-server.js'
import type { PostgresSettings } from '../../src/programs/postgres-settings.js'
import { type ProgramUser, programUser } from '../../src/programs/program-user.js'
import { type Fleet, startFleet } from '../../src/testing/fleet.js'
import { type CertificateKind, makeCertificates } from '../support/certificates.js'
import { makeServersFolder } from '../support/servers-folder.js'

export const PASSWORDS = { superuser: 'superuser', pooler: 'p-"of"-the-pooler', nextPooler: 'the-next-of-the-pooler' }

/** A server and a PgBouncer that run on exactly what `cluster config` has written, with TLS on both sides. */
export interface TlsRig {
  readonly fleet: Fleet
  readonly port: number
  readonly poolerPort: number
  readonly pooler: PgBouncer
  /** The file of the authority. */
  readonly ca: string
  /** Holds the certificates, by kind. */
  readonly folder: string
  readonly dataDirectory: string
  readonly url: (database?: string, parameters?: string) => string
  readonly poolerLog: () => Promise<string>
  /** What was written, by file. */
  readonly texts: Readonly<Record<'postgresql' | 'pg_hba' | 'pgbouncer', string>>
  /** Starts the server anew with another certificate, or without TLS. */
  readonly restart: (certificate: CertificateKind | 'none') => Promise<void>
  /** What happens at the borders of steps, by name. */
  readonly at: Map<string, () => Promise<unknown>>
  readonly stop: () => Promise<void>
}

const FAST = { fsync: false, full_page_writes: false }

export async function startTlsRig(): Promise<TlsRig> {
  const folder = await makeServersFolder('in memory')
  const owner = await programUser()
  const at = (name: string): string => join(folder, name)
  for (const name of ['tls', 'pooler']) await privateFolder(at(name), owner)
  makeCertificates(folder)
  const [ca, dataDirectory] = [at('ca.crt'), at('data')]
  const binaries = await findPostgres(18, { from: process.cwd(), folder, origin: 'embedded' })
  await initPostgres({ binaries, dataDirectory, superuser: 'postgres', password: PASSWORDS.superuser, durable: false })
  const [port, poolerPort] = [await choosePort(), await choosePort()]
  const start = (settings: PostgresSettings): Promise<PostgresServer> =>
    // As a server that somebody else has installed: below the safe minors it is taken only on request.
    startPostgres({
      binaries,
      dataDirectory,
      port,
      settings: { ...FAST, ssl_ca_file: ca, 'tenantry_server.started_here': false, ...settings },
    })
  await install(folder, 'good', at('tls'), owner)
  await install(folder, 'good', at('pooler'), owner)
  let server = await start({ ssl: true, ssl_cert_file: at('tls/server.crt'), ssl_key_file: at('tls/server.key') })
  const url = (database = 'postgres', parameters = `sslmode=verify-full&sslrootcert=${ca}`): string =>
    `postgres://postgres:${PASSWORDS.superuser}@127.0.0.1:${port}/${database}?${parameters}`

  const hooks: TlsRig['at'] = new Map()
  const fleet = await startFleet({
    url: url(),
    failpoint: async (name) => void (await hooks.get(name)?.()),
    migrations: { 'tenant/20260101000000_note.sql': NOTE },
    secrets: {
      'env:TENANTRY_POOLER_PASSWORD': PASSWORDS.pooler,
      'env:NEXT_POOLER_PASSWORD': PASSWORDS.nextPooler,
      [`file:${ca}`]: await readFile(ca, 'utf8'),
    },
    cluster: {
      ...{ appHost: 'localhost', appPort: poolerPort, appSslmode: 'verify-full', appCa: `file:${ca}`, pooler: 'pgbouncer' },
      ...{ poolerSecret: 'env:TENANTRY_POOLER_PASSWORD', allowUnsafeVersion: true },
    },
    tenants: { acme: 'shared', globex: 'database' },
  }).catch(async (error: unknown) => {
    await server.stop()
    throw error
  })
  const config = async (file: string, folderOf: string): Promise<string> =>
    (await fleet.run<{ text: string }>('cluster.config', { cluster: 'main', file, folder: folderOf })).text
  const texts = {
    postgresql: await config('postgresql', at('tls')),
    pg_hba: await config('pg_hba', at('tls')),
    pgbouncer: await config('pgbouncer', at('pooler')),
  }

  await put(at('generated.conf'), texts.postgresql, owner)
  await put(join(dataDirectory, 'pg_hba.conf'), texts.pg_hba, owner)
  await put(at('pooler/pgbouncer.ini'), texts.pgbouncer, owner)
  await copyFile(ca, at('pooler/root.crt'))
  execFileSync('/bin/sh', ['-c', userlistCommandIn(texts.pgbouncer)], {
    env: { PATH: '/usr/bin:/bin', TENANTRY_POOLER_PASSWORD: PASSWORDS.pooler },
  })
  if (owner) for (const name of ['root.crt', 'userlist.txt']) await chown(at(`pooler/${name}`), owner.uid, owner.gid)
  const restart: TlsRig['restart'] = async (certificate) => {
    await server.stop()
    if (certificate !== 'none') await install(folder, certificate, at('tls'), owner)
    server = await start({ include: at('generated.conf'), ...(certificate === 'none' ? { ssl: false } : {}) })
  }
  await restart('good')
  const pooler = await runPgBouncer({
    port: poolerPort,
    directory: at('pooler'),
    maxClients: 100,
    program: (await findPgBouncer())!,
    as: owner,
  })
  return {
    ...{ fleet, port, poolerPort, pooler, ca, folder, dataDirectory, url, texts, restart, at: hooks },
    poolerLog: () => readFile(pooler.logFile, 'utf8'),
    stop: async () => {
      await pooler.stop()
      await fleet.stop()
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

const NOTE = `-- migrate:up
create table note (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  body text not null,
  primary key (tenant_id, id)
);
-- migrate:down
drop table note;
`

/** As somebody would copy it from the head of the file. */
export const userlistCommandIn = (ini: string): string => /^; {3}(\(umask .*\))$/m.exec(ini)![1]!

async function install(from: string, kind: CertificateKind, to: string, owner: ProgramUser | undefined): Promise<void> {
  for (const end of ['crt', 'key']) {
    const path = join(to, `server.${end}`)
    await copyFile(join(from, `${kind}.${end}`), path)
    await chmod(path, 0o600)
    if (owner) await chown(path, owner.uid, owner.gid)
  }
}

async function privateFolder(path: string, owner: ProgramUser | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 })
  if (owner) await chown(path, owner.uid, owner.gid)
}

async function put(path: string, text: string, owner: ProgramUser | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  if (owner) await chown(path, owner.uid, owner.gid)
}
