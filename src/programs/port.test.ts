import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { choosePort } from './port.js'

const occupied: Server[] = []

afterEach(() => {
  for (const server of occupied.splice(0)) server.close()
})

function occupy(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    occupied.push(server)
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

test('a port is chosen below 32768, where no outgoing connection can take it', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => choosePort()))

  expect(ports.every((port) => port >= 1024 && port < 32_768)).toBe(true)
})

test('a port is promised once, even before anybody listens on it', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => choosePort()))

  expect(new Set(ports).size).toBe(50)
})

test('the preferred port is taken when it is free', async () => {
  const free = await choosePort()

  expect(await choosePort(free)).toBe(free)
})

test('another port is taken when the preferred one is occupied', async () => {
  const taken = await choosePort()
  await occupy(taken)

  expect(await choosePort(taken)).not.toBe(taken)
})

test('a preferred port among the ephemeral ones is not taken', async () => {
  expect(await choosePort(45_678)).toBeLessThan(32_768)
})
