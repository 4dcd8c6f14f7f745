import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Frame, frames, type Side, type WireMessage } from './fault-proxy-frames.js'

export type { WireMessage } from './fault-proxy-frames.js'

/** What happens to a connection, once, at one message. */
export type WireFault = {
  /** The n-th message since the watch began (from 1), or the first one that this says yes to. */
  readonly at: number | ((message: WireMessage) => boolean)
  /** What a number counts: the messages of all connections, or those of whichever connection gets there first. Default `all`. */
  readonly counting?: 'all' | 'connection'
} & (
  | {
      /**
       * `kill`: to both sides it looks as if the other had died. `reset`: the same with an RST. What was passed on before is delivered, so `after` a
       * message of the client means that the server acts on it and its answer is lost.
       */
      readonly do: 'kill' | 'reset'
      readonly moment: 'before' | 'after'
    }
  /** Holds this message back, and with it what follows in its direction. */
  | { readonly do: 'delay'; readonly ms: number }
  /** Swallows this message and everything after it, in both directions, with the sockets open. */
  | { readonly do: 'stall' }
)

/** What went through since it began. The next watch ends it. */
export interface Watch {
  readonly messages: readonly WireMessage[]
  /** The message at which the fault happened, and when by `performance.now()`. */
  readonly hit: () => { readonly message: WireMessage; readonly at: number } | undefined
}

export interface FaultProxy {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Begins to count anew; a fault that has not happened yet never will. Without one nothing is disturbed. */
  readonly watch: (fault?: WireFault) => Watch
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** Stands between clients and a PostgreSQL server and knows their messages one by one. TLS is refused. */
export async function openFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  let opened = 0
  let current = newWatch(undefined)

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    joinSockets(++opened, client, upstream, (message) => current.judge(message))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    watch: (fault) => {
      current = newWatch(fault)
      return current.watch
    },
    connections: () => sockets.size / 2,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

function newWatch(fault: WireFault | undefined): { readonly watch: Watch; readonly judge: (frame: Frame) => WireFault | undefined } {
  const messages: WireMessage[] = []
  const perConnection = new Map<number, number>()
  let hit: ReturnType<Watch['hit']>
  return {
    watch: { messages, hit: () => hit },
    judge: (frame) => {
      const onConnection = (perConnection.get(frame.connection) ?? 0) + 1
      perConnection.set(frame.connection, onConnection)
      const { bytes: _, ...facts } = frame
      const message: WireMessage = { ...facts, number: messages.length + 1, onConnection }
      messages.push(message)
      if (fault === undefined || hit !== undefined) return undefined
      const number = fault.counting === 'connection' ? onConnection : message.number
      if (typeof fault.at === 'number' ? fault.at !== number : !fault.at(message)) return undefined
      hit = { message, at: performance.now() }
      return fault
    },
  }
}

function joinSockets(connection: number, client: Socket, upstream: Socket, judge: (frame: Frame) => WireFault | undefined): void {
  let state: 'open' | 'stalled' | 'over' = 'open'
  const details = { database: '' }

  const end = (how: 'kill' | 'reset', flushed: Socket): void => {
    state = 'over'
    if (how === 'reset') {
      // An RST throws away what is still waiting to be sent; what the kernel has taken for the loopback has arrived.
      flushed.write('', () => {
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      })
      return
    }
    // Both get what was passed on and then the end. Answers are read and thrown away: closing with answers unread would be an RST.
    client.destroySoon()
    upstream.end()
  }

  const direct = (from: Side, source: Socket, sink: Socket): void => {
    const parse = frames(from, connection, details)
    let held = false
    const waiting: Frame[] = []

    const pump = (): void => {
      while (!held) {
        const frame = waiting.shift()
        if (frame === undefined) return
        if (state !== 'open') continue
        // Encryption is refused here; the server is not asked.
        if (frame.type === 'encryption') {
          source.write('N')
          continue
        }
        const fault = judge(frame)
        if (fault?.do === 'stall') {
          state = 'stalled'
        } else if (fault?.do === 'delay') {
          held = true
          setTimeout(() => {
            held = false
            if (state === 'open') sink.write(frame.bytes)
            pump()
          }, fault.ms)
        } else if (fault === undefined) {
          if (!sink.write(frame.bytes)) {
            source.pause()
            sink.once('drain', () => source.resume())
          }
        } else {
          if (fault.moment === 'after') sink.write(frame.bytes)
          end(fault.do, sink)
        }
      }
    }

    source.on('data', (chunk) => {
      if (state !== 'open') return
      waiting.push(...parse(chunk))
      pump()
    })
    // A stall hides even the end of the other side.
    source.on('end', () => {
      if (state === 'open') sink.end()
      else if (state === 'over') source.end()
    })
    source.on('error', () => {})
    source.on('close', () => {
      if (state === 'stalled' && source === upstream) return
      if (state === 'over' && source === client) return
      sink.destroySoon()
    })
  }
  direct('client', client, upstream)
  direct('server', upstream, client)
}
