import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { fault, faultFromData, isFault } from '../kernel/faults.js'
import type { FleetFacts } from './fleet-facts.js'

// One line asks, one line of JSON answers, and the connection is the lease: whoever closes it, or dies, gives the fleet back. Whoever only connects
// and asks nothing wants to know whether anybody is there.

type Answer = { readonly facts: FleetFacts } | { readonly code: string; readonly with: Readonly<Record<string, unknown>> }

export interface Lessor {
  readonly lend: () => Promise<FleetFacts>
  readonly giveBack: (facts: FleetFacts) => void
}

/** Listens on a socket of the file system for those who want a fleet. */
export async function listenForClaims(path: string, lessor: Lessor): Promise<{ readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    let lent: FleetFacts | undefined
    let gone = false
    sockets.add(socket)
    socket.on('error', () => {})
    socket.resume()
    socket.on('close', () => {
      gone = true
      sockets.delete(socket)
      if (lent !== undefined) lessor.giveBack(lent)
    })
    socket.once('data', () =>
      lessor.lend().then(
        (facts) => {
          if (gone) return lessor.giveBack(facts)
          lent = facts
          socket.write(`${JSON.stringify({ facts } satisfies Answer)}\n`)
        },
        (error: unknown) => socket.end(`${JSON.stringify(asAnswer(error))}\n`),
      ),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

const asAnswer = (error: unknown): Answer => {
  const found = isFault(error) ? error : fault('FLEET_NOT_PREPARED', { reason: String((error as Error).message) })
  return { code: found.code, with: found.facts }
}

export interface Lease {
  readonly facts: FleetFacts
  readonly end: () => Promise<void>
}

/** Takes a fleet from whoever listens there. It does not keep this process alive. Throws why none could be made, FLEET_NOT_PREPARED when nobody listens. */
export function takeLease(path: string): Promise<Lease> {
  return new Promise((resolve, reject) => {
    const socket = dial(path)
    const lost = (reason: string, cause?: unknown): void => reject(fault('FLEET_NOT_PREPARED', { reason }, { cause }))
    let text = ''
    socket.on('error', (error: NodeJS.ErrnoException) => lost(`whoever prepares them does not answer (${error.code ?? 'unknown'})`, error))
    socket.on('close', () => lost('whoever prepares them has ended'))
    socket.setEncoding('utf8')
    socket.write('claim\n')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (!text.endsWith('\n')) return
      const answer = JSON.parse(text) as Answer
      if (!('facts' in answer)) {
        socket.destroy()
        reject(faultFromData({ code: answer.code, facts: answer.with }, 'claimFleet'))
        return
      }
      socket.unref()
      resolve({ facts: answer.facts, end: () => endOf(socket) })
    })
  })
}

const endOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) return resolve()
    socket.once('close', () => resolve())
    socket.destroy()
  })
