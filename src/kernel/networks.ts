import { BlockList, isIP } from 'node:net'

interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** `10.0.0.0/8`, or a single address. */
function readNetwork(text: string): Network | undefined {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  const widest = version === 6 ? 128 : 32
  const prefix = bits === undefined ? widest : Number(bits)
  if (version === 0 || address.includes('%') || more.length > 0 || !/^\d{1,3}$/.test(bits ?? '0') || prefix > widest) return undefined
  return { address, prefix, family: version === 6 ? 'ipv6' : 'ipv4' }
}

export const isNetwork = (text: string): boolean => readNetwork(text) !== undefined

/** Does an address lie in one of these networks? */
export function inNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const text of networks) {
    const network = readNetwork(text)
    if (network !== undefined) list.addSubnet(network.address, network.prefix, network.family)
  }
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
}
