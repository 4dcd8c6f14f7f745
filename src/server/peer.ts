import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * Who asks: the other end of the connection, or, behind so many proxies of one's own, whom the outermost of them names. Read from the right: what stands
 * further left was written by whoever asks.
 */
export function peerOf(request: Pick<IncomingMessage, 'headers' | 'socket'>, proxies: number): string | undefined {
  const socket = request.socket.remoteAddress
  if (proxies === 0 || socket === undefined) return socket
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',')
  const chain = [...forwarded.split(','), socket].map(bare)
  const named = chain[Math.max(0, chain.length - 1 - proxies)]!
  return isIP(named) === 0 ? socket : named
}

/** Some proxies write `1.2.3.4:5678` and `[2001:db8::1]:5678`. */
function bare(text: string): string {
  const address = text.trim()
  return /^\[([^\]]*)\](:\d+)?$/.exec(address)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address)?.[1] ?? address
}

/** What one customer of a provider usually has: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('%')[0]!.split('::') as [string, string?]
  const groups = (text: string): readonly string[] =>
    text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
