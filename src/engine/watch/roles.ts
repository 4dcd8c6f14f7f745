import { homesOnServer, loginsOnServer, type WatchedServer } from '../../catalog/watchdog.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import { type Deviation, settingDeviations } from '../../isolation/doctor/settings.js'
import { pairedLogin } from '../../isolation/names.js'
import type { Look } from '../../isolation/watch/look.js'
import { mendingOf, setVerifier, stillHasVerifier, verifierMarks, verifierOf } from '../../isolation/watch/settings.js'
import { stopwatch } from '../../kernel/clock.js'
import { isFault } from '../../kernel/faults.js'
import { passwordOf } from '../../kernel/own-password.js'
import { sqlstate } from '../../postgres/errors.js'
import { isVerifierOf, scramVerifier } from '../../postgres/scram.js'
import type { Platform } from '../platform.js'
import type { Eyes } from './eyes.js'
import type { Recorder } from './recorder.js'
import { soon } from './soon.js'

/** Takes back what a role of ours has set for itself. */
export interface Mender {
  /** Answers whether something was taken back. */
  readonly round: (look: Look) => Promise<boolean>
}

// Two workers that have different passwords under one reference must not undo each other's work for ever.
const MENDS_PER_MINUTE = 3
const MINUTE_MS = 60_000
const MOST_TOLD = 1_000
// To compare one takes milliseconds of computing, and sessions are to be looked at meanwhile.
const PASSWORDS_PER_ROUND = 30

