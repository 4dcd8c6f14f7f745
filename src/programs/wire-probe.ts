import { connect } from 'node:net'

// SSLRequest: the one question that PostgreSQL and PgBouncer answer (by one letter) without a user, and without a line in their logs.
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/** Does something that speaks PostgreSQL's protocol answer at this port of 127.0.0.1? */
export function answersPostgres(port: number, options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const answer = (is: boolean): void => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(options.timeoutMs ?? 1_000, () => answer(false))
    socket.once('connect', () => socket.write(SSL_REQUEST))
    socket.once('data', (bytes) => answer(bytes[0] === 0x53 || bytes[0] === 0x4e))
    socket.once('error', () => answer(false))
    socket.once('end', () => answer(false))
  })
}
