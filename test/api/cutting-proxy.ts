import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line between a client and a server that can be cut. It counts the requests that came. */
export interface CuttingProxy {
  readonly url: string
  /** The next so many answers are cut: before their first byte, or after that many bytes. */
  readonly cutAnswers: (count: number, afterBytes?: number) => void
  /** Cuts whatever is open. */
  readonly cutOpen: () => void
  /** How many lines to the server are open. */
  readonly open: () => number
  /** Requests that came, as they were written. */
  readonly requests: readonly string[]
  readonly close: () => Promise<void>
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  const cutOpen = (): void => {
    for (const socket of open) socket.destroy()
  }
  const requests: string[] = []
  let [cuts, after] = [0, 0]
  const server = createServer((inner) => {
    const outer = connect(Number(port), hostname)
    let answered = 0
    for (const socket of [inner, outer]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        inner.destroy()
        outer.destroy()
      })
    }
    inner.on('data', (data) => {
      const text = data.toString('latin1')
      if (/^(GET|POST|DELETE) /.test(text)) {
        answered = 0
        requests.push(text)
      }
      outer.write(data)
    })
    outer.on('data', (data) => {
      if (cuts > 0 && answered + data.length > after) {
        cuts -= 1
        // `end` and not `destroy`: what was let through arrives.
        inner.write(data.subarray(0, Math.max(0, after - answered)))
        inner.destroySoon()
        return outer.destroy()
      }
      answered += data.length
      inner.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    cutOpen,
    open: () => open.size,
    cutAnswers: (count, afterBytes = 0) => {
      cuts = count
      after = afterBytes
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      cutOpen()
      await closed
    },
  }
}
