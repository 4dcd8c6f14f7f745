import { z } from 'zod'
import {
  homesOn,
  lockCluster,
  neighboursOf,
  oldLoginsFor,
  oldLoginsRetired,
  openOperationOnCluster,
  setClusterState,
  switchLogins,
} from '../../catalog/cluster-life.js'
import { operation } from '../../engine/operation.js'
import { otherLogin, pairedLogin } from '../../isolation/names.js'
import { humanDuration, isDuration, milliseconds } from '../../kernel/durations.js'
import { assertLongSecret, isOwnLogin } from '../../kernel/own-password.js'
import { clusterResource } from './resource.js'
import { admitToDatabases, makeLogins, type Rotation, type RotationContext, retireLogins, settle, unmakeLogins } from './rotation.js'
import { clusterName, secretReference } from './row.js'

const input = z
  .strictObject({
    cluster: clusterName,
    appSecret: secretReference.optional().describe('Reference to the new password; another one than now'),
    retire: z.boolean().default(false).describe('Shut out the logins that were used before the last rotation'),
    grace: z
      .string()
      .refine(isDuration, 'must be a duration, such as 90s or 5min')
      .default('2min')
      .describe('With retire: how long after the rotation applications may still know the old logins; their placement TTL at least'),
  })
  .refine(
    ({ appSecret, retire }) => (appSecret !== undefined) !== retire,
    'name the new password with --app-secret, or --retire the old logins',
  )

export const rotateCluster = operation({
  kind: 'steps',
  name: 'cluster.rotate',
  summary: "Give the application's logins on a cluster another password, without an outage.",
  effect: 'change',
  input,
  output: z.object({
    name: z.string(),
    logins: z.array(z.string()),
    oldLogins: z.array(z.string()),
    ownLogins: z.number().describe('Besides them, logins that serve one home alone'),
    retired: z.boolean(),
  }),
  faults: [
    'CLUSTER_NOT_FOUND',
    'CLUSTER_STATE',
    'CLUSTER_BUSY',
    'LOGIN_IN_USE',
    'INPUT_INVALID',
    'SECRET_MISSING',
    'SECRET_SHORT',
    'SERVER_UNREACHABLE',
    'LOGIN_REFUSED',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters/{cluster}/rotate',
  resource: clusterResource,
  words: {
    positionals: ['cluster'],
    says: ({ name, logins, oldLogins, ownLogins, retired }) =>
      retired
        ? `cluster ${name}: ${oldLogins.join(', ')}${besides(ownLogins)} cannot log in any more`
        : [
            `cluster ${name}: applications are told to log in as ${logins.join(', ')}${besides(ownLogins)} from now on`,
            `${oldLogins.join(', ')} keeps working meanwhile; shut out what is left with \`tenantry cluster rotate ${name} --retire\``,
          ].join('\n'),
  },

  async accept({ platform, tx, fail }, { cluster: name, appSecret, retire, grace }) {
    const cluster = await tx.maybe(lockCluster(name))
    if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: name })
    const open = await tx.maybe(openOperationOnCluster(name))
    if (open !== undefined || cluster.state !== 'live' || cluster.adding) {
      throw fail('CLUSTER_BUSY', { cluster: name, doing: open?.name ?? cluster.state })
    }
    const homes = await tx.rows(homesOn(cluster.id))
    // The first login came with the cluster, whether or not a home uses it.
    const current = [...new Set([pairedLogin(platform.id, 1, cluster.loginSide), ...homes.map(({ login }) => login)])]
    const idle = current.map(otherLogin)
    const inUse = (by: string) => fail('LOGIN_IN_USE', { cluster: name, login: idle.join(', '), by })
    const neighbours = await tx.rows(neighboursOf(cluster.id))
    if (retire) {
      const { ms } = await tx.one(oldLoginsFor(cluster.id))
      if (ms === null) throw fail('CLUSTER_STATE', { cluster: name, state: 'has no old logins', wanted: 'a rotation before' })
      const left = milliseconds(grace) - ms
      if (left > 0) throw inUse(`applications may know it for another ${humanDuration(left)} (--grace)`)
      const user = neighbours.find(({ loginSide }) => loginSide !== cluster.loginSide)
      if (user !== undefined) throw inUse(`cluster "${user.name}" on the same server logs in with it`)
    } else {
      if (cluster.oldLoginsSince !== null) {
        throw fail('CLUSTER_STATE', {
          cluster: name,
          state: 'still lets the logins from before the last rotation in',
          wanted: `them retired first: \`tenantry cluster rotate ${name} --retire\``,
        })
      }
      if (appSecret === cluster.appSecretRef) {
        throw fail('INPUT_INVALID', {
          issues: ['appSecret: the cluster uses this reference now; while both passwords work there must be two'],
        })
      }
      const secret = platform.secrets(appSecret!)
      for (const login of idle) assertLongSecret(login, secret, appSecret!)
      const user = neighbours.find((one) => one.loginSide !== cluster.loginSide && one.appSecretRef !== appSecret)
      if (user !== undefined)
        throw inUse(`cluster "${user.name}" on the same server logs in with it; rotate to its secret ${user.appSecretRef}`)
    }
    await tx.run(setClusterState(cluster.id, 'rotating'))
    const pairs = current.map((login) => (retire ? { from: otherLogin(login), to: login } : { from: login, to: otherLogin(login) }))
    const creating = homes.filter(({ state }) => state === 'creating').map(({ id }) => id)
    const common = neighbours.some(({ loginSide }) => loginSide !== cluster.loginSide)
    const { id, adminRef, hardened } = cluster
    return { memory: { cluster: id, adminRef, hardened, database: cluster.defaultDatabase!, pairs, common, creating } }
  },

  steps: [
    { name: 'settle', act: settle },
    { name: 'logins', act: makeLogins, undo: unmakeLogins },
    { name: 'admit', act: admitToDatabases },
    { name: 'retire', act: retireLogins },
    {
      // The last step: nothing can fail after it, so that what is switched to is never taken back.
      name: 'switch',
      async record({ input: given, memory }: RotationContext, tx) {
        await tx.run(given.retire ? oldLoginsRetired(memory.cluster) : switchLogins(memory.cluster, memory.pairs, given.appSecret!))
      },
    },
  ],

  async release({ memory }: { memory: Rotation }, tx) {
    await tx.run(setClusterState(memory.cluster, 'live'))
  },

  result: async ({ input: given, memory }: RotationContext) => ({
    name: given.cluster,
    logins: memory.pairs.map(({ to }) => to).filter((login) => !isOwnLogin(login)),
    oldLogins: memory.pairs.map(({ from }) => from).filter((login) => !isOwnLogin(login)),
    ownLogins: memory.pairs.filter(({ to }) => isOwnLogin(to)).length,
    retired: given.retire,
  }),
})

const besides = (ownLogins: number): string => (ownLogins === 0 ? '' : ` and ${ownLogins} that serve one home each`)
