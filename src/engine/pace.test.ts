import { expect, test } from 'vitest'
import { judgeOf } from './pace.js'

const limits = { replicaLagMs: 10_000, walBytesPerS: 1_048_576, commitMs: 500, connections: 80 }
const calm = { wal: 1_000, clients: 10, room: 100, replicas: [] }

test('a cluster within its limits holds nobody', () => {
  expect(judgeOf('main', limits)(calm, 0, 3)).toBeUndefined()
})

test('a replica whose replay stands still is as old as the first position that it has not reached, whatever it says itself', () => {
  const judge = judgeOf('main', limits)
  const stuck = { name: 'r1', replayed: 1_000, lagMs: null }
  expect(judge({ ...calm, replicas: [stuck] }, 0, 0)).toBeUndefined()
  expect(judge({ ...calm, wal: 2_000, replicas: [stuck] }, 5_000, 0)).toBeUndefined()
  expect(judge({ ...calm, wal: 2_000, replicas: [stuck] }, 45_000, 0)).toBe('replica r1 of main is 40.0 s behind; 10.0 s are allowed')
  expect(judge({ ...calm, wal: 2_000, replicas: [{ ...stuck, replayed: 2_000 }] }, 46_000, 0)).toBeUndefined()
  expect(judge({ ...calm, wal: 2_000, replicas: [{ ...stuck, replayed: 2_000, lagMs: 11_000 }] }, 47_000, 0)).toContain('11.0 s behind')
})

test('too much WAL, slow commits and used-up connections hold, each by its own limit', () => {
  const judge = judgeOf('main', limits)
  judge(calm, 0, 0)
  expect(judge({ ...calm, wal: 4_195_304 }, 2_000, 0)).toBe('main writes 2.0 MB of WAL a second; 1.0 MB are allowed')
  expect(judge({ ...calm, wal: 4_195_304 }, 3_000, 0)).toBeUndefined()
  expect(judge({ ...calm, wal: 4_195_304 }, 4_000, 900)).toContain('a commit on main takes 900 ms')
  expect(judge({ ...calm, wal: 4_195_304, clients: 81 }, 5_000, 0)).toBe('main has 81 of 100 connections in use; 80 are allowed')
})

test('what is off is not looked at', () => {
  const off = { replicaLagMs: undefined, walBytesPerS: undefined, commitMs: undefined, connections: 100 }
  const judge = judgeOf('main', off)
  judge(calm, 0, 9_999)
  expect(judge({ ...calm, wal: 1e12, replicas: [{ name: 'r1', replayed: 0, lagMs: 1e9 }] }, 1, 9_999)).toBeUndefined()
})
