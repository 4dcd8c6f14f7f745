import { addBackupPlaces, insertAdopted, type KnownArchive, knownArchives, notePlaced, standings } from '../../catalog/backup-adoption.js'
import type { Backup, Standing } from '../../catalog/backups.js'
import { atOnce } from '../../kernel/at-once.js'
import { systemClock } from '../../kernel/clock.js'
import { counted } from '../../kernel/counted.js'
import { type Fault, fault, isFault } from '../../kernel/faults.js'
import { isUuid } from '../../kernel/identifiers.js'
import { plain } from '../../kernel/plain-text.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Session } from '../../postgres/session.js'
import type { ObjectStore } from '../../stores/object-store.js'
import { listArchives } from '../../transfer/archive/keep.js'
import { type Archive, openArchive } from '../../transfer/archive/reader.js'
import type { StepContext } from '../operation.js'
import type { Platform } from '../platform.js'
import { assertOurName, strange, type Told, toldBy } from './adoptable.js'
import { ownerOf, type Places, placesOf } from './places.js'

export interface AdoptOptions {
  /** Only this place, as `backup show` names it. */
  readonly place: string | null
  /** Only the archive of this id. */
  readonly archive: string | null
  /** Also what is not encrypted, where there are keys. */
  readonly unencrypted: boolean
  readonly dryRun: boolean
  readonly parallel: number
  /** Called after each that was entered, for drills. */
  readonly atBorder?: (archive: string) => Promise<void>
}

/** An archive that was entered or is to be, or whose place was added. */
export type Found = Pick<Backup, 'id' | 'tenant' | 'slug' | 'kind' | 'version' | 'isolation' | 'rows' | 'bytes' | 'key'> & {
  readonly at: string
  readonly places: readonly string[]
  readonly standing: Standing | null
}

/** What could not be read, and why; it is left as it is. */
export interface Unread {
  readonly archive: string
  /** Its folder: the id of a tenant, or of a database behind `platform-`. */
  readonly owner: string
  readonly place: string
  readonly code: string
  readonly message: string
}

/** A place that was looked through, or why it was not. */
export interface LookedThrough {
  readonly name: string
  readonly archives: number
  readonly code: string | null
  readonly message: string | null
}

export interface Adoption {
  readonly places: readonly LookedThrough[]
  readonly entered: readonly Found[]
  /** Backups that the catalog knew, in places that it did not know of. */
  readonly placed: readonly Found[]
  readonly unread: readonly Unread[]
}

type Adopting = Pick<StepContext<unknown, never>, 'platform' | 'by' | 'journal'>

/** An archive with something to be found out about it. */
interface Candidate {
  readonly owner: string
  readonly archive: string
  readonly known: KnownArchive | undefined
  /** Where it is, in the order of the configuration. */
  readonly in: { readonly store: ObjectStore; readonly complete: boolean }[]
}

const BATCH = 500

/** Characters of a message: what others have put into a store is told, and kept with the operation. */
export const MOST_TOLD = 1_000

/**
 * Looks through the places of the configuration for archives that the catalog does not know, authenticates the manifest of each, and enters it as a backup in
 * all places where it is whole. Segments are measured, not read: it counts as never verified. What cannot be read is told and left alone, and stops nothing. No
 * store is written to. Repeatable: what was entered is known. Throws INPUT_INVALID for a place that there is not, OPERATION_LOST, and what is wrong with the
 * first place where none can be looked through.
 */
