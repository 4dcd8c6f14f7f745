import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type RunningProgram, startProgram } from '../../src/programs/child.js'
import { openLog, readLog, reasonIn } from '../../src/programs/log-file.js'
import { choosePort } from '../../src/programs/port.js'
import { makePrivateFolder, writePrivateFile } from '../../src/programs/private-file.js'
import { programUser } from '../../src/programs/program-user.js'
import { stopProgram } from '../../src/programs/stop-program.js'
import { waitFor } from '../../src/programs/wait.js'
import { makeServersFolder } from './servers-folder.js'

const PLACES = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server']

const found = PLACES.find((path) => existsSync(path))

/** Why there can be none, for `test.skipIf`; undefined when there can. */
export const whyNoRedis = found === undefined ? 'redis-server is not installed' : undefined

/** A Redis of the test's own that keeps nothing on disk, on a free port of 127.0.0.1. It ends with this process. */
export interface RedisServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly url: string
  /** Of the moment: another one after `restart`. */
  readonly pid: () => number
  /** SIGKILL; answers when the process is gone. */
  readonly kill: () => Promise<void>
  /** Starts it anew on the same port, empty. */
  readonly restart: () => Promise<void>
  /** It takes connections and answers nobody, until it is thawed. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** One command over a connection of its own, by its words: answers the raw reply. */
  readonly command: (...words: readonly string[]) => Promise<string>
  /** Stops it for good and removes its files. */
  readonly stop: () => Promise<void>
}

/** `settings`: lines of redis.conf by their names. */
export async function startRedis(settings: Readonly<Record<string, string | number>> = {}): Promise<RedisServer> {
  if (found === undefined) throw new Error(whyNoRedis)
  const parent = await makeServersFolder('in memory')
  const directory = join(parent, 'redis')
  const as = await programUser()
  const port = await choosePort()
  const [config, logFile] = [join(directory, 'redis.conf'), join(directory, 'redis.log')]
  const lines = { bind: '127.0.0.1', port, dir: directory, save: '""', appendonly: 'no', daemonize: 'no', ...settings }
  await makePrivateFolder(directory, { owner: as })
  await writePrivateFile(
    config,
    `${Object.entries(lines)
      .flatMap(([name, value]) => `${name} ${value}\n`)
      .join('')}`,
    { owner: as },
  )

  const start = async (): Promise<RunningProgram> => {
    const log = await openLog(logFile)
    const program = await startProgram([found, config], { as, deathSignal: 'SIGKILL', log: log.fd }).finally(() => log.close())
    const answers = async (): Promise<true | undefined> =>
      program.exit() !== undefined || (await ask(port, ['PING']).catch(() => '')).startsWith('+PONG') ? true : undefined
    if ((await waitFor(answers, { withinMs: 10_000 })) === undefined || program.exit() !== undefined) {
      program.signal('SIGKILL')
      throw new Error(`redis-server did not come up: ${reasonIn(await readLog(logFile))}`)
    }
    return program
  }

  let running = await start()
  return {
    host: '127.0.0.1',
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: () => running.pid,
    kill: async () => {
      running.signal('SIGKILL')
      await running.exited
    },
    restart: async () => {
      running = await start()
    },
    freeze: () => void running.signal('SIGSTOP'),
    thaw: () => void running.signal('SIGCONT'),
    command: (...words) => ask(port, words),
    stop: async () => {
      running.signal('SIGCONT')
      await stopProgram(running, {
        stages: [
          { signal: 'SIGTERM', withinMs: 2_000 },
          { signal: 'SIGKILL', withinMs: 2_000 },
        ],
      })
      await rm(parent, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** As Redis itself speaks, so that the starter needs no client. The reply must fit into one packet. */
async function ask(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setTimeout(1_000, () => socket.destroy(new Error('Redis gave no answer within 1 s')))
  try {
    socket.end(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    return reply.toString('utf8')
  } finally {
    socket.destroy()
  }
}
