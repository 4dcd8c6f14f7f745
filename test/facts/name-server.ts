import { createSocket } from 'node:dgram'

export interface NameServer {
  /** For `dns` of the configuration. */
  readonly address: string
  /** TXT records by name, each as the strings that it is made of; a name that is not there does not exist. */
  readonly txt: Map<string, readonly (readonly string[])[]>
  /** The response code of every answer: 0 as asked, 2 a failure. */
  failing: boolean
  /** Answers wait for this. */
  hold: Promise<void>
  readonly asked: string[]
  readonly close: () => Promise<void>
}

/** A name server for TXT records on a free port of this machine: RFC 1035, over UDP. */
export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4')
  const server: { failing: boolean; hold: Promise<void> } & Pick<NameServer, 'txt' | 'asked'> = {
    txt: new Map(),
    asked: [],
    failing: false,
    hold: Promise.resolve(),
  }
  socket.on('message', async (query, from) => {
    const labels: string[] = []
    let at = 12
    for (; query[at] !== 0; at += query[at]! + 1) labels.push(query.toString('ascii', at + 1, at + 1 + query[at]!))
    const question = query.subarray(12, at + 5)
    const name = labels.join('.').toLowerCase()
    server.asked.push(name)
    await server.hold
    const records = server.failing ? undefined : server.txt.get(name)
    const answers = (records ?? []).map((strings) => {
      const data = Buffer.concat(strings.map((text) => Buffer.from([Buffer.byteLength(text), ...Buffer.from(text)])))
      const head = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 255])
      return Buffer.concat([head, data])
    })
    const code = server.failing ? 2 : records === undefined ? 3 : 0
    const header = Buffer.from([query[0]!, query[1]!, 0x85, 0x80 | code, 0, 1, 0, answers.length, 0, 0, 0, 0])
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return Object.assign(server, {
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  })
}
