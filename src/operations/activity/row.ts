import { z } from 'zod'
import type { WatchedTenant } from '../../catalog/watchdog.js'
import type { Server } from '../../engine/activity/servers.js'
import { type Activity, writeBackend } from '../../isolation/collect/activity.js'

/** A session as every surface shows it. */
export const sessionFields = {
  cluster: z.string(),
  pid: z.number(),
  backend: z.string().describe('Names the session for good, and the transaction that it is in: for `activity.stop`'),
  tenant: z
    .string()
    .nullable()
    .describe('Id of the tenant in whose scope it is, by the lock that the scope holds; null: in none at this moment'),
  slug: z.string().nullable(),
  database: z.string().nullable(),
  login: z.string().nullable(),
  application: z.string().describe('What it calls itself'),
  kind: z.string().describe('As PostgreSQL calls it: client backend, autovacuum worker, …'),
  ours: z.boolean().describe("One of the logins of the platform's applications: these can be stopped"),
  state: z.string().nullable().describe('Null where only a superuser could see'),
  since: z.date().nullable().describe('Since when it is in that state'),
  stateMs: z.number().nullable().describe("The same in milliseconds, by the server's clock"),
  transactionSince: z.date().nullable(),
  transactionMs: z.number().nullable(),
  wait: z.string().nullable().describe('What a statement waits for in the server; null: it runs, or its application has the turn'),
  text: z.string().nullable().describe('The statement that it runs, or ran last, cut at 2,000 characters; null unless it was asked for'),
}

const sessionRow = z.object(sessionFields)
export type SessionRow = z.output<typeof sessionRow>

/** For roles that may read what tenants say to their database. */
export const textInput = z.boolean().default(false).describe('Show the texts of statements as well')
export const textIsFor = ['operator', 'fleet-admin'] as const

export const unseenField = z.array(z.string()).describe('Clusters that could not be looked at, and why')

export function describeSession(one: Activity, { facts, clusterOf }: Server, tenant: WatchedTenant | undefined): SessionRow {
  const cluster = clusterOf(one.database)
  return {
    cluster: cluster ?? facts.cluster,
    pid: one.pid,
    backend: writeBackend(one),
    tenant: tenant?.id ?? null,
    slug: tenant?.slug ?? null,
    database: one.database,
    login: one.login,
    application: one.application,
    kind: one.kind,
    ours: one.ours,
    state: one.state,
    since: one.since,
    stateMs: rounded(one.stateMs),
    transactionSince: one.transactionSince,
    transactionMs: rounded(one.transactionMs),
    wait: one.wait,
    // What others do in databases of theirs on the same server is not ours to tell; and administrators say passwords to theirs.
    text: cluster === undefined || !one.ours ? null : one.text,
  }
}

export const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms))
