import { expect, test } from 'vitest'
import { runProgram } from './child.js'

test('a child sees nothing of our environment', async () => {
  const { stdout } = await runProgram(['/usr/bin/env'], { env: { PGAPPNAME: 'ours' } })

  const names = stdout.split('\n').map((line) => line.split('=')[0])
  expect(names.filter(Boolean).sort()).toEqual(['LC_ALL', 'PATH', 'PGAPPNAME', 'TZ'])
})

test('an argument is never read by a shell', async () => {
  const { stdout } = await runProgram(['/bin/echo', '$HOME; id `id`'])

  expect(stdout).toBe('$HOME; id `id`\n')
})

test('a program that fails is reported with the last line of its standard error', async () => {
  const failing = runProgram([process.execPath, '-e', 'console.error("first\\nthe reason"); process.exit(3)'])

  await expect(failing).rejects.toMatchObject({ code: 'PROGRAM_FAILED', message: 'node failed: the reason' })
})

test('a program that takes too long is killed with its children', async () => {
  const late = runProgram(['/bin/sh', '-c', 'sleep 60 & wait'], { timeoutMs: 200 })

  await expect(late).rejects.toMatchObject({ code: 'PROGRAM_TIMEOUT' })
})

test('a program that does not exist is missing', async () => {
  await expect(runProgram(['/no/such/program'], { tolerant: true })).rejects.toMatchObject({ code: 'PROGRAM_MISSING' })
})
