import { AsyncLocalStorage } from 'node:async_hooks'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openControl } from '../../dist/control.js'
import { readPlatformFiles } from '../../dist/engine/sql-files.js'

// A worker of its own process, to be killed. Arguments: a configuration, and what to do as JSON (see children.ts).
const config = process.argv[2]
const task = JSON.parse(process.argv[3])

// Synchronous, since what waits in a buffer would not survive the kill.
const say = (line) => writeSync(1, `${line}\n`)

const waiting = []
const lines = createInterface({ input: process.stdin })
lines.on('line', () => {
  for (const goOn of waiting.splice(0)) goOn()
})
// Of several at once, which one this is.
const current = new AsyncLocalStorage()
const doomed = task.together?.filter(({ killAt }) => killAt !== undefined).length
let standing = 0
// The test that started us is gone.
lines.on('close', () => process.exit(3))

const { catalogFiles, homeFiles } = await readPlatformFiles()
const { catalog = [], home = [] } = task.newer ?? {}

const control = await openControl({
  config,
  files: { catalogFiles: [...catalogFiles, ...catalog], homeFiles: [...homeFiles, ...home] },
  failpoint: async (name) => {
    const mine = current.getStore() ?? task
    if (mine.waitAt === name) {
      const told = new Promise((resolve) => waiting.push(resolve))
      say(`at ${name}`)
      await told
    }
    if (mine.killAt === name) {
      // Those that run together die together, when each stands where it is to.
      if (doomed !== undefined && ++standing < doomed) await new Promise(() => {})
      say(`killed at ${name}`)
      process.kill(process.pid, 'SIGKILL')
      // The signal needs a moment, and nothing may happen in it.
      await new Promise(() => {})
    }
  },
})

say('ready')
say(`clock ${Date.now()}`)
const attempt = async (name, input) => {
  try {
    await control.run(name, input)
    say('succeeded')
  } catch (error) {
    say(`fault ${error.code ?? error.stack}`)
  }
}
if (task.together !== undefined) {
  await Promise.all(task.together.map((one) => current.run(one, () => attempt(one.run, one.input))))
} else if (task.run === undefined && task.runs === undefined) {
  await control.work(new AbortController().signal)
} else {
  for (const [name, input] of task.runs ?? [[task.run, task.input]]) await attempt(name, input)
}
process.exit(0)