export async function adoptArchives(context: Adopting, options: AdoptOptions): Promise<Adoption> {
  const { platform } = context
  const places = placesOf(platform)
  const { looked, candidates } = await lookThrough(platform, chosen(places, options.place), options.archive)
  const [entered, placed, unread]: [Found[], Found[], Unread[]] = [[], [], []]
  let done = 0
  await atOnce(candidates.toReversed(), options.parallel, async (candidate) => {
    const { told, whole, wrong } = await read(places, candidate, options)
    unread.push(...wrong)
    try {
      const outcome = told === undefined ? undefined : await enter(context, candidate, { told, whole }, options.dryRun)
      if (outcome !== undefined) (candidate.known === undefined ? entered : placed).push(outcome)
      if (outcome !== undefined && !options.dryRun) await options.atBorder?.(candidate.archive)
    } catch (error) {
      if (!isUnfit(error)) throw error
      unread.push(...whole.map((place) => unreadIn(candidate, place, strange(candidate.archive, 'the catalog cannot hold what it says'))))
    }
    done++
    if (done % 20 === 0) platform.progress(`${done} of ${counted(candidates.length, 'archive')} read`)
  })
  const here = await standingsOf(platform, [...entered, ...placed])
  return { places: looked, entered: here(entered), placed: here(placed), unread: unread.sort(byArchive) }
}

/** Values that are out of range or break a rule of the table: of an archive that is not encrypted, anybody may have made them up. */
const isUnfit = (error: unknown): boolean => /^22|^23514/.test(sqlstate(error) ?? '')

const byArchive = (a: Unread, b: Unread): number => (a.archive < b.archive ? -1 : a.archive > b.archive ? 1 : 0)

function chosen({ all }: Places, name: string | null): readonly ObjectStore[] {
  if (name === null) return all
  const found = all.filter((one) => one.name === name)
  if (found.length > 0) return found
  throw fault('INPUT_INVALID', { issues: [`place: the configuration names ${all.map((one) => one.name).join(', ')}`] })
}

/** Which archives are there that the catalog does not know, or not there. One place that is out of reach does not keep the others from being looked through. */
async function lookThrough(
  platform: Platform,
  stores: readonly ObjectStore[],
  only: string | null,
): Promise<{ readonly looked: readonly LookedThrough[]; readonly candidates: readonly Candidate[] }> {
  const candidates = new Map<string, Candidate>()
  const looked: LookedThrough[] = []
  const faults: Fault[] = []
  for (const store of stores) {
    let archives = 0
    try {
      for await (const batch of batchesOf(store, only)) {
        archives += batch.length
        // The catalog is asked after the store, and the manifest is read after the catalog: whatever is being written or removed is known, or gone by then.
        for (const one of await unknownOf(platform, store, batch)) {
          const name = `${one.owner}/${one.archive}`
          const candidate = candidates.get(name) ?? one
          candidates.set(name, candidate)
          if (candidate !== one) candidate.in.push(...one.in)
        }
      }
      looked.push({ name: store.name, archives, code: null, message: null })
    } catch (error) {
      if (!isFault(error) || !error.code.startsWith('STORE_')) throw error
      faults.push(error)
      looked.push({ name: store.name, archives, code: error.code, message: plain(error.message, MOST_TOLD) })
    }
  }
  if (faults.length === stores.length) throw faults[0]
  return { looked, candidates: [...candidates.values()] }
}

type Listed = { readonly tenant: string; readonly archive: string; readonly complete: boolean }

