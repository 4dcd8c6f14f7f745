import { expect, test } from 'vitest'
import { sql } from '../kernel/sql.js'
import { sharedReads } from './shared-reads.js'

/** A line of statements that go one by one, when told so. */
function line() {
  const waiting: { readonly go: () => void; readonly end: (answer: Error | number) => void }[] = []
  let begun = 0
  const read = sharedReads<number>((_statement, going) => {
    begun++
    return new Promise((resolve, reject) =>
      waiting.push({ go: going, end: (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)) }),
    )
  })
  return { read, waiting, begun: () => begun }
}

const of = (n: number) => sql`select ${n}`

test('whoever comes while one waits is answered by it', async () => {
  const { read, waiting, begun } = line()
  const all = [read(of(1)), read(of(1)), read(of(1))]
  waiting[0]!.go()
  waiting[0]!.end(7)
  expect(await Promise.all(all)).toEqual([7, 7, 7])
  expect(begun()).toBe(1)
})

test('one that goes may have looked around already: it answers nobody who comes later', async () => {
  const { read, waiting } = line()
  const first = read(of(1))
  waiting[0]!.go()
  const second = read(of(1))
  waiting[0]!.end(1)
  waiting[1]!.go()
  const third = read(of(1))
  waiting[1]!.end(2)
  waiting[2]!.go()
  waiting[2]!.end(3)
  expect(await Promise.all([first, second, third])).toEqual([1, 2, 3])
})

test('other values are another read', async () => {
  const { read, begun } = line()
  void read(of(1))
  void read(of(2))
  void read(sql`select ${1}, 2`)
  expect(begun()).toBe(3)
})

test('one that never had its turn fails for all who waited with it, and for nobody after them', async () => {
  const { read, waiting } = line()
  const all = [read(of(1)), read(of(1))]
  waiting[0]!.end(new Error('no turn'))
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const after = read(of(1))
  waiting[1]!.go()
  waiting[1]!.end(5)
  expect(await after).toBe(5)
})