export function createMender(platform: Platform, server: WatchedServer, eyes: Eyes, recorder: Recorder): Mender {
  const clock = stopwatch()
  const prefix = rolePrefix(platform.id)
  const { resolver, pooler } = platform.names
  const isApplication = (role: string): boolean => role.startsWith(`${prefix}app`)
  const isLogin = (role: string): boolean => isApplication(role) || role === resolver || role === pooler
  const acts = platform.config.watchdog === 'act'
  let judged: string | null | undefined
  let compared: string | undefined
  /** By login, what its verifier was when it was found right, or when nothing could be done about it. */
  const verified = new Map<string, string>()
  // References whose secret here was once that of a login: before, it may be this process that has the wrong one.
  const proven = new Set<string>()
  const mends = new Map<string, readonly number[]>()
  const told = new Set<string>()

  const tellOnce = (what: string, tell: () => void): void => {
    if (told.has(what)) return
    if (told.size >= MOST_TOLD) told.clear()
    told.add(what)
    tell()
  }

  /** May it be mended once more? */
  const mayMend = (what: string): boolean => {
    const recent = (mends.get(what) ?? []).filter((at) => clock() - at < MINUTE_MS)
    if (!acts || recent.length >= MENDS_PER_MINUTE) return false
    if (mends.size >= MOST_TOLD) mends.clear()
    mends.set(what, [...recent, clock()])
    return true
  }

  const mendSettings = async (): Promise<{ readonly mended: boolean; readonly open: boolean }> => {
    const before = await deviations(platform, server, eyes)
    if (before?.length === 0) return { mended: false, open: false }
    // Of a home that has just been made, the catalog knows by now.
    const again = before && (await deviations(platform, server, eyes))
    if (again === undefined) return { mended: false, open: true }
    const after = new Set(again.map((one) => JSON.stringify(one)))
    let [mended, open] = [false, false]
    for (const deviation of before!.filter((one) => after.has(JSON.stringify(one)))) {
      const mending = mendingOf(deviation, isLogin)
      if (mending === undefined || !mayMend(mending.statement.text)) {
        open ||= acts && mending !== undefined
        const { role, database, name, value } = deviation.found ?? deviation.own!
        tellOnce(JSON.stringify(deviation), () => {
          const facts = { cluster: server.cluster, role, database, name, value }
          platform.log.warn(facts, 'a setting of a role is not as it was made; see `tenantry doctor`')
        })
        continue
      }
      if (!(await recorder.claim(`${server.systemId} ${mending.statement.text}`))) {
        open = true
        continue
      }
      try {
        await eyes.on(server.adminRef).run(mending.statement)
      } catch (error) {
        // The role, or the database, is being made or is gone.
        if (sqlstate(error) === '42704' || sqlstate(error) === '3D000') continue
        throw error
      }
      mended = true
      const facts = { says: mending.says, cluster: server.cluster, role: mending.role }
      recorder.record({ operation: 'watchdog.settings', tenantId: null, outcome: 'succeeded', facts })
    }
    return { mended, open }
  }

  const mendPassword = async (login: string, secretRef: string, mark: string): Promise<boolean> => {
    let secret: string
    try {
      secret = passwordOf(login, platform.secrets(secretRef))
    } catch (error) {
      if (!isFault(error, 'SECRET_MISSING')) throw error
      const says = 'whether the password of a login was changed cannot be seen here: its secret does not resolve'
      tellOnce(`${login} ${secretRef}`, () => platform.log.warn({ login, secret: secretRef }, says))
      verified.set(login, mark)
      return false
    }
    const eye = eyes.on(server.adminRef)
    const found = await eye.maybe(verifierOf(login))
    if (found === undefined) return false
    if (found.verifier !== null && (await isVerifierOf(found.verifier, secret))) {
      verified.set(login, mark)
      proven.add(secretRef)
      return false
    }
    if (!proven.has(secretRef) || !mayMend(`the password of ${login}`)) {
      const says = 'the password of a login is not the one that its secret says'
      tellOnce(`${login} ${mark}`, () => platform.log.error({ cluster: server.cluster, login }, says))
      return false
    }
    if (!(await recorder.claim(`${server.systemId} password ${login}`))) return false
    const verifier = await scramVerifier(secret)
    const mended = await eye.transaction(async (session) => {
      const now = await session.maybe(stillHasVerifier(login, found.verifier))
      if (now?.same !== true) return false
      await session.run(setVerifier(login, verifier))
      return true
    })
    if (!mended) return false
    const says = `the password of ${login} had been changed, and is again the one of ${secretRef}`
    const facts = { says, cluster: server.cluster, role: login }
    recorder.record({ operation: 'watchdog.password', tenantId: null, outcome: 'succeeded', facts })
    return true
  }

  /** Answers whether some are left to be compared. */
  const mendPasswords = async (): Promise<{ readonly mended: boolean; readonly open: boolean }> => {
    const marks = await eyes.on(server.adminRef).rows(verifierMarks(prefix))
    const doubtful = marks.filter(({ login, mark }) => isApplication(login) && verified.get(login) !== mark)
    if (doubtful.length === 0) return { mended: false, open: false }
    const clusters = await soon(platform.catalog.rows(loginsOnServer(server.systemId)))
    // While it is being changed, or the catalog is silent, nobody can say what is right.
    if (clusters === undefined || clusters.some(({ state }) => state !== 'live')) return { mended: false, open: true }
    let mended = false
    for (const { login, mark } of doubtful.slice(0, PASSWORDS_PER_ROUND)) {
      const user = clusters.find(({ logins, loginSide }) => logins.includes(login) || login === pairedLogin(platform.id, 1, loginSide))
      if (user === undefined) verified.set(login, mark)
      else if (await mendPassword(login, user.appSecretRef, mark)) mended = true
    }
    return { mended, open: doubtful.some(({ login, mark }) => verified.get(login) !== mark) }
  }

  return {
    round: async (look) => {
      let mended = false
      if (look.settings !== judged) {
        const settings = await mendSettings()
        mended = settings.mended
        // What was taken back has changed it once more; what was left to another worker is looked at again.
        judged = mended || settings.open ? undefined : look.settings
      }
      if (look.verifiers !== null && look.verifiers !== compared) {
        const passwords = await mendPasswords()
        mended ||= passwords.mended
        compared = passwords.open ? undefined : look.verifiers
      }
      return mended
    },
  }
}

/** Undefined while the catalog is silent, which alone knows what should be. */
async function deviations(platform: Platform, server: WatchedServer, eyes: Eyes): Promise<readonly Deviation[] | undefined> {
  const { catalog, id, names } = platform
  const homes = await soon(catalog.rows(homesOnServer(server.systemId)))
  const clusters = homes && (await soon(catalog.rows(loginsOnServer(server.systemId))))
  if (homes === undefined || clusters === undefined) return undefined
  return settingDeviations({
    server: eyes.on(server.adminRef),
    platformId: id,
    names,
    databases: [...new Set(homes.map(({ database }) => database))].map((name) => ({ id: name, name })),
    homes,
    logins: [...new Set(clusters.flatMap(({ logins, loginSide }) => [...logins, pairedLogin(id, 1, loginSide)]))],
  })
}