async function* batchesOf(store: ObjectStore, only: string | null): AsyncGenerator<readonly Listed[]> {
  let batch: Listed[] = []
  for await (const one of listArchives(store)) {
    if (only !== null && one.archive !== only) continue
    batch.push(one)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function unknownOf(platform: Platform, store: ObjectStore, batch: readonly Listed[]): Promise<readonly Candidate[]> {
  const ids = batch.map(({ archive }) => archive).filter(isUuid)
  const rows = ids.length === 0 ? [] : await platform.catalog.rows(knownArchives(ids))
  const known = new Map(rows.map((one) => [one.id, one]))
  return batch.flatMap(({ tenant: owner, archive, complete }) => {
    const row = known.get(archive)
    const candidate = { owner, archive, known: row, in: [{ store, complete }] }
    if (row === undefined) return [candidate]
    // What is being written or removed is somebody's; and what is kept is whole where the catalog says that it is, or else `backup verify` tells.
    const settled = row.state !== 'kept' || !complete || (ownerOf(row) === owner && [row.store, ...row.copies].includes(store.name))
    return settled ? [] : [candidate]
  })
}

interface Read {
  /** By the first place where it is whole. */
  readonly told: Told | undefined
  readonly whole: readonly string[]
  readonly wrong: readonly Unread[]
}

async function read({ keys }: Places, candidate: Candidate, { unencrypted }: AdoptOptions): Promise<Read> {
  const { owner, archive, known } = candidate
  const expected =
    known === undefined ? unencrypted && { encrypted: false } : { manifestDigest: known.manifestDigest!, encrypted: known.key !== null }
  let told: Told | undefined
  const whole: string[] = []
  const wrong: Unread[] = []
  for (const { store, complete } of candidate.in) {
    try {
      assertOurName(archive)
      if (known !== undefined && ownerOf(known) !== owner)
        throw fault('ARCHIVE_TENANT_MISMATCH', { archive, tenant: owner, found: ownerOf(known) })
      if (!complete) throw fault('ARCHIVE_MISSING', { archive, tenant: owner, store: store.name })
      const opened: Archive = await openArchive({ store, tenant: owner, archive, keys, ...(expected ? { expected } : {}) })
      await opened.measure()
      const found = toldBy(opened, owner, archive, systemClock.now())
      if (told !== undefined && told.manifestDigest !== found.manifestDigest)
        throw fault('ARCHIVE_STALE', { archive, reason: `it is whole, and not the one in ${whole[0]}` })
      told = found
      whole.push(store.name)
    } catch (error) {
      if (!isFault(error)) throw error
      // One that was complete is being removed since.
      if (complete && isFault(error, 'ARCHIVE_MISSING')) continue
      wrong.push(unreadIn(candidate, store.name, error))
    }
  }
  return { told, whole, wrong }
}

const unreadIn = ({ archive, owner }: Candidate, place: string, { code, message }: Fault): Unread => ({
  archive,
  owner,
  place,
  code,
  message: plain(message, MOST_TOLD),
})

/** Answers nothing where somebody else was faster. */
async function enter(
  { by, journal }: Adopting,
  { archive: id, known }: Candidate,
  { told, whole }: { readonly told: Told; readonly whole: readonly string[] },
  dryRun: boolean,
): Promise<Found | undefined> {
  const [store = '', ...copies] = whole
  const statement =
    known === undefined
      ? insertAdopted({ ...told, id, operation: by.operation, store, copies })
      : addBackupPlaces(id, told.manifestDigest, whole)
  const write = async (tx: Session): Promise<number> => {
    const touched = await tx.run(statement)
    if (touched > 0 && known !== undefined) await tx.run(notePlaced(by.operation, id))
    return touched
  }
  if (!dryRun && (await journal(write)) === 0) return undefined
  const { tenant, slug, kind, version, isolation, rows, bytes, key, takenAt: at } = told
  return { id, tenant, slug, kind, version, isolation, rows, bytes, key, at, places: whole, standing: null }
}

/** In an order that a second look would come to as well. */
async function standingsOf(platform: Platform, all: readonly Found[]): Promise<(some: readonly Found[]) => readonly Found[]> {
  const tenants = all.flatMap(({ tenant }) => (tenant === null ? [] : [tenant]))
  const rows = tenants.length === 0 ? [] : await platform.catalog.rows(standings(tenants))
  const known = new Map(rows.map(({ tenant, standing }) => [tenant, standing]))
  const orderOf = ({ slug, at, id }: Found): string => `${slug} ${at} ${id}`
  return (some) =>
    some
      .map((one) => ({ ...one, standing: one.tenant === null ? null : (known.get(one.tenant) ?? 'unknown') }))
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
}
