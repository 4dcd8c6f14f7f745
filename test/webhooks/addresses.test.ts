import { describe, expect, test } from 'vitest'
import { insideOf, type Resolve, targetOf } from '../../src/engine/webhooks/addresses.js'
import { isNetwork } from '../../src/kernel/networks.js'

const leadsTo =
  (...addresses: readonly string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
const target = (url: string, { allow = [] as readonly string[], resolve = leadsTo() } = {}) => targetOf(new URL(url), { allow, resolve })

const REFUSED = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0.0.0.0/',
  'https://10.1.2.3/',
  'https://172.31.255.255/',
  'https://192.168.0.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://192.0.2.7/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[::]/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[::ffff:0:10.0.0.1]/',
  'https://[::10.0.0.1]/',
  'https://[64:ff9b::169.254.169.254]/',
  'https://[64:ff9b:1::8.8.8.8]/',
  'https://[2002:7f00:1::]/',
  'https://[2002:a9fe:a9fe::1]/',
  'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  'https://[2001:db8::1]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[fd12:3456::1]/',
  'https://[ff02::1]/',
  'https://[100::1]/',
] as const

const PUBLIC = [
  'https://93.184.216.34/',
  'https://172.32.0.1/',
  'https://100.128.0.1/',
  'https://[2606:2800:220:1:248:1893:25c8:1946]/',
  'https://[::ffff:93.184.216.34]/',
  'https://[64:ff9b::93.184.216.34]/',
] as const

describe('where a webhook may be sent to', () => {
  test.each(REFUSED)('not to %s', async (url) => {
    await expect(target(url)).rejects.toMatchObject({ code: 'WEBHOOK_ADDRESS' })
  })

  test.each(PUBLIC)('to %s', async (url) => {
    await expect(target(url)).resolves.toHaveLength(1)
  })

  test('not to a name of which one address of several is none of the public Internet', async () => {
    await expect(target('https://hooks.example/', { resolve: leadsTo('93.184.216.34', '10.0.0.9') })).rejects.toMatchObject({
      code: 'WEBHOOK_ADDRESS',
      message: expect.stringContaining('its address is 10.0.0.9; that is an address of a private network'),
    })
    await expect(target('https://hooks.example/', { resolve: leadsTo('fe80::1%eth0') })).rejects.toMatchObject({ code: 'WEBHOOK_ADDRESS' })
  })

  test('to a network that is allowed, in whatever form its address is written, and to no other', async () => {
    const allow = ['10.1.0.0/16']
    await expect(target('https://10.1.2.3/', { allow })).resolves.toEqual([{ address: '10.1.2.3', family: 4 }])
    await expect(target('https://[::ffff:10.1.2.3]/', { allow })).resolves.toHaveLength(1)
    await expect(target('https://10.2.2.3/', { allow })).rejects.toMatchObject({ code: 'WEBHOOK_ADDRESS' })
    await expect(target('https://hooks.example/', { allow, resolve: leadsTo('10.1.0.1', '10.2.0.1') })).rejects.toMatchObject({
      code: 'WEBHOOK_ADDRESS',
    })
  })

  test('without TLS to nobody but what is allowed', async () => {
    await expect(target('http://93.184.216.34/')).rejects.toMatchObject({
      code: 'WEBHOOK_ADDRESS',
      message: expect.stringContaining('without TLS'),
    })
    await expect(target('http://93.184.216.34/', { allow: ['93.184.216.34'] })).resolves.toHaveLength(1)
  })

  test('a name that leads nowhere has no address', async () => {
    await expect(target('https://hooks.invalid/')).resolves.toEqual([])
  })
})

test('the IPv4 address inside of an IPv6 address is found', () => {
  expect(insideOf('::ffff:1.2.3.4')).toBe('1.2.3.4')
  expect(insideOf('::FFFF:0102:0304')).toBe('1.2.3.4')
  expect(insideOf('64:ff9b::1.2.3.4')).toBe('1.2.3.4')
  expect(insideOf('2002:102:304::9')).toBe('1.2.3.4')
  for (const plain of ['::1', '::', '2606:4700::1111', '8.8.8.8', 'fe80::1%eth0']) expect(insideOf(plain)).toBe(plain)
})

test('networks of the configuration are read as they are meant, or refused', () => {
  for (const right of ['10.0.0.0/8', '10.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0']) expect(isNetwork(right)).toBe(true)
  for (const wrong of ['', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', 'localhost', 'fe80::1%eth0', '10.0.0.0/-1'])
    expect(isNetwork(wrong)).toBe(false)
})
