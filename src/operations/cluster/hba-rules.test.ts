import { describe, expect, test } from 'vitest'
import type { Cluster } from '../../catalog/clusters.js'
import { roleNames } from '../../isolation/names.js'
import { parseUrl } from '../../postgres/connection.js'
import { hbaText } from '../../programs/hba-file.js'
import { pgBouncerFragment, userlistCommand } from '../../programs/pgbouncer-proposal.js'
import { type ConfigFacts, hbaRules } from './hba-rules.js'

const cluster = (more: Partial<Cluster> = {}): Cluster =>
  ({
    name: 'main',
    appHost: 'db.example.org',
    appSslmode: 'verify-full',
    pooler: 'none',
    poolerSecretRef: null,
    serverVersion: 150_020,
    ...more,
  }) as Cluster

function facts(more: Partial<Cluster> = {}): ConfigFacts {
  return {
    cluster: cluster(more),
    server: parseUrl('postgres://boss:x@db.example.org/postgres', 'it'),
    seenFrom: '10.9.9.9',
    catalogUser: 'keeper',
    logins: { logins: ['tny_aaaaaa_app1', 'tny_aaaaaa_app3'], databases: ['tenants'], catalogHere: false },
    platform: {
      id: 'aaaaaa',
      names: roleNames('aaaaaa'),
      config: { naming: { schema: 't_{id}', database: 't_{id}' }, catalog: { url: 'env:X', database: 'catalog' } },
    } as unknown as ConfigFacts['platform'],
  }
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

describe('pg_hba.conf', () => {
  test('on PostgreSQL 15 names every login, both of each pair, and no pattern', () => {
    expect(linesOf(hbaText(hbaRules(facts(), { control: '10.0.0.7', applications: '10.1.0.0/16,fd00::/8' })))).toEqual([
      'local   all all peer',
      'hostssl all "boss" 10.0.0.7/32 scram-sha-256',
      'host    all "boss" all reject',
      ...['10.1.0.0/16', 'fd00::/8', '10.0.0.7/32'].map(
        (network) => `hostssl all "tny_aaaaaa_app1","tny_aaaaaa_app2","tny_aaaaaa_app3","tny_aaaaaa_app4" ${network} scram-sha-256`,
      ),
      'host    all "tny_aaaaaa_app1","tny_aaaaaa_app2","tny_aaaaaa_app3","tny_aaaaaa_app4","tny_aaaaaa_pooler","tny_aaaaaa_resolver" all reject',
      'host    all all all reject',
      'host    replication all all reject',
    ])
  })

  test('from 16 on knows the databases of tenants to come', () => {
    expect(linesOf(hbaText(hbaRules(facts({ serverVersion: 160_016 }), {})))).toContain(
      'hostssl "tenants","/^t_[a-z0-9]{26}$","/^attack_[a-z0-9]{26}$" "/^tny_aaaaaa_app" samenet scram-sha-256',
    )
  })

  test('lets the administrator in from where the server sees the control plane, unless it is told otherwise', () => {
    const lines = linesOf(hbaText(hbaRules(facts(), {})))
    expect(lines).toContain('hostssl all "boss" 10.9.9.9/32 scram-sha-256')
    expect(lines.join('\n')).not.toMatch(/"boss" samenet/)
    expect(hbaText(hbaRules(facts(), {}))).toContain('10.9.9.9 is where this command was run: name every host')
  })

  test('lets in whoever the control plane is to a catalog on the same server', () => {
    const here = facts()
    expect(linesOf(hbaText(hbaRules({ ...here, logins: { ...here.logins, catalogHere: true } }, {})))).toEqual(
      expect.arrayContaining(['hostssl all "boss","keeper" 10.9.9.9/32 scram-sha-256', 'host    all "boss","keeper" all reject']),
    )
  })

  test('takes nothing that would stand for more than it is', () => {
    for (const address of ['10.0.0.1 trust', '10.0.0.0/8\nhost all all all trust', '', 'a b'])
      expect(() => hbaText(hbaRules(facts(), { control: address }))).toThrow(/no network, address or host/)
  })
})

test('without a role that asks, pgbouncer.ini lists the logins by the reference to their password', () => {
  const listed = [{ user: 'tny_aaaaaa_app1', secret: "file:/run/it's" }]
  const ini = pgBouncerFragment({
    ...{
      cluster: 'main',
      server: { host: 'h', port: 5432 },
      listen: { address: '*', port: 6432 },
      folder: '/etc/pgbouncer',
      clientTls: true,
    },
    ...{ serverTls: 'verify-full', serverCa: '/etc/pgbouncer/root.crt', asks: undefined, listed, maxClients: 10, poolSize: 2 },
    ...{ serverConnections: 9, logins: 2 },
  })
  expect(ini).not.toMatch(/auth_query|auth_user|stats_users/)
  expect(ini).toContain('max_user_connections = 4\n')
  expect(userlistCommand('/etc/pgbouncer', listed)).toContain(
    `tny_aaaaaa_app1 "$(cat '/run/it'\\''s' | sed 's/"/""/g')" > /etc/pgbouncer/userlist.txt`,
  )
})
