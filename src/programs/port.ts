import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { fault } from '../kernel/faults.js'

// Linux gives outgoing connections ports from 32768 on; a server below that cannot find its port taken by a client after a restart.
const FIRST_EPHEMERAL = 32_768
const LOWEST = 20_000
const ATTEMPTS = 200

// Two servers that start at once must not be promised the same port before the first of them has bound it.
const promised = new Set<number>()

/** A port below 32768 that is free on 127.0.0.1: the preferred one when it qualifies. Throws PORT_UNAVAILABLE when none is found. */
export async function choosePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && preferred < FIRST_EPHEMERAL && (await isFree(preferred))) return preferred
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, FIRST_EPHEMERAL)
    if (!promised.has(port) && (await isFree(port))) {
      promised.add(port)
      return port
    }
  }
  throw fault('PORT_UNAVAILABLE', { tried: ATTEMPTS })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
