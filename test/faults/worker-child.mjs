import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openControl } from '../../dist/control.js'
import { readPlatformFiles } from '../../dist/engine/sql-files.js'

// A worker of its own process, to be killed. Arguments: a configuration, and what to do as JSON (see children.ts).
const config = process.argv[2]
const task = JSON.parse(process.argv[3])

// Synchronous, since what waits in a buffer would not survive the kill.
const say = (line) => writeSync(1, `${line}\n`)

let goOn = () => {}
const lines = createInterface({ input: process.stdin })
lines.on('line', () => goOn())
// The test that started us is gone.
lines.on('close', () => process.exit(3))

const { catalogFiles, homeFiles } = await readPlatformFiles()
const { catalog = [], home = [] } = task.newer ?? {}

const control = await openControl({
  config,
  files: { catalogFiles: [...catalogFiles, ...catalog], homeFiles: [...homeFiles, ...home] },
  failpoint: async (name) => {
    if (task.waitAt === name) {
      const told = new Promise((resolve) => {
        goOn = resolve
      })
      say(`at ${name}`)
      await told
    }
    if (task.killAt === name) {
      say(`killed at ${name}`)
      process.kill(process.pid, 'SIGKILL')
      // The signal needs a moment, and nothing may happen in it.
      await new Promise(() => {})
    }
  },
})

say('ready')
say(`clock ${Date.now()}`)
if (task.run === undefined && task.runs === undefined) {
  await control.work(new AbortController().signal)
} else {
  for (const [name, input] of task.runs ?? [[task.run, task.input]]) {
    try {
      await control.run(name, input)
      say('succeeded')
    } catch (error) {
      say(`fault ${error.code ?? error.stack}`)
    }
  }
}
process.exit(0)
