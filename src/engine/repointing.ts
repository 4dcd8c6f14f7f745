import { deleteBeside, insertBeside, recordEpoch, recordMove } from '../catalog/beside.js'
import { databaseById } from '../catalog/clusters.js'
import { homeById } from '../catalog/homes.js'
import { type LocalPlacement, whileNobodyIsIn } from '../isolation/fence.js'
import { type HomePlace, homePlaceOf } from '../isolation/model.js'
import { arrive, assertHomeIsThere, comeBack, elsewhere, leave, lookAtPlacement, withdraw } from '../isolation/repoint.js'
import type { FaultCode } from '../kernel/faults.js'
import type { Database, Session } from '../postgres/session.js'
import type { TransferSequence } from '../transfer/model.js'
import { moveSequencesOn, sequencesOf } from '../transfer/sequences.js'
import type { Step, StepContext } from './operation.js'
import type { Platform } from './platform.js'

/** What re-pointing a tenant may fail with. */
export const REPOINTING_FAULTS = [
  'TENANT_BUSY',
  'TENANT_STATE',
  'HOME_MISSING',
  'SERVER_UNREACHABLE',
] as const satisfies readonly FaultCode[]

/** A home, and where it is. */
export interface Placed {
  readonly adminRef: string
  readonly database: { readonly id: string; readonly name: string }
  readonly home: HomePlace
}

/** What a re-pointing remembers between its steps. */
export interface RePointing {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly slug: string
  readonly from: Placed
  readonly to: Placed
  /** For how long it can be pointed back. */
  readonly graceMs: number
  /** How long open scopes may keep it waiting; then nothing has changed. */
  readonly withinMs: number
  /** As the database that it lives in had it before. */
  readonly before?: { readonly epoch: number; readonly state: LocalPlacement['state'] }
  /** With which it left, and with which it arrived. */
  readonly left?: number
  readonly arrived?: number
  /** Between databases: where the sequences of the home that it left stood. */
  readonly handedOut?: readonly TransferSequence[]
}

type Context = StepContext<unknown, RePointing>

/** Where a home of the catalog is. */
export async function placed(tx: Session, homeId: string): Promise<Placed> {
  const home = await tx.one(homeById(homeId))
  const database = await tx.one(databaseById(home.databaseId))
  return {
    adminRef: database.adminRef,
    database: { id: database.id, name: database.name },
    home: homePlaceOf(home),
  }
}

/**
 * Points a tenant to another home of its own, which the catalog knows as one beside: the databases first, then the catalog. Who was in a scope meanwhile is
 * refused afterwards as stale. The home before becomes one beside, until the end of the grace.
 */
export const REPOINT_STEPS: readonly Step<unknown, RePointing>[] = [
  {
    // Whatever can be found out without shutting anybody out.
    name: 'look',
    async act({ platform, memory: { tenant, slug, from, to }, by }: Context) {
      const [here, there] = [databaseOf(platform, from), databaseOf(platform, to)]
      await assertHomeIsThere(there, to.home.id)
      const found = await lookAtPlacement(here, tenant, by)
      if (found?.home !== from.home.id || found.state === 'moved') throw elsewhere(slug)
      if (isFar({ from, to })) {
        const other = await lookAtPlacement(there, tenant, by)
        if (other !== undefined && other.state !== 'moved') throw elsewhere(slug)
      }
      return { before: { epoch: found.epoch, state: found.state } }
    },
  },
  {
    name: 'leave',
    async act({ platform, memory, by }: Context) {
      const { tenant, from, before, withinMs } = memory
      if (!isFar(memory)) return { left: before!.epoch }
      const here = databaseOf(platform, from)
      const left = await leave(here, tenant, by, { withinMs })
      return { left, handedOut: await sequencesOf(here, from.home) }
    },
    async undo({ platform, memory, by, journal }: Context) {
      const { tenant, from, before, withinMs } = memory
      if (!isFar(memory) || before === undefined) return
      const here = databaseOf(platform, from)
      // Given up before it changed anything, most likely since scopes are open: they need not end for nothing to be taken back.
      if ((await lookAtPlacement(here, tenant, by))?.state !== 'moved') return
      const epoch = await comeBack(here, tenant, before.state, by, { withinMs })
      await journal((tx) => tx.run(recordEpoch(tenant, epoch)))
    },
  },
  {
    name: 'arrive',
    async act({ platform, memory, by }: Context) {
      const { tenant, from, to, before, left, handedOut, withinMs } = memory
      const arrival = { home: to.home.id, from: isFar(memory) ? null : from.home.id, epoch: left!, state: before!.state }
      // A key that was handed out to a row which stays behind is never another row's: what is left behind can be told from what is new, and brought back.
      const ready = async (session: Session): Promise<void> =>
        moveSequencesOn(session, to.home, isFar(memory) ? (handedOut ?? []) : await sequencesOf(session, from.home))
      return { arrived: await arrive(databaseOf(platform, to), tenant, arrival, by, { withinMs, ready }) }
    },
    async undo({ platform, memory, by, journal }: Context) {
      const { tenant, from, to, before, withinMs } = memory
      if (before === undefined) return
      const there = databaseOf(platform, to)
      // Clients may have written there meanwhile: what is left behind on the way back can be told from what is new as well.
      if (isFar(memory)) {
        await withdraw(there, tenant, to.home.id, by, { withinMs })
        const handedOut = await sequencesOf(there, to.home)
        await whileNobodyIsIn(databaseOf(platform, from), tenant, by, (session) => moveSequencesOn(session, from.home, handedOut), {
          withinMs,
        })
        return
      }
      const ready = async (session: Session): Promise<void> => moveSequencesOn(session, from.home, await sequencesOf(session, to.home))
      const found = await lookAtPlacement(there, tenant, by)
      if (found?.home !== to.home.id) return
      const epoch = await arrive(there, tenant, { home: from.home.id, from: to.home.id, epoch: found.epoch, state: found.state }, by, {
        withinMs,
        ready,
      })
      await journal((tx) => tx.run(recordEpoch(tenant, epoch)))
    },
  },
  {
    name: 'follow',
    async record({ memory: { tenant, from, to, graceMs, arrived } }: Context, tx) {
      await tx.run(recordMove(tenant, to.home.id, arrived!))
      await tx.run(deleteBeside(tenant, to.home.id))
      await tx.run(insertBeside({ tenant, home: from.home.id, kind: 'former', standing: 'kept', graceMs }))
    },
  },
]

/** Between databases it cannot be one transaction. */
const isFar = ({ from, to }: Pick<RePointing, 'from' | 'to'>): boolean => from.database.id !== to.database.id

const databaseOf = (platform: Platform, { adminRef, database }: Placed): Database => platform.connect(adminRef, database.name)
