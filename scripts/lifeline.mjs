import { readFileSync } from 'node:fs'

const POLL_MS = 1_000
const PATIENCE_MS = 8_000
// npm passes a Ctrl-C on that the terminal has already sent to us: two signals, one key press.
const SAME_KEY_PRESS_MS = 700

/**
 * Runs `work(stopSignal)` and leaves with the status that it answers. The signal aborts on SIGINT, SIGTERM and SIGHUP, and when npm (or a
 * shell between npm and us) disappears, since a killed npm tells nobody. Work that does not come back within 8 s is left by force.
 */
export async function underLifeline(work) {
  const stop = new AbortController()
  let askedAt
  let impatience

  const abort = (reason) => {
    if (askedAt !== undefined) return
    askedAt = performance.now()
    clearInterval(poll)
    impatience = setTimeout(() => process.exit(1), PATIENCE_MS)
    stop.abort(reason)
  }
  const onSignal = (name) => {
    if (askedAt !== undefined && performance.now() - askedAt > SAME_KEY_PRESS_MS) process.exit(130)
    abort(name)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal)

  const watched = ancestors()
  const poll = setInterval(() => {
    if (!watched.every(lives)) abort('npm has gone')
  }, POLL_MS)
  poll.unref()
  if (orphanedByNpm(watched)) abort('npm has gone')

  try {
    process.exitCode = await work(stop.signal)
  } finally {
    clearInterval(poll)
    clearTimeout(impatience)
  }
  // Whatever is still open (a socket, a timer) must not keep a finished run alive.
  process.exit()
}

/** The processes from our parent up to and including npm; none when npm did not start us, so that `nohup node …` may outlive its shell. */
function ancestors() {
  const chain = []
  for (let pid = process.ppid; pid > 0; ) {
    const found = processOf(pid)
    if (!found) return []
    chain.push(found)
    if (found.title.startsWith('npm')) return chain
    pid = found.parent
  }
  return []
}

/** npm was killed before we could look for it. */
function orphanedByNpm(watched) {
  return watched.length === 0 && process.ppid === 1 && process.env.npm_lifecycle_event !== undefined && process.platform === 'linux'
}

function lives({ pid, startedAt }) {
  const now = processOf(pid)
  // A zombie has ended; the same number with another start is somebody else.
  return now !== undefined && now.startedAt === startedAt && now.state !== 'Z' && now.state !== 'X'
}

function processOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    // Fields from the third on; the name before them may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || name
    return { pid, title, state: fields[0], parent: Number(fields[1]), startedAt: fields[19] }
  } catch {
    return undefined
  }
}
