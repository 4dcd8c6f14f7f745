import { expect, onTestFinished, test } from 'vitest'
import { startRedis, whyNoRedis } from './redis.js'

test.skipIf(whyNoRedis !== undefined)('a Redis of the test comes up, is killed, comes back empty on its port, and ends', async () => {
  const redis = await startRedis()
  onTestFinished(redis.stop)
  expect(await redis.command('SET', 'a', '1')).toBe('+OK\r\n')
  redis.freeze()
  await expect(redis.command('GET', 'a')).rejects.toThrow('no answer')
  redis.thaw()
  expect(await redis.command('GET', 'a')).toBe('$1\r\n1\r\n')
  const before = redis.pid()
  await redis.kill()
  await expect(redis.command('GET', 'a')).rejects.toThrow('ECONNREFUSED')
  await redis.restart()
  expect(redis.pid()).not.toBe(before)
  expect(await redis.command('GET', 'a')).toBe('$-1\r\n')
})
